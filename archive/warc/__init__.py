"""Read and write WARC 1.1: one HTTP exchange as a value, as records, and in files."""
