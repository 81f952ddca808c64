"""Store the captures and texts of a collection, enter them in the catalog, and read captures back."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from archive.catalog.catalog import Catalog
from archive.catalog.rows import OF_SERVER, ArticleRow, CaptureRow
from archive.catalog.sealed import enter, finish_sealing, register
from archive.files.errors import ArchiveError, UnreadableError, cannot_write
from archive.files.layout import CATALOG, check_name, locate, raw_folder, text_folder
from archive.files.lock import in_turn, sharing
from archive.files.whole import make_folder
from archive.maintain.rebuild import complete_catalog, remove_unfinished
from archive.maintain.recover import Recovered, recover
from archive.warc.capture import Capture
from archive.warc.reader import Exchange, head_problem, read_exchange
from archive.warc.records import (
    IDENTICAL,
    NOT_MODIFIED,
    Original,
    TextRecord,
    digest,
    exchange,
    file_info,
    metadata,
    stored_head,
    target_uri,
    text_records,
)
from archive.warc.renderings import rendering_records
from archive.warc.scan import Record, scan
from archive.warc.writer import DEFAULT_LIMITS, Limits, Outputs
from cleaners import Article

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a stored capture is."""

    record_id: str
    url: str
    file: str
    """The file's name, without folder, as it will be when sealed."""
    offset: int
    length: int
    payload_digest: str
    refers_to: str | None = None
    """The id of the record that has the body, where this one is a revisit; where it is a rendering, of its page."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """Where a stored text is."""

    record_id: str
    file: str
    offset: int
    length: int
    is_new: bool = True
    """False where the same text was stored before."""


class Collection:
    """Stores the captures and texts of one collection; for use with `with`, from one thread.

    Several processes may write one collection: each has its own files. A file that is full is sealed in a thread, while
    the next one is written. Entering it makes the folders and recovers
    what a killed process left (listed in `recovered`). Every error is an ArchiveError, one line for the user.
    """

    def __init__(
        self,
        root: Path,
        name: str = "news",
        *,
        software: str,
        rules_version: str,
        info: dict[str, str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: str(uuid4()),
        limits: Limits = DEFAULT_LIMITS,
        processes: bool = False,
    ) -> None:
        """Prepare a collection; nothing is written before it is entered.

        `info` adds lines to every file's warcinfo record (such as `robots` and `http-header-user-agent`). `new_id`
        returns UUIDs. `processes`: a large file that is full is read for its index in a process; a script then needs
        `if __name__ == "__main__":`.
        """
        self.root = root
        self.name = check_name(name)
        self.recovered: tuple[Recovered, ...] = ()
        self._software = software
        self._now = now
        self._new_id = new_id
        self._catalog: Catalog | None = None
        self._lacking: set[str] = set()
        self._apart = processes
        self._held = ExitStack()
        own = {"hostname": socket.gethostname(), "rules-version": rules_version}
        lines = file_info(software, name) | own | (info or {})
        self._outputs = Outputs(root, name, lines, limits, now=now, new_id=new_id, sealed=self._register)

    def __enter__(self) -> Collection:
        for folder in (raw_folder(self.root, self.name), text_folder(self.root, self.name)):
            try:
                make_folder(folder)
            except OSError as error:
                raise cannot_write(folder, error) from error
        complete_catalog(self.root)
        with ExitStack() as stack:
            stack.enter_context(sharing(self.root))
            remove_unfinished(self.root)
            catalog = stack.enter_context(Catalog(self.root / CATALOG, create=True))
            self.recovered = tuple(recover(self.root, self.name, catalog))
            finish_sealing(self.root, self.name, catalog)
            self._catalog, self._held = catalog, stack.pop_all()
        for recovered in self.recovered:
            log.info("%s: recovered, %d bytes kept, %d cut off", recovered.path, recovered.size, recovered.cut)
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def catalog(self) -> Catalog:
        """The catalog of the data root."""
        if self._catalog is None:
            raise ArchiveError(f"collection {self.name}: not open: enter it with `with` before storing")
        return self._catalog

    def store(self, capture: Capture) -> Stored:
        """Append a response record and its request record, and enter the capture in the catalog.

        If the collection has the payload already, a revisit record without the body is stored (see `original_of`).
        Raises UnreadableError, and writes nothing, where the capture could not be read back.
        """
        catalog = self.catalog
        if problem := head_problem(stored_head(capture.response_head)):
            raise UnreadableError(f"{target_uri(capture.url)[:200]}: {problem}: not stored")
        output = self._outputs.raw()
        record_id, request_id = self._urn(), self._urn()
        payload_digest = digest(capture.body)
        original = original_of(catalog, self.root, self.name, capture, payload_digest)
        records = exchange(capture, record_id, request_id, output.warcinfo_id, payload_digest, original)
        offset = output.append(records.data) + records.response_start
        refers_to = original.record_id if original else None
        file, length = output.path.name, records.response_length
        stored = Stored(record_id, records.url, file, offset, length, records.payload_digest, refers_to)
        revisit = original.profile if original else None
        self._enter(CaptureRow.of_capture(capture, revisit=revisit, collection=self.name, **asdict(stored)))
        return stored

    def store_rendering(self, capture: Capture, page: Stored, software: str) -> Stored:
        """Append what a browser made of a stored page, as a conversion of its record, and enter it in the catalog.

        `capture`: what `rendering` returned; `software`: name and version of the browser.
        """
        output = self._outputs.raw()
        record_id, refers_to = self._urn(), page.record_id
        records = rendering_records(
            capture, record_id, refers_to=refers_to, warcinfo_id=output.warcinfo_id, software=software
        )
        offset = output.append(records.data) + records.response_start
        stored = Stored(record_id, records.url, output.path.name, offset, records.response_length, "", refers_to)
        self._enter(CaptureRow.of_capture(capture, revisit=None, collection=self.name, **asdict(stored)))
        return stored

    def store_new(self, capture: Capture, known: Callable[[], str | None]) -> tuple[str, bool]:
        """Store a capture unless `known` returns its record id; return the id, and whether the capture is new.

        Processes take turns, so that two that import one file do not both store it.
        """
        with in_turn(raw_folder(self.root, self.name)):
            record_id = known()
            return (record_id, False) if record_id else (self.store(capture).record_id, True)

    def store_text(self, capture: Stored | str, article: Article, *, again: bool = False) -> StoredText:
        """Append the text of a capture (or of the one with that record id), and index its words.

        If the capture, or the original that it revisits, has the same text by the same rules, nothing is written, and
        the place of that text is returned; with `again`, a capture's own text is written all the same. Processes take
        turns.
        """
        with in_turn(text_folder(self.root, self.name)):
            return self._store_text(capture, article, again)

    def _store_text(self, capture: Stored | str, article: Article, again: bool) -> StoredText:
        capture_id, url = self._origin(capture)
        described = metadata(article, self._software)
        before = self.catalog.article(capture_id)
        is_own = before is not None and before.capture_id == capture_id
        if before and before.repeated_by(url, described) and not (again and is_own):
            return StoredText(before.record_id, before.file, before.offset, before.length, is_new=False)
        output = self._outputs.text()
        text = TextRecord(self._urn(), capture_id, url, self._now().astimezone(UTC), article.text, described)
        data = text_records(text, metadata_id=self._urn(), warcinfo_id=output.warcinfo_id)
        text = replace(text, offset=output.append(data), length=len(data))
        self._enter(ArticleRow.of(text, self.name, output.path.name), text)
        return StoredText(text.record_id, output.path.name, text.offset, text.length)

    def newest_text(self, url: str) -> ArticleRow | None:
        """Return the text of the URL's newest capture that has one in this collection; None where none has."""
        catalog = self.catalog
        texts = (text for capture in catalog.captures(url) for text in catalog.articles(capture.record_id))
        return next((text for text in texts if text.collection == self.name), None)

    def sync(self) -> None:
        """Put everything stored so far on the disk."""
        self._outputs.sync()

    def close(self) -> None:
        """Seal the files being written. To store more, enter the collection again."""
        if self._catalog is None:
            return
        try:
            self._outputs.seal()
        finally:
            self._catalog = None
            self._held.close()

    def _enter(self, row: CaptureRow | ArticleRow, text: TextRecord | None = None) -> None:
        try:
            self.catalog.add(row, text)
        except ArchiveError:
            self._lacking.add(row.file)  # its record is written: the row follows before the file counts as registered
            raise

    def _register(self, path: Path) -> None:
        # it runs in the thread that seals, and a connection is for one thread
        with Catalog(self.root / CATALOG, create=True) as catalog:
            if path.name in self._lacking:
                enter(path, self.name, catalog)
                self._lacking.discard(path.name)
            register(path, self.name, catalog, apart=self._apart)

    def _origin(self, capture: Stored | str) -> tuple[str, str]:
        if isinstance(capture, Stored):
            return capture.record_id, capture.url
        row = self.catalog.capture(capture)
        if row is None:
            raise ArchiveError(f"{capture}: no capture with this record id in {self.catalog.path}")
        return row.record_id, row.url

    def _urn(self) -> str:
        return f"urn:uuid:{self._new_id()}"


def read_capture(root: Path, collection: str, file: str, offset: int) -> Capture:
    """Return a stored capture; a revisit with its own head and the body of the record that it refers to.

    Raises ArchiveError where no response record begins at this offset.
    """
    stored = read_exchange(locate(raw_folder(root, collection), file), offset)
    return with_body(root, collection, stored) if stored.capture.revisit else stored.capture


def read_record(root: Path, collection: str, file: str, offset: int) -> Record:
    """Return the WARC record at an offset as it is stored. Raises ArchiveError where none begins there."""
    path = locate(raw_folder(root, collection), file)
    found = next(scan(path, offset), None)
    if isinstance(found, Record) and found.offset == offset:
        return found
    raise ArchiveError(f"{path}: no record at offset {offset}: run `pressclip archive verify`")


MIN_PAYLOAD = 1024
"""Bytes from which on a payload is stored only once. A revisit's lines about the earlier record take some 330 bytes:
below a kilobyte there is little to gain, and what repeats there is redirects and empty bodies."""

_ASKED = re.compile(rb"(?im)^If-None-Match:[ \t]*((?:W/)?\"[^\",\r\n]*\")[ \t]*\r?$")
_SAME_PAYLOAD = """payload_digest = ? AND revisit IS NULL AND refers_to IS NULL AND truncated IS NULL AND collection = ?
    ORDER BY url <> ?, fetched, record_id"""
_UNMODIFIED = f"""url = ?1 AND collection = ?2 AND status = 200 AND truncated IS NULL AND {OF_SERVER}
    AND (?3 = '' OR replace(coalesce(etag, ''), 'W/', '') = ?3) ORDER BY fetched DESC, record_id"""


def original_of(catalog: Catalog, root: Path, collection: str, capture: Capture, digest: str) -> Original | None:
    """Return the record that a capture can refer to; None where its own body has to be stored."""
    # That may be a record of any URL in the collection: pywb finds it by WARC-Refers-To-Target-URI, -Date and digest,
    # and by the digest alone where the URL is the same.
    if capture.truncated is not None:
        return None  # half a body is no proof that the whole would be the same
    if capture.status == 304 and not capture.body:
        row, profile = _unmodified(catalog, collection, capture), NOT_MODIFIED
    elif len(capture.body) >= MIN_PAYLOAD:
        row, profile = _same_payload(catalog, collection, capture.url, digest), IDENTICAL
    else:
        return None
    if row is None or not _is_there(root, row):
        return None
    return Original(profile, row.record_id, row.url, row.fetched, row.payload_digest)


def with_body(root: Path, collection: str, exchange: Exchange) -> Capture:
    """Return a revisit's capture with the body that it refers to. Raises ArchiveError where that is unknown."""
    record, capture = exchange.record, exchange.capture
    with Catalog(root / CATALOG) as catalog:
        row = catalog.capture(record.refers_to) if record.refers_to else None
        if row is None:  # many writers name only the URL, the date and the digest
            uri = record.header("WARC-Refers-To-Target-URI") or record.uri
            row = _same_payload(catalog, collection, uri, record.header("WARC-Payload-Digest") or "")
    if row is None or row.revisit is not None:
        raise ArchiveError(
            f"{record.uri}: the record that revisit {record.record_id} refers to is not in the catalog: "
            "bring its WARC file in, or run `pressclip archive rebuild`"
        )
    path = locate(raw_folder(root, row.collection), row.file)
    earlier = read_exchange(path, row.offset).capture
    coding = earlier.codings if capture.status == 304 else None  # a 304 has no coding of the body that it confirms
    return replace(capture, body=earlier.body, body_coding=coding)


def _same_payload(catalog: Catalog, collection: str, url: str, digest: str) -> CaptureRow | None:
    """Return the first record with this payload, of this URL where there is one."""
    return catalog.first_capture(_SAME_PAYLOAD, digest, collection, target_uri(url))


def _unmodified(catalog: Catalog, collection: str, capture: Capture) -> CaptureRow | None:
    """Return the record that a 304 confirms: the newest 200 of its URL, with the ETag of the 304 or of its request."""
    asked = _ASKED.search(capture.request_head)
    tag = capture.header("ETag") or (asked[1].decode("latin-1") if asked else "")
    etag = tag.replace("W/", "")  # a strong and a weak one match, RFC 9110 13.1.2
    row = catalog.first_capture(_UNMODIFIED, target_uri(capture.url), collection, etag)
    return catalog.capture(row.refers_to or "") if row and row.revisit else row


def _is_there(root: Path, row: CaptureRow) -> bool:
    try:
        return bool(locate(raw_folder(root, row.collection), row.file))
    except ArchiveError:
        return False  # somebody removed the file that the catalog names: the new capture needs a body of its own
