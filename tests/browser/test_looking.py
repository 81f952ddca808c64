"""In a browser: a person who only looks finds each site, each article and each removal, with keys alone too."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, crawl, serving, violations
from tests.support.loopback import Site, answer

SIZES = {"phone": (320, 700), "desk": (1280, 900), "wall": (2000, 1200)}


def width_needed(page: Page) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth")
    return wide


def an_article(page: Page) -> str:
    """Return the path of an article with removals."""
    return page.locator(".rows a").first.get_attribute("href") or ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_each_page_is_readable_at_each_width_and_open_to_everybody(
    visit: Visit, demo_page: str, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    page = visit(f"{demo_page}/articles", viewport={"width": width, "height": height}, color_scheme=scheme)
    article = an_article(page)
    first, second = (
        link.partition("record=")[2] for link in (article, page.locator(".rows a").nth(1).get_attribute("href") or "")
    )
    by_rule, differing = "/articles?rule=lines/&below=0.9", f"/difference?from={first}&to={second}"
    seen = ("/", "/articles", by_rule, article, differing, "/crawl", "/why")
    for path in (*seen, "/urls?site=Harbour+Ledger&ending=fetched"):
        page.goto(demo_page + path)
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert width_needed(page) <= width, path
        assert violations(page) == [], path


def test_a_person_with_keys_alone_finds_an_article_and_reads_its_removals(visit: Visit, demo_page: str) -> None:
    page = visit(demo_page)
    page.keyboard.press("g")
    page.wait_for_url("**/articles")
    page.keyboard.press("/")
    expect(page.get_by_label("Words")).to_be_focused()
    page.keyboard.type("harbour")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles?q=harbour*")
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".rows a").nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(".rows a").first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/article?record=*")
    removed = page.locator("details.removed").first
    expect(removed).to_be_visible()
    removed.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(removed.get_by_text("Why:")).to_be_visible()


def test_the_keys_are_told_and_can_be_switched_off(visit: Visit, demo_page: str) -> None:
    page = visit(f"{demo_page}/articles")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of this page")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("/")
    expect(page.get_by_label("Words")).not_to_be_focused()
    page.reload()
    page.keyboard.press("/")
    expect(page.get_by_label("Words")).not_to_be_focused()


def test_an_article_without_script_is_whole(visit: Visit, demo_page: str) -> None:
    page = visit(f"{demo_page}/articles", java_script_enabled=False)
    page.goto(demo_page + an_article(page))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("details.removed").first).to_be_visible()
    expect(page.get_by_role("button", name="Keys")).to_be_hidden()


ARABIC = "قال مكتب الميناء يوم الاثنين إن العبارة ستبحر مرة أخرى بعد تسعة أسابيع قضتها في حوض الإصلاح الجاف. "
JAPANESE = "港の事務所は月曜日、フェリーが九週間ぶりにドックを出て再び運航を始めると発表した。"


def story(language: str, title: str, words: str) -> bytes:
    paragraphs = "".join(f"<p>{words * times}</p>" for times in (3, 4, 5))
    head = f"<title>{title}</title><meta property='article:published_time' content='2026-11-20'>"
    return answer(
        f"<!doctype html><html lang={language}><head><meta charset=utf-8>{head}</head>"
        f"<body><article><h1>{title}</h1>{paragraphs}<p>Advertisement</p></article></body></html>"
    )


def test_texts_from_right_to_left_and_without_blanks_are_set_right(visit: Visit, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Site() as site:
        site.routes = {
            "/2026/11/20/ar": story("ar", "عودة العبارة إلى الميناء", ARABIC),
            "/2026/11/20/ja": story("ja", "フェリーが港に戻る", JAPANESE),
        }
        crawl(site, data, "Port", *site.routes)
    with serving(data) as address:
        for language, direction in (("ar", "rtl"), ("ja", "ltr")):
            page = visit(f"{address}/articles?language={language}", viewport={"width": 320, "height": 700})
            page.locator(".rows a").first.click()
            page.wait_for_url("**/article?*")
            for part in (page.locator("h1"), page.locator(f"p.words[lang={language}]").first):
                assert part.evaluate("(one) => getComputedStyle(one).direction") == direction
                assert part.get_attribute("lang") == language
            removed = page.locator("details.removed summary del", has_text="Advertisement").first
            assert removed.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
            assert width_needed(page) <= 320


def test_the_page_of_the_crawl_renews_itself_unless_it_is_held_still(visit: Visit, demo_page: str) -> None:
    page = visit(demo_page)
    page.keyboard.press("c")
    page.wait_for_url("**/crawl")
    with page.expect_response("**/crawl/now") as renewed:
        pass
    assert renewed.value.status == 200
    expect(page.get_by_text("No crawl runs.")).to_be_visible()
    page.get_by_role("link", name="Hold it still").click()
    expect(page.locator("[hx-get]")).to_have_count(0)
