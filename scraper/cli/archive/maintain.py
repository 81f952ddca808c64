"""`pressclip archive verify`, `recover` and `rebuild`: whether the archive is whole, and what to do when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.options import data_option
from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from archive import Finding, Salvaged

FOUND = 1
collection_option = click.option("--collection", help="Only this collection.  [default: all]")
lines_option = click.option("--json", "as_json", is_flag=True, help="JSON lines: file, offset, url, problem.")


@click.command()
@collection_option
@click.option("--full", is_flag=True, help="Also index every file anew and compare; have SQLite check the catalog.")
@data_option
@lines_option
def verify(collection: str | None, full: bool, data: Path, as_json: bool) -> None:
    """Check records, files, catalog, indexes and manifest against each other.

    Reads every byte. One line for each finding: file, offset, URL, what is wrong and how to mend it. Exit code 1 when
    something was found. Nothing is changed. A file that a crawl is just writing is passed over.
    """
    from archive import Verifier

    with Progress("verifying") as progress:
        verifier = Verifier(data, full=full, on_progress=progress.advance)
        found = _print(verifier.findings(collection), as_json)
    say(f"{data}: {verifier.files} files and {verifier.records:,} records read, {found} findings")
    _end(found)


@click.command()
@collection_option
@data_option
def recover(collection: str | None, data: Path) -> None:
    """Bring in order what a killed process left, and copy what is whole in damaged files.

    Files left open are cut back to their last whole record and sealed; what was cut off stays beside them as .tail.
    (The next crawl does this by itself.) A damaged sealed file is never touched: its whole records go to the
    collection's folder salvaged/. Exit code 1 when something was damaged.
    """
    from archive import recover_left, salvage_all

    with Progress("recovering") as progress:
        for done in recover_left(data, collection):
            print_text(f"{done.path}: sealed, {done.size} bytes kept, {done.cut} cut off")
        damaged = 0
        for found in salvage_all(data, collection, on_progress=progress.advance):
            damaged += 1
            for line in _report(found):
                print_text(line)
    say(f"{data}: {damaged} damaged files")
    _end(damaged)


@click.command()
@data_option
@lines_option
def rebuild(data: Path, as_json: bool) -> None:
    """Build catalog, indexes and manifests again from the WARC and text files alone.

    What is in place is used until the new is whole. Refuses while a crawl or another command writes here. Exit code 1
    when a file is damaged, or is another one than the manifest so far says: it is entered as it is.
    """
    from archive import Rebuilder

    with Progress("rebuilding") as progress:
        rebuilder = Rebuilder(data, on_progress=progress.advance)
        found = _print(rebuilder.findings(), as_json)
    counts = f"{rebuilder.files} files, {rebuilder.captures:,} captures, {rebuilder.texts:,} texts"
    say(f"{data}: {counts} entered, {found} findings")
    _end(found)


def _print(findings: Iterator[Finding], as_json: bool) -> int:
    count = 0
    for finding in findings:
        count += 1
        if as_json:
            fields = {name: getattr(finding, name) for name in ("file", "offset", "url", "problem")}
            print_json(fields)
        else:
            print_text(str(finding))
    return count


def _report(found: Salvaged) -> Iterator[str]:
    for damage in found.damages:
        yield f"{found.path}: offset {damage.offset}: {damage.length} bytes damaged: {damage.reason}"
    if found.copy is None:
        yield f"{found.path}: holds no whole record: restore it from a copy"
    else:
        yield (
            f"{found.copy}: {found.records} whole records of it; to go on with them, move the damaged file away, this "
            "one into its place, and run `pressclip archive rebuild`"
        )


def _end(found: int) -> None:
    if found:
        raise SystemExit(FOUND)
