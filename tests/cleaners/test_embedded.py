"""An article that stands only in a page's data is the page's text, named by its source; other words of data are not."""

from __future__ import annotations

import html
import json
from collections.abc import Callable

import pytest

from cleaners import Article, clean
from cleaners.embedded import article_in_data, markup_of
from cleaners.html.tree import parse

TITLE = "Council drains the mill pond before winter"
STORY = [
    "The council voted on Tuesday night to drain the old mill pond before the winter, after three cracks were found.",
    "The pond has held water since 1841, and for most of that time it drove the wheel of a paper mill.",
    "Eleven members voted for the plan and four against it. The mayor, whose brother owns the meadow, abstained.",
    "The anglers asked for two more weeks so that the carp could be moved to the quarry lake.",
]
MARKUP = "".join(f"<p>{text}</p>" for text in STORY)
PLAIN = "\n".join(STORY)


def script(value: object, kind: str = "application/json") -> str:
    return f'<script type="{kind}">{escaped(value)}</script>'


def escaped(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


def shell(data: str, body: str = '<div id="root"></div>', title: str = TITLE) -> str:
    return (
        f"<html lang=en><head><title>{title} | Post</title></head><body>{body}{data}<script src=/a.js></script></body>"
    )


def linked(**fields: object) -> str:
    return script({"@type": "NewsArticle", "headline": TITLE} | fields, "application/ld+json")


def state(body: object, **fields: object) -> str:
    return script({"props": {"pageProps": {"post": {"title": TITLE, "body": body} | fields}}})


def paragraphs(of: Callable[[str], object]) -> list[object]:
    return [of(text) for text in STORY]


IN_DATA = {
    "JSON-LD, plain": ("json-ld", linked(articleBody=PLAIN)),
    "JSON-LD, escaped markup": ("json-ld", linked(articleBody=html.escape(MARKUP))),
    "JSON-LD in a graph": (
        "json-ld",
        script({"@graph": [{"@type": "WebPage"}, {"@type": "Article", "articleBody": MARKUP}]}, "application/ld+json"),
    ),
    "JSON-LD that is broken": (
        "json-ld",
        f'<script type="application/ld+json">{{"headline":"a "b" c","articleBody":{escaped(PLAIN)},}}</script>',
    ),
    "a live blog": ("json-ld", linked(liveBlogUpdate=paragraphs(lambda text: {"articleBody": text}))),
    "state with markup": ("state", state(MARKUP)),
    "state with plain text": ("state", state(PLAIN)),
    "WordPress": ("state", script({"post": {"title": {"rendered": TITLE}, "content": {"rendered": MARKUP}}})),
    "Contentful": (
        "state",
        state(
            {
                "nodeType": "document",
                "content": paragraphs(
                    lambda text: {
                        "nodeType": "paragraph",
                        "content": [
                            {"nodeType": "text", "value": text[:20]},
                            {"nodeType": "hyperlink", "content": [{"nodeType": "text", "value": text[20:30]}]},
                            {"nodeType": "text", "value": text[30:]},
                        ],
                    }
                ),
            }
        ),
    ),
    "ProseMirror": (
        "state",
        script(
            {
                "doc": {
                    "type": "doc",
                    "content": paragraphs(
                        lambda text: {"type": "paragraph", "content": [{"type": "text", "text": text}]}
                    ),
                }
            }
        ),
    ),
    "portable text": (
        "state",
        state(paragraphs(lambda text: {"_type": "block", "style": "normal", "children": [{"text": text}]})),
    ),
    "Draft.js": (
        "state",
        state({"blocks": paragraphs(lambda text: {"text": text, "type": "unstyled"}), "entityMap": {}}),
    ),
    "Editor.js": ("state", state({"blocks": paragraphs(lambda text: {"type": "paragraph", "data": {"text": text}})})),
    "blocks with a picture between them": (
        "state",
        script(
            {
                "headlines": {"basic": TITLE},
                "content_elements": [
                    *paragraphs(lambda text: {"type": "text", "content": text}),
                    {"type": "image", "caption": "The pond in the summer, seen from the tower of the mill."},
                ],
            }
        ),
    ),
    "a list of paragraphs": ("state", script({"story": {"headline": TITLE, "paragraphs": STORY}})),
    "JSON in a string of JSON": (
        "state",
        script({"status": 200, "body": json.dumps({"title": TITLE, "text": PLAIN})}),
    ),
    "an assignment": (
        "state",
        f"<script>window.__STATE__ = {escaped({'story': {'headline': TITLE, 'content': MARKUP}})}; boot()</script>",
    ),
    "an assignment with undefined": (
        "state",
        f'<script>window.__S__={{"a":undefined,"story":{{"title":"{TITLE}","body":{escaped(MARKUP)}}}}}</script>',
    ),
    "JSON.parse": (
        "state",
        f"<script>window.__S__ = JSON.parse({json.dumps(escaped({'a': {'title': TITLE, 'body': MARKUP}}))})</script>",
    ),
    "a function with names that are not quoted": (
        "state",
        f"<script>window.__N__=(function(a){{return {{post:{{x:a,body:{escaped(MARKUP)}}}}}}}(null))</script>",
    ),
    "rows that a React server sends": (
        "state",
        f"<script>self.__next_f.push([1,{escaped(f'2:T300,{MARKUP}')}])</script>",
    ),
    "elements that a React server sends": (
        "state",
        "<script>self.__next_f.push([1,"
        + escaped(
            "3:"
            + json.dumps(
                ["$", "div", None, {"children": paragraphs(lambda text: ["$", "p", None, {"children": text}])}]
            )
        )
        + "])</script>",
    ),
    "state of an AMP page": ("state", f"<amp-state id=s>{state(MARKUP)}</amp-state>"),
    "an attribute": ("state", f'<div data-page="{html.escape(json.dumps({"title": TITLE, "body": MARKUP}))}"></div>'),
    "a frame's document": ("template", f'<iframe srcdoc="{html.escape(MARKUP)}"></iframe>'),
    "a template": ("template", f"<template>{MARKUP}</template>"),
    "a script as a template": ("template", f'<script type="text/template">{MARKUP}</script>'),
    "noscript with line breaks": ("noscript", f"<noscript><div>{'<br><br>'.join(STORY)}</div></noscript>"),
    "noscript with paragraphs": ("noscript", f"<noscript>{MARKUP}</noscript>"),
}


def cleaned(page: str) -> Article:
    return clean(page, url="https://post.example/region/story-4711")


@pytest.mark.parametrize("name", IN_DATA)
def test_an_article_that_stands_only_in_data_is_the_text(name: str) -> None:
    source, data = IN_DATA[name]
    article = cleaned(shell(data))
    assert article.text.split("\n\n") == STORY
    assert article.sources["text"] == source
    assert "empty" not in article.flags


def test_microdata_in_a_meta_element_is_read() -> None:
    article = cleaned(shell(f'<meta itemprop="articleBody" content="{" ".join(STORY)}">'))
    assert (article.text, article.sources["text"]) == (" ".join(STORY), "microdata")


def test_it_is_cleaned_by_the_same_rules() -> None:
    article = cleaned(shell(state(f'{MARKUP}<p>Advertisement</p><div class="social-share">Share this</div>')))
    assert article.text.split("\n\n") == STORY
    removed = {removal.text: removal for removal in article.removals}
    assert removed["Advertisement"].rule == "lines/advertisement"
    assert removed["Share this"].rule == "dom/share-bar"
    assert removed["Share this"].where.startswith("state:/html/body")


def test_the_words_that_the_page_shows_are_removals() -> None:
    notice = "This site is better with scripts, and a reader who has none may write a letter to the editor for a copy."
    article = cleaned(shell(state(MARKUP), body=f"<main><p>{notice}</p></main>"))
    assert article.text.split("\n\n") == STORY
    assert notice in [removal.text for removal in article.removals]


def test_a_page_that_shows_its_article_is_not_read_for_data() -> None:
    other = [text.replace("pond", "lake") for text in STORY]
    article = cleaned(shell(linked(articleBody="\n".join(other)), body=f"<article><h1>{TITLE}</h1>{MARKUP}</article>"))
    assert article.text.split("\n\n") == STORY
    assert "text" not in article.sources


def test_a_teaser_of_an_article_that_is_paid_for_stays_one() -> None:
    teaser = f"<article><h1>{TITLE}</h1><p>{STORY[0]}</p></article>"
    article = cleaned(shell(linked(articleBody=PLAIN * 2, isAccessibleForFree=False), body=teaser))
    assert STORY[1] not in article.text


def test_the_article_with_the_pages_title_is_taken_among_others() -> None:
    posts = [
        {
            "title": f"Story number {n} of the day",
            "body": MARKUP.replace("council", f"club {n}").replace("pond", "hall"),
        }
        for n in range(3)
    ]
    article = cleaned(shell(script({"posts": [*posts, {"title": TITLE, "body": MARKUP}]})))
    assert article.text.split("\n\n") == STORY


@pytest.mark.parametrize(
    "data",
    [
        script(
            {
                "posts": [
                    {"title": f"Story {n} of the day", "body": MARKUP.replace("The council", f"Club {n}")}
                    for n in range(3)
                ]
            }
        ),
        script({"i18n": {"privacy": MARKUP}, "messages": {"terms": MARKUP}}),
        script({"comments": [{"body": MARKUP}]}),
        script({"css": "body { color: red; } " * 100, "code": "var a = 1; " * 100, "key": "QmFzZTY0" * 200}),
        script({"description": STORY[0]}),
        script({"menu": ["Town", "Fields", "Water", "Opinion"] * 100}),
        "<script>{broken" + "[" * 500 + "</script>",
    ],
)
def test_other_words_of_data_are_no_article(data: str) -> None:
    article = cleaned(shell(data, title="Post"))
    assert (article.text, article.sources.get("text")) == ("", None)


def test_deep_and_large_data_is_read_within_bounds() -> None:
    deep = '{"body":[' * 500 + escaped(MARKUP) + "]}" * 500
    root = parse(shell(f'<script type="application/json">{deep}</script>{script([[]] * 300_000)}'))
    assert root is not None
    assert article_in_data(root, TITLE) is None


def test_lines_of_a_paragraph_stay_together() -> None:
    assert markup_of("one\ntwo\n\nthree") == "<p>one<br>two</p><p>three</p>"


def test_paragraphs_in_square_brackets_are_paragraphs() -> None:
    assert markup_of("[h2]Pond[/h2][p]It [b]leaks[/b] [1].[/p]") == "<h2>Pond</h2><p>It <b>leaks</b> [1].</p>"


def message(text: str, kind: str = "Comment", **fields: object) -> dict[str, object]:
    return {"@type": kind, "text": text, "author": {"name": "heron"}} | fields


QUESTION = message(
    STORY[0],
    "Question",
    name=TITLE,
    acceptedAnswer=message(STORY[1], "Answer"),
    suggestedAnswer=[message(STORY[2], "Answer"), message(STORY[3], "Answer")],
)
THREADS = {
    "a forum's post": message(
        STORY[0], "DiscussionForumPosting", headline=TITLE, comment=[message(text) for text in STORY[1:]]
    ),
    "answers to answers": message(
        STORY[0],
        "DiscussionForumPosting",
        comment=[message(STORY[1], comment=[message(STORY[2])]), message(STORY[3])],
    ),
    "a page of a question": {"@type": "QAPage", "mainEntity": QUESTION},
    "a question in a graph": {"@graph": [{"@type": "WebSite", "name": "Board"}, QUESTION]},
    "one comment": message(
        f"<p>{STORY[0]}</p><p>{STORY[1]}</p>", "DiscussionForumPosting", comment=message("<br>".join(STORY[2:]))
    ),
}


@pytest.mark.parametrize("name", THREADS)
def test_a_thread_that_stands_in_data_is_the_text_with_its_answers(name: str) -> None:
    article = cleaned(shell(script({"@context": "https://schema.org"} | THREADS[name], "application/ld+json")))
    assert article.text.split() == "\n".join(STORY).split()
    assert article.sources["text"] == "json-ld"


@pytest.mark.parametrize(
    "data",
    [
        {"@type": "FAQPage", "mainEntity": [QUESTION | {"suggestedAnswer": None, "name": str(n)} for n in range(3)]},
        {"@type": "DiscussionForumPosting", "headline": TITLE, "comment": []},
        {"@type": "QAPage", "mainEntity": {"@type": "Question", "name": TITLE}},
    ],
)
def test_data_without_a_thread_is_none(data: dict[str, object]) -> None:
    assert cleaned(shell(script(data, "application/ld+json"))).text == ""
