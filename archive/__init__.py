"""Archive: pages as they came in WARC files, the cleaned text beside them, and a catalog of both."""

from archive.catalog import Catalog
from archive.changes import Change, RuleChange
from archive.collection import Collection, Stored, StoredText, read_capture
from archive.errors import ArchiveError, PayloadError
from archive.ingest import Imported, import_warc, source_info
from archive.layout import CATALOG
from archive.listing import Selection
from archive.optouts import OptOuts, read_opt_outs, refused_agents, tdm_of
from archive.pack import Packed, pack
from archive.reclean import Choice, Recleaned, reclean
from archive.recovery import Recovered
from archive.replay import Replay
from archive.rows import ArticleRow, CaptureRow, Hit
from archive.search import Wanted
from archive.texts import TextRecord, read_text, text_sha256
from archive.warc.capture import Capture
from archive.warc.reader import read_warc

__all__ = [
    "CATALOG",
    "ArchiveError",
    "ArticleRow",
    "Capture",
    "CaptureRow",
    "Catalog",
    "Change",
    "Choice",
    "Collection",
    "Hit",
    "Imported",
    "OptOuts",
    "Packed",
    "PayloadError",
    "Recleaned",
    "Recovered",
    "Replay",
    "RuleChange",
    "Selection",
    "Stored",
    "StoredText",
    "TextRecord",
    "Wanted",
    "import_warc",
    "pack",
    "read_capture",
    "read_opt_outs",
    "read_text",
    "read_warc",
    "reclean",
    "refused_agents",
    "source_info",
    "tdm_of",
    "text_sha256",
]
