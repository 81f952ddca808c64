"""Define the columns and files of a dataset, and read them with duckdb."""
