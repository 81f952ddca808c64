"""Rules that a host's own pages teach: what comes back on page after page and is not the article. Pure: pages in,
proposals out."""

from cleaners.learn.fingerprints import fingerprint, read_page
from cleaners.learn.proposals import propose
from cleaners.learn.repeats import MIN_PAGES, Repeat, find_repeats
from cleaners.learn.sights import Sight, look, look_text
from cleaners.learn.types import Proposal, SeenPage

__all__ = [
    "MIN_PAGES",
    "Proposal",
    "Repeat",
    "SeenPage",
    "Sight",
    "find_repeats",
    "fingerprint",
    "look",
    "look_text",
    "propose",
    "read_page",
]
