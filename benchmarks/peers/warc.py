"""Read every WARC, ARC and WACZ file below a folder: `python -m benchmarks.peers.warc FOLDER`.

FOLDER holds files that others keep for tests, fetched by the user: `test/data` of github.com/webrecorder/warcio,
`tests/data` of github.com/chatnoir-eu/chatnoir-resiliparse, checkouts of github.com/internetarchive/warctools,
github.com/netarchivesuite/jwat, github.com/iipc/jwarc and github.com/nlnwa/gowarc, or a folder with all of them. The
table tells for each file how many records and pages we read, how many records give no page although they are not about
others, and how many records warcio counts (`-`: it raises). Below are the reasons, what was refused as a whole, and
what raised anything else.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from archive import ArchiveError, Damage, Record, Refusal, UnusedRecords, page_of, read_exchanges, scan
from archive.readers import kind_of

MAX_FILE = 200 * 2**20
"""Bytes of the largest file that is read: the peers' tests have none of ten megabytes."""
SHOWN_REASON = 80
"""Characters of a reason in the table."""
_BYTES = re.compile(r"^[\d,]+ bytes")


@dataclass(slots=True)
class Reading:
    """What we read of a file."""

    records: int = 0
    pages: int = 0
    unused: Counter[str] = field(default_factory=Counter)
    """Records that give no page, and damage, by the reason that is told; requests and the like are no such records."""


def main() -> int:
    """Print the table; 1 where a file raised anything but an ArchiveError, 2 without a folder."""
    folder = Path(sys.argv[1]) if len(sys.argv) == 2 else None
    if folder is None or not folder.is_dir():
        print(
            "benchmarks.peers.warc: name a folder of WARC files: test/data of webrecorder/warcio, say", file=sys.stderr
        )
        return 2
    total, refused, raised, files, theirs_total = Reading(), [], [], 0, 0
    print(f"{'records':>8} {'warcio':>8} {'pages':>8} {'unused':>8}  file")
    for path in sorted(folder.rglob("*")):
        if kind_of(path) != "warc" or not path.is_file() or path.stat().st_size > MAX_FILE:
            continue
        files, theirs = files + 1, _warcio_count(path)
        theirs_total += theirs or 0
        reading = Reading()
        try:
            _read(path, reading)
        except ArchiveError as error:
            refused.append(str(error))
        except Exception as error:
            raised.append(f"{path}: {type(error).__name__}: {error}")
        name, unused = path.relative_to(folder), reading.unused.total()
        print(f"{reading.records:8,} {'-' if theirs is None else theirs:>8} {reading.pages:8,} {unused:8,}  {name}")
        total.records, total.pages = total.records + reading.records, total.pages + reading.pages
        total.unused.update(reading.unused)
    print(f"{total.records:8,} {theirs_total:8,} {total.pages:8,} {total.unused.total():8,}  all {files:,} files")
    print(*(f"{count:35,}  {reason}" for reason, count in total.unused.most_common()), sep="\n")
    for what, lines in (("refused as a whole, with the reason", refused), ("raised something else", raised)):
        print(f"{len(lines):8,}  {what}", *lines, sep="\n          ")
    return 1 if raised else 0


def _read(path: Path, reading: Reading) -> None:
    """Count what is read of a file, up to where reading it ends."""
    unused = UnusedRecords()
    try:
        for exchange in read_exchanges(path, items=unused.passing(_counted(scan(path), reading))):
            page = page_of(exchange.capture)
            if isinstance(page, Refusal):
                reading.unused[f"no page: {page.reason}"] += 1
            else:
                reading.pages += 1
    finally:
        reading.unused.update(_BYTES.sub("bytes", found.reason)[:SHOWN_REASON] for found in unused.taken())
        reading.unused.update(unused.counts)


def _counted(items: Iterable[Record | Damage], reading: Reading) -> Iterator[Record | Damage]:
    for item in items:
        reading.records += isinstance(item, Record)
        yield item


def _warcio_count(path: Path) -> int | None:
    """Return how many records warcio finds in a file; None where it raises."""
    from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

    try:
        with path.open("rb") as file, redirect_stderr(StringIO()):
            return sum(1 for _ in ArchiveIterator(file, arc2warc=True))
    except Exception:  # the peer's own errors are not measured
        return None


if __name__ == "__main__":
    sys.exit(main())
