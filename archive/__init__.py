"""Keep pages as they came in WARC files, their cleaned texts beside them, and a catalog of both."""

from archive.catalog.catalog import Catalog, SearchFilter
from archive.catalog.reader import Selection
from archive.catalog.rows import ArticleRow, CaptureRow, Hit
from archive.collection import Collection, Stored, StoredText, read_capture
from archive.exchange.importing import Imported, import_warc, source_info
from archive.exchange.pack import Packed, pack
from archive.exchange.replay import Replay
from archive.files.errors import ArchiveError, PayloadError
from archive.files.layout import CATALOG
from archive.files.lock import lock
from archive.files.whole import whole_file, write_whole
from archive.maintain.findings import Finding
from archive.maintain.rebuild import Rebuilder
from archive.maintain.recover import Recovered, Salvaged, recover_left, salvage_all
from archive.maintain.verify import Verifier
from archive.readers.pages import PAGE_STATUSES, Refusal, page_of, refusal_of, refusals
from archive.reclean.changes import Change, RuleChange
from archive.reclean.reclean import Choice, Recleaned, reclean
from archive.warc.capture import Capture
from archive.warc.optouts import HEAD as OPT_OUT_HEAD
from archive.warc.optouts import OptOuts, read_opt_outs, refused_agents, tdm_of
from archive.warc.reader import read_warc
from archive.warc.records import TextRecord, read_text, text_sha256

__all__ = [
    "CATALOG", "OPT_OUT_HEAD", "PAGE_STATUSES", "ArchiveError", "ArticleRow", "Capture", "CaptureRow", "Catalog",
    "Change", "Choice", "Collection", "Finding", "Hit", "Imported", "OptOuts", "Packed", "PayloadError", "Rebuilder",
    "Recleaned", "Recovered", "Refusal", "Replay", "RuleChange", "Salvaged", "SearchFilter", "Selection", "Stored",
    "StoredText", "TextRecord", "Verifier", "import_warc", "lock", "pack", "page_of", "read_capture", "read_opt_outs",
    "read_text", "read_warc", "reclean", "recover_left", "refusal_of", "refusals", "refused_agents", "salvage_all",
    "source_info", "tdm_of", "text_sha256", "whole_file", "write_whole",
]  # fmt: skip
