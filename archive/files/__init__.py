"""What the rest of the archive builds on: the layout of the data root, errors, locks, SQLite, writing a file whole."""
