"""What learning costs beside cleaning: CPU a page, memory, and the size of the statistics.

    python -m benchmarks.rules_cost                                  # 5,000 pages of 25 hosts, a minute or two
    python -m benchmarks.rules_cost --pages 100000 --hosts 100       # some 10 minutes and 2 GB of disk
    python -m benchmarks.rules_cost --json FILE                      # also keep the figures there

The texts are made, not cleaned one by one: 24 lines of prose of a page's own, 6 that come back on its host, and 90
lines that rules took, as many as the development corpora's pages have. Pages that learning looks at are stored as they
came, in the size of real ones (1,000 elements, 250 kB). Learning runs in a process of its own; cleaning is measured
beside it on those pages, and on the development corpora where they are here.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from archive import Capture, Collection, Stored
from archive.catalog.rows import CaptureRow
from benchmarks import corpora
from benchmarks.quality import machine
from cleaners import Article, Removal, clean

PAGES, HOSTS = 5_000, 25
PROSE, BACK, TAKEN = 24, 6, 90
"""Lines of a page."""
ELEMENTS, SCRIPT = 1_000, 200_000
"""A page's elements, and the bytes of scripts and styles in it: the development corpora's pages have 999 elements and
357 kB on average."""
CLEANED = 60
"""Pages that are cleaned to learn what that costs."""
BEGIN = datetime(2026, 1, 1, 6, tzinfo=UTC)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"
SOFTWARE = "pressclip/benchmark"
LEARN = """
import json, resource, sys, time
from pathlib import Path
from archive.site_rules import learn
from cleaners import load_rules
start, told, seen = time.process_time(), [], []
hosts = list(learn(Path(sys.argv[1]), load_rules(), on_problem=told.append, on_progress=lambda url: seen.append(1)))
print(json.dumps({
    "CPU seconds": time.process_time() - start,
    "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "hosts": len(hosts),
    "proposals": sum(len(host.proposals) for host in hosts),
    "told": told,
    "seen": len(seen),
}))
"""


class Site:
    """One invented host: its words, what comes back on its pages, and what rules took from them."""

    def __init__(self, number: int) -> None:
        """Make its lines; the same number gives the same ones."""
        self.host = f"paper{number}.example"
        self._chance = random.Random(number)
        syllables = [first + second for first in "bdfgklmnprst" for second in "aeiou"]
        self._words = [
            "".join(self._chance.choices(syllables, k=self._chance.choice((1, 2, 2, 3)))) for _ in range(5_000)
        ]
        self._back = [self._line(self._chance, 7 + n) for n in range(2 * BACK)]
        self._menu = [self._line(self._chance, 2) for _ in range(2 * TAKEN // 3)]

    def text(self, number: int) -> tuple[str, list[str], list[str]]:
        """Return a page's headline, kept lines, and lines that rules took."""
        chance = random.Random(f"{self.host} {number}")
        lines = [self._line(chance, 40) for _ in range(PROSE)]
        for line in chance.sample(self._back, BACK):
            lines.insert(chance.choice((1, len(lines) // 2, len(lines))), line)
        teasers = [self._line(chance, 8) for _ in range(TAKEN // 3)]
        return self._line(chance, 9), lines, self._menu + teasers

    def page(self, number: int) -> bytes:
        """Return the page as it came."""
        title, lines, taken = self.text(number)
        menu = "".join(f'<li class="m"><a href="/{n}">{line}</a></li>' for n, line in enumerate(taken))
        own = "".join(f'<p class="{"note" if line in self._back else "text"}">{line}</p>' for line in lines)
        rest = '<div class="pad"><span></span></div>' * ((ELEMENTS - 2 * len(taken) - len(lines)) // 2)
        script = f"<script>{'/* state */ var a=[1,2,3];' * (SCRIPT // 26)}</script>"
        page = f"<title>{title}</title>{script}<nav><ul>{menu}</ul></nav><article><h1>{title}</h1>{own}</article>{rest}"
        return f'<!doctype html><html lang="en"><meta charset="utf-8">{page}</html>'.encode()

    def url(self, number: int) -> str:
        """Return a page's address."""
        return f"https://www.{self.host}/news/{number}"

    def _line(self, chance: random.Random, words: int) -> str:
        return " ".join(chance.choices(self._words, k=words)).capitalize() + "."


def texts(root: Path, sites: list[Site], pages: int) -> None:
    """Store texts as if their pages had been fetched, the hosts in turn."""
    with Collection(root, software=SOFTWARE, rules_version="made") as collection:
        for number in range(pages):
            site, own = sites[number % len(sites)], number // len(sites)
            fetched = BEGIN + timedelta(minutes=number)
            row = CaptureRow(
                f"urn:made:{number}", site.url(own), fetched, 200, "text/html", "", None, None, None, None, None, None,
                collection.name, "made.warc.gz", number, 0,
            )  # fmt: skip
            collection.catalog.add(row)
            title, lines, taken = site.text(own)
            removals = tuple(Removal("dom/navigation", "dom", line, "/html/body/nav/ul/li[7]") for line in taken)
            article = Article("\n\n".join(lines), title=title, removals=removals, rules_version="made")
            collection.store_text(Stored(row.record_id, row.url, row.file, row.offset, 0, ""), article)


def looked_at(root: Path, sites: list[Site], told: list[str]) -> list[bytes]:
    """Store the pages that learning wanted to look at, as if they had been fetched again, and return some of them."""
    by_host: dict[str, Site] = {site.host: site for site in sites}
    html: list[bytes] = []
    with Collection(root, software=SOFTWARE, rules_version="made") as collection:
        for url in (line.partition(": ")[0] for line in told):
            host, number = url.removeprefix("https://www.").split("/news/")
            page, (title, lines, taken) = by_host[host].page(int(number)), by_host[host].text(int(number))
            html = [*html, page][:CLEANED]
            removals = tuple(Removal("dom/navigation", "dom", line, "/html/body/nav/ul/li[7]") for line in taken)
            stored = collection.store(Capture(url, BEGIN + timedelta(days=300), 200, HEAD, page, b"GET / HTTP/1.1"))
            collection.store_text(stored, Article("\n\n".join(lines), title=title, removals=removals))
    return html


def learned(root: Path) -> dict[str, Any]:
    """Learn in a process of its own; return what that cost."""
    done = subprocess.run([sys.executable, "-c", LEARN, str(root)], check=True, stdout=subprocess.PIPE)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def cleaning(pages: list[tuple[bytes, str]]) -> float:
    """Return the milliseconds of CPU that cleaning a page takes."""
    clean(pages[0][0], url=pages[0][1])
    start = time.process_time()
    for html, url in pages:
        clean(html, url=url)
    return 1000 * (time.process_time() - start) / len(pages)


def measured(pages: int, hosts: int, root: Path) -> dict[str, Any]:
    """Return the figures of an archive of that size, made in *root*."""
    sites = [Site(number) for number in range(hosts)]
    if not (root / "catalog.sqlite").exists():
        texts(root, sites, pages)
    html = looked_at(root, sites, learned(root)["told"])
    shutil.rmtree(root / "rules")
    found = learned(root)
    again = learned(root)
    html = html or [sites[0].page(number) for number in range(CLEANED)]
    made = cleaning([(page, "https://paper.example/1") for page in html])
    real = (
        cleaning([(page.html(), page.url or "") for page in islice(corpora.pages(), CLEANED)])
        if corpora.ROOT.exists()
        else None
    )
    each = 1000 * found["CPU seconds"] / pages
    return {
        "pages": pages,
        "hosts": hosts,
        "looked at": again["seen"],
        "proposals": found["proposals"],
        "problems": found["told"],
        "learning, ms CPU a page": round(each, 3),
        "learning again, ms CPU a page": round(1000 * again["CPU seconds"] / pages, 3),
        "peak MB": round(found["peak MB"]),
        "statistics, bytes a page": round((root / "rules" / "statistics.sqlite").stat().st_size / pages),
        "cleaning a made page, ms CPU": round(made, 1),
        "cleaning a real page, ms CPU": real and round(real, 1),
        "share of cleaning": round(each / (real or made), 4),
    }


def main() -> None:
    """Measure, print and perhaps keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--hosts", type=int, default=HOSTS)
    parser.add_argument("--data", type=Path, help="make the archive here, or use the one that is here, and leave it")
    parser.add_argument("--json", type=Path)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = machine() | measured(said.pages, said.hosts, said.data or Path(folder) / "data")
    print(json.dumps(figures, indent=1))
    if said.json:
        said.json.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
