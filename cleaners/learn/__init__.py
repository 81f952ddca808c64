"""Learn rules from a host's own pages: find what comes back on page after page and is not the article.

Pages in, proposals out: nothing is read from disk or written to it.
"""

from cleaners.learn.fingerprints import SeenPage, fingerprint, read_page
from cleaners.learn.occurrences import Sight, look, look_text
from cleaners.learn.proposals import Proposal, Verb, propose
from cleaners.learn.repeats import MIN_PAGES, Repeat, find_repeats

__all__ = [
    "MIN_PAGES",
    "Proposal",
    "Repeat",
    "SeenPage",
    "Sight",
    "Verb",
    "find_repeats",
    "fingerprint",
    "look",
    "look_text",
    "propose",
    "read_page",
]
