"""Any input, a page or text at a time."""
