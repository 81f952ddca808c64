"""`pressclip archive verify`, `recover` and `rebuild`: check the archive and repair it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.completion import complete_collections, complete_files
from scraper.cli.terminal.options import data_option, signed_by_option
from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from archive import Finding, Salvaged

FOUND = 1
collection_option = click.option(
    "--collection", shell_complete=complete_collections, help="Only this collection.  [default: all]"
)
lines_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines: file, offset, url, problem.")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE...]", shell_complete=complete_files)
@collection_option
@click.option("--full", is_flag=True, help="Also index every file again and compare, and let SQLite check the catalog.")
@signed_by_option
@data_option
@lines_option
def verify(
    files: tuple[Path, ...],
    collection: str | None,
    full: bool,
    signed_by: frozenset[str],
    data: Path,
    as_json: bool,
) -> None:
    """Check records, files, catalog, indexes and manifest against each other.

    Reads every byte and changes nothing. Prints one line for each finding: file, offset, URL, what is wrong and how to
    fix it. Exits with 1 if there are findings. Skips a file that a crawl is writing.

    With FILEs it checks these instead, WACZ files or folders with some: each member against its hash, and who signed.
    """
    if files:
        raise SystemExit(_verify_packed(files, signed_by, as_json))
    if signed_by:
        raise click.UsageError("--signed-by: a data root is not signed: name the WACZ files.")
    from archive import Verifier

    with Progress("verifying") as progress:
        verifier = Verifier(data, full=full, on_progress=progress.advance)
        findings = _print(verifier.findings(collection), as_json)
    say(f"{data}: {verifier.files} files and {verifier.records:,} records read, {findings} findings")
    raise SystemExit(FOUND if findings else 0)


def _verify_packed(places: tuple[Path, ...], signed_by: frozenset[str], as_json: bool) -> int:
    """Check WACZ files, tell of each who signed it, and return the exit code."""
    from archive import WaczCheck

    found = 0
    for place in places:
        packed = sorted(place.rglob("*.wacz")) if place.is_dir() else [place]
        if not packed:
            raise click.UsageError(f"{place}: holds no WACZ file: name another folder, or a file.")
        for path in packed:
            check = WaczCheck(path, signed_by)
            findings = _print(check.findings(), as_json)
            more = ", with a signature of WACZ Auth, which is not checked" if check.has_wacz_auth else ""
            say(f"{path}: {check.members} members, {check.signed}{more}, {findings} findings")
            found += findings
    return FOUND if found else 0


@click.command()
@collection_option
@data_option
def recover(collection: str | None, data: Path) -> None:
    """Seal the files that a killed process left open, and copy the intact records out of damaged files.

    An open file is cut back to its last whole record and sealed; what was cut off is kept beside it as .tail. (The next
    crawl does this too.) A damaged sealed file is never changed: its intact records are copied to the collection's
    folder salvaged/. Exits with 1 if a file is damaged.
    """
    from archive import recover_left, salvage_all

    damaged = 0
    with Progress("recovering", saves=True) as progress:
        for recovered in recover_left(data, collection):
            print_text(f"{recovered.path}: sealed, {recovered.size} bytes kept, {recovered.cut} cut off")
        for salvaged in salvage_all(data, collection, on_progress=progress.advance):
            damaged += 1
            print_text("\n".join(_report(salvaged)))
    say(f"{data}: {damaged} damaged files")
    raise SystemExit(FOUND if damaged else 0)


@click.command()
@data_option
@lines_option
def rebuild(data: Path, as_json: bool) -> None:
    """Rebuild catalog, indexes and manifests from the WARC and text files alone.

    The old ones stay in use until the new ones are complete. Refuses to run while a crawl or another command writes to
    the data root. Exits with 1 if a file is damaged or differs from the old manifest; such a file is entered as it is.
    """
    from archive import Rebuilder

    with Progress("rebuilding") as progress:
        rebuilder = Rebuilder(data, on_progress=progress.advance)
        findings = _print(rebuilder.findings(), as_json)
    counts = f"{rebuilder.files} files, {rebuilder.captures:,} captures, {rebuilder.texts:,} texts"
    say(f"{data}: {counts} entered, {findings} findings")
    raise SystemExit(FOUND if findings else 0)


def _print(findings: Iterator[Finding], as_json: bool) -> int:
    """Print the findings, and return how many there are."""
    count = 0
    for finding in findings:
        count += 1
        if as_json:
            print_json(asdict(finding))
        else:
            print_text(str(finding))
    return count


def _report(salvaged: Salvaged) -> Iterator[str]:
    for damage in salvaged.damages:
        yield f"{salvaged.path}: offset {damage.offset}: {damage.length} damaged bytes: {damage.reason}"
    if salvaged.copy is None:
        yield f"{salvaged.path}: holds no intact record: restore it from a copy"
    else:
        yield (
            f"{salvaged.copy}: {salvaged.records} intact records of it; to use them, move the damaged file away, move "
            "this one into its place, and run `pressclip archive rebuild`"
        )
