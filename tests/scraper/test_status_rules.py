"""`pressclip status` and learned rules: a template that changes is told beside the site's figures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.site_rules import RuleHealth, accept, rule_file, write_proposed
from cleaners import Evidence, clean
from cleaners.learn import Proposal
from scraper.cli.status import status_page
from scraper.frontier import FoundUrl, Frontier
from scraper.report.status import SiteReport, SiteStanding
from scraper.report.wording import rule_line
from scraper.seeds import Seed, seed_from
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer
from tests.support.shell import press

pytestmark = pytest.mark.slow

PAGES = 20
SIGN_UP = "Every tide in your pocket: the Gazette briefing, each morning at six."
KEEPS = "Nobody on the quay could say why the ferry had sailed without its cook."
PROPOSAL = Proposal(
    "sign-up", "line", r"Every tide in your pocket\b.*", "asks the reader to subscribe", SIGN_UP, KEEPS,
    Evidence(28, 30, "2026-10-01", "2026-10-31", (), (SIGN_UP,), 2000, "tail", ("body/p",), (), 0.99),
)  # fmt: skip
SILENT = RuleHealth("sites/a.example/x", "a.example", 0.93, 30, 6, 24, "2026-10-03", "https://a.example/9")
MOVED = RuleHealth(
    "sites/a.example/y", "a.example", 0.93, 30, 30, 0, "2026-10-03", "https://a.example/9", 10, ("body/div/p",) * 8
)


def publish(site: Site, edition: int, debris: str) -> None:
    """Put an edition up: a feed of new articles that end with *debris*."""
    paths = [f"/2026/edition-{edition}/{number}" for number in range(PAGES)]
    items = "".join(f"<item><title>x</title><link>{site.base}{path}</link></item>" for path in paths)
    feed = f'<rss version="2.0"><channel>{items}</channel></rss>'
    site.routes["/feed"] = answer(feed, kind="application/rss+xml")
    for number, path in enumerate(paths):
        prose = "".join(
            f"<p>In edition {edition} the {name} stayed closed until the wind had fallen, said its keeper, who had "
            f"counted {number * 7} ships and {number} gulls from the tower since the morning.</p>"
            for name in ("harbour", "brewery", "theatre")
        )
        title = f"<title>{number} ships at the quay of edition {edition}</title>"
        site.routes[path] = answer(f"<!doctype html><html><head>{title}</head><body>{prose}{debris}</body></html>")


def seed(site: Site) -> Seed:
    return seed_from({"name": "Example Gazette", "home": site.base, "feeds": [site.base + "/feed"]}, "test")


def accepted(data: Path, host: str) -> None:
    """Accept the rule, some days ago."""
    write_proposed(data, host, [PROPOSAL])
    accept(data, host, ["sign-up"], f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%d}")


def test_a_line_that_goes_with_the_template_is_told_with_its_site_and_is_no_fall(site: Site, tmp_path: Path) -> None:
    host = site.base.removeprefix("http://")
    accepted(tmp_path / "data", host)
    publish(site, 1, f"<p>{SIGN_UP}</p>")
    crawl(seed(site), data=tmp_path / "data", clean=clean)
    steady = press("status", "--data", "data", "--json", cwd=tmp_path)
    assert (steady.code, steady.err, json.loads(steady.out)[0]["rules"]) == (0, "", [])
    publish(site, 2, "<p>Get the briefing.</p>")
    crawl(seed(site), data=tmp_path / "data", clean=clean)
    told = press("status", "--data", "data", "--html", "status.html", cwd=tmp_path)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    said = f"sites/{host}/sign-up: has not fired for 20 captures (it stood on 93% of pages); last on "
    assert (told.code, told.err) == (0, f"pressclip: Example Gazette: rule {said}{today}: learn again, or retire it\n")
    assert f"  RULE {said}{today}: learn again, or retire it\n" in told.out
    assert said in (tmp_path / "status.html").read_text()
    (entry,) = json.loads(press("status", "--data", "data", "--json", cwd=tmp_path).out)
    assert (entry["name"], entry["fell"]) == ("Example Gazette", [])
    assert [(rule["rule"], rule["silent_for"], rule["flags"]) for rule in entry["rules"]] == [
        (f"sites/{host}/sign-up", 20, ["silent"])
    ]


def test_each_flag_says_what_to_do() -> None:
    assert rule_line(SILENT) == (
        "sites/a.example/x: has not fired for 24 captures (it stood on 93% of pages); last on 2026-10-03: learn again, "
        "or retire it"
    )
    never = RuleHealth("sites/a.example/x", "a.example", 0.5, 24, 0, 24, "", "https://a.example/9")
    assert "; never since it was accepted: learn again" in rule_line(never)
    assert rule_line(MOVED) == (
        "sites/a.example/y: 8 of its last 10 firings are in body/div/p, where it was not learned: look at "
        "https://a.example/9; retire it, or add the place to its evidence"
    )


def test_the_page_shows_flagged_rules_before_sites_where_all_is_well() -> None:
    sites = [SiteStanding(SiteReport("Well")), SiteStanding(SiteReport("Changed"), rules=(SILENT,))]
    page = status_page(sites, datetime.now(UTC))
    assert page.index("Changed") < page.index("sites/a.example/x") < page.index("Well")


def test_a_root_without_learned_rules_gets_no_statistics_from_status(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "data" / "frontier.sqlite")
    frontier.add([FoundUrl("http://gazette.example/a", "article", "Gazette")])
    frontier.dispose()
    assert press("status", "--data", "data", cwd=tmp_path).code == 0
    assert not (tmp_path / "data" / "rules").exists()


def test_a_rule_file_that_is_damaged_is_one_line_and_the_sites_are_shown(tmp_path: Path) -> None:
    frontier = Frontier(tmp_path / "data" / "frontier.sqlite")
    frontier.add([FoundUrl("http://gazette.example/a", "article", "Gazette")])
    frontier.dispose()
    accepted(tmp_path / "data", "gazette.example")
    rule_file(tmp_path / "data", "sites", "gazette.example").write_text("[[rule]\n")
    done = press("status", "--data", "data", cwd=tmp_path)
    assert done.code == 0
    assert "Gazette: " in done.out
    assert done.err.count("\n") == 1
    assert "gazette.example.toml: not TOML: " in done.err
    assert done.err.endswith("; the status of rules is left out\n")
