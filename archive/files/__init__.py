"""Define the layout of the data root and the errors of the archive, lock folders, and write files whole."""
