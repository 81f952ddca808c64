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


COMMENTS = {
    "a list": "<ol class=comment-list>{}</ol>",
    "a section": "<section class='post-comments comments'><h2>4 comments</h2>{}</section>",
    "an area": "<div id=comments class=comments-area><h3>What readers say</h3>{}</div>",
    "a form and a list": "<div id=respond><p>Leave a reply</p><form></form></div><ul class=commentlist>{}</ul>",
}
HEADS = {
    "that says nothing": "",
    "that declares an article": '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A"}</script>',
}


def comments(count: int = 8) -> str:
    return "".join(f"<li class=comment><b>heron{n}</b><p>{n} {SAID}</p><p>{SAID * 2}</p></li>" for n in range(count))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("shape", COMMENTS)
def test_comments_that_are_longer_than_the_article_are_not_its_text(shape: str, head: str) -> None:
    html = page("class=after", HEADS[head]).replace("</body>", COMMENTS[shape].format(comments()) + "</body>")
    article = clean(html.replace("<h3>3 replies</h3>", ""), url="https://post.example/region/story-4711")
    assert article.text.split("\n\n")[:3] == STORY
    assert "refused:dom/comments" not in article.flags
    assert "heron7" not in article.text
    assert {r.rule for r in article.removals if f"7 {SAID.strip()}" in r.text} == {"dom/comments"}


THREADS = {
    "the program says so": '<meta name="generator" content="phpBB">',
    "JSON-LD says so": '<script type="application/ld+json">{"@type": "DiscussionForumPosting"}</script>',
    "questions": '<script type="application/ld+json">{"@type": "QAPage", "mainEntity": {"@type": "Question"}}</script>',
}


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("head", THREADS)
@pytest.mark.parametrize("shape", COMMENTS)
def test_no_rule_takes_messages_of_a_thread_for_comments(shape: str, head: str, length: int) -> None:
    opening = "".join(f"<p>{text}</p>" for text in STORY[:length])
    body = f"<h1>Cracks</h1><div>{opening}</div>{COMMENTS[shape].format(comments())}"
    html = f"<html lang=en><head><title>Cracks</title>{THREADS[head]}</head><body>{body}</body>"
    article = clean(html, url="https://board.example/forum/thread/4711")
    assert article.kind == "forum"
    assert "refused:dom/comments" in article.flags
    assert "dom/comments" not in {removal.rule for removal in article.removals}


@pytest.mark.parametrize("shape", COMMENTS)
def test_comments_stay_where_hardly_anything_else_is_on_the_page(shape: str) -> None:
    html = f"<html lang=en><body><h1>Pond</h1><p>What do you think?</p>{COMMENTS[shape].format(comments())}</body>"
    assert "refused:dom/comments" in clean(html, url="https://post.example/ask/4711").flags
