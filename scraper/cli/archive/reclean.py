"""`pressclip archive reclean`: clean every stored page again with today's rules, and report what changes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from scraper.cli.archive.exchange import SOFTWARE
from scraper.cli.archive.proposed import show_effect
from scraper.cli.terminal.completion import complete_hosts
from scraper.cli.terminal.options import (
    choice_options,
    cleaning_jobs_option,
    collection_option,
    data_option,
    json_option,
    rules_option,
)
from scraper.cli.terminal.output import Progress, print_json, print_text, say
from scraper.report.recleaning import Recleaning, article_pages

if TYPE_CHECKING:
    from types import FrameType

    from archive import RuleChange
    from cleaners import CleanOptions

SOME_FAILED, NOTHING, INTERRUPTED = 1, 3, 130


def _host_names(ctx: click.Context, param: click.Parameter, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Read the values of --host; raises ArchiveError for one that cannot be a host."""
    from archive.site_rules import host_name

    return tuple(map(host_name, hosts))


@click.command()
@collection_option
@cleaning_jobs_option
@click.option("--dry-run", is_flag=True, help="Only report what would change; write nothing.")
@click.option("--changed-only", is_flag=True, help="Write only texts that differ from the previous one.")
@click.option("--all", "everything", is_flag=True, help="Also pages that were already cleaned with the same rules.")
@click.option("--samples", type=click.IntRange(0, 1000), default=5, show_default=True, help="Changed pages to show.")
@click.option("--proposed", is_flag=True, help="With --dry-run: report what the proposed rules would remove.")
@click.option("--host", "hosts", multiple=True, metavar="HOST", callback=_host_names, shell_complete=complete_hosts,
              help="Only pages of this host; may be repeated.")  # fmt: skip
@data_option
@rules_option
@choice_options
@json_option
def reclean(
    collection: str, jobs: int, samples: int, data: Path, rule_paths: tuple[Path, ...], as_json: bool,
    choice: CleanOptions | None, **which: Any,  # noqa: ANN401 - click's options, by name
) -> None:  # fmt: skip
    """Clean every stored page again with today's rules, and report what changed.

    WARC files are only read. New texts go into a new file beside the old ones, which are kept. A run that was stopped
    continues where it was.
    """
    import archive
    from cleaners import load_in_force

    if which.pop("proposed"):
        if not which["dry_run"]:
            raise click.UsageError(
                "--proposed needs --dry-run, since nobody has accepted these rules yet: accept rules with "
                f"`pressclip rules review --data {quote(str(data))}`, then run reclean without --proposed."
            )
        show_effect(collection, data, which["hosts"], rule_paths, choice, jobs, as_json)

    rules = load_in_force(data, rule_paths, choice)
    report = Recleaning(collection, rules.version, which["dry_run"])
    with article_pages(data) as wanted, _stops() as stopped, Progress("cleaning again") as progress:
        choices = archive.Choice(**which)
        run = archive.reclean(
            data, collection, rules=rules, software=SOFTWARE, choice=choices, jobs=jobs, wanted=wanted
        )
        with closing(run):
            for done in run:
                place = done.place
                progress.advance(place.url)
                report.add(done, samples)
                if done.problem:
                    say(" ".join(filter(None, (f"{place.file}:{place.offset}:", place.url, done.problem))))
                if stopped:
                    report.interrupted = True
                    break
    if as_json:
        print_json(report.as_dict(), indent=2)
    else:
        print_text("\n".join(_lines(report, data)))
    raise SystemExit(_exit_code(report))


def _exit_code(report: Recleaning) -> int:
    if report.interrupted:
        return INTERRUPTED
    if not report.skipped and not report.articles.total():
        return NOTHING
    return SOME_FAILED if report.failed else 0


@contextmanager
def _stops() -> Iterator[list[int]]:
    """Yield a list to which the first Ctrl-C is added, to end between two pages. The second ends the run at once."""
    stopped: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if stopped:
            raise KeyboardInterrupt
        stopped.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(report: Recleaning, data: Path) -> Iterator[str]:
    from archive import refusals

    yield f"{report.collection}: {report.counts()}; rules {report.rules_version}"
    if report.skipped:
        yield "  skipped: already cleaned with these rules; --all cleans them again"
    if no_pages := refusals(report.refused):
        yield f"  {no_pages}"
    yield f"  {report.characters()}"
    if report.metadata:
        yield "  metadata: " + ", ".join(f"{name} {number}" for name, number in report.metadata.most_common())
    if report.rules:
        yield from _rule_lines(report.rules)
    for sample in report.samples:
        yield f"{sample['kind']}: {sample['url']}  {sample['file']}:{sample['offset']}"
        for line in sample["lines"]:
            yield f"  {line['sign']} {line['text']}" + (f"  [{line['rule']}]" if line["rule"] else "")
    if report.dry_run:
        yield "nothing is written: --dry-run"
    elif report.files:
        yield f"{report.written} texts written below {data / 'collections' / report.collection}:"
        yield from (f"  text/{name}" for name in report.files)
    if report.interrupted:
        yield "interrupted; run the same command to continue"


def _rule_lines(rules: dict[str, RuleChange]) -> Iterator[str]:
    """Yield a line for each rule, those with most characters first."""
    yield "  removals that came and went, by rule:"
    width = max(map(len, rules))
    ordered = sorted(rules.items(), key=lambda item: (-item[1].more_characters - item[1].fewer_characters, item[0]))
    for rule, change in ordered:
        parts = []
        if change.more:
            parts.append(f"{change.more} more ({change.more_characters:,} characters)")
        if change.fewer:
            parts.append(f"{change.fewer} fewer ({change.fewer_characters:,} characters)")
        yield f"    {rule:{width}}  {', '.join(parts)}"
