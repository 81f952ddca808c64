"""Compare pressclip with its peers over files that a user fetches himself; none of them is in this repository."""
