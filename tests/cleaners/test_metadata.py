"""Test that metadata comes from the most trusted source that states it, and that the article names the source."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from cleaners import decode
from cleaners.html.tree import parse
from cleaners.metadata import Metadata, read_metadata
from cleaners.metadata.authors import byline_marks
from cleaners.metadata.dates import date_marks
from cleaners.metadata.header import ANYWHERE, UNMARKED_RANK
from cleaners.metadata.tolerant_json import read_json, texts_in_code, values_in_code, whole_json

GOLDEN = sorted((Path(__file__).parent.parent / "pages").glob("*/source.html"))
URL = "https://gazette.example/coast/storm"
LD = {
    "@type": "NewsArticle",
    "headline": "Storm closes harbour",
    "author": [{"@type": "Person", "name": "Ada Byron"}, {"@type": "Person", "name": "Grace Hopper"}],
    "datePublished": "2026-11-20T08:15:00+01:00",
    "dateModified": "2026-11-21T09:00:00Z",
    "publisher": {"@type": "Organization", "name": "The Gazette"},
    "image": {"@type": "ImageObject", "url": "https://gazette.example/a.jpg"},
    "keywords": "harbour, storm",
    "inLanguage": "en-GB",
    "mainEntityOfPage": {"@id": URL},
}


def read(head: str = "", body: str = "", url: str | None = URL, lang: str = "") -> Metadata:
    root = parse(f"<html{lang}><head>{head}</head><body>{body}<p>Text.</p></body></html>")
    assert root is not None
    return read_metadata(root, url)


def ld(data: object) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<script type="application/ld+json">{text}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


SHAPES = {
    "object": LD,
    "list": [{"@type": "BreadcrumbList"}, LD],
    "graph": {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "x"}, LD]},
    "main entity": {"@type": "WebPage", "mainEntity": LD},
    "types in a list": LD | {"@type": ["CreativeWork", "NewsArticle"]},
}


@pytest.mark.parametrize("value", ["21 November 2026", "Nov 21, 2026", "21. November 2026, 9 Uhr", "2026年11月21日"])
def test_a_date_of_change_may_be_written_in_words(value: str) -> None:
    assert read(meta("article:modified_time", value)).modified == date(2026, 11, 21)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_fields_are_read_from_linked_data_of_any_shape(shape: str) -> None:
    page = read(ld(SHAPES[shape]))
    assert (page.title, page.authors) == ("Storm closes harbour", ("Ada Byron", "Grace Hopper"))
    assert page.date == datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=1)))
    assert page.modified == datetime(2026, 11, 21, 9, tzinfo=UTC)
    assert (page.site, page.language, page.tags) == ("The Gazette", "en", ("harbour", "storm"))
    assert (page.image, page.canonical_url) == ("https://gazette.example/a.jpg", URL)
    assert set(page.sources.values()) == {"json-ld"}


BROKEN = {
    "cut off": '{"@type": "NewsArticle", "headline": "Stor',
    "empty": "",
    "a number": "7",
    "null": "null",
    "odd types": '{"@type": 7, "headline": {"a": [null, 3]}, "author": [[["x"]]]}',
    "deep": "[" * 100_000,
    "a list in itself": json.dumps([[[[LD["headline"]]]]]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_linked_data_is_passed_over(name: str) -> None:
    page = read(ld(BROKEN[name]) + meta("og:title", "Storm closes harbour"))
    assert (page.title, page.sources["title"]) == ("Storm closes harbour", "opengraph")


LINKED = json.dumps(LD)
LINES = json.dumps(LD, indent=1)
QUOTED = 'Mayor: "rather careful", he said, "than quick"'
SLIPS = {
    "a comma before the end": LINKED[:-1] + ",}",
    "a comma before the end of a list": LINKED.replace("}], ", "},], "),
    "two commas": LINKED.replace('", "', '",, "').replace("}, {", "},, {"),
    "a comma first": LINKED.replace('{"@type": "NewsArticle"', '{, "@type": "NewsArticle"'),
    "no comma between lines": LINES.replace('",\n "', '"\n "'),
    "a comment of HTML": f"<!--{LINKED}-->",
    "a CDATA section": f"<![CDATA[{LINKED}]]>",
    "a CDATA section in comments": f"//<![CDATA[\n{LINKED}\n//]]>",
    "a CDATA section in block comments": f"/*<![CDATA[*/ {LINES} /*]]>*/",
    "a semicolon": LINKED + ";",
    "an assignment": f"window.article = {LINKED};",
    "a byte order mark": "\ufeff" + LINKED,
    "comments": "/* by the site */" + LINES.replace('",\n', '", // one of ours, "really"\n'),
    "a comment before a comma": LINES.replace('",\n', '" /* his: "x" */,\n'),
    "quotes in a text": LINKED[:-1] + f', "description": "{QUOTED}"}}',
    "quotes at the start of a text": '{"description": ""No", says mayor", ' + LINKED[1:],
    "quotes in a list": LINKED[:-1] + ', "about": ["the "Swan" inn", "b"]}',
    "a key in a quoted text": '{"description": "he said "go", then: run", ' + LINKED[1:],
    "an address with slashes": '{"url": "https://a.example/b", ' + LINKED[1:-1] + ",}",
    "control characters": LINKED[:-1] + ', "description": "one\n\ttwo\x0b\x01",}',
    "a wrong escape": LINKED[:-1] + r', "description": "it\'s 5\% \x and \"so\""}',
    "a text that ends with a backslash": '{"path": "C:\\\\", ' + LINKED[1:-1] + ",}",
    "quotes as entities": LINKED.replace('"', "&quot;"),
    "quotes of one stroke": LINKED.replace('"', "'"),
    "keys without quotes": re.sub(r'"@?(\w+)":', r"\1:", LINKED).replace("{type:", "{'@type':"),
    "words of JavaScript": LINKED[:-1] + ', "a": undefined, "b": NaN, "c": true, "d": -1.5,}',
    "two objects": f'{LINKED}{{"@type": "WebSite"}}',
    "two objects and a comma": f'{LINKED},{{"@type": "WebSite"}}',
    "a brace too many": LINKED + "}",
    "no end": LINKED[:-1],
    "an end inside a text": LINKED[:-1] + ', "description": "the wi',
    "a graph": json.dumps({"@context": "x", "@graph": [{"@type": "WebSite"}, LD]})[:-1] + ",}",
    "types in a list": LINKED[:-1].replace('"NewsArticle"', '["Thing", "NewsArticle",]') + "}",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_linked_data_with_common_slips_is_read(slip: str) -> None:
    page = read(ld(SLIPS[slip]))
    assert (page.title, page.authors) == ("Storm closes harbour", ("Ada Byron", "Grace Hopper"))
    assert page.date == datetime(2026, 11, 20, 8, 15, tzinfo=timezone(timedelta(hours=1)))


def test_quotes_that_nobody_escaped_stay_in_their_text() -> None:
    assert read_json(f'{{"a": "{QUOTED}", "b": "x"}}') == {"a": QUOTED, "b": "x"}


def test_half_a_character_is_no_part_of_a_name() -> None:
    page = read(ld('{"@type": "NewsArticle", "headline": "Storm \\ud83d here", "author": "Ada \\ud83d Byron"}'))
    assert (page.title, page.authors) == ("Storm here", ("Ada Byron",))


HOSTILE = {
    "quotes": '{"a":"' + '",/*,' * 100_000,
    "comments": '{"a":"' + '",//' * 100_000,
    "block comments": "{" + "/*" * 300_000,
    "comments of HTML": "{" + "<!--" * 200_000,
    "spaces": '{"a":"' + ('"' + " " * 299) * 2000,
    "backslashes": '{"a":"' + "\\" * 500_000 + '"',
    "objects": '{"a":' * 200_000,
    "signs": "[" * 59 + "}" * 300_000,
    "keys": '{"a":"' + ('"\n"' + "k" * 99) * 4000,
    "words": "{" + "a " * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_broken_json_is_read_within_bounds(name: str) -> None:
    begin = time.process_time()
    read_json(HOSTILE[name])
    read_code(HOSTILE[name])
    assert time.process_time() - begin < 5


def read_code(script: str) -> list[object]:
    return [*values_in_code(script, 5), *texts_in_code(script)]


@pytest.mark.parametrize(
    "wrapper",
    ["<!--{}-->", "<!--\n{}\n//-->", "<![CDATA[{}]]>", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/{}/*]]>*/", "\ufeff{};"],
)
def test_a_wrapper_is_no_part_of_whole_json(wrapper: str) -> None:
    assert whole_json(wrapper.replace("{}", '{"a": undefined, "b": ["x"]}')) == {"a": None, "b": ["x"]}


@pytest.mark.parametrize("code", ["var a = {};", '{"a": 1} {"b": 2}', '{"a": "cut', "{a: 1}", ""])
def test_code_and_broken_json_are_no_whole_json(code: str) -> None:
    assert whole_json(code) is None


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('window.a = {"b": [1, 2]}; f({"c": undefined})', [{"b": [1, 2]}, {"c": None}]),
        ('a = JSON.parse("{\\"b\\": 1}")', ['{"b": 1}']),
        ("<!--\nreturn [1, 2, 3]\n//-->", [[1, 2, 3]]),
        (f"var t = '{'rain ' * 20}\\x41\\'s'", [("t", f"{'rain ' * 20}A's")]),
        (f"f(`{'rain ' * 20}`)", [("", "rain " * 20)]),
    ],
)
def test_values_and_long_texts_in_code_are_read(code: str, found: list[object]) -> None:
    assert read_code(code) == found


TITLES = [
    ("json-ld", ld({"@type": "NewsArticle", "headline": "Harbour closed"}), "", "Harbour closed"),
    ("opengraph", meta("og:title", "Ferries stay home"), "", "Ferries stay home"),
    ("meta", '<meta name="twitter:title" content="Wind falls again">', "", "Wind falls again"),
    ("page", "", "<h1>The mayor visits boats</h1>", "The mayor visits boats"),
    ("page", "<title>Mayor visits boats at noon</title>", "", "Mayor visits boats at noon"),
]


@pytest.mark.parametrize("first", range(len(TITLES)))
def test_the_title_is_taken_in_the_order_of_trust(first: int) -> None:
    head, body = ("".join(part[k] for part in reversed(TITLES[first:])) for k in (1, 2))
    page = read(head, body)
    assert (page.title, page.sources["title"]) == (TITLES[first][3], TITLES[first][0])


def test_a_page_without_metadata_has_none() -> None:
    page = read(url=None)
    assert (page.title, page.authors, page.date, page.site, page.language) == (
        None,
        (),
        None,
        None,
        None,
    )
    assert page.sources == {}


def test_an_author_is_named_once_and_the_page_is_asked_last() -> None:
    assert read('<meta name="author" content="Ada Byron, Ada Byron">').authors == ("Ada Byron",)
    page = read(body='<span itemprop="author">By Grace Hopper</span>')
    assert (page.authors, page.sources["authors"]) == (("Grace Hopper",), "page")


def test_a_time_element_gives_the_date_where_the_head_has_none() -> None:
    page = read(body='<time datetime="2026-11-20T08:15:00Z">20 November</time>')
    assert (page.date, page.sources["date"]) == (datetime(2026, 11, 20, 8, 15, tzinfo=UTC), "page")


@pytest.mark.parametrize(
    ("lang", "head", "code"),
    [
        (' lang="de-AT"', meta("og:locale", "en_GB"), "de"),
        (' lang="PT"', "", "pt"),
        ("", meta("og:locale", "fr_FR"), "fr"),
        ("", '<meta http-equiv="content-language" content="es">', "es"),
        (' lang="english"', "", None),
    ],
)
def test_the_language_is_a_code_of_two_letters(lang: str, head: str, code: str | None) -> None:
    assert read(head, lang=lang).language == code


def test_the_canonical_address_is_absolute_and_a_link_is_trusted_most() -> None:
    page = read('<link rel="canonical" href="/coast/storm?x=1">' + meta("og:url", "https://other.example/"))
    assert (page.canonical_url, page.sources["canonical_url"]) == (
        "https://gazette.example/coast/storm?x=1",
        "page",
    )


@pytest.mark.parametrize("href", ["javascript:alert(1)", "http://[bad", "", "mailto:a@b.example"])
def test_what_is_no_web_address_is_no_canonical_address(href: str) -> None:
    assert read(f'<link rel="canonical" href="{href}">', url=None).canonical_url is None


def test_every_field_that_was_found_has_its_source() -> None:
    page = read(ld(LD), lang=' lang="en"')
    fields = ("title", "authors", "date", "modified", "site", "language", "image", "tags", "canonical_url")
    assert set(page.sources) == {name for name in fields if getattr(page, name)}


AUTHORS = {
    "given and family name": ({"author": {"@type": "Person", "givenName": "Ada", "familyName": "Byron"}}, []),
    "a reference to both": ({"author": {"@id": "#a"}}, [{"@id": "#a", "givenName": "Ada", "familyName": "Byron"}]),
    "a surname first": ({"author": "Byron, Ada"}, []),
    "signs around": ({"author": "\u270d\ufe0f Ada Byron \U0001f469\U0001f3fd\u200d\U0001f4bb"}, []),
    "signs of hearts": ({"author": {"@type": "Person", "name": "\U0001f499 Ada Byron \u2728"}}, []),
    "a section too": ({"author": ["Ada Byron", "Coast"], "articleSection": "Coast"}, []),
    "a call too": ({"author": ["Ada Byron", "Follow us on Facebook"]}, []),
    "a label too": ({"author": ["Posted on", "Ada Byron", "code"]}, []),
    "a reference": ({"author": {"@id": "#ada"}}, [{"@id": "#ada", "@type": "Person", "name": "Ada Byron"}]),
    "a reference to nothing": ({"author": {"@id": "https://gazette.example/#/schema/person/7"}}, []),
    "an address": ({"author": {"@type": "Person", "url": "https://gazette.example/ada"}}, []),
    "a role": ({"author": {"@type": "Role", "author": {"@type": "Person", "name": "Ada Byron"}}}, []),
    "a text": ({"author": "By Ada Byron"}, []),
    "in two cases": ({"author": ["Ada Byron", "ADA BYRON"]}, []),
}


@pytest.mark.parametrize("name", AUTHORS)
def test_authors_of_linked_data_are_names_or_nothing(name: str) -> None:
    article, others = AUTHORS[name]
    page = read(ld({"@graph": [{"@type": "NewsArticle", "headline": "x"} | article, *others]}))
    assert page.authors == (() if name in ("a reference to nothing", "an address") else ("Ada Byron",))


CAPITALS = {
    "By ABBY ROWNTREE, TOBY HALE and MIRELA STROUD": ("ABBY ROWNTREE", "TOBY HALE", "MIRELA STROUD"),
    "ADA BYRON, BOB LEE, ANN FOX": ("ADA BYRON", "BOB LEE", "ANN FOX"),
    "BY SHELBY BYRNE, BOBBY WU": ("SHELBY BYRNE", "BOBBY WU"),
    "ADA BYRON, MD": ("ADA BYRON, MD",),
    "Ada Byron, MD, PHD": ("Ada Byron, MD, PHD",),
    "Ada Byron, RDN CDN": ("Ada Byron, RDN CDN",),
    "ADA BYRON, M.D., GRACE HOPPER": ("ADA BYRON, M.D.", "GRACE HOPPER"),
}


@pytest.mark.parametrize("byline", CAPITALS)
def test_a_name_in_capitals_is_no_degree_of_the_one_before(byline: str) -> None:
    assert read(f'<meta name="byl" content="{byline}">').authors == CAPITALS[byline]
    assert read(body=f'<h1>Storm</h1><p class="byline">{byline}</p>').authors == CAPITALS[byline]


APART = {
    "opengraph": (meta("profile:first_name", "Ada") + meta("profile:last_name", "Byron"), ""),
    "meta elements": (
        "",
        '<i itemprop="author"><meta itemprop="givenName" content="Ada">'
        '<meta itemprop="familyName" content="Byron"></i>',
    ),
    "a card": ("", '<p class="author vcard"><i class="given-name">Ada</i> <i class="family-name">Byron</i></p>'),
    "microdata": ("", '<p itemprop="author"><i itemprop="givenName">Ada</i> <b itemprop="familyName">Byron</b></p>'),
}


@pytest.mark.parametrize("form", APART)
def test_given_and_family_name_apart_are_one_author(form: str) -> None:
    head, body = APART[form]
    assert read(head, f"<h1>Storm</h1>{body}").authors == ("Ada Byron",)


NOBODY = {
    "testimonials": '<div class="testimonial"><div class="author"><b class="author-name">Ada Byron</b></div></div>',
    "quotes of customers": '<div class="customer-quotes"><p class="author">Ada Byron</p></div>',
    "reviews": '<ul class="reviews"><li><span class="author" itemprop="author">Ada Byron</span></li></ul>',
    "comments": '<ol class="comment-list"><li class="comment"><cite class="fn">Ada Byron</cite></li></ol>',
    "a comment": '<div class="post-comments"><span class="comment-author">Ada Byron</span></div>',
    "a menu": '<ul class="main__nav"><li><a rel="author" href="/author/ada">Ada Byron</a></li></ul>',
    "a call": '<p class="author">Follow us on Facebook</p>',
    "a label": '<p class="byline">Posted on</p>',
    "a label of nobody": '<p class="author">Written by</p>',
    "a heading of a box": '<h3 class="author-box__title">About the author</h3>',
    "code": "<pre>by <code>default</code></pre><p><code>by value</code></p>",
    "the word code": '<span class="author">code</span>',
    "a link to a biography": '<a class="author-link" href="/authors/ada">Full Bio</a>',
    "a breadcrumb's section": '<p class="breadcrumbs"><a href="/c">City Life</a></p><p class="author">City Life</p>',
    "cards of other articles": '<div class="display-card"><b class="author-name">Ada Byron</b></div>',
    "an item of a list": '<div class="blog-item w-dyn-item"><b class="author-name">Ada Byron</b></div>',
    "a carousel": '<div class="carousel-inner"><b class="author">Ada Byron</b></div>',
    "a table of teams": '<table><tr class="Table__TR"><td><a href="/team/ada-byron">Ada Byron</a></td></tr></table>',
    "words with by in small letters": "<i></i>" * 12 + "<p>By sending</p><p>by default</p>",
    "a category in a byline": '<p><span class="byline__category">City Life</span></p>',
    "a link of the head": '<link rel="author" href="/humans.txt">',
    "a heading about authoring": '<h2 id="authoring-pages">Authoring Pages</h2>',
    "a link between pages of a reference": '<a class="autorefs" href="#f">Field Types</a>',
    "a box that restarts": '<div class="autorefresh">Live Harbour</div>',
    "a sign": '<p class="author">\U0001f600</p>',
    "a greeting": '<p class="author-name">Hi! I am Ada</p>',
}


@pytest.mark.parametrize("box", NOBODY)
def test_where_nobody_is_named_as_the_author_there_is_none(box: str) -> None:
    assert read(body=f"<main><h1>Storm closes harbour</h1><p>Text.</p>{NOBODY[box]}</main>").authors == ()


CARDS = {
    "teasers near the headline": (
        "",
        '<article class="c-teaser-box"><h2><a href="/{0}">Sea wall {0}</a></h2><p class="byline">By {1}</p></article>',
    ),
    "a feed": ("", '<li class="row"><h3><a href="/{0}">Boats {0}</a></h3><a href="/authors/{0}">{1}</a></li>'),
    "entries of a blog": ("", '<div class="x7"><h4><a href="/{0}">Tide {0}</a></h4><i rel="author">{1}</i></div>'),
    "customers far below": ("<p>Prose.</p>" * 200, '<article class="t-card"><b class="main-author">{1}</b></article>'),
    "a team far below": ("<p>Prose.</p>" * 200, '<div class="x7"><i class="author">{1}</i><p>Sails {0}.</p></div>'),
    "answers far below": ("<p>Prose.</p>" * 200, '<li><b itemprop="author">{1}</b><p>Wait for {0}.</p></li>'),
}
PERSONS = ("Ada Byron", "Grace Hopper", "Mary Jackson")


@pytest.mark.parametrize("kind", CARDS)
def test_those_whom_boxes_alike_name_are_no_authors(kind: str) -> None:
    between, card = CARDS[kind]
    cards = "".join(card.format(number, person) for number, person in enumerate(PERSONS))
    assert read(body=f"<h1>Storm closes harbour</h1>{between}<div>{cards}</div>").authors == ()
    own = '<p class="author">By Zoë Keel</p>'
    assert read(body=f"<h1>Storm closes harbour</h1>{own}{between}<div>{cards}</div>").authors == ("Zoë Keel",)


def test_of_a_hundred_boxes_alike_none_names_the_author() -> None:
    card = CARDS["customers far below"][1].format("", "Ada Byron")
    assert read(body=f"<h1>Storm closes harbour</h1>{'<p>Prose.</p>' * 200}<div>{card * 100}</div>").authors == ()


def test_the_authors_of_one_article_may_have_a_box_each() -> None:
    boxes = "".join(f'<li class="writer"><a class="author-name" href="/x">{person}</a></li>' for person in PERSONS)
    assert read(body=f"<h1>Storm closes harbour</h1><ul>{boxes}</ul>").authors == PERSONS


@pytest.mark.parametrize(
    "contact",
    [
        '<ul><li><strong>Contact:</strong> <a href="/authors/ada-byron">Ada Byron</a></li></ul>',
        '<p><b>Reviewed by</b> <a href="/team/ada-byron">Ada Byron</a></p>',
        '<p><span>Photos:</span> <a href="/staff/ada-byron">Ada Byron</a></p>',
    ],
)
def test_a_label_beside_a_name_tells_another_work(contact: str) -> None:
    assert read(body=f"<h1>Storm closes harbour</h1>{contact}").authors == ()


OWNERS = {
    "a page of a website": meta("og:type", "website")
    + ld({"@type": "WebPage", "author": {"@type": "Organization", "name": "Example Harbours"}}),
    "an article by type alone": ld({"@type": "Article", "author": {"@type": "Person", "name": "Harbour Staff"}}),
    "documentation": meta("og:type", "website")
    + ld({"@type": "TechArticle", "author": {"@type": "Organization", "name": "Harbours Inc"}}),
    "an account of a system": meta("og:type", "website") + '<meta name="author" content="ada_b">',
    "the maker of a template": meta("og:type", "website") + '<meta name="author" content="Sails Media GmbH">',
}
OWNER = meta("og:site_name", "Example Harbours")


@pytest.mark.parametrize("kind", OWNERS)
def test_who_runs_a_page_that_is_no_article_has_not_written_it(kind: str) -> None:
    assert read(OWNER + OWNERS[kind], "<h1>Storm closes harbour</h1>").authors == ()
    shown = '<h1>Storm closes harbour</h1><p class="author-name">Harbour Team</p>'
    assert read(OWNER + OWNERS[kind], shown).authors == ("Harbour Team",)


@pytest.mark.parametrize("kind", ["article", "website"])
def test_an_organization_signs_articles_and_posts(kind: str) -> None:
    post = {"@type": "BlogPosting", "author": {"@type": "Organization", "name": "Example Harbours"}}
    assert read(OWNER + meta("og:type", kind) + ld(post)).authors == ("Example Harbours",)
    assert read(OWNER + meta("og:type", kind) + '<meta name="author" content="Example Harbours">').authors == (
        "Example Harbours",
    )


@pytest.mark.parametrize("kind", ["product", "product.group", "Product.item"])
def test_a_product_has_no_author(kind: str) -> None:
    assert read(meta("og:type", kind) + '<meta name="author" content="Ada Byron">', "<h1>Boat</h1>").authors == ()


@pytest.mark.parametrize(
    "box", ["social-comments", "meta has-comments", "author-box comment-count", "byline no-comments"]
)
def test_an_author_in_a_box_that_only_counts_comments_is_found(box: str) -> None:
    shown = f'<h1>Storm</h1><div class="{box}"><a class="author" href="/a/ada">Ada Byron</a> <i>3 comments</i></div>'
    assert read(body=shown).authors == ("Ada Byron",)


@pytest.mark.parametrize(
    "label", ["All posts by", "View more articles from", "This article was written by", "Stories by"]
)
def test_the_words_before_a_list_of_works_are_no_name(label: str) -> None:
    assert read(body=f'<h1>Storm</h1><p class="author">{label} Ada Byron</p>').authors == ("Ada Byron",)


def test_a_reference_in_a_circle_names_nobody() -> None:
    circle = [{"@id": "#a", "name": {"@id": "#b"}}, {"@id": "#b", "name": {"@id": "#a"}}]
    assert read(ld({"@graph": [{"@type": "Article", "author": {"@id": "#a"}}, *circle]})).authors == ()


@pytest.mark.parametrize("account", ["The Gazette", "gazette_admin", "ada.byron", "Gazette Staff"])
def test_a_person_on_the_page_goes_before_an_account_or_the_site(account: str) -> None:
    head = ld({"@type": "NewsArticle", "author": account, "publisher": {"name": "The Gazette"}})
    shown = '<h1>Storm</h1><p class="byline">By Grace Hopper</p>'
    assert read(head, shown).authors == ("Grace Hopper",)
    assert read(head).authors == (account,)


def test_the_label_of_a_card_says_that_its_data_is_the_author() -> None:
    card = '<meta name="twitter:label1" content="{}"><meta name="twitter:data1" content="Ada Byron">'
    assert read(card.format("Written by")).authors == ("Ada Byron",)
    assert read(card.format("Reading time")).authors == ()


def test_a_date_in_words_counts_after_the_one_that_the_page_shows() -> None:
    head = ld({"@type": "NewsArticle", "datePublished": "Nov 21, 2026"})
    assert read(head).date == date(2026, 11, 21)
    assert read(head, "<h1>Storm</h1><time>20 November 2026</time>").date == date(2026, 11, 20)


def test_dates_of_a_script_that_is_no_json_are_found() -> None:
    script = '{"@type": "NewsArticle", "description": "a "quote"", "datePublished": "2026-11-20T08:15:00Z"}'
    assert read(ld(script)).date == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("head", "body", "url", "evidence"),
    [
        (ld(LD), "", URL, "declared"),
        ("", "<h1>Storm</h1><time>20 November 2026</time>", URL, "marked"),
        (meta("date", "2026-11-20"), "", URL, "page-date"),
        ("", "", f"{URL}/2026/11/20", "address"),
        ("", f"<h1>Storm</h1>{'<i></i>' * 20}<p>20 November 2026</p>", URL, "unmarked"),
        ("", "<h1>Storm</h1><p class='caption'>20 November 2026</p>", URL, "elsewhere"),
        ("", "<h1>Storm</h1>", URL, ""),
    ],
)
def test_the_evidence_says_why_a_date_was_taken(head: str, body: str, url: str, evidence: str) -> None:
    page = read(head, body, url=url)
    assert (page.date_evidence, page.date is None) == (evidence, not evidence)


@pytest.mark.parametrize("number", ["1795162500", "1795162500000", "1795162500.0"])
def test_numbers_in_linked_data_are_unix_times(number: str) -> None:
    script = f'{{"@type": "NewsArticle", "datePublished": {number}, "dateModified": {number}}}'
    page = read(ld(script))
    assert page.date == page.modified == datetime(2026, 11, 20, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize("number", ["0", "-5", "true", "1e400", "9" * 40])
def test_numbers_that_are_no_times_tell_no_date(number: str) -> None:
    assert read(ld(f'{{"@type": "NewsArticle", "datePublished": {number}}}')).date is None


@pytest.mark.parametrize("attribute", ["lang", "xml:lang"])
def test_the_declared_language_decides_the_order_of_day_and_month(attribute: str) -> None:
    body = "<body><h1>Storm</h1><time>3/4/2026</time></body>"
    for language, day in (("en-US", date(2026, 3, 4)), ("en-GB", date(2026, 4, 3)), ("de", date(2026, 4, 3))):
        root = parse(f'<html {attribute}="{language}">{body}</html>')
        assert root is not None
        page = read_metadata(root)
        assert (page.date, page.language) == (day, language[:2])


def test_the_address_gives_the_date_where_only_a_day_or_nothing_is_shown() -> None:
    page = read(url="https://gazette.example/2026/11/20/storm")
    assert (page.date, page.sources["date"]) == (date(2026, 11, 20), "url")


def test_the_publisher_is_the_site_by_its_name_never_by_its_reference() -> None:
    article = {"@type": "NewsArticle", "headline": "x", "publisher": {"@id": "#org"}}
    assert read(ld({"@graph": [article]})).site is None
    assert read(ld({"@graph": [article, {"@id": "#org", "name": "The Gazette"}]})).site == "The Gazette"


def test_the_language_is_the_one_that_the_page_declares_and_never_a_guess() -> None:
    text = "Der Sturm hat den Hafen gestern bis zum Mittag geschlossen, und die Fähren blieben im Hafen liegen. " * 3
    assert read(body=f"<p>{text}</p>").language is None
    assert read(body=f"<p>{text}</p>", lang=' lang="da"').language == "da"


@pytest.mark.slow
def test_hostile_markup_is_read_within_bounds() -> None:
    deep = "<div class=author>" * 5000 + "By Ada Byron"
    wide = '<a rel="author">x</a><h1>y</h1><time>2026</time>' * 5000
    for body in (deep, wide, "<p>By " + "a," * 100_000):
        assert len(read(body=body).authors) < 10


@pytest.mark.parametrize("source", GOLDEN, ids=lambda source: source.parent.name)
def test_every_element_with_a_mark_has_a_sign_of_it(source: Path) -> None:
    root = parse(decode(source.read_bytes()).text)
    assert root is not None
    for marks in (date_marks(root, None), byline_marks(root, None)):
        strengths = {element: marks.strength(element) for element in root.iter("*")}
        for signs, weakest in ((marks.near, UNMARKED_RANK), (marks.far, ANYWHERE)):
            found = {element for _, element in signs.find(root)}
            marked = {
                element for element, strength in strengths.items() if strength is not None and strength <= weakest
            }
            assert marked <= found


def test_each_digit_of_any_script_is_a_sign_of_a_date() -> None:
    digits = [chr(code) for code in range(0x30, 0x110000) if unicodedata.decimal(chr(code), None) is not None]
    root = parse(f"<body>{''.join(f'<p>{digit}</p>' for digit in digits)}")
    assert root is not None
    assert {*digits} <= {element.text for _, element in date_marks(root, None).far.find(root)}
