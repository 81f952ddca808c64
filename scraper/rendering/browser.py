"""Drive a browser without a network: what a page asks for is answered by a function of the caller's, or not at all."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from archive import how_to_install
from scraper.printable import one_line

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Request, Route

EXECUTABLE = "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH"
"""The variable that names the browser: a path, or a channel such as `chrome`."""
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Browsers that are looked for in PATH."""

PAGES_AT_ONCE = 2
"""Pages that are rendered at the same time. Browser and driver take 390 MB, one page 100 MB more, two 150 MB; two at
once take 1.55 s a page, one after the other 1.84 s (`benchmarks.rendering`, 2 shared cores, 2026-11-30)."""
MAX_PARTS = 100
"""Most requests of one page that are answered. A judgement: article pages load some 10 to 60 scripts and answers."""
MAX_PART = 5 << 20
"""Most bytes of one script or answer."""
MAX_BYTES = 20 << 20
"""Most bytes of all scripts and answers of a page."""
MAX_DOCUMENT = 10 << 20
"""Most characters of a rendered document: cleaners parse no larger page."""
QUIET_SECONDS = 0.5
"""The document is taken once nothing was asked for so long. A judgement: a script writes what it got within
milliseconds, and every page waits this long."""
SETTLE_SECONDS = 12.0
"""The document is taken after this time although its scripts go on asking."""
RENDER_SECONDS = 30.0
"""Longest time for a page, from its opening to its document; an endless script takes all of it."""
LAUNCH_SECONDS = 60.0
"""Longest time for a browser to start: with the first page 3.6 s (`benchmarks.rendering`, 2026-11-30)."""
CLOSE_SECONDS = 5.0
"""Longest time for a page to close before the browser is ended with it."""
TICK = 0.1

PARTS = frozenset({"script", "xhr", "fetch"})
"""The types of requests that can bring text. All others (images, media, fonts, frames, beacons, event streams) fail."""
STYLE = "stylesheet"
"""Style sheets are answered with an empty one: some scripts wait for theirs, and none is needed for text."""

# nothing leads out: names do not resolve, not even those of this machine, and neither does that of the proxy, which
# everything has to go through
FLAGS = (
    "--proxy-server=http://nowhere.invalid:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",  # its name in content_shell and older versions
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
    "--blink-settings=imagesEnabled=false",
    "--js-flags=--max-old-space-size=256",
)
KEPT_ENVIRONMENT = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "XDG_RUNTIME_DIR", "PLAYWRIGHT_BROWSERS_PATH")
"""Variables that the browser gets: none of the crawl's secrets."""
NO_WEBRTC = "for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport']) delete window[name];"


class BrowserError(RuntimeError):
    """No page can be rendered; the message is one line with what to do."""


class BrowserMissing(BrowserError):
    """The package or the program is not installed."""


class RenderError(Exception):
    """A page was not rendered; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Found:
    """The browser to start; with neither, that of playwright's own."""

    path: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a page."""

    url: str
    kind: str
    """Of `PARTS`."""
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What answers a request of a page."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[Asked], Awaitable[Part | None]]
"""Answers a request of a page; None where it must not be sent, or failed. Raises nothing."""


def find_browser() -> Found:
    """Return the browser to start. Raises BrowserMissing where the extra or a browser is not installed."""
    if find_spec("playwright") is None:
        raise BrowserMissing(f"pages cannot be rendered: needs playwright: {how_to_install('browser')}")
    if named := os.environ.get(EXECUTABLE):
        if "/" not in named:
            return Found(channel=named)
        if not os.access(named, os.X_OK):
            raise BrowserMissing(f"{EXECUTABLE}: {one_line(named)} is no program: name a Chromium, or a channel")
        return Found(named)
    if path := next(filter(None, map(shutil.which, NAMES)), None):
        return Found(path)
    if any(_own_browsers().glob("chromium-*")):
        return Found()
    command = f"{sys.executable} -m playwright install chromium"
    raise BrowserMissing(f"no browser: install the package chromium, run `{command}`, or set {EXECUTABLE}")


def _own_browsers() -> Path:
    below = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / below / "ms-playwright")


@dataclass(slots=True)
class _Open:
    """A page while it is rendered."""

    url: str
    fetch: Fetch
    content: bytes
    content_type: str
    context: BrowserContext | None = None
    page: Page | None = None
    is_given: bool = False
    """Whether the page itself was answered: a second time it would load anew for ever."""
    pending: int = 0
    asked: int = 0
    size: int = 0
    last: float = field(default_factory=monotonic)
    """When the last request was sent or answered."""
    crashed: asyncio.Event = field(default_factory=asyncio.Event)


class Browser:
    """Renders pages. It is started with the first one, and again where it ended."""

    def __init__(self, found: Found, user_agent: str) -> None:
        """Prepare; nothing is started. `user_agent`: what the page's scripts are told."""
        self._found, self._agent = found, user_agent
        self._turns = asyncio.Semaphore(PAGES_AT_ONCE)
        self._starting = asyncio.Lock()
        self._driver: Any = None
        self._running: Any = None

    @property
    def software(self) -> str:
        """Name and version of the browser that runs, and of what drives it."""
        number = self._running.version if self._running else "not started"
        return f"Chromium/{number} (playwright/{version('playwright')})"

    async def render(self, url: str, content: bytes, content_type: str, fetch: Fetch) -> tuple[str, str]:
        """Return the document that the scripts of a page made, and the software that ran them.

        `content`: the page as its server sent it, which is not requested again; `fetch` answers what its scripts ask
        for. Raises RenderError where this page cannot be rendered, and BrowserError where none can.
        """
        async with self._turns:
            opened = _Open(url, fetch, content, content_type)
            running = await self._start()
            software = self.software
            rendering = asyncio.ensure_future(self._document(running, opened))
            ended = asyncio.ensure_future(opened.crashed.wait())
            try:
                done, _ = await asyncio.wait(
                    {rendering, ended}, timeout=RENDER_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if rendering in done:
                    document = rendering.result()
                elif ended in done:
                    raise RenderError("the browser's process for the page ended")
                else:
                    raise RenderError(f"took longer than {RENDER_SECONDS:g} s to render")
            finally:
                for task in (rendering, ended):
                    task.cancel()
                await asyncio.gather(rendering, ended, return_exceptions=True)
                await self._leave(opened)
        if len(document) > MAX_DOCUMENT:
            raise RenderError(f"the rendered page is larger than {MAX_DOCUMENT >> 20} MB")
        return document, software

    async def close(self) -> None:
        """End the browser. A second call does nothing."""
        running, self._running = self._running, None
        driver, self._driver = self._driver, None
        for ending in (running.close if running else None, driver.stop if driver else None):
            if ending:
                with suppress(Exception):  # it may have ended by itself
                    await asyncio.wait_for(ending(), CLOSE_SECONDS)

    async def _start(self) -> Any:  # noqa: ANN401 - playwright's browser, imported where it is used
        from playwright.async_api import Error, async_playwright

        async with self._starting:
            if self._running is not None and self._running.is_connected():
                return self._running
            await self.close()
            kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
            try:
                self._driver = await async_playwright().start()
                self._running = await self._driver.chromium.launch(
                    executable_path=self._found.path,
                    channel=self._found.channel,
                    args=FLAGS,
                    # Chromium has no sandbox for root
                    chromium_sandbox=os.geteuid() != 0,
                    env=kept,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                    timeout=LAUNCH_SECONDS * 1000,
                )
            except Error as error:
                await self.close()
                what = self._found.path or self._found.channel or "playwright's Chromium"
                raise BrowserError(f"{what}: does not start: {one_line(_reason(error))}") from None
            return self._running

    async def _document(self, running: Any, opened: _Open) -> str:  # noqa: ANN401 - as `_start`
        from playwright.async_api import Error

        try:
            opened.context = context = await running.new_context(
                user_agent=self._agent, service_workers="block", accept_downloads=False, permissions=[]
            )
            await context.add_init_script(NO_WEBRTC)
            await context.route("**/*", lambda route: _answer(route, opened))
            opened.page = page = await context.new_page()
            page.on("crash", lambda _: opened.crashed.set())
            context.on("page", lambda other: asyncio.ensure_future(_close(other)))
            running.on("disconnected", lambda _: opened.crashed.set())
            await page.goto(opened.url, wait_until="commit", timeout=RENDER_SECONDS * 1000)
            began = monotonic()
            while monotonic() - began < SETTLE_SECONDS:
                if not opened.pending and monotonic() - max(opened.last, began) >= QUIET_SECONDS:
                    break
                await asyncio.sleep(TICK)
            document: str = await page.content()
        except Error as error:
            raise RenderError(one_line(_reason(error))) from None
        return document

    async def _leave(self, opened: _Open) -> None:
        if opened.context is None:
            return
        try:
            await asyncio.wait_for(opened.context.close(), CLOSE_SECONDS)
        except Exception:
            # a script that never ends keeps its page open: the next page gets a new browser
            await self.close()


async def _answer(route: Route, opened: _Open) -> None:
    """Answer a request of a page, or let it fail. Raises nothing: playwright would only log it."""
    from playwright.async_api import Error

    # the page may have closed meanwhile
    with suppress(Error):
        request = route.request
        if request.is_navigation_request():
            await _open_page(route, request, opened)
        elif request.resource_type == STYLE:
            await route.fulfill(status=200, content_type="text/css", body="")
        elif (
            request.resource_type not in PARTS
            or request.method != "GET"
            or not request.url.startswith(("http://", "https://"))
            or opened.asked >= MAX_PARTS
            or opened.size >= MAX_BYTES
        ):
            await route.abort("blockedbyclient")
        else:
            await _bring_part(route, request, opened)


async def _open_page(route: Route, request: Request, opened: _Open) -> None:
    is_first = not opened.is_given and opened.page is not None and request.frame == opened.page.main_frame
    if is_first:
        opened.is_given = True
        await route.fulfill(status=200, headers={"content-type": opened.content_type}, body=opened.content)
    else:
        # where a script leads elsewhere, the document stays: a navigation that failed would put an error in its place
        await route.fulfill(status=204)


async def _bring_part(route: Route, request: Request, opened: _Open) -> None:
    opened.asked += 1
    opened.pending += 1
    opened.last = monotonic()
    try:
        part = await opened.fetch(Asked(request.url, request.resource_type, request.headers))
        if part is not None:
            opened.size += len(part.body)
        if part is None or opened.size > MAX_BYTES:
            await route.abort("failed")
        else:
            await route.fulfill(status=part.status, headers=dict(part.headers), body=part.body)
    finally:
        opened.pending -= 1
        opened.last = monotonic()


async def _close(page: Page) -> None:
    """Close a window that a script opened."""
    with suppress(Exception):
        await page.close()


def _reason(error: Exception) -> str:
    """Return the first line of playwright's message, without the name of its call."""
    line = next(iter(str(error).splitlines()), "")
    return line.partition(": ")[2] or line
