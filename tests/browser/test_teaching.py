"""In a browser: a person marks a line, sees what follows for the site, accepts it, and takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from archive.site_rules import read_judgements
from benchmarks.planted import hosts
from tests.browser.conftest import PATIENCE, Visit, crawl, serving, violations
from tests.support.loopback import Site, answer

PAPER = "gullwick-post.test"
COUNT = 8
TIDES = "High water at the town bridge today"
"""A line of the paper's template, with a number, which the cleaner keeps."""


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A data root with the pages of an invented paper that was crawled on loopback, and the paper's host."""
    folder = tmp_path_factory.mktemp("teaching") / "data"
    paper = next(host for host in hosts() if host.address == PAPER)
    with Site() as site:
        pages = list(paper.pages(COUNT))
        site.routes |= {page.path: answer(page.html) for page in pages}
        crawl(site, folder, "Gullwick Post", *(page.path for page in pages))
        yield folder, f"127.0.0.1:{site.port}"


@pytest.fixture
def served(crawled: tuple[Path, str]) -> Iterator[str]:
    """The address of the pages over that data root."""
    with serving(crawled[0]) as address:
        yield address


def open_article(page: Page, address: str) -> None:
    """Open an article whose text has the line of the tides, and mark its lines."""
    page.goto(f"{address}/articles?q=bridge+today")
    press(page, "j")
    press(page, "Enter")
    page.wait_for_url("**/article?record=*")
    press(page, "m")
    page.wait_for_url("**marks=1")


def press(page: Page, key: str) -> None:
    """Press a key, once the page's scripts listen to it."""
    page.wait_for_load_state()
    page.keyboard.press(key)


def in_text(page: Page) -> Locator:
    """Return the line of the tides where it stands in the text, not where it was removed."""
    return page.locator("section[aria-labelledby=text] > p.words").filter(has_text=TIDES)


def cleaned_again(page: Page) -> None:
    """Clean the site's stored pages again by the key, and go to the article."""
    press(page, "p")
    expect(page.get_by_role("heading", name="Cleaning the stored pages")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Done", timeout=PATIENCE)
    press(page, "b")
    page.wait_for_url("**/article?record=*")


def test_a_line_is_marked_its_rule_accepted_and_the_article_shown_without_it_until_undo(
    served: str, visit: Visit, crawled: tuple[Path, str]
) -> None:
    page = visit(served)
    open_article(page, served)
    expect(in_text(page)).to_be_visible()
    page.get_by_role("button", name=f"debris: {TIDES}").focus()
    press(page, "Enter")
    page.wait_for_url("**/teach?*")
    expect(page.get_by_role("heading", name="Proposed rule")).to_contain_text(f"for {crawled[1]}")
    expect(page.get_by_text(r"High water at the town bridge today: \d+ centimetres")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text(f"Done: {COUNT} pages looked at", timeout=PATIENCE)
    expect(page.get_by_text("from the text", exact=False).first).to_be_visible()
    assert violations(page) == []

    press(page, "a")
    expect(page.get_by_role("heading", name="In force")).to_be_visible()
    cleaned_again(page)
    expect(in_text(page)).to_have_count(0)
    expect(page.locator("details.removed", has_text=TIDES)).to_be_visible()

    page.go_back()
    press(page, "u")
    expect(page.get_by_role("heading", name="Proposed rule")).to_be_visible()
    cleaned_again(page)
    expect(in_text(page)).to_be_visible()

    page.get_by_role("button", name=f"undo: {TIDES}").click()
    page.wait_for_url("**marks=1")
    expect(page.get_by_text("marked as debris")).to_have_count(0)
    assert read_judgements(crawled[0]) == []


def test_a_removed_line_is_marked_as_text_and_its_rule_switched_off_for_the_site(
    served: str, visit: Visit, crawled: tuple[Path, str]
) -> None:
    page = visit(served)
    open_article(page, served)
    headline = page.locator("h1").inner_text()
    removed = page.locator("details.removed", has_text="lines/headline").first
    removed.locator("summary").press("Enter")
    page.get_by_role("button", name=f"text: {headline[:30]}").first.press("Enter")
    page.wait_for_url("**/teach?*")
    expect(page.get_by_role("heading", name="Proposed: switch off")).to_contain_text("lines/headline")
    expect(page.get_by_role("status")).to_contain_text("Done", timeout=PATIENCE)
    assert violations(page) == []
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Switched off")).to_be_visible()
    assert 'skip = ["lines/headline"]' in (crawled[0] / "rules" / "sites" / f"{crawled[1]}.toml").read_text("utf-8")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_role("heading", name="Proposed: switch off")).to_be_visible()
    page.get_by_role("button", name="No:").click()
    expect(page.get_by_text("The mark stays a judgement")).to_be_visible()
    assert [one.verdict for one in read_judgements(crawled[0])] == ["text"]
    press(page, "t")
    page.wait_for_url("**marks=1")


def test_without_script_a_mark_survives_a_refresh_and_another_start(visit: Visit, crawled: tuple[Path, str]) -> None:
    data = crawled[0]
    with serving(data) as address:
        page = visit(f"{address}/articles?q=bridge+today", java_script_enabled=False)
        page.locator(".rows a").first.click()
        page.get_by_role("link", name="Mark lines").click()
        page.get_by_role("button", name=f"debris: {TIDES}").click()
        expect(page.get_by_role("heading", name="Proposed rule")).to_be_visible()
        page.locator("main a").first.click()
        page.reload()
        expect(page.get_by_text("marked as debris")).to_be_visible()
        path = page.url.removeprefix(address)
        page.close()
    with serving(data) as address:
        page = visit(address + path, java_script_enabled=False)
        expect(page.get_by_text("marked as debris")).to_be_visible()
        page.get_by_role("link", name="What follows").click()
        page.get_by_role("button", name="Look for a rule").click()
        expect(page.get_by_role("heading", name="Proposed rule")).to_be_visible()
        page.get_by_role("button", name="Take the mark back").click()
        expect(page.get_by_text("marked as debris")).to_have_count(0)
        page.close()
    assert read_judgements(data) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marking_is_readable_on_a_phone_and_open_to_everybody(served: str, visit: Visit, scheme: str) -> None:
    page = visit(served, viewport={"width": 320, "height": 700}, color_scheme=scheme)
    open_article(page, served)
    assert_open_to_everybody(page)
    page.get_by_role("button", name=f"debris: {TIDES}").click()
    page.wait_for_url("**/teach?*")
    expect(page.get_by_role("status")).to_contain_text("Done", timeout=PATIENCE)
    assert_open_to_everybody(page)
    page.get_by_role("button", name="Take the mark back").click()
    page.wait_for_url("**marks=1")


def assert_open_to_everybody(page: Page) -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []
