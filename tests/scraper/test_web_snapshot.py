"""An archived page that is shown runs nothing, loads nothing and sends nothing, whatever it was."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scraper.report.places import PageWords
from scraper.web.snapshot import BEGIN, inert

URL = "https://gazette.example/story"
DANGERS = (
    "<script>f()</script>", "<SCRIPT src=//evil.example/x.js></SCRIPT>", '<p onclick="f()" style="x:url(//e)">a</p>',
    "<iframe srcdoc='<script>f()</script>'></iframe>", "<object data=x></object>", "<embed src=x>",
    "<base href='//e/'>",
    "<form action='//evil.example/'><input name=a><button formaction='javascript:f()'>b</button></form>",
    "<meta http-equiv=refresh content='0;url=//evil.example/'>", "<link rel=stylesheet href='//evil.example/'>",
    "<style>@import '//evil.example/';</style>", "<img src=x onerror=f() alt='<b onclick=f()>'>",
    "<svg><script>f()</script><a href='javascript:f()'>x</a></svg>", "<math><mtext></form><form><mglyph><style></math>",
    "<a href='javascript:f()'>a</a>", "<a href=' java\nscript:f()'>a</a>", "<a href='data:text/html,<script>'>a</a>",
    "<a href='https://post.example/' target=_top ping='//e'>a</a>", "<a href='//post.example/\"><script>'>a</a>",
    "<noscript><p title='</noscript><script>f()</script>'></noscript>", "<!--><script>f()</script>-->", "<?php f() ?>",
    "<xmp><script>f()</script></xmp>", "<textarea><script>", "<plaintext><script>",
    "<x-y onfocus=f() autofocus>z</x-y>",
    "<video src=x><source src=y></video>", "<td background='//e'>", "<body onload=f()>", "<html lang='en\"><script>'>",
    "<details ontoggle=f() open>d</details>", "<template><script>f()</script></template>",
    "&lt;script&gt;f()&lt;/script&gt;",
    "<a href='https://[/'>a</a>", "</div></body>", "<table><p>", "\x00", "\ud800", "<title>t</title>",
)  # fmt: skip
ELEMENTS = frozenset({
    "html", "body", "style", "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "blockquote", "br",
    "caption", "cite", "code", "col", "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "ins", "kbd", "li", "main", "mark", "nav", "ol",
    "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
})  # fmt: skip
ATTRIBUTES = {"href", "rel", "lang", "dir", "colspan", "rowspan", "start"}


class Reader(HTMLParser):
    """Notes the elements and attributes of what is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.others: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)


def check(shown: str) -> None:
    reader = Reader()
    reader.feed(shown)
    reader.close()
    assert set(reader.elements) <= ELEMENTS
    assert reader.elements.count("style") == 1  # ours
    assert {name for name, _ in reader.attributes} <= ATTRIBUTES
    assert all(value.startswith(("http://", "https://")) for name, value in reader.attributes if name == "href")
    assert reader.others == []
    assert shown.startswith(BEGIN)


@given(st.lists(st.one_of(st.sampled_from(DANGERS), st.text(max_size=20)), max_size=8).map("".join))
@example("")
@example("".join(DANGERS))
def test_whatever_the_page_only_text_and_web_links_are_left(page: str) -> None:
    check(inert(page, URL))


@given(st.text(alphabet="<>/=\"' abijkmnoprstvx:-!?&;#\n"))
def test_whatever_the_markup_only_text_and_web_links_are_left(page: str) -> None:
    check(inert(page, URL))


@given(st.text(max_size=60))
def test_whatever_the_address_a_link_is_of_the_web(address: str) -> None:
    check(inert(f'<a href="{address}">a</a>', URL))
    check(inert("<a href='x'>a</a>", address))


@pytest.mark.parametrize("page", DANGERS)
def test_each_danger_alone_is_gone(page: str) -> None:
    check(inert(page, URL))


def test_text_links_and_structure_stay() -> None:
    page = (
        "<title>t</title><h1>Tides</h1><p lang=de dir=ltr>Flut &amp; <b>Ebbe</b> "
        "<a href='/a?b=1&amp;c=2'>mehr</a> da</p>"
        "<script>f()</script>nach<ul><li>eins<li>zwei</ul><img alt='Der Hafen'><x-note>Notiz</x-note>"
    )
    assert inert(page, URL).removeprefix(BEGIN) == (
        "<div><div><h1>Tides</h1>"
        '<p lang="de" dir="ltr">Flut &amp; <b>Ebbe</b> '
        '<a rel="noopener noreferrer nofollow" href="https://gazette.example/a?b=1&amp;c=2">mehr</a> da</p>'
        "nach<ul><li>eins</li><li>zwei</li></ul>[picture: Der Hafen]<div>Notiz</div></div></div></body></html>"
    )


def test_a_page_of_many_nested_elements_is_shown_or_empty() -> None:
    check(inert("<div>" * 20_000 + "deep", URL))


def test_words_are_found_in_the_element_that_a_path_names() -> None:
    page = PageWords("<p>Share</p><script>Share</script><div><p>The tide.</p><p>Sh<b>are</b></p></div>")
    assert page.find("Share") == 0
    assert page.find("Share", where="/html/body/div/p[2]") == 5 + len("Thetide.")
    assert page.find("Share", where="/html/body/table") == 0
    assert page.find("Share", least=12) == -1
    assert page.find("nowhere") == -1


@given(st.text(max_size=80))
def test_no_path_is_run_as_another_query(where: str) -> None:
    assert PageWords("<p>Tide</p>").find("Tide", where=where) == 0
