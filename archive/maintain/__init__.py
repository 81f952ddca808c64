"""Check a data root, recover what a killed process left, and rebuild the derived files."""
