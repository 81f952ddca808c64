"""Archive: pages as they came in WARC files, the cleaned text beside them, and a catalog of both."""

from archive.catalog import Catalog
from archive.changes import Change, RuleChange
from archive.collection import Collection, Stored, StoredText, read_capture
from archive.errors import ArchiveError, PayloadError
from archive.reclean import Choice, Recleaned, reclean
from archive.recovery import Recovered
from archive.rows import ArticleRow, CaptureRow, Hit
from archive.search import Wanted
from archive.texts import TextRecord, read_text
from archive.warc.capture import Capture
from archive.warc.reader import read_warc

__all__ = [
    "ArchiveError",
    "ArticleRow",
    "Capture",
    "CaptureRow",
    "Catalog",
    "Change",
    "Choice",
    "Collection",
    "Hit",
    "PayloadError",
    "Recleaned",
    "Recovered",
    "RuleChange",
    "Stored",
    "StoredText",
    "TextRecord",
    "Wanted",
    "read_capture",
    "read_text",
    "read_warc",
    "reclean",
]
