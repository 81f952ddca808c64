"""`pressclip archive import`, `pack` and `replay`: exchange captures with other archives and viewers."""

from __future__ import annotations

import logging
import signal
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.options import data_option, json_option, read_host, rules_option
from scraper.cli.terminal.output import Progress, print_json, print_text, say

if TYPE_CHECKING:
    from archive import Imported
    from cleaners import RuleSet

SOME_FAILED, ALL_FAILED = 1, 3

collection_option = click.option(
    "--collection", default="news", show_default=True, help="The collection in the data root."
)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@data_option
@collection_option
@click.option("--clean/--no-clean", "cleaning", default=True, help="Also store the text of each page.")
@click.option("--jobs", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that clean.")
@rules_option
@json_option
def import_files(
    files: tuple[Path, ...],
    data: Path,
    collection: str,
    cleaning: bool,
    jobs: int,
    rule_paths: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Add captures from the WARC files of other archives, with their dates and headers.

    FILE is a .warc or .warc.gz of any origin. Captures that the collection already has are not added again.
    """
    from archive import ArchiveError
    from cleaners import load_in_force

    # problems are reported by on_problem
    logging.getLogger("archive.warc.reader").setLevel(logging.ERROR)
    rules = load_in_force(data, rule_paths)
    failed = problems = 0
    with Progress("importing") as progress:
        for path in files:
            try:
                done = _import_file(path, data, collection, rules, cleaning, jobs, progress)
            except ArchiveError as error:
                say(error)
                failed += 1
                continue
            problems += done.problems
            _show_imported(done, as_json)
    raise SystemExit(ALL_FAILED if failed == len(files) else SOME_FAILED if failed or problems else 0)


def _import_file(
    path: Path, data: Path, name: str, rules: RuleSet, cleaning: bool, jobs: int, progress: Progress
) -> Imported:
    from archive import Collection, import_warc, source_info

    info = source_info(path)
    software = f"pressclip/{version('pressclip')}"
    with Collection(data, name, software=software, rules_version=rules.version, info=info) as collection:
        return import_warc(
            path, collection, cleaning=cleaning, rules=rules, jobs=jobs, on_problem=say, on_progress=progress.advance
        )  # fmt: skip


def _show_imported(done: Imported, as_json: bool) -> None:
    from archive import refusals

    names = ("captures", "known", "texts", "other", "problems", "refused")
    if as_json:
        print_json({"file": str(done.path)} | {name: getattr(done, name) for name in names})
    else:
        no_pages = refusals(done.refused)
        print_text(
            f"{done.path}: {done.captures} captures added, {done.known} already there, {done.texts} texts; "
            f"{done.other} other records, {done.problems} problems" + (f"; {no_pages}" if no_pages else "")
        )


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.wacz")
@click.option("--site", metavar="HOST", callback=read_host, help="Only this site and its subdomains.")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Only captures fetched since then (UTC)."
)
@data_option
@collection_option
def pack(out: Path, site: str | None, since: datetime | None, data: Path, collection: str) -> None:
    """Write a collection to one WACZ file, with its texts for search, for ReplayWeb.page and other viewers."""
    from archive import Selection
    from archive import pack as write_wacz

    if out.suffix != ".wacz":
        raise click.UsageError(f"--out: {out} must end with .wacz, by which viewers know the format.")
    choice = Selection(collection, site, since.replace(tzinfo=UTC) if since else None)
    with Progress("packing") as progress:
        software = f"pressclip/{version('pressclip')}"
        done = write_wacz(data, choice, out, software=software, on_progress=progress.advance)
    print_text(f"{done.path}: {done.pages} pages with text, {done.files} WARC files, {out.stat().st_size:,} bytes")
    if done.skipped:
        say(f"{collection}: {done.skipped} WARC files are still being written and were left out: run pack again later")
        raise SystemExit(SOME_FAILED)


@click.command()
@data_option
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes any free port.")
def replay(data: Path, port: int) -> None:
    """Serve the archive with pywb on this machine only, until Ctrl-C."""
    from archive import Replay

    server = Replay(data, port)
    # SIGTERM must end the server as well
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with server:
            for name in server.collections:
                print_text(f"http://{server.host}:{server.port}/{name}/")
            say("serving; stop with Ctrl-C")
            server.wait()
    except KeyboardInterrupt:
        say("replay ended")
