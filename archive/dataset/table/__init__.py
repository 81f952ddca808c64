"""What a dataset is on disk: its columns, its files, and duckdb to read them."""
