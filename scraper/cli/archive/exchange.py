"""`pressclip archive import`, `pack` and `replay`: exchange captures with other archives and viewers."""

from __future__ import annotations

import logging
import signal
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scraper.cli.terminal.completion import complete_hosts
from scraper.cli.terminal.options import (
    choice_options,
    cleaning_jobs_option,
    collection_option,
    data_option,
    json_option,
    read_host,
    rules_option,
    sign_key_option,
)
from scraper.cli.terminal.output import Progress, print_json, print_text, say
from scraper.cli.terminal.outputs import check_output, force_option

if TYPE_CHECKING:
    from archive import Imported, SigningKey
    from cleaners import CleanOptions

SOME_FAILED, ALL_FAILED = 1, 3
SOFTWARE = f"pressclip/{version('pressclip')}"


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="FILE...")
@data_option
@collection_option
@click.option("--clean/--no-clean", "cleaning", default=True, help="Also store the text of each page.")
@cleaning_jobs_option
@rules_option
@choice_options
@json_option
def import_files(
    files: tuple[Path, ...], data: Path, collection: str, cleaning: bool, jobs: int,
    rule_paths: tuple[Path, ...], choice: CleanOptions | None, as_json: bool,
) -> None:  # fmt: skip
    """Add captures from the WARC files of other archives, with their dates and headers.

    FILE is a WARC or ARC file of any origin: .warc, .arc (also .gz, .zst, .lz4), .wet.gz or .wacz.
    Captures that the collection already has are not added again.
    """
    from archive import ArchiveError, Collection, import_warc, source_info
    from cleaners import load_in_force

    # on_problem reports what the reader would log
    logging.getLogger("archive.warc.reader").setLevel(logging.ERROR)
    rules = load_in_force(data, rule_paths, choice)
    failed = problems = 0
    with Progress("importing", saves=True) as progress:
        for path in files:
            try:
                info = source_info(path)
                with Collection(data, collection, software=SOFTWARE, rules_version=rules.version, info=info) as target:
                    imported = import_warc(
                        path, target, cleaning=cleaning, rules=rules, jobs=jobs, on_problem=say,
                        on_progress=progress.advance,
                    )  # fmt: skip
            except ArchiveError as error:
                say(error)
                failed += 1
                continue
            problems += imported.problems
            _show_imported(imported, as_json)
    raise SystemExit(ALL_FAILED if failed == len(files) else SOME_FAILED if failed or problems else 0)


def _show_imported(imported: Imported, as_json: bool) -> None:
    from archive import refusals, unused_told

    if as_json:
        names = ("captures", "known", "texts", "same_texts", "other", "problems", "undated", "refused", "unused")
        print_json({"file": str(imported.path)} | {name: getattr(imported, name) for name in names})
        return
    no_pages = refusals(imported.refused)
    same = f" ({imported.same_texts} more stand with an earlier capture)" if imported.same_texts else ""
    not_used = unused_told(imported.unused)
    print_text(
        f"{imported.path}: {imported.captures} captures added, {imported.known} already there, "
        f"{imported.texts} texts{same}; {imported.other} other records, {imported.problems} problems"
        + "".join(f"; {told}" for told in (no_pages, not_used) if told)
    )


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.wacz")
@force_option
@click.option(
    "--site",
    metavar="HOST",
    callback=read_host,
    shell_complete=complete_hosts,
    help="Only this site and its subdomains.",
)
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Only captures fetched since then (UTC)."
)
@sign_key_option("the file")
@data_option
@collection_option
def pack(
    out: Path,
    force: bool,
    site: str | None,
    since: datetime | None,
    sign_key: SigningKey | None,
    data: Path,
    collection: str,
) -> None:
    """Write a collection to one WACZ file, with its texts for search, for ReplayWeb.page and other viewers."""
    from archive import Selection
    from archive import pack as write_wacz

    if out.suffix != ".wacz":
        raise click.UsageError(f"--out: {out} must end with .wacz, by which viewers know the format.")
    check_output(out, "--out", force=force)
    choice = Selection(collection, site, since.replace(tzinfo=UTC) if since else None)
    with Progress("packing") as progress:
        packed = write_wacz(data, choice, out, software=SOFTWARE, key=sign_key, on_progress=progress.advance)
    print_text(f"{out}: {packed.pages} pages with text, {packed.files} WARC files, {out.stat().st_size:,} bytes")
    if packed.skipped:
        say(f"{collection}: {packed.skipped} WARC files are still being written and are left out: run pack again later")
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
