"""Learn rules from a host's own pages: find what comes back on page after page and is not the article.

Takes pages and returns proposals; reads and writes no files.
"""

from cleaners.learn.line_hashes import HashedPage, hash_page, line_hash
from cleaners.learn.marked import MARKED, propose_marked
from cleaners.learn.occurrences import Occurrence, page_occurrences, text_occurrences
from cleaners.learn.proposals import Proposal, Verb, propose
from cleaners.learn.repeats import MIN_PAGES, Repeat, are_one_text, find_repeats

__all__ = [
    "MARKED",
    "MIN_PAGES",
    "HashedPage",
    "Occurrence",
    "Proposal",
    "Repeat",
    "Verb",
    "are_one_text",
    "find_repeats",
    "hash_page",
    "line_hash",
    "page_occurrences",
    "propose",
    "propose_marked",
    "text_occurrences",
]
