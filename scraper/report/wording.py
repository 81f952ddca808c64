"""Say in words what a site's standing is: its state, its last run, its changed rules, its doubtful texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from scraper.printable import one_line

if TYPE_CHECKING:
    from archive import Shares
    from archive.site_rules import RuleHealth
    from scraper.frontier import Row
    from scraper.report.heartbeat import MovedSource
    from scraper.report.history import Run, SiteRun
    from scraper.report.status import DoubtfulText, SiteStanding
    from scraper.report.yields import Usual

ENDINGS = {
    "finished": "",
    "max_time": ", ended by --max-time",
    "shutdown": ", interrupted",
    "stopped": ", stopped by an error",
}
_MEANING = {
    "fetched": "fetched",
    "redirected": "led to another address",
    "not_article": "a page without an article",
    "soft_404": "the page says that there is nothing here",
    "login_page": "the page asks to log in",
    "consent_wall": "the page asks to consent to cookies",
    "robots": "robots.txt forbids it",
    "robots_too_large": "robots.txt has more rules than are read",
    "blocked_address": "the address guard forbids it",
    "out_of_scope": "does not belong to the site",
    "duplicate": "the same as another page",
    "not_modified": "unchanged since the last visit",
    "updated": "has a new text",
    "vanished": "no longer there; its text is kept",
    "not_html": "not a page",
    "bad_source": "a source that cannot be read",
    "over_budget": "left for a later run: the site had its share of sources",
    "too_many_elements": "a source with more elements than are read",
    "too_many_links": "a page with more links than are read",
    "too_deep": "a source that is nested deeper than is read",
    "too_slow": "a source that takes too long to read",
    "too_much_memory": "a source that takes too much memory to read",
    "redirect_loop": "its redirects lead in a circle",
    "too_large": "larger than the limit",
    "truncated": "the connection ended before the page did",
    "bad_encoding": "cannot be unpacked",
    "bad_response": "the answer is not HTTP",
    "dns_error": "the host's name is not known",
    "connection_refused": "the host refused the connection",
    "connection_lost": "the connection broke",
    "tls_error": "no secure connection",
    "timeout": "no answer in time",
    "error": "an error of pressclip or one of its parts",
    "interrupted": "the crawl was stopped before",
    "waiting": "found, and not fetched yet",
    "leased": "being fetched",
}
_PHRASES = {str(status.value): f", {status.phrase}" for status in HTTPStatus}
_UNITS = (("days", 86_400), ("h", 3600), ("min", 60))


def state_line(site: SiteStanding, now: datetime) -> str:
    """Return a site's state, when it last gave something new, and why it is failing where its yield does not tell."""
    from scraper.report.states import unanswered, usual_interval

    parts: list[str] = [site.state]
    if refused := unanswered(site.runs):
        endings = [Counter(counts) for run in refused for counts in (run.ended_otherwise, run.sources_failed)]
        runs = "its only run" if len(refused) == 1 else f"its last {len(refused)} runs"
        parts.append(f"nothing answered in {runs} ({counts_text(sum(endings, Counter[str]()))})")
    if site.last_new_at is not None:
        parts.append(f"last new article {moment(site.last_new_at, now)}")
    elif site.runs and not site.report.articles:
        parts.append("no article yet")
    interval = usual_interval(site.runs)
    if site.state == "quiet" and interval:
        parts.append(f"usually each {interval:g} days" if interval > 1 else "usually each day")
    return "; ".join(parts)


def states_text(sites: Sequence[SiteStanding]) -> str:
    """Return how many sites have each state, such as `4 sites: 1 failing, 3 alive`."""
    from scraper.report.states import STATES

    counts = Counter(site.state for site in sites)
    told = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    return f"{len(sites)} site{'s' * (len(sites) != 1)}{': ' * bool(told)}{told}"


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


def moved_line(source: MovedSource) -> str:
    """Return where a source has moved to, and what to do."""
    return one_line(f"{source.url} has moved to {source.to}, which is read: put it into the seed file", 5000)


def doubtful_line(text: DoubtfulText) -> str:
    """Return a text's confidence, its page's address, and the kind of page where it is known."""
    return one_line(f"{text.confidence:.2f} {text.url}{f' ({text.kind})' if text.kind else ''}")


def when(run: SiteRun | Run, now: datetime) -> str:
    """Return when a run began, how long ago that was, and how it ended."""
    ending = ", running or killed" if run.ending is None else ENDINGS.get(run.ending, f", {run.ending}")
    return f"{moment(run.began_at, now)}{ending}"


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


@dataclass(frozen=True, slots=True)
class ListedUrl:
    """A URL as lists show it."""

    url: str
    kind: str
    at: str
    """When it was closed, leased or else found, in UTC."""
    told: str


def listed_url(row: Row) -> ListedUrl:
    """Return how lists show a URL."""
    moments = {"done": row.closed_at, "leased": row.leased_at}
    at = datetime.fromtimestamp(moments.get(row.state) or row.added_at, UTC)
    ending = (row.status or "") if row.state == "done" else row.state
    reason = row.reason if row.state == "done" else None
    return ListedUrl(row.url, row.kind, f"{at:%Y-%m-%d %H:%M:%S}", ending_text(ending, reason))


def shares_text(shares: Shares, rules: Iterable[str]) -> dict[str, str]:
    """Return in words on how many pages each rule fires."""
    of = f"{shares.pages:,} page{'s' * (shares.pages != 1)}"
    of = f"{'' if shares.is_all else 'the last '}{of} {'of this host' if shares.of_host else 'of all hosts'}"
    return {rule: f"fires on {shares.fired.get(rule, 0):,} of {of}" for rule in rules}


def ending_text(ending: str, reason: str | None = None) -> str:
    """Return what a URL's status or state means, with the stored *reason* where there is one.

    >>> ending_text("http_404"), ending_text("timeout", "robots.txt: no answer")
    ('HTTP 404, Not Found', 'no answer in time: robots.txt: no answer')
    """
    code = ending.removeprefix("http_")
    if code != ending and code.isdecimal():
        meaning = f"HTTP {code}{_PHRASES.get(code, '')}"
    else:
        meaning = _MEANING.get(ending, ending)
    return one_line(f"{meaning}: {reason}" if reason else meaning)


def counts_text(counts: Mapping[str, int]) -> str:
    """Return names with their counts, such as `http_404 2, timeout 1`."""
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def moment(seconds: float, now: datetime) -> str:
    """Return a past time, and how long ago it was."""
    then = datetime.fromtimestamp(seconds, UTC)
    passed = max(0.0, (now - then).total_seconds())
    ago = next((f"{passed / size:.0f} {unit} ago" for unit, size in _UNITS if passed >= size), "just now")
    return f"{then:%Y-%m-%d %H:%M} UTC, {ago}"
