"""Say in words what a site's standing is: its state, its last run, its changed rules, its doubtful texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from scraper.printable import one_line

if TYPE_CHECKING:
    from archive.site_rules import RuleHealth
    from scraper.report.history import SiteRun
    from scraper.report.status import DoubtfulText, SiteStanding
    from scraper.report.yields import Usual

ENDINGS = {
    "finished": "",
    "max_time": ", ended by --max-time",
    "shutdown": ", interrupted",
    "stopped": ", stopped by an error",
}
_UNITS = (("days", 86_400), ("h", 3600), ("min", 60))


def state_of(site: SiteStanding) -> str:
    """Return a site's state against its own history, in one word or a few."""
    from scraper.report.yields import usual

    return "fallen" if site.fell else "as usual" if usual(site.runs) else "too few runs yet"


def rule_line(rule: RuleHealth) -> str:
    """Return what is wrong with an accepted rule, and what to do about it."""
    if rule.silent:
        last = f"last on {rule.last_fired}" if rule.last_fired else "never since it was accepted"
        share = f"it stood on {rule.share:.0%} of pages"
        return f"{rule.rule}: has not fired for {rule.silent_for} captures ({share}); {last}: learn again, or retire it"
    return (
        f"{rule.rule}: {len(rule.elsewhere)} of its last {rule.latest} firings are in {rule.elsewhere[0]}, where "
        f"it was not learned: look at {rule.url}; retire it, or add the place to its evidence"
    )


def doubtful_line(text: DoubtfulText) -> str:
    """Return a text's confidence, its page's address, and the kind of page where it is known."""
    return one_line(f"{text.confidence:.2f} {text.url}{f' ({text.kind})' if text.kind else ''}")


def when(run: SiteRun, now: datetime) -> str:
    """Return when a run began, how long ago that was, and how it ended."""
    began = datetime.fromtimestamp(run.began_at, UTC)
    seconds = max(0.0, (now - began).total_seconds())
    ago = next((f"{seconds / size:.0f} {unit} ago" for unit, size in _UNITS if seconds >= size), "just now")
    ending = ", running or killed" if run.ending is None else ENDINGS.get(run.ending, f", {run.ending}")
    return f"{began:%Y-%m-%d %H:%M} UTC, {ago}{ending}"


def last_run(run: SiteRun) -> str:
    """Return a run's results in one line."""
    parts = [f"{run.articles} articles of {run.pages} pages"]
    parts += [f"{n}: {counts_text(counts)}" for n in ("failures", "refused", "walls") if (counts := getattr(run, n))]
    parts += [f"median {run.words:.0f} words"] if run.words is not None else []
    parts += [f"removed {run.removed:.0%}"] if run.removed is not None else []
    parts += [f"sources: {counts_text(run.sources)}"] if run.sources else []
    return "; ".join(parts)


def usual_line(before: Usual) -> str:
    """Return what is usual for a site in one line."""
    parts = [f"{before.articles:g} articles, {before.fetched:.0%} of pages"]
    parts += [f"{before.words:.0f} words"] if before.words is not None else []
    parts += [f"removed {before.removed:.0%}"] if before.removed is not None else []
    return f"usually ({before.runs} runs with pages): {'; '.join(parts)}"


def counts_text(counts: Mapping[str, int]) -> str:
    """Return names with their counts, such as `http_404 2, timeout 1`."""
    return ", ".join(f"{name} {number}" for name, number in counts.items())
