"""Record each exchange as it was on the wire, before Scrapy changes anything.

Scrapy and Twisted keep neither the header lines nor the bytes of a request, so this subclasses the parts of Scrapy's
download handler. It relies on the private names `_LenientHTTPClientParser`, `_LenientHTTP11ClientProtocol`,
`_LenientHTTP11ClientFactory`, `_ScrapyAgent._cb_bodyready` and `HTTP11DownloadHandler._pool._factory`;
tests/scraper/test_recording.py fails when one of them moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers import http11
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from twisted.internet.defer import Deferred, fail

from archive import (
    PAGE_STATUSES,
    Capture,
    head_problem,
    stored_head,
)
from scraper.fetch import guard
from scraper.fetch.guard import check_name
from scraper.fetch.signing import RequestSigner

MAX_HEAD = 256 << 10
"""Most bytes of header lines, with those of interim responses. Twisted bounds the length of each line only."""


class HeadTooLarge(Exception):
    """A response has too many header lines, or too long ones, or no status: the archive could not read it back."""


@dataclass(slots=True)
class Wire:
    """What the connection knows about one exchange; Twisted's response has it as `wire`."""

    head: bytes
    sent: bytes
    ip: str
    tls: str | None
    cipher: str | None
    sent_at: float
    """When the request was written, after connecting, by the monotonic clock."""


@dataclass(slots=True)
class Exchange:
    """One exchange while it runs; the request's meta has it as `exchange`."""

    fetched: datetime
    wire: Wire | None = None
    status: int = 0
    body: bytearray = field(default_factory=bytearray)

    def capture(self, url: str, truncated: str | None) -> Capture | None:
        """Return the capture, None where no response head came."""
        if self.wire is None:
            return None
        return Capture(
            url=url,
            fetched=self.fetched,
            status=self.status,
            response_head=self.wire.head,
            body=bytes(self.body),
            request_head=self.wire.sent.partition(b"\r\n\r\n")[0],
            ip=self.wire.ip,
            tls=self.wire.tls,
            cipher=self.wire.cipher,
            truncated=truncated,
        )


class RecordingParser(http11._LenientHTTPClientParser):
    """Keeps the lines of the response head, with those of interim (1xx) responses."""

    def lineReceived(self, line: bytes) -> None:
        """Take one line of the head."""
        # created on first use: the parser gets this class when it already exists, so __init__ never runs
        self.__dict__.setdefault("lines", []).append(line.removesuffix(b"\r"))
        self.__dict__["size"] = self.__dict__.get("size", 0) + len(line) + 2
        if self.__dict__["size"] > MAX_HEAD:
            raise HeadTooLarge(f"more than {MAX_HEAD >> 10} KB of header lines")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Raise an error that names the cause; Twisted would close the connection without one."""
        raise HeadTooLarge(f"a header line of more than {self.MAX_LENGTH} bytes")

    def allHeadersReceived(self) -> None:
        """Store the head in the response."""
        lines = self.__dict__.pop("lines", [])
        self.response.head = b"\r\n".join(lines[:-1])
        if problem := head_problem(stored_head(self.response.head)):
            raise HeadTooLarge(problem)
        super().allHeadersReceived()  # type: ignore[no-untyped-call]


class _Tee:
    """A transport that copies what is written through it."""

    def __init__(self, transport: Any, sent: list[bytes]) -> None:  # noqa: ANN401 - any of Twisted's transports
        self._transport = transport
        self._sent = sent

    def write(self, data: bytes) -> None:
        self._sent.append(data)
        self._transport.write(data)

    def writeSequence(self, data: Iterable[bytes]) -> None:
        pieces = list(data)
        self._sent.extend(pieces)
        self._transport.writeSequence(pieces)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)


class RecordingProtocol(http11._LenientHTTP11ClientProtocol):
    """Refuses peers that the guard blocks before anything is written, signs the request where the crawl has a key, and
    records request and response head."""

    allow_private = False
    signer: RequestSigner | None = None

    def request(self, request: Any) -> Deferred[Any]:  # noqa: ANN401 - Twisted's own request, untyped
        """Send *request*; fail with BlockedAddress where the peer is not a global address."""
        transport: Any = self.transport
        peer = transport.getPeer().host
        if not self.allow_private and not guard.is_global(peer):
            transport.abortConnection()
            return fail(guard.BlockedAddress(peer))
        if self.signer is not None:
            # here, where a request is written: Twisted sends it once more where a kept connection was closed
            for name, value in self.signer.headers(_origin(request)).items():
                request.headers.setRawHeaders(name, [value])
        sent: list[bytes] = []
        write = request.writeTo
        request.writeTo = lambda transport: write(_Tee(transport, sent))
        sent_at = monotonic()
        answered = super().request(request)
        self._parser.__class__ = RecordingParser

        def note(response: Any) -> Any:  # noqa: ANN401 - Twisted's own response, untyped
            handle = transport.getHandle()
            tls = getattr(handle, "get_protocol_version_name", lambda: None)()
            cipher = getattr(handle, "get_cipher_name", lambda: None)()
            response.wire = Wire(response.head, b"".join(sent), peer, tls, cipher, sent_at)
            return response

        return answered.addCallback(note)


def _origin(request: Any) -> str:  # noqa: ANN401 - Twisted's own request, untyped
    """Return scheme and authority of a request, as its head says them."""
    (host,) = request.headers.getRawHeaders("host")
    return f"{urlsplit(request.absoluteURI.decode('ascii')).scheme}://{host}"


class RecordingFactory(http11._LenientHTTP11ClientFactory):
    """Builds recording protocols."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as Twisted's pool calls it
        allow_private: bool = False,
        signer: RequestSigner | None = None,
    ) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        self._allow_private, self._signer = allow_private, signer

    def buildProtocol(self, addr: object) -> RecordingProtocol:
        """Return a protocol for a new connection."""
        protocol = RecordingProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
        protocol.allow_private, protocol.signer = self._allow_private, self._signer
        return protocol


class RecordingAgent(http11._ScrapyAgent):
    """Links Twisted's response with the request's exchange, and copies the body as it arrives."""

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:  # noqa: ANN401 - as in the parent
        exchange: Exchange | None = request.meta.get("exchange")
        if exchange is not None:
            exchange.wire, exchange.status = txresponse.wire, int(txresponse.code)
            txresponse.deliverBody = partial(_deliver, exchange.body, txresponse.deliverBody)
        return super()._cb_bodyready(txresponse, request)


def _deliver(copy: bytearray, deliver: Any, reader: Any) -> None:  # noqa: ANN401 - Twisted's untyped protocol
    receive = reader.dataReceived

    def received(data: bytes) -> None:
        copy.extend(data)
        receive(data)

    reader.dataReceived = received
    deliver(reader)


# the handler creates its agents by this name; requests without an `exchange` are not recorded
http11._ScrapyAgent = RecordingAgent  # type: ignore[misc]


class RecordingHandler(http11.HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler with the address guard; it has the session archive every exchange but parts of pages.

    Where a response came, the request's meta has `capture` (Capture) and `stored` (archive.Stored or None).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._session: Any = crawler.spider.session  # type: ignore[union-attr]
        self._allow_private: bool = self._session.options.allow_private
        pool: Any = self._pool
        pool._factory = partial(RecordingFactory, allow_private=self._allow_private, signer=self._session.signer)

    async def download_request(self, request: Request) -> Response:
        """Download *request*, record the exchange however it ends, and return the response."""
        exchange = Exchange(datetime.now(UTC))
        for name in ("capture", "stored", "payload"):
            request.meta.pop(name, None)
        if not self._allow_private:
            await check_name(urlparse_cached(request).hostname or "")
        request.meta["exchange"] = exchange
        truncated: str | None = "disconnect"
        try:
            response = await super().download_request(request)
            truncated = "disconnect" if "dataloss" in response.flags else None
        except DownloadTimeoutError:
            truncated = "time"
            raise
        except DownloadCancelledError:
            truncated = "length"
            raise
        finally:
            del request.meta["exchange"]
            request.meta["sent_at"] = exchange.wire.sent_at if exchange.wire else 0.0
            if capture := exchange.capture(request.url.partition("#")[0], truncated):
                capture = with_opt_outs(capture, request)
                stored = None if request.meta.get("is_part") else self._session.store(capture)
                request.meta.update(capture=capture, stored=stored)
        return response


def with_opt_outs(capture: Capture, request: Request) -> Capture:
    """Return *capture* with the opt-out signals for its page; unchanged where it is not a page of the crawl."""
    if "row" not in request.meta or capture.status not in PAGE_STATUSES:
        return capture
    return replace(capture, opt_outs=capture.stated(request.meta.get("elsewhere")))
