"""`pressclip archive reclean`: clean every stored page again with today's rules, and report what changes."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
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

if TYPE_CHECKING:
    from types import FrameType

    from archive import Recleaned, RuleChange
    from cleaners import CleanOptions

SOME_FAILED, NOTHING, INTERRUPTED = 1, 3, 130
KINDS = ("changed", "unchanged", "gained", "lost", "empty")
KEPT_PROBLEMS = 1000
"""The most problems that the JSON lists; standard error has all of them."""


@dataclass(slots=True)
class Report:
    """The results of a run."""

    collection: str
    rules_version: str
    dry_run: bool
    interrupted: bool = False
    articles: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(KINDS, 0)))
    skipped: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Captures that are no pages, by reason."""
    failed: int = 0
    characters_gained: int = 0
    characters_lost: int = 0
    metadata: Counter[str] = field(default_factory=Counter)
    rules: dict[str, RuleChange] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    written: int = 0
    files: list[str] = field(default_factory=list)

    def add(self, done: Recleaned, samples: int) -> None:
        """Count one capture."""
        place = done.place._asdict()
        self.skipped += done.skipped
        if done.refusal:
            self.refused[done.refusal.reason] += 1
        if done.problem:
            self.failed += 1
            if len(self.problems) < KEPT_PROBLEMS:
                self.problems.append(place | {"problem": done.problem})
        if done.file:
            self.written += 1
            if done.file not in self.files:
                self.files.append(done.file)
        change = done.change
        if change is None:
            return
        self.articles[change.kind] += 1
        self.characters_gained += change.gained
        self.characters_lost += change.lost
        self.metadata.update(change.metadata)
        for rule, rule_change in change.rules.items():
            self.rules.setdefault(rule, type(rule_change)()).add(rule_change)
        if change.kind not in ("unchanged", "empty") and len(self.samples) < samples:
            self.samples.append(place | {"kind": change.kind, "lines": [asdict(line) for line in change.lines]})

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        if self.interrupted:
            return INTERRUPTED
        if not self.skipped and not self.articles.total():
            return NOTHING
        return SOME_FAILED if self.failed else 0

    def as_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {
            "rules": {rule: asdict(change) for rule, change in sorted(self.rules.items())}
        }


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
    report = Report(collection, rules.version, which["dry_run"])
    with _article_pages(data) as wanted, _stops() as stopped, Progress("cleaning again") as progress:
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
    raise SystemExit(report.exit_code)


@contextmanager
def _article_pages(data: Path) -> Iterator[Callable[[str], bool]]:
    """Yield a function that tells whether a page without a text may be an article."""
    # the crawl state knows which pages are sections and home pages; without it, every page may be an article
    from scraper.frontier import FRONTIER, Frontier, FrontierError

    frontier: Frontier | None = None

    def may_be(url: str) -> bool:
        row = frontier.get(url) if frontier else None
        return row is None or row.kind == "article"

    with ExitStack() as stack:
        if (data / FRONTIER).is_file():
            with suppress(FrontierError):
                frontier = stack.enter_context(Frontier(data / FRONTIER, reading=True))
        yield may_be


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


def _lines(report: Report, data: Path) -> Iterator[str]:
    from archive import refusals

    counts = [f"{report.articles[kind]} {kind}" for kind in KINDS if report.articles[kind] or kind == "changed"]
    counts += [f"{number} {name}" for name in ("skipped", "failed") if (number := getattr(report, name))]
    yield f"{report.collection}: {', '.join(counts)}; rules {report.rules_version}"
    if report.skipped:
        yield "  skipped: already cleaned with these rules; --all cleans them again"
    if no_pages := refusals(report.refused):
        yield f"  {no_pages}"
    yield f"  characters: {report.characters_gained:,} gained, {report.characters_lost:,} lost"
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
