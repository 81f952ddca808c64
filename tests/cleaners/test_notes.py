"""Test notes: their marks are paired with them, whatever software wrote the page, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from cleaners import Article, clean, render

PROSE = "It rained on Monday, and the harbour was closed until noon, when the wind fell over the breakwater. " * 4
NOTE = "The wind was measured at the lighthouse, not at the quay."
LINKED = {
    "ids on both": (
        '<sup id="fnref1"><a href="#fn1">1</a></sup>',
        '<ol><li id="fn1"><p>{} <a href="#fnref1">↩</a></p></li></ol>',
    ),
    "documents of an office": (
        '<sup id="ftnt_ref1"><a href="#ftnt1">[1]</a></sup>',
        '<div><p id="ftnt1"><a href="#ftnt_ref1">[1]</a>&nbsp;{}</p></div>',
    ),
    "a word processor": (
        '<sup><a href="#_ftn1">[1]</a></sup>',
        '<p><sup><a href="//6CB5#_ftnref1">[1]</a></sup> {}</p>',
    ),
    "an empty span in the item": (
        '<span id="easy-1"></span><span class="easy-footnote"><a href="#easy-bottom-1"><sup>1</sup></a></span>',
        '<ol><li><span id="easy-bottom-1"></span>{}<a href="#easy-1"></a></li></ol>',
    ),
    "named anchors": (
        '<a name="Anchor_1" href="#Footnote_1"><span>1</span></a>',
        '<div><p><a name="Footnote_1" href="#Anchor_1"><span>1</span></a> {}</p></div>',
    ),
    "an encyclopedia": (
        '<sup id="cite_ref-1" class="reference"><a href="#cite_note-1">[<span>1</span>]</a></sup>',
        '<ol><li id="cite_note-1"><b><a href="#cite_ref-1">^</a></b> <span>{}</span></li></ol>',
    ),
    "no link back": (
        '<sup class="footnote-reference"><a href="#1">1</a></sup>',
        '<div class="footnote-definition" id="1"><sup>1</sup><p>{}</p></div>',
    ),
    "a label of its own": (
        '<a class="footnote" id="DOCF1" href="#FOOT1"><sup>1</sup></a>',
        '<h5><a id="FOOT1" href="#DOCF1">(1)</a></h5><p>{}</p>',
    ),
    "roles": (
        '<a role="doc-noteref" id="a" href="#b">1</a>',
        '<aside role="doc-footnote" id="b"><p>{} <a role="doc-backlink" href="#a">Back</a></p></aside>',
    ),
    "a list of references": ('<a href="#r1">[1]</a>', '<ol><li><a id="r1"></a> {}</li></ol>'),
}

UNLINKED = {
    "a list of notes by name": ("<sup>1</sup>", '<section class="footnotes"><ol><li><p>{}</p></li></ol></section>'),
    "items with ids": ("<sup>1</sup>", '<div><ol><li id="footnote-1">{}</li></ol></div>'),
    "below a line, in bold type": ("<sup>1</sup>", "<hr><p><strong>1</strong> {}</p>"),
    "below a line, raised": ("<sup>[1]</sup>", "<hr><p><sup>[1]</sup> {}</p>"),
    "below a line, in brackets": ("<sup>1</sup>", "<hr><p>[1] {}</p>"),
    "below a heading": ("<sup>1</sup>", "<h3>Notes</h3><p>1. {}</p>"),
    "below a heading, as a list": ("<sup>1</sup>", "<h3>References</h3><ol><li>{}</li></ol>"),
    "a paragraph by name": ("<sup>1</sup>", '<p class="footnote"><sup>1</sup>{}</p>'),
    "a list beside the text": ("<sup>1</sup>", '<aside><ol start="1"><li>{}</li></ol></aside>'),
}
PAIRED = LINKED | UNLINKED


def page(mark: str, note: str, text: str = NOTE) -> Article:
    markup = f"<article><h1>Storm</h1><p>{PROSE}</p><p>Three ships{mark} sailed. {PROSE}</p><p>{PROSE}</p>"
    return clean(f"<title>Storm</title><body>{markup}{note.replace('{}', text)}</article>")


@pytest.mark.parametrize("how", PAIRED)
def test_a_mark_and_its_note_are_paired(how: str) -> None:
    article = page(*PAIRED[how])
    marks = [(b.text[s.start : s.end], s.value) for b in article.blocks for s in b.spans if s.kind == "note"]
    assert marks == [("[1]", "1")]
    assert [(b.text, b.label) for b in article.blocks if b.kind == "note"] == [(NOTE, "1")]


@pytest.mark.parametrize("how", PAIRED)
def test_the_mark_does_not_stick_to_the_word(how: str) -> None:
    article = page(*PAIRED[how])
    assert "Three ships [1] sailed." in article.text
    assert article.text.endswith(f"\n\n[1] {NOTE}")


@pytest.mark.parametrize("how", PAIRED)
def test_markdown_has_the_mark_and_the_note(how: str) -> None:
    written = render(page(*PAIRED[how]), "markdown")
    assert "Three ships[^1] sailed." in written
    assert written.endswith(f"\n\n[^1]: {NOTE}\n")


def test_a_link_back_is_a_removal_with_a_name() -> None:
    removals = page(*LINKED["ids on both"]).removals
    assert [(r.rule, r.text) for r in removals if r.rule == "block/back-link"] == [("block/back-link", "↩")]


def test_the_paragraphs_of_a_note_are_indented() -> None:
    mark, note = LINKED["ids on both"]
    article = page(mark, note, f"{NOTE}</p><p>{NOTE}</p><ul><li>Once.</li></ul><p>{NOTE}")
    assert [(b.kind, b.continues) for b in article.blocks if b.label] == [
        ("note", False), ("note", True), ("list item", False), ("note", True)
    ]  # fmt: skip
    assert f"[^1]: {NOTE}\n\n    {NOTE}\n\n    - Once.\n\n    {NOTE}" in render(article, "markdown")


def test_tei_has_the_note_with_all_that_is_in_it() -> None:
    mark, note = LINKED["ids on both"]
    document = render(page(mark, note, f"{NOTE}</p><ul><li>Once.</li></ul><p>{NOTE}"), "xml")
    written = "".join(line.strip() for line in document.split("\n"))
    inside = f'<p>{NOTE}</p><list rend="ul"><item>Once.</item></list><p>{NOTE}</p>'
    assert f'place="foot" xml:id="note-1">{inside}</note>' in written
    assert '<ref type="noteAnchor" target="#note-1">[1]</ref>' in written


def test_notes_of_one_name_are_told_apart() -> None:
    first, second = LINKED["ids on both"], [part.replace("fn", "other") for part in LINKED["ids on both"]]
    article = page(first[0] + " and " + second[0], first[1] + second[1])
    labels = [block.label for block in article.blocks if block.kind == "note"]
    assert labels == ["1", "1-2"]
    assert [s.value for b in article.blocks for s in b.spans if s.kind == "note"] == labels


@pytest.mark.parametrize(
    ("mark", "target"),
    [
        ('<a href="#eq1">(1)</a>', '<div id="eq1">x = y (1)</div>'),
        ('<a href="#sec-2">2</a>', f'<h2 id="sec-2">2 The wind</h2><p>{PROSE}</p>'),
        ('<a href="#fig1">1</a>', f'<figure id="fig1"><img src="a.png"><p>{PROSE}</p></figure>'),
        ("<sup>2</sup>", f"<p>2. {PROSE}</p>"),
        ('<a href="#top">1</a>', ""),
    ],
)
def test_other_references_are_no_notes(mark: str, target: str) -> None:
    article = page(mark, target)
    assert not [s for b in article.blocks for s in b.spans if s.kind == "note"]
    assert not [b for b in article.blocks if b.kind == "note"]


def test_a_list_of_marks_in_brackets_stays_as_it_is() -> None:
    marks = '[<a href="#r1">1</a>,<a href="#r2">2</a>]'
    notes = f'<ol><li id="r1">{NOTE} <a href="#m">↩</a></li><li id="r2">{NOTE}</li></ol>'
    article = page(f'<span id="m">{marks}</span>', notes)
    assert "Three ships[1,2] sailed." in article.text


def test_paragraphs_and_lists_behind_a_loose_note_are_of_it_up_to_the_next() -> None:
    note = f"{NOTE}</p><ul><li>Once.</li></ul><p>{NOTE}</p><p><b>2</b> Twice.</p><p>{NOTE}"
    article = page("<sup>1</sup> and boats<sup>2</sup>", "<hr><p><b>1</b> {}</p>", note)
    assert [(b.kind, b.label, b.continues) for b in article.blocks if b.label] == [
        ("note", "1", False), ("list item", "1", False), ("note", "1", True), ("note", "2", False), ("note", "2", True)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "target"),
    [
        (" of 40 m<sup>1</sup>", "<hr><p><sup>1</sup> {}</p>"),
        (" of 10<sup>1</sup>", "<hr><p><sup>1</sup> {}</p>"),
        ("<sup>2</sup>", "<hr><p><sup>2</sup> {}</p>"),
        ("<sup>1</sup>", f"<ol><li>{{}}</li></ol><p>{PROSE}</p>"),
        ("<sup>1</sup>", "<hr><p><sup>1</sup> {}</p><p><sup>1</sup> {}</p>"),
        ("<sup>1</sup> and boats<sup>2</sup>", "<hr><p><sup>1</sup> {}</p>"),
        ("<sup>st</sup>", "<hr><p><sup>1</sup> {}</p>"),
    ],
    ids=["a unit", "a power", "counted from 2", "a list of the text", "two notes", "a note too few", "no number"],
)
def test_a_raised_number_without_exactly_one_note_for_each_is_no_mark(mark: str, target: str) -> None:
    article = page(mark, target)
    assert not [s for b in article.blocks for s in b.spans if s.kind == "note"]
    assert not [b for b in article.blocks if b.kind == "note"]


SWITCH = '<label for="sn-1" class="margin-toggle sidenote-number">{}</label><input type="checkbox" id="sn-1">'
OWN_NUMBER = '<span class="sidenote"><span class="sidenote-number">1. </span>{}</span>'
BESIDE = {
    "a number of the style sheet": SWITCH.format("") + '<span class="sidenote">{}</span>',
    "a number to press": SWITCH.format("1") + '<span class="sidenote">{}</span>',
    "a raised number": f"<sup>1</sup>{OWN_NUMBER}",
    "a link without a target": f'<sup><a href="#fn1">1</a></sup>{OWN_NUMBER}',
    "in a container": f'<span class="footnote-container">{SWITCH.format("")}<span class="footnote">{{}}</span></span>',
}


@pytest.mark.parametrize("how", BESIDE)
def test_a_side_note_leaves_its_sentence(how: str) -> None:
    article = page(BESIDE[how].replace("{}", NOTE), "")
    assert "Three ships [1] sailed." in article.text
    assert [(b.text, b.label) for b in article.blocks if b.kind == "note"] == [(NOTE, "1")]
    written = render(article, "markdown")
    assert "Three ships[^1] sailed." in written
    assert f"\n\n[^1]: {NOTE}\n" in written


def test_side_notes_count_on() -> None:
    beside = BESIDE["a number of the style sheet"].replace("{}", NOTE)
    article = page(f"{beside} and boats{beside}", "")
    assert "Three ships [1] and boats [2] sailed." in article.text
    assert [block.label for block in article.blocks if block.kind == "note"] == ["1", "2"]


def test_a_side_note_without_a_number_is_a_paragraph() -> None:
    article = page(f'<span class="marginnote">{NOTE}</span>', "")
    assert "Three ships sailed." in article.text
    assert NOTE in [block.text for block in article.blocks if block.kind == "paragraph"]
    assert not [s for b in article.blocks for s in b.spans if s.kind == "note"]


def test_a_side_note_that_is_among_the_notes_too_is_removed_as_a_copy() -> None:
    mark, note = LINKED["ids on both"]
    article = page(mark + OWN_NUMBER.replace("{}", NOTE), note)
    assert article.text.count(NOTE) == 1
    assert [(r.rule, r.text) for r in article.removals if r.rule == "block/copied-note"] == [
        ("block/copied-note", f"1. {NOTE}")
    ]


@pytest.mark.parametrize("markup", ['<span class="footnote">1</span>', '<span class="sidenote"></span>'])
def test_a_mark_that_is_named_as_a_note_stays_in_its_sentence(markup: str) -> None:
    assert "Three ships" in page(markup, "").text
    assert not [block for block in page(markup, "").blocks if block.text == "1"]


@pytest.mark.parametrize("how", ["ids on both", "below a line, raised"])
def test_a_mark_in_a_cell_is_paired(how: str) -> None:
    mark, note = PAIRED[how]
    article = page(f"</p><table><tr><th>Port<th>Ships</tr><tr><td>Hallow<td>3 ships{mark}</tr></table><p>They", note)
    (row,) = [block for block in article.blocks if block.kind == "table" and "Hallow" in block.text]
    assert row.text == "Hallow | 3 ships [1]"
    assert [(s.kind, s.value) for s in row.cells[1].spans] == [("note", "1")]
    written = render(article, "markdown")
    assert "| Hallow | 3 ships[^1] |" in written
    assert f"[^1]: {NOTE}" in written
