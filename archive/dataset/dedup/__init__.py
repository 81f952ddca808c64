"""What becomes of each row: duplicates with proof, shared text, splits."""
