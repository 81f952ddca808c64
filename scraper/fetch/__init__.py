"""How pages are fetched: recorded as they came, guarded, robots.txt kept, at the host's pace."""
