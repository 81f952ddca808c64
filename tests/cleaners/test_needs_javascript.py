"""A page that shows nothing before its scripts have run says so; a page that has text, or no script, does not."""

from __future__ import annotations

import pytest

from cleaners import NEEDS_JAVASCRIPT, clean

SCRIPT = '<script src="/app.js"></script>'
PLEA = "<noscript>You need to enable JavaScript to run this app.</noscript>"
PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell. " * 5
MENU = "".join(f'<li><a href="/{number}">Section number {number}</a></li>' for number in range(40))


@pytest.mark.parametrize(
    "body",
    [
        f'<div id="root"></div>{SCRIPT}',
        f'<div id="harbour-app"><p>Loading…</p></div>{SCRIPT}',
        f"{PLEA}<main></main><script>fetch('/story')</script>",
        f"{PLEA}<nav><ul>{MENU}</ul></nav>{SCRIPT}",
    ],
)
def test_a_shell_that_scripts_fill_is_flagged(body: str) -> None:
    article = clean(f"<html><head><title>Post</title></head><body>{body}</body></html>")
    assert article.text == ""
    assert NEEDS_JAVASCRIPT in article.flags


@pytest.mark.parametrize(
    "body",
    [
        f"<article><p>{PROSE}</p></article>{PLEA}{SCRIPT}",
        "<p></p>",
        '<div id="root"></div><script type="application/ld+json">{"@type": "WebSite"}</script>',
        f"<nav><ul>{MENU}</ul></nav>{SCRIPT}",
    ],
)
def test_another_page_is_not(body: str) -> None:
    assert NEEDS_JAVASCRIPT not in clean(f"<html><body>{body}</body></html>").flags
