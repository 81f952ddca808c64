"""What is derived from the files: catalog, manifest, CDXJ indexes, and which stored payload a capture repeats."""
