"""Fetches pages: records each exchange, guards addresses, obeys robots.txt, and keeps each host's pace."""
