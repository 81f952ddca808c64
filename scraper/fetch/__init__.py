"""Fetch pages: record each exchange, guard addresses, obey robots.txt, and keep each host's pace."""
