"""Code is one block with its lines, whatever elements they are; what stands beside it is a removal."""

from __future__ import annotations

import pytest

from cleaners import Article, CleanOptions, clean

LINES = "if storm:\n    close()\n\nopen()"
RULES_ONLY = CleanOptions(only_rules=True)


def article(markup: str) -> Article:
    return clean(
        f"<body><main><p>The gate has a program.</p>{markup}<p>It runs at noon.</p></main>", options=RULES_ONLY
    )


def code(markup: str) -> list[str]:
    return [block.text for block in article(markup).blocks if block.kind == "code"]


@pytest.mark.parametrize(
    "markup",
    [
        "<pre><code><div class=line>if storm:</div><div>    close()</div><div><br></div><div>open()</div></code></pre>",
        "<pre><ol><li>if storm:</li><li>    close()</li><li><br></li><li>open()</li></ol></pre>",
        '<div class="cm-editor"><div class="cm-content"><div class="cm-line">if storm:</div><div class="cm-line">'
        '    close()</div><div class="cm-line"><br></div><div class="cm-line">open()</div></div></div>',
        '<div class="CodeMirror-code"><div><pre>if storm:</pre></div>\n<div><pre>    close()</pre></div>\n'
        "<div><pre><br></pre></div><div><pre>open()</pre></div></div>",
        '<table class="js-file-line-container">\n<tr>\n<td class="blob-num"></td>\n<td>if storm:</td>\n</tr>\n'
        "<tr><td></td><td>    close()</td></tr><tr><td></td><td><br></td></tr><tr><td></td><td>open()</td>"
        "</tr></table>",
        '<code class="hl lean block">\n<span>if storm:\n    close()\n\nopen()</span>\n  </code>',
        "<pre>if storm:<br>&nbsp;&nbsp;&nbsp;&nbsp;close()<br><br>open()</pre>",
        '<pre><div><div class="select-none">Python</div><div class="cm-content"><span>if storm:</span><br><span>    '
        "</span>close()<br><br>open()</div></div></pre>",
    ],
)
def test_code_is_one_block_with_its_lines(markup: str) -> None:
    assert code(markup) == [LINES]


@pytest.mark.parametrize(
    "markup",
    [
        '<pre><span class="lineno">1</span>if storm:\n<span class="lineno">2</span>    close()\n'
        '<span class="lineno">3</span>\n<span class="lineno">4</span>open()</pre>',
        '<pre><code><div><div class="gutter"><div class="ln">1</div></div><div>if storm:</div></div><div>'
        '<div class="gutter">2</div><div>    close()</div></div><div><div class="gutter">3</div><div><br></div></div>'
        '<div><div class="gutter">4</div><div>open()</div></div></code></pre>',
        '<table class="highlighttable"><tr><td class="linenos"><pre>1\n2\n3\n4</pre></td><td class="code"><pre>'
        "if storm:\n    close()\n\nopen()</pre></td></tr></table>",
    ],
)
def test_the_numbers_of_the_lines_are_one_removal(markup: str) -> None:
    page = article(markup)
    assert [block.text for block in page.blocks if block.kind == "code"] == [LINES]
    removed = [removal for removal in page.removals if removal.rule == "dom/line-number"]
    assert ["".join(removal.text.split()) for removal in removed] == ["1234"]


@pytest.mark.parametrize(
    "label",
    ['<div class="code-lang">python</div>', '<span class="copybtn">Copy</span>', '<div class="copy-code">Copy</div>'],
)
def test_labels_and_buttons_of_code_are_removals(label: str) -> None:
    page = article(f"<div>{label}<pre>open()</pre></div>")
    assert [block.text for block in page.blocks] == ["The gate has a program.", "open()", "It runs at noon."]
    assert [removal.rule for removal in page.removals] == ["dom/code-label"]


def test_a_table_or_list_that_is_no_code_is_read_as_before() -> None:
    page = article(
        '<table class="highlight"><tr><th>Day<th>Boat<tr><td>Monday<td>5:40</table><ol class="x"><li>Rain</li></ol>'
    )
    assert {block.kind for block in page.blocks} >= {"table", "list item"}


@pytest.mark.parametrize(
    ("markup", "language"),
    [
        ('<pre><code class="language-python">x</code></pre>', "python"),
        ('<pre class="lang-js">x</pre>', "js"),
        ('<div class="highlight highlight-source-ts"><pre>x</pre></div>', "ts"),
        ('<pre data-language="yaml"><code>x</code></pre>', "yaml"),
        ('<pre class="brush: java; gutter: false">x</pre>', "java"),
        ('<figure class="highlight ruby"><pre>x</pre></figure>', "ruby"),
        ('<div class="code-block" language="tsx"><pre><code>x</code></pre></div>', "tsx"),
        ('<code class="hl lean block">x</code>', "lean"),
        ('<div><span class="code-lang">Python</span><pre>x</pre></div>', "python"),
        ('<div class="lang-en"><pre>x</pre></div>', ""),
        ('<pre class="language-none wide">x</pre>', ""),
    ],
)
def test_the_language_of_code_is_kept(markup: str, language: str) -> None:
    assert [block.language for block in article(markup).blocks if block.kind == "code"] == [language]


POEM = [
    "The rain came in from the sea",
    "And closed the harbour at noon",
    "We counted the boats by the quay",
    "And waited alone for the moon",
]


@pytest.mark.parametrize(
    "markup",
    [
        f"<p>{'<br>'.join(POEM)}</p>",
        "<p>" + "<br>\n".join(POEM) + "<br></p>",
        f'<div class="poem"><p>{"<br>".join(POEM)}</p></div>',
        "<pre class=wp-block-verse>" + "\n".join(f"  {line}" for line in POEM) + "</pre>",
    ],
)
def test_verse_keeps_its_lines(markup: str) -> None:
    page = article(markup)
    assert [(block.kind, block.text) for block in page.blocks[1:-1]] == [("verse", "\n".join(POEM))]
    assert "\n".join(POEM) in page.text


@pytest.mark.parametrize(
    "lines",
    [
        ["Harbour Office", "Quay Street 5", "Port Ellen", "Scotland"],
        ["Directed by: Ada Byron", "Written by: Ada Byron", "Music by: Carl Orff", "Sound by: Ann Lee"],
        ["The rain came in", "And closed the harbour"],
        ["Stable at all heights", "Large keyboard space", "Mount for two screens", "Easy to use at home"],
    ],
)
def test_other_short_lines_are_no_verse(lines: list[str]) -> None:
    assert article(f"<p>{'<br>'.join(lines)}</p>").blocks[1].kind == "paragraph"


def test_spans_of_verse_stay_at_their_words() -> None:
    verse = article(f"<p>{'<br>'.join(POEM[:3])}<br>And <em>waited</em> alone for the moon</p>").blocks[1]
    assert [verse.text[span.start : span.end] for span in verse.spans] == ["waited"]
