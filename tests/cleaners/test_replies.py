"""What readers answer to an article is no part of it, however long it is; in a thread the answers are the text."""

from __future__ import annotations

import pytest

from cleaners import clean

STORY = [
    "The council voted on Tuesday night to drain the old mill pond before the winter, after three cracks were found.",
    "The pond has held water since 1841, and for most of that time it drove the wheel of a paper mill.",
    "Eleven members voted for the plan and four against it. The mayor, whose brother owns the meadow, abstained.",
]
SAID = "I have rowed on that pond for thirty years and never saw a crack, so somebody looked very hard for one. "


def page(names: str, head: str = "") -> str:
    replies = "".join(f"<div><b>heron{n}</b><div><p>{n} {SAID}</p><p>{SAID * 2}</p></div></div>" for n in range(3))
    story = "".join(f"<p>{text}</p>" for text in STORY)
    return (
        f"<html lang=en><head><title>Council drains pond</title>{head}</head><body><div><h1>Council drains the"
        f" pond</h1><div class=entry>{story}</div><div {names}><h3>3 replies</h3>{replies}</div></div></body></html>"
    )


@pytest.mark.parametrize(
    "names", ['class="replies"', 'id="responses"', 'class="kommentare"', 'id="commentaires"', 'class="reader-comments"']
)
def test_replies_that_are_longer_than_the_article_are_not_its_text(names: str) -> None:
    article = clean(page(names), url="https://post.example/region/story-4711")
    assert article.text.split("\n\n") == STORY
    assert "dom/replies" in [removal.rule for removal in article.removals]


def test_the_replies_of_a_thread_are_its_text() -> None:
    forum = '<meta name="generator" content="Discourse">'
    article = clean(page('class="replies"', forum), url="https://post.example/t/pond/4711")
    assert article.kind == "forum"
    assert SAID.strip() in article.text
