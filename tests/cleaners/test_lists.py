"""Test lists: how deep an item is, its number, what goes on with it, and terms with their definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaners.article import Block
from cleaners.html.blocks import read_blocks
from cleaners.html.tree import parse
from cleaners.lists import MAX_AROUND, joined


def blocks(markup: str, without: str = "") -> list[Block]:
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    page = read_blocks(root.find("body"), {})
    kept = {i: Block(one.kind, one.text, one.level) for i, one in enumerate(page) if one.text != without}
    return list(joined(page, kept).values())


def items(markup: str, without: str = "") -> list[tuple[str, int, bool]]:
    return [(block.text, block.depth, block.continues) for block in blocks(markup, without)]


def numbers(markup: str) -> list[int]:
    return [block.level for block in blocks(markup)]


def kinds(markup: str, without: str = "") -> list[tuple[str, str, bool]]:
    return [(block.kind, block.text, block.continues) for block in blocks(markup, without)]


def test_an_item_is_as_deep_as_the_lists_with_items_above_it() -> None:
    markup = "<ul><li>one<ol><li>two<ul><li>three</ul></li><li>four</ol></li><li>five</ul>"
    assert [item[:2] for item in items(markup)] == [("one", 0), ("two", 1), ("three", 2), ("four", 1), ("five", 0)]


def test_what_stands_below_a_heading_in_an_item_is_no_item_but_lists_there_are() -> None:
    markup = "<ul><li><h3>Rain</h3><p>It fell.<p>And fell.<ul><li>one<p>more</ul><p>Then sun.</ul>"
    assert kinds(markup) == [
        ("heading", "Rain", False),
        ("paragraph", "It fell.", False),
        ("paragraph", "And fell.", False),
        ("list item", "one", False),
        ("list item", "more", True),
        ("paragraph", "Then sun.", False),
    ]


def test_an_item_with_a_heading_behind_its_text_is_one_item() -> None:
    markup = "<ul><li>one<div role=listitem><h3>Rain</h3>It fell.</div>two<li>three</ul>"
    assert kinds(markup) == [
        ("list item", "one", False),
        ("heading", "Rain", False),
        ("paragraph", "It fell.", False),
        ("paragraph", "two", False),
        ("list item", "three", False),
    ]


def test_a_numbered_item_keeps_its_number_below_its_heading() -> None:
    assert numbers("<ol><li><h3>Rain</h3>It fell.<li><h3>Sun</h3>It shone.</ol>") == [3, 1, 3, 2]


def test_a_list_right_in_a_list_is_below_it() -> None:
    assert items("<ul><li>one</li><ul><li>two</ul></ul>") == [("one", 0, False), ("two", 1, False)]


def test_lists_whose_own_items_are_not_kept_make_nothing_deep() -> None:
    markup = "<ul><li>menu<ul><li>one<ul><li>two</ul></ul></ul>"
    assert items(markup, without="menu") == [("one", 0, False), ("two", 1, False)]


def test_lists_beside_each_other_are_as_deep_as_each_other() -> None:
    assert items("<ul><li>one</ul><ol><li>two</ol>") == [("one", 0, False), ("two", 0, False)]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<ol start=5><li>a<li>b</ol>", [5, 6]),
        ("<ol reversed><li>a<li>b<li>c</ol>", [3, 2, 1]),
        ("<ol reversed start=9><li>a<li>b</ol>", [9, 8]),
        ("<ol><li>a<li value=7>b<li>c</ol>", [1, 7, 8]),
        ("<ol><li>a<ol><li>b<li>c</ol><li>d</ol>", [1, 1, 2, 2]),
        ("<ol start=x><li value=-3>a<li value=9999999999>b</ol>", [1, 2]),
        ("<ol start=0><li>a<li>b</ol>", [0, 1]),
        ("<ol start=0><li>a<li value=7>b<li>c</ol>", [0, 7, 8]),
        ("<ul start=5><li value=4>a</ul>", [0]),
    ],
)
def test_items_have_the_numbers_that_a_browser_shows(markup: str, expected: list[int]) -> None:
    assert numbers(markup) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<ol start=0><li>a<li>b</ol>", ["0", ""]),
        ("<ol type=a start=26><li>a<li>b</ol>", ["z", "aa"]),
        ("<ol type=I start=4><li>a<li type=a>b</ol>", ["IV", "e"]),
        ("<ol style='list-style: square; list-style-type: lower-roman'><li>a<li>b</ol>", ["i", "ii"]),
        ("<ol type=i start=4000><li>a</ol>", [""]),
        ("<ol type=1><li>a</ol><ul type=a><li>b</ul>", ["", ""]),
    ],
)
def test_items_have_the_marker_that_is_no_number(markup: str, expected: list[str]) -> None:
    assert [block.marker for block in blocks(markup)] == expected


def test_paragraphs_code_and_rows_go_on_with_their_item() -> None:
    markup = (
        "<ol><li><p>one<p>two<pre>code</pre><blockquote>said</blockquote><table><tr><td>a<td>b</table><li>three</ol>"
    )
    assert kinds(markup) == [
        ("list item", "one", False),
        ("list item", "two", True),
        ("code", "code", True),
        ("quote", "said", True),
        ("table", "a | b", True),
        ("list item", "three", False),
    ]
    assert [block.level for block in blocks(markup) if block.kind == "list item"] == [1, 1, 2]


def test_text_behind_a_list_goes_on_with_the_item_around_it() -> None:
    assert items("<ul><li>one<ul><li>two</ul>tail</ul>") == [("one", 0, False), ("two", 1, False), ("tail", 0, True)]


def test_what_goes_on_is_as_deep_as_its_item() -> None:
    markup = "<ul><li>one<ul><li>two<pre>code</pre></ul></ul>"
    assert items(markup)[-1] == ("code", 1, True)


def test_a_heading_ends_the_list_above_it() -> None:
    assert kinds("<ul><li>one<h3>Next</h3>two</ul>") == [
        ("list item", "one", False),
        ("heading", "Next", False),
        ("paragraph", "two", False),
    ]


def test_text_between_two_lists_begins_a_new_one() -> None:
    assert items("<ul><li>one</ul><p>between</p><ul><ul><li>two</ul></ul>")[-1] == ("two", 0, False)


def test_elements_with_the_role_of_an_item_are_items() -> None:
    markup = "<div role=list><div role=listitem><div>one</div><p>more</p></div><div role=listitem>two</div></div><p>end"
    assert kinds(markup) == [
        ("list item", "one", False),
        ("list item", "more", True),
        ("list item", "two", False),
        ("paragraph", "end", False),
    ]


def test_a_list_of_terms_has_terms_and_definitions() -> None:
    markup = (
        "<dl><dt>rope</dt><dd><p>twisted</p><p>yarn</p></dd><div><dt>knot</dt><dd>tied</dd><dd>fast</dd></div></dl>"
    )
    assert kinds(markup) == [
        ("term", "rope", False),
        ("definition", "twisted", False),
        ("definition", "yarn", True),
        ("term", "knot", False),
        ("definition", "tied", False),
        ("definition", "fast", False),
    ]


def test_a_list_in_a_definition_does_not_end_the_terms() -> None:
    markup = "<dl><dt>rope</dt><dd>twisted<ul><li>left<li>right</ul></dd><dt>knot</dt><dd>tied</dd></dl>"
    assert [kind for kind, _, _ in kinds(markup)] == [
        "term", "definition", "list item", "list item", "term", "definition",
    ]  # fmt: skip


def test_what_is_only_indented_by_a_list_of_terms_is_a_paragraph() -> None:
    assert kinds("<dl><dd>one</dd></dl><dl><dt>gone</dt><dd>two</dd></dl>", without="gone") == [
        ("paragraph", "one", False),
        ("paragraph", "two", False),
    ]


def test_lists_beyond_the_bound_lose_depth_only() -> None:
    deep = "<ul><li>x" * (MAX_AROUND * 3)
    assert {block.kind for block in blocks(deep)} == {"list item"}


TREES = st.recursive(
    st.sampled_from(("word", "<p>word</p>", "<h3>word</h3>", "<pre>word</pre>", "word<br><br>word")),
    lambda inner: st.builds(
        lambda tag, children: f"<{tag}>{''.join(children)}</{tag.split()[0]}>",
        st.sampled_from(("ul", "ol", "li", "dl", "dt", "dd", "div", "section", "div role=listitem")),
        st.lists(inner, max_size=4),
    ),
    max_leaves=25,
)


@given(TREES)
def test_any_lists_keep_their_words_and_never_jump_in_depth(markup: str) -> None:
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    page = read_blocks(root.find("body"), {})
    result = blocks(markup)
    assert [block.text for block in result] == [block.text for block in page]
    depth = -1
    for block in result:
        assert block.kind == "list item" or block.continues or block.depth == 0
        assert block.depth <= depth + 1 or not block.depth
        depth = block.depth if block.kind == "list item" or block.continues else -1
        assert not (block.continues and block.kind == "heading")
