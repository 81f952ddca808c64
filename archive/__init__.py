"""Keep pages as they came in WARC files, their cleaned texts beside them, and a catalog of both."""

import importlib
import typing

if typing.TYPE_CHECKING:
    from archive.catalog.catalog import NO_RULES, Catalog
    from archive.catalog.reader import Selection
    from archive.catalog.rows import ArticleRow, CaptureRow, Doubtful, Hit, Listed, Shares
    from archive.catalog.sealed import collections
    from archive.catalog.search import SearchFilter
    from archive.collection import Collection, Stored, StoredText, read_capture, read_record
    from archive.exchange.export import Exported, Look, export_articles
    from archive.exchange.importing import Imported, import_warc, source_info
    from archive.exchange.pack import Packed, pack
    from archive.exchange.replay import Replay
    from archive.exchange.timemap import LINK_FORMAT, TimeMap, escaped_uri, http_date, is_memento
    from archive.exchange.wacz import WaczCheck
    from archive.files.errors import ArchiveError, PayloadError, UnreadableError
    from archive.files.extras import how_to_install
    from archive.files.keys import PublicKey, SigningKey, is_exposed, key_directory, key_ids
    from archive.files.layout import CATALOG, check_name
    from archive.files.lock import lock
    from archive.files.moments import iso_second
    from archive.files.reading import connect_reading
    from archive.files.signatures import Signed
    from archive.files.whole import make_folder, whole_file, write_whole
    from archive.maintain.findings import Finding
    from archive.maintain.rebuild import Rebuilder
    from archive.maintain.recover import Recovered, Salvaged, recover_left, salvage_all
    from archive.maintain.verify import Verifier
    from archive.readers.pages import PAGE_STATUSES, Refusal, page_of, refusal_of, refusals
    from archive.recleaning.changes import Change, Line, RuleChange
    from archive.recleaning.difference import ComparedLine, Difference, aligned, difference, near_changes
    from archive.recleaning.reclean import CapturePlace, Choice, Recleaned, reclean
    from archive.recleaning.structure import with_structure
    from archive.rereading.rights import Reread, reread_rights, rights_of
    from archive.rights.optouts import Elsewhere, OptOuts, Signal, read_opt_outs, read_tdm_rules, refused_agents, tdm_of
    from archive.rights.page import OPT_OUT_HEAD
    from archive.rights.patterns import path_of, pattern_matches
    from archive.rights.rsl import MAX_RSL, RSL_NAMESPACE, LicenceFile, licence_addresses, read_licence_file
    from archive.rights.uses import Uses
    from archive.warc.capture import Capture, Payload
    from archive.warc.reader import (
        Exchange,
        Unused,
        UnusedRecords,
        head_problem,
        read_exchanges,
        read_warc,
        unused_told,
    )
    from archive.warc.records import TextRecord, read_text, stored_head, text_sha256
    from archive.warc.renderings import rendering
    from archive.warc.scan import Damage, Record, scan
    from archive.warc.writer import Limits

__all__ = [
    "CATALOG", "LINK_FORMAT", "MAX_RSL", "NO_RULES", "OPT_OUT_HEAD", "PAGE_STATUSES", "RSL_NAMESPACE", "ArchiveError",
    "ArticleRow", "Capture", "CapturePlace", "CaptureRow", "Catalog", "Change", "Choice", "Collection",
    "ComparedLine", "Damage", "Difference", "Doubtful", "Elsewhere", "Exchange", "Exported", "Finding", "Hit",
    "Imported", "LicenceFile", "Limits", "Line", "Listed", "Look", "OptOuts", "Packed", "Payload", "PayloadError",
    "PublicKey", "Rebuilder", "Recleaned", "Record", "Recovered", "Refusal", "Replay", "Reread", "RuleChange",
    "Salvaged", "SearchFilter", "Selection", "Shares", "Signal", "Signed", "SigningKey", "Stored", "StoredText",
    "TextRecord", "TimeMap", "UnreadableError", "Unused", "UnusedRecords", "Uses", "Verifier", "WaczCheck", "aligned",
    "check_name", "collections", "connect_reading", "difference", "escaped_uri", "export_articles", "head_problem",
    "how_to_install", "http_date", "import_warc", "is_exposed", "is_memento", "iso_second", "key_directory",
    "key_ids", "licence_addresses", "lock", "make_folder", "near_changes", "pack", "page_of", "path_of",
    "pattern_matches", "read_capture", "read_exchanges", "read_licence_file", "read_opt_outs", "read_record",
    "read_tdm_rules", "read_text", "read_warc", "reclean", "recover_left", "refusal_of", "refusals", "refused_agents",
    "rendering", "reread_rights", "rights_of", "salvage_all", "scan", "source_info", "stored_head", "tdm_of",
    "text_sha256", "unused_told", "whole_file", "with_structure", "write_whole",
]  # fmt: skip

_MODULES = {
    "archive.catalog.catalog": "NO_RULES Catalog",
    "archive.catalog.reader": "Selection",
    "archive.catalog.rows": "ArticleRow CaptureRow Doubtful Hit Listed Shares",
    "archive.catalog.search": "SearchFilter",
    "archive.catalog.sealed": "collections",
    "archive.collection": "Collection Stored StoredText read_capture read_record",
    "archive.exchange.export": "Exported Look export_articles",
    "archive.exchange.importing": "Imported import_warc source_info",
    "archive.exchange.pack": "Packed pack",
    "archive.exchange.replay": "Replay",
    "archive.exchange.timemap": "LINK_FORMAT TimeMap escaped_uri http_date is_memento",
    "archive.exchange.wacz": "WaczCheck",
    "archive.files.errors": "ArchiveError PayloadError UnreadableError",
    "archive.files.extras": "how_to_install",
    "archive.files.keys": "PublicKey SigningKey is_exposed key_directory key_ids",
    "archive.files.layout": "CATALOG check_name",
    "archive.files.lock": "lock",
    "archive.files.moments": "iso_second",
    "archive.files.reading": "connect_reading",
    "archive.files.signatures": "Signed",
    "archive.files.whole": "make_folder whole_file write_whole",
    "archive.maintain.findings": "Finding",
    "archive.maintain.rebuild": "Rebuilder",
    "archive.maintain.recover": "Recovered Salvaged recover_left salvage_all",
    "archive.maintain.verify": "Verifier",
    "archive.readers.pages": "PAGE_STATUSES Refusal page_of refusal_of refusals",
    "archive.recleaning.changes": "Change Line RuleChange",
    "archive.recleaning.difference": "ComparedLine Difference aligned difference near_changes",
    "archive.recleaning.reclean": "CapturePlace Choice Recleaned reclean",
    "archive.recleaning.structure": "with_structure",
    "archive.warc.capture": "Capture Payload",
    "archive.rereading.rights": "Reread reread_rights rights_of",
    "archive.rights.optouts": "Elsewhere OptOuts Signal read_opt_outs read_tdm_rules refused_agents tdm_of",
    "archive.rights.page": "OPT_OUT_HEAD",
    "archive.rights.patterns": "path_of pattern_matches",
    "archive.rights.rsl": "MAX_RSL RSL_NAMESPACE LicenceFile licence_addresses read_licence_file",
    "archive.rights.uses": "Uses",
    "archive.warc.reader": "Exchange Unused UnusedRecords head_problem read_exchanges read_warc unused_told",
    "archive.warc.records": "TextRecord read_text stored_head text_sha256",
    "archive.warc.renderings": "rendering",
    "archive.warc.scan": "Damage Record scan",
    "archive.warc.writer": "Limits",
}
"""The names of each module. A module is imported when one of its names is first used: all take 60 to 100 ms, which a
command that cleans one page saves."""
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> typing.Any:  # noqa: ANN401 - whatever the module has
    """Return a name of this package; Python calls this once for each."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULE_OF[name]), name)
    return value
