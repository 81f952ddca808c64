"""Test that the byline under the headline is found, and those of other articles are not."""

from __future__ import annotations

import pytest

from cleaners.html.tree import parse
from cleaners.metadata import header
from cleaners.metadata.authors import Byline, visible_byline
from cleaners.metadata.header import headline_of


def byline(body: str) -> Byline:
    root = parse(f"<html><body><article><h1>Storm closes harbour</h1>{body}</article></body></html>")
    assert root is not None
    return visible_byline(root, headline_of(root, "Storm closes harbour"))


@pytest.mark.parametrize(
    "markup",
    [
        '<a rel="author" href="/ada">Ada Byron</a>',
        '<span itemprop="author"><span itemprop="name">Ada Byron</span></span>',
        '<p class="article__byline">By <a href="/ada">Ada Byron</a></p>',
        '<div class="author-box"><b class="author-name">Ada Byron</b><span>Senior Reporter</span></div>',
        '<div class="x7"><a href="/author/ada-byron/">Ada Byron</a></div>',
        '<div class="x7">By Ada Byron | 20 November 2026</div>',
        '<div class="x7"><strong>Author</strong> <a href="/ada">Ada Byron</a></div>',
        '<p class="author">Von Ada Byron, Lille</p>',
        '<style>.a{}</style><p class="author"><style>.b{}</style>Ada Byron<script>x()</script></p>',
        '<p class="author"><span>Ada Byron</span><span class="sr-only">Ada Byron</span></p>',
        '<span itemprop="author" itemscope><meta itemprop="name" content="Ada Byron"></span>',
        '<footer class="author__meta"><p class="author__name">Ada Byron</p></footer>',
        '<div class="x7">كتبت: Ada Byron</div>',
    ],
)
def test_a_byline_is_found_by_its_marks(markup: str) -> None:
    assert byline(f"{markup}<p>Prose about the sea.</p>").persons == ["Ada Byron"]


def test_several_authors_of_one_list_are_all_named() -> None:
    links = "".join(f'<li><a class="author" href="#">{name}</a></li>' for name in ("Ada Byron", "Grace Hopper"))
    assert byline(f"<ul>{links}</ul>").persons == ["Ada Byron", "Grace Hopper"]


@pytest.mark.parametrize(
    "markup",
    [
        '<div class="related"><p class="byline">By Ada Byron</p></div>',
        '<nav><a href="/author/ada-byron">Ada Byron</a></nav>',
        '<figure><figcaption class="author">Ada Byron</figcaption></figure>',
        '<p class="author">Reviewed by <b>Ada Byron</b></p>',
        '<p class="comment-author">Ada Byron</p>' * 3,
        f"{'<p>Prose.</p>' * 200}<p>By Ada Byron</p>",
        f'<p class="author">Ada Byron {"has written about the sea. " * 20}</p>',
    ],
)
def test_the_names_of_others_are_no_byline(markup: str) -> None:
    assert byline(markup).persons == []


def test_a_marked_name_that_is_no_person_is_kept_apart() -> None:
    names = byline('<p class="author-name">The Gazette Team</p>')
    assert (names.persons, names.named) == ([], ["The Gazette Team"])


def test_a_byline_near_the_headline_goes_before_one_far_off() -> None:
    far = f'<p class="author">Ada Byron</p>{"<i>x</i>" * 300}'
    root = parse(f"<body><div>{far}</div><h1>Storm</h1><p class='author'>Grace Hopper</p></body>")
    assert root is not None
    assert visible_byline(root, headline_of(root, "Storm")).persons == ["Grace Hopper"]


def test_elements_are_found_by_their_place_about_the_headline() -> None:
    before = "".join(f"<div><i>{n}</i></div>" for n in range(header.BEFORE))
    after = "".join(f"<div><i>{n}</i></div>" for n in range(header.NEAR))
    root = parse(f"<body><section>{before}</section><h1>Storm</h1><section>{after}</section>")
    assert root is not None
    headline = root.find(".//h1")
    order = list(root.iter("*"))
    here = order.index(headline)
    marks = header.Marks(root, headline, lambda element: 1 if element.tag == "i" else None)
    ranked = list(marks.ranked())
    assert [order.index(element) - here for rank, _, element in ranked if rank < header.FAR] == [
        distance for rank, distance, _ in ranked if rank < header.FAR
    ]
    assert {rank for rank, _, _ in ranked} == {1, 5, header.FAR + 1}
    assert len(ranked) == header.BEFORE + header.NEAR
