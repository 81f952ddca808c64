"""CPU and memory of each list of `pressclip serve` on a catalog of 200,000 articles.

    python -m benchmarks.page_lists                       # makes the catalog (two minutes, 0.5 GB), asks for each list
    python -m benchmarks.page_lists --data FOLDER         # makes it there, or uses the one that is there
    python -m benchmarks.page_lists --storing             # what it costs to keep which rules fired

The catalog is made, not real: half of the articles are of two hosts, the rest of 400; every tenth was cleaned twice.
Ten rules fired on each text. Words, languages, hosts, rules and accesses are from on every text to on three.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from urllib.request import urlopen

from archive import CATALOG, ArticleRow, CaptureRow, Catalog, TextRecord

ARTICLES = 200_000
RULES = 10
"""Rules that fired on each text."""
WORDS = 150
ROUNDS = 5
STORED = 20_000
"""Articles of a catalog by which storing is measured."""
MAX_SECONDS, MAX_MEMORY = 0.15, 200_000_000
START = datetime(2024, 1, 1, tzinfo=UTC)
RARE = frozenset({11, 100_003, ARTICLES - 7})
"""The articles that have the rare word, language, host, rule and access: at the beginning, the middle and the end."""
LISTS = {
    "all": "",
    "all, deep": "after=deep",
    "all, the end": "after=end",
    "worst": "order=worst",
    "worst, deep": "order=worst&after=deep",
    "site, half of all": "site=big.example",
    "site, one in 800": "site=host7.example",
    "site, rare": "site=rare.example",
    "site, half of all, worst": "site=big.example&order=worst",
    "site, none": "site=none.example",
    "site, its domain": "site=example",
    "site, one in 800, worst": "site=host7.example&order=worst",
    "site, rare, worst": "site=rare.example&order=worst",
    "language, most": "language=en",
    "language, rare": "language=is",
    "language, none": "language=xx",
    "language, rare, worst": "language=is&order=worst",
    "access, most": "access=full",
    "access, rare": "access=consent",
    "access, none": "access=blocked",
    "days, a week": "since=2025-03-01&until=2025-03-07",
    "days, the first": "until=2024-01-01",
    "days, none": "until=2020-01-01",
    "days, a week, worst": "since=2025-03-01&until=2025-03-07&order=worst",
    "days, none, worst": "until=2020-01-01&order=worst",
    "words, in all": "q=harbour",
    "words, in all, deep": "q=harbour&after=deep",
    "words, in all, worst": "q=harbour&order=worst",
    "words, two": "q=harbour+w3",
    "words, rare": "q=rareword",
    "words, none": "q=nowhere",
    "words, begin so": "q=harb*",
    "words, OR": "q=harbour+OR+w5",
    "phrase, in all": "q=%22the+harbour%22",
    "phrase, rare": "q=%22rareword+stood%22",
    "phrase, none": "q=%22harbour+the%22",
    "rule, on most": "rule=lines/common-0",
    "rule, on most, deep": "rule=lines/common-0&after=deep",
    "rule, on most, worst": "rule=lines/common-0&order=worst",
    "rule, rare": "rule=lines/rare",
    "rule, rare, worst": "rule=lines/rare&order=worst",
    "rule, unknown": "rule=lines/none",
    "rules of a large site": "rule=sites/big.example/",
    "rules of a large site, worst": "rule=sites/big.example/&order=worst",
    "rules of a site": "rule=sites/host7.example/",
    "rules of a rare site": "rule=sites/rare.example/",
    "rules, all of lines": "rule=lines/",
    "rules, all of lines, worst": "rule=lines/&order=worst",
    "below, most": "below=0.9",
    "below, few": "below=0.001",
    "below, none": "below=0",
    "below, few, worst": "below=0.001&order=worst",
    "words in all, rare language": "q=harbour&language=is",
    "words in all, no language": "q=harbour&language=xx",
    "words in all, rare site": "q=harbour&site=rare.example",
    "words in all, no site, worst": "q=harbour&site=none.example&order=worst",
    "words in all, no day": "q=harbour&until=2020-01-01",
    "phrase in all, no language": "q=%22the+harbour%22&language=xx",
    "phrase in all, no day, worst": "q=%22the+harbour%22&until=2020-01-01&order=worst",
    "begin so, no site": "q=harb*&site=none.example",
    "rule on most, rare language": "rule=lines/common-0&language=is",
    "rule on most, no site": "rule=lines/common-0&site=none.example",
    "rule on most, no day": "rule=lines/common-0&until=2020-01-01",
    "rule on most, words in all, no site": "rule=lines/common-0&q=harbour&site=none.example",
    "rules of lines, no language": "rule=lines/&language=xx",
    "rules of a large site, words in all, no day": "rule=sites/big.example/&q=harbour&until=2020-01-01",
    "site half, no language": "site=big.example&language=xx",
    "site half, rare access": "site=big.example&access=consent",
    "site half, rule rare": "site=big.example&rule=lines/rare",
    "language, access, days, below": "language=en&access=full&since=2025-01-01&until=2025-01-02&below=0.01",
    "everything, nothing found": "q=harbour&rule=lines/common-0&site=big.example&language=en&access=full"
    "&until=2020-01-01&below=0.9&order=worst",
}
"""What is asked; `after=deep` and `after=end` stand for the article in the middle of all and for one of the first."""


def rows(articles: int, fired_rules: int = RULES) -> Iterator[tuple[CaptureRow, list[tuple[ArticleRow, TextRecord]]]]:
    """Yield invented captures, each with its texts."""
    chance = random.Random(1)
    vocabulary = [f"w{number}" for number in range(20_000)]
    weights = [1 / (number + 1) for number in range(len(vocabulary))]
    words = chance.choices(vocabulary, weights, k=500_000)
    common, other = [f"lines/common-{n}" for n in range(4)], [f"dom/other-{n}" for n in range(60)]
    for number in range(articles):
        rare, half = number in RARE, chance.random()
        large = "big.example" if half < 0.35 else "large.example"
        host = "rare.example" if rare else large if half < 0.5 else f"host{chance.randrange(400)}.example"
        url = f"https://{host}/news/{chance.getrandbits(24):x}/the-harbour-story-number-{number}"
        fetched = START + timedelta(minutes=5 * number)
        capture_id = f"urn:uuid:{chance.getrandbits(128):032x}"
        file, place = f"news-{number // 5000}.warc.gz", (number * 900, 900)
        capture = CaptureRow(
            capture_id, url, fetched, 200, "text/html", f"sha256:{chance.getrandbits(128):064x}", None, None, None,
            None, None, None, "news", file, *place,
        )  # fmt: skip
        start = chance.randrange(len(words) - WORDS)
        text = " ".join(["the harbour", *words[start : start + WORDS], "rareword stood" if rare else "stood"])
        rules = [*common, *chance.sample(other, RULES - 6), f"sites/{host}/a", f"sites/{host}/b"]
        made = {
            "title": f"The story number {number} of the harbour and its boats",
            "date": fetched.date().isoformat() if chance.random() < 0.6 else None,
            "site": host,
            "language": "is" if rare else chance.choices(("en", "de", "fr"), (0.85, 0.14, 0.01))[0],
            "access": "consent" if rare else chance.choices(("full", "paywall"), (0.97, 0.03))[0],
            "kind": "article",
            "confidence": None if number % 20 == 3 else round(chance.random(), 6),
            "authors": ["Ann Example"],
            "rules_version": "1.0.0+benchmark",
            "text_sha256": f"{chance.getrandbits(256):064x}",
        }
        texts = []
        for again in range(1 + (number % 10 == 9)):
            fired = ["lines/rare", *rules[1:]] if rare and not again else rules
            metadata = made | {"removals": [{"rule": rule, "text": "Share"} for rule in fired[:fired_rules]]}
            stored = fetched + timedelta(seconds=1 + again)
            record = TextRecord(f"{capture_id}-{again}", capture_id, url, stored, text, metadata, *place)
            texts.append((ArticleRow.of(record, "news", file), record))
        yield capture, texts


def fill(folder: Path, articles: int = ARTICLES, fired_rules: int = RULES) -> float:
    """Make the catalog, and return its CPU seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = time.process_time()
    with Catalog(folder / CATALOG, create=True) as catalog:
        for capture, texts in rows(articles, fired_rules):
            catalog.add(capture)
            for row, text in texts:
                catalog.add(row, text)
    return time.process_time() - begun


def cpu_seconds(pid: int) -> float:
    """Return what a process has used, with the threads that ended."""
    return time.clock_gettime(~pid << 3 | 2)  # Linux: the clock of a process, as clock_getcpuclockid(3) returns it


def measure(folder: Path) -> bool:
    """Print CPU and memory of each list; tell whether all are within the bounds."""
    with Catalog(folder / CATALOG) as catalog:
        listed = catalog.query("SELECT record_id FROM article WHERE id IN (60, (SELECT max(id) / 2 FROM article))")
        places = dict(zip(("end", "deep"), (row["record_id"] for row in listed), strict=True))
    command = [sys.executable, "-m", "scraper", "serve", "--data", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            results = {name: _asked(server.pid, address, query, places) for name, query in LISTS.items()}
            peak = most_memory(server.pid)
        finally:
            server.terminate()
    for name, (seconds, count) in results.items():
        print(f"{seconds * 1000:7.1f} ms  {count:3} articles  {name}{'  TOO SLOW' * (seconds > MAX_SECONDS)}")
    worst = max(seconds for seconds, _ in results.values())
    print(f"{len(results)} lists; the slowest takes {worst * 1000:.0f} ms of CPU; memory at most {peak / 1e6:.0f} MB")
    return worst <= MAX_SECONDS and peak <= MAX_MEMORY


def _asked(pid: int, address: str, query: str, places: dict[str, str]) -> tuple[float, int]:
    """Return the median of the CPU seconds of a list, and how many articles it has."""
    given = {name: places.get(value, value) for name, value in parse_qsl(query)}
    url = f"{address.rstrip('/')}/articles?{urlencode(given)}"
    seconds = []
    for _ in range(ROUNDS):
        begun = cpu_seconds(pid)
        with urlopen(url, timeout=60) as answer:  # noqa: S310 - the address that the server printed
            text = answer.read().decode()
        seconds.append(cpu_seconds(pid) - begun)
    return statistics.median(seconds), text.count('<li class="card">')


def most_memory(pid: int) -> int:
    """Return the most memory that a process has had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def storing() -> None:
    """Print CPU and size of a catalog with the rules that fired on each text, and without any."""
    for round_ in range(3):
        for name, number in (("with", RULES), ("without", 0)):
            with tempfile.TemporaryDirectory() as folder:
                seconds = fill(Path(folder), STORED, number)
                size = sum(path.stat().st_size for path in Path(folder).iterdir())
            told = f"{seconds / STORED * 1e6:.0f} µs and {size / STORED:.0f} bytes an article"
            print(f"round {round_ + 1}, {name} rules: {told}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, help="where the catalog is, or will be made (default: a folder of its own)"
    )
    parser.add_argument("--storing", action="store_true", help="measure what it costs to keep which rules fired")
    args = parser.parse_args()
    if args.storing:
        storing()
        return
    with tempfile.TemporaryDirectory() as made:
        folder = args.data or Path(made)
        if not (folder / CATALOG).exists():
            print(f"{fill(folder):.0f} CPU seconds for a catalog of {ARTICLES:,} articles")
        sys.exit(not measure(folder))


if __name__ == "__main__":
    main()
