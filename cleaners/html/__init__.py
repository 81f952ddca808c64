"""Turn a page's bytes into characters, these into one tree of bounded size, and the tree into blocks of text."""
