"""The ground that the archive stands on: where files lie, who may write, how a file is written whole."""
