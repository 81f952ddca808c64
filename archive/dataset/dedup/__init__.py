"""Decide what happens to each row: which duplicates are dropped, which rows share text, which split each is in."""
