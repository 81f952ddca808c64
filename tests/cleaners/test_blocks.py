"""Test how a page is split into blocks: the text between two block elements is one, in page order."""

from __future__ import annotations

import pytest

from cleaners import clean, load_rules
from cleaners.html.blocks import MAX_BLOCKS, PageBlock, read_blocks
from cleaners.html.inline import spans_of
from cleaners.html.tree import parse
from cleaners.rules.dom import mark


def blocks(markup: str) -> list[PageBlock]:
    root = parse(f"<body>{markup}</body>")
    assert root is not None
    return read_blocks(root.find("body"), mark(root, load_rules().dom)[0])


def texts(markup: str) -> list[str]:
    return [block.text for block in blocks(markup)]


def kinds(markup: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks(markup)]


def test_inline_elements_leave_the_sentence_whole() -> None:
    markup = '<p>One <b>two</b>, <a href="/3">three <i>and</i> four</a><sup>5</sup>caf<em>é</em>.</p>'
    assert texts(markup) == ["One two, three and four5café."]


def test_a_marked_inline_element_leaves_the_sentence_around_it_whole() -> None:
    by_rule = {block.rule: block.text for block in blocks("<p>The harbour <button>Copy</button> was closed.</p>")}
    assert by_rule == {None: "The harbour was closed.", "dom/control": "Copy"}


def test_words_on_both_sides_of_a_marked_element_do_not_run_together() -> None:
    assert "The harbour was closed." in texts("<p>The harbour<button>Copy</button>was closed.</p>")


def test_text_between_block_elements_is_blocks_of_its_own() -> None:
    assert texts("before<div>one<p>two</p>three</div>after") == ["before", "one", "two", "three", "after"]


def test_one_line_break_goes_on_and_two_begin_a_paragraph() -> None:
    assert texts("<p>one<br>two<br><br>three<br> <br/>four</p>") == ["one two", "three", "four"]


def test_white_space_is_single() -> None:
    assert texts("<p>\n  one\t&nbsp;two \r\n three </p>") == ["one two three"]


def test_a_table_row_is_one_block() -> None:
    markup = (
        "<table><thead><tr><th>Port</th><th>Ships</th></tr></thead><tr><td>Hallow</td><td><b>3</b></td></tr></table>"
    )
    assert kinds(markup) == [("table", "Port | Ships"), ("table", "Hallow | 3")]


def test_a_paragraph_in_a_cell_stays_in_its_row() -> None:
    markup = "<table><tr><th>Port<th>Ships<tr><td><p>Hallow</p></td><td><p>3</p></td></tr></table>"
    assert kinds(markup) == [("table", "Port | Ships"), ("table", "Hallow | 3")]


def test_items_of_nested_lists_are_blocks_in_page_order() -> None:
    assert kinds("<ul><li>one<ul><li>two</li></ul>still one</li><li><p>three</p></li></ul>") == [
        ("list item", "one"),
        ("list item", "two"),
        ("list item", "still one"),
        ("list item", "three"),
    ]


def test_items_of_an_ordered_list_have_their_number() -> None:
    assert [block.level for block in blocks("<ol><li>one</li><li>two</li></ol><ul><li>x</li></ul>")] == [1, 2, 0]


@pytest.mark.parametrize("level", range(1, 7))
def test_headings_have_their_level(level: int) -> None:
    (block,) = blocks(f"<h{level}><span>What we know</span></h{level}>")
    assert (block.kind, block.level, block.text) == ("heading", level, "What we know")


def test_a_quote_of_two_paragraphs_is_two_quotes() -> None:
    assert kinds("<blockquote><p>one</p><p>two</p></blockquote>") == [("quote", "one"), ("quote", "two")]


def test_code_keeps_its_lines_and_indents() -> None:
    assert kinds("<pre>\nif storm:\n    close()\n</pre>") == [("code", "if storm:\n    close()")]


@pytest.mark.parametrize(
    "markup",
    [
        "<div>if storm:</div><div>    close()</div>",
        "<ol><li>if storm:</li>\n<li>    close()</li></ol>",
        "<code><div>if storm:</div>\n<div>    close()</div>\n</code>",
        "if storm:<br>    close()",
    ],
)
def test_lines_of_code_that_are_elements_are_one_block(markup: str) -> None:
    assert kinds(f"<pre>{markup}</pre><p>after</p>") == [("code", "if storm:\n    close()"), ("paragraph", "after")]


def test_two_line_breaks_in_code_are_an_empty_line() -> None:
    assert kinds("<pre>one<br><br>two</pre>") == [("code", "one\n\ntwo")]


@pytest.mark.parametrize("tag", ["script", "style", "template", "textarea", "iframe", "svg", "object"])
def test_what_is_not_text_is_no_block(tag: str) -> None:
    assert texts(f"<p>one</p><{tag}>two</{tag}><p>three</p>") == ["one", "three"]


def test_characters_inside_links_are_counted() -> None:
    assert [
        (b.text, b.linked) for b in blocks('<p>See <a href="/a">here</a> or <a href="/b"><b>there</b></a>.</p>')
    ] == [("See here or there.", 9)]


def test_all_blocks_of_a_marked_element_share_its_mark() -> None:
    first, second, third = blocks("<div class='newsletter'><h3>Sign up</h3><p>Every day</p></div><p>Text</p>")
    assert first.frame.mark is second.frame.mark is not None
    assert (first.rule, second.rule, third.rule) == ("dom/newsletter", "dom/newsletter", None)
    assert first.where == "/html/body/div"


def test_the_outermost_marked_element_has_the_block() -> None:
    markup = "<div class='newsletter'><div class='share-bar'>Share</div></div><p>Text</p>"
    assert [block.rule for block in blocks(markup)] == ["dom/newsletter", None]


def test_deep_trees_are_read_without_recursion() -> None:
    assert texts("<div>" * 200 + "deep" + "</div>" * 200 + "<p>after</p>") == ["deep", "after"]


def test_ten_thousand_blocks_keep_their_order() -> None:
    assert texts("".join(f"<p>{n}</p>" for n in range(10_000))) == [str(n) for n in range(10_000)]


def test_a_page_of_more_blocks_than_are_read_says_so() -> None:
    article = clean("<body>" + "<p>a</p>" * (MAX_BLOCKS + 10))
    assert "too-many-blocks" in article.flags
    judged = [removal for removal in article.removals if removal.rule != "bounds/blocks"]
    assert len(judged) + len(article.blocks) == MAX_BLOCKS


def test_a_block_knows_how_much_of_it_is_bold_or_italic() -> None:
    first, second = blocks("<p><b>Ada Keel</b> writes <em>about <strong>ships</strong></em></p><p>Nothing.</p>")
    assert (first.bold, first.italic) == (len("Ada Keel") + len("ships"), len("about ships"))
    assert (second.bold, second.italic) == (0, 0)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("\u8001<ruby>\u9632<rt>\u307c\u3046</rt></ruby>\u306e", "\u8001\u9632\uff08\u307c\u3046\uff09\u306e"),
        ("<ruby>\u9632\u6ce2<rt>\u307c\u3046</rt><rt>\u306f</rt></ruby>", "\u9632\u6ce2\uff08\u307c\u3046\u306f\uff09"),
        ("<ruby>\u9632<rp>(</rp><rt>fang</rt><rp>)</rp></ruby>\u306e", "\u9632(fang)\u306e"),
        ("<ruby>\n<rb>\u9632</rb>\n<rt>fang</rt>\n</ruby>\n\u306e", "\u9632\uff08fang\uff09\u306e"),
        ("The <ruby>word <rt>reading</rt></ruby>.", "The word (reading)."),
        ("The <ruby>word<rt></rt></ruby>.", "The word."),
    ],
    ids=("no brackets", "two readings", "own brackets", "wrapped source", "letters", "empty"),
)
def test_a_reading_stands_in_brackets_behind_its_word(markup: str, text: str) -> None:
    assert texts(f"<p>{markup}</p>") == [text]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("\u5317\u6d5c\n\u5e02\u306f", "\u5317\u6d5c\u5e02\u306f"),
        ("\u5317<b>\u6d5c</b>\n  <i>\u5e02</i>", "\u5317\u6d5c\u5e02"),
        ("\u5317\n\u201c\u6d5c\u201d", "\u5317\u201c\u6d5c\u201d"),
        ("\u0e01\n\u0e02", "\u0e01\u0e02"),
        ("\u5317 \u6d5c", "\u5317 \u6d5c"),
        ("\u5317<br>\n\u6d5c", "\u5317 \u6d5c"),
        ("\u5317\nLorne\n\u6d5c", "\u5317 Lorne \u6d5c"),
        ("\ud55c\n\uad6d", "\ud55c \uad6d"),
        ("caf\u00e9\nol\u00e9", "caf\u00e9 ol\u00e9"),
    ],
    ids=("Japanese", "elements", "quotes", "Thai", "space", "br", "Latin", "Korean", "French"),
)
def test_a_line_end_of_the_source_is_nothing_where_a_script_has_no_spaces(markup: str, text: str) -> None:
    assert texts(f"<p>{markup}</p>") == [text]


def test_spans_stay_right_where_line_ends_are_nothing() -> None:
    (block,) = blocks("<p>\u5317\n\u6d5c\n<b>\u5e02\n\u306f</b>\n\u706b</p>")
    (span,) = spans_of(block)
    assert block.text[span.start : span.end] == "\u5e02\u306f"


@pytest.mark.parametrize("tag", ["img", "svg", "canvas", "object", "video"])
def test_words_at_both_sides_of_a_picture_are_two(tag: str) -> None:
    assert texts(f"<p>one<{tag}></{tag}>two <{tag}></{tag}>. \u5317<{tag}></{tag}>\u6d5c</p>") == [
        "one two . \u5317\u6d5c"
    ]


def test_elements_that_show_nothing_leave_a_word_whole() -> None:
    assert texts("<p>o<wbr>n<b>e</b>t<script>1</script>w<custom-mark>o</custom-mark></p>") == ["onetwo"]


def test_no_space_is_made_before_a_sign_behind_a_marked_element() -> None:
    assert "The harbour, closed at noon." in texts("<p>The harbour<button>Copy</button>, closed at noon.</p>")


@pytest.mark.parametrize(
    "control",
    [
        '<span class="mw-editsection">[<a href="/edit">edit</a>]</span>',
        '<a class="headerlink" href="#history">\u00b6</a>',
    ],
)
def test_links_to_edit_or_name_a_section_are_no_part_of_its_heading(control: str) -> None:
    heading = next(block for block in blocks(f"<h2>History{control}</h2><p>Text</p>") if not block.rule)
    assert (heading.kind, heading.text) == ("heading", "History")
