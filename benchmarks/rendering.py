"""Seconds a page and memory of the browser that renders pages.

    python -m benchmarks.rendering                # 30 invented pages, each of which asks for two parts

The pages are answered from memory, so what is measured is the browser, not a network. Memory is what the browser's
processes hold together, what they share counted once (PSS, on Linux): with no page open, and the most while pages are
rendered, one at a time and as many as a crawl renders at once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic

from benchmarks.quality import machine
from scraper.rendering import Browser, find_browser
from scraper.rendering.browser import PAGES_AT_ONCE, QUIET_SECONDS, Asked, Part

PAGE = b"<!doctype html><title>Gazette</title><div id=app></div><script src=/app.js></script>"
WORDS = "The ferry waited for the tide, and the whole street looked on. " * 8
SCRIPT = """fetch('/story').then(a => a.text()).then(text => { for (let n = 0; n < 40; n++) {
    const p = document.createElement('p'); p.textContent = text; document.body.append(p) } });
const kept = []; for (let n = 0; n < 200000; n++) kept.push({n, name: 'x' + n}); window.kept = kept;"""
"""Writes 40 paragraphs, and holds objects as the state of an application does, some 20 MB."""
ANSWERS = {"/app.js": ("text/javascript", SCRIPT), "/story": ("text/plain", WORDS)}


async def fetch(asked: Asked) -> Part | None:
    """Answer the two parts of a page."""
    kind, body = ANSWERS[asked.url.partition("example")[2]]
    return Part(200, {"content-type": kind}, body.encode())


def processes(parent: int) -> Iterator[int]:
    """Yield the processes below one."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            above = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if above == parent:
            yield int(path.parent.name)
            yield from processes(int(path.parent.name))


def megabytes() -> float:
    """Return what the processes below this one hold together."""
    total = 0
    for process in processes(os.getpid()):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


async def most(seen: list[float]) -> None:
    """Note the memory again and again."""
    while True:
        seen.append(await asyncio.to_thread(megabytes))
        await asyncio.sleep(0.2)


async def measure(count: int) -> None:
    """Render pages, one at a time and then several at once, and print the figures."""
    browser = Browser(find_browser(), "pressclip/benchmark")

    async def seconds(number: int) -> float:
        began = monotonic()
        document, _ = await browser.render(f"http://gazette.example/{number}", PAGE, "text/html", fetch)
        assert document.count(WORDS) == 40
        return monotonic() - began

    try:
        print(f"start and first page: {await seconds(0):.1f} s; {browser.software}")
        print(f"no page open: {megabytes():.0f} MB")
        for together in (1, PAGES_AT_ONCE):
            seen: list[float] = []
            noting = asyncio.ensure_future(most(seen))
            began, times = monotonic(), list[float]()
            for first in range(0, count, together):
                times += await asyncio.gather(*map(seconds, range(first, min(first + together, count))))
            noting.cancel()
            rate = (monotonic() - began) / count
            print(f"{together} at once: {rate:.2f} s a page (median from start to end {median(times):.2f} s, of which "
                  f"{QUIET_SECONDS:g} s wait for more requests); at most {max(seen):.0f} MB")  # fmt: skip
    finally:
        await browser.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=30, metavar="N")
    print(machine())
    asyncio.run(measure(parser.parse_args().pages))


if __name__ == "__main__":
    main()
