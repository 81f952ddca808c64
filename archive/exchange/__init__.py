"""Captures from other archives and for other programs: import WARC files, pack a WACZ file, replay with pywb."""
