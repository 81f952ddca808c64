"""Formulas: one element each, whatever a page writes them as."""

from __future__ import annotations

from html import escape
from time import process_time

import pytest
from lxml.html import fromstring

from cleaners import clean, render
from cleaners.html.formulas import MAX_TEX, bare_tex, raw_formulas
from cleaners.html.mathml import tex_of

BEFORE = "<p>The council voted on Tuesday night to drain the old mill pond before the winter, said the surveyor.</p>"
AFTER = "<p>The anglers asked for two more weeks so that the carp could be moved to the lake behind the quarry.</p>"
LEFT, RIGHT = (
    "The flow through the sluice of the pond follows from",
    "where the speed is measured with a cork and a watch.",
)
MATHML = "<mrow><mi>Q</mi><mo>=</mo><mi>v</mi><mi>A</mi></mrow>"
NOTED = f'<semantics>{MATHML}<annotation encoding="application/x-tex">Q=vA</annotation></semantics>'


def page(formula: str) -> str:
    return f"<body><article>{BEFORE * 2}<p>{LEFT} {formula} {RIGHT}</p>{AFTER * 2}</article></body>"


@pytest.mark.parametrize(
    "formula",
    [
        f"<math>{MATHML}</math>",
        f'<math alttext="Q=vA">{MATHML}</math>',
        f"<math>{NOTED}</math>",
        f"<m:math>{MATHML.replace('<', '<m:').replace('<m:/', '</m:')}</m:math>",
        '<script type="math/tex">Q=vA</script>',
        '<script type="math/tex">% <![CDATA[\nQ=vA %]]></script>',
        # KaTeX
        f'<span class="katex"><span class="katex-mathml"><math>{NOTED}</math></span>'
        '<span class="katex-html" aria-hidden="true"><span class="base"><i>Q</i>=<i>v</i><i>A</i></span></span></span>',
        # MathJax 2
        '<span class="MathJax_Preview">Q</span><span class="MathJax" id="MathJax-Element-1-Frame"><nobr>Q = vA</nobr>'
        f'<span class="MJX_Assistive_MathML"><math>{MATHML}</math></span></span>'
        '<script type="math/tex" id="MathJax-Element-1">Q=vA</script>',
        f'<span class="MathJax_SVG" data-mathml="{escape(f"<math>{MATHML}</math>")}"><svg></svg></span>',
        # MathJax 3
        f'<mjx-container><svg></svg><mjx-assistive-mml><math>{MATHML}</math></mjx-assistive-mml></mjx-container>',
        '<mjx-container><mjx-math data-latex="Q=vA"><mjx-mi><mjx-c></mjx-c></mjx-mi></mjx-math></mjx-container>',
        # hidden MathML beside a picture
        f'<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">'
        f'<math>{NOTED}</math></span>'
        '<img src="/s/9b1" class="mwe-math-fallback-image-inline" aria-hidden="true" alt="Q=vA"></span>',
        f'<span class="f"><span style="display:none"><math>{MATHML}</math></span><img src="/q.png" alt="Q=vA"></span>',
        f'<span style="display:none"><math>{MATHML}</math></span><img src="/q.png" alt="Q=vA">',
        # pictures
        '<img class="latex" src="/q.png" alt="Q=vA">',
        '<img src="/latex.php?latex=Q%3DvA&amp;bg=ffffff&amp;fg=000" class="latex">',
        '<img src="/svg.image?%5Cinline%20Q=vA" class="tex">',
        '<img class="tex" src="/chart?cht=tx&amp;chl=Q%3DvA">',
        '<span data-tex="Q=vA" class="ztext-math"><span>Q=vA</span><img src="/q.svg" alt="Q=vA"></span>',
        '<amp-mathml layout="container" inline data-formula="\\(Q=vA\\)"></amp-mathml>',
    ],
)  # fmt: skip
def test_a_formula_stands_once_in_its_sentence(formula: str) -> None:
    article = clean(page(formula))
    sentence = article.text.split("\n\n")[2]
    assert "".join(sentence.split()) == "".join(f"{LEFT} Q=vA {RIGHT}".split())
    assert article.removals == ()
    markdown = render(article, "markdown")
    assert "$Q=vA$" in markdown.replace("Q = vA", "Q=vA")


@pytest.mark.parametrize(
    "formula",
    [
        f'<math display="block">{MATHML}</math>',
        '<script type="math/tex; mode=display">Q = vA</script>',
        f'<span class="katex-display"><span class="katex"><math>{MATHML}</math></span></span>',
        f'<mjx-container display="true"><mjx-assistive-mml><math>{MATHML}</math></mjx-assistive-mml></mjx-container>',
        '<img src="/q.svg" alt="\\[Q = vA\\]">',
    ],
)
def test_a_formula_with_a_line_of_its_own_says_so(formula: str) -> None:
    assert "$$Q = vA$$" in render(clean(page(formula)), "markdown")


def test_a_formula_alone_in_a_paragraph_has_a_line_of_its_own() -> None:
    html = page("and so on").replace(AFTER * 2, f"{AFTER}<p><math>{MATHML}</math></p>{AFTER}")
    assert "\n\n$$Q = vA$$\n\n" in render(clean(html), "markdown")


def test_formulas_in_cells_and_captions_are_kept() -> None:
    rows = "".join(f"<tr><td>Sluice {i}</td><td><math>{MATHML}</math></td></tr>" for i in range(3))
    text = clean(page(f"the table</p><table><tr><th>Where</th><th>Flow</th></tr>{rows}</table><p>And")).text
    assert text.count("Q = vA") == 3


@pytest.mark.parametrize(
    "image",
    [
        '<img src="C:\\Users\\anna_b\\pond.jpg" alt="C:\\Users\\anna_b\\pond.jpg">',
        '<img src="/pond.jpg" alt="The pond, as it was in August">',
        '<img class="math" src="/pond.jpg?w=30&amp;h=40">',
    ],
)
def test_a_picture_without_tex_is_no_formula(image: str) -> None:
    assert f"{LEFT} {RIGHT}" in clean(page(image)).text


def test_prose_beside_a_formula_is_not_taken_for_a_copy() -> None:
    html = page(f'<span class="katex">in words: flow is speed by area <math>{MATHML}</math></span>')
    wrapped = html.replace("<article>", '<article class="math mathjax equation"><div class="katex">')
    assert BEFORE[3:40] in clean(wrapped).text
    assert RIGHT in clean(wrapped).text


def test_a_hidden_formula_without_a_copy_stays_hidden() -> None:
    article = clean(page(f'<span style="display:none" class="tip">More: <math>{MATHML}</math></span>'))
    assert "vA" not in article.text
    assert [removal.rule for removal in article.removals] == ["dom/hidden"]


def test_paths_are_those_of_the_page() -> None:
    html = page(f'<span class="katex"><math>{MATHML}</math></span> <span hidden>Not this.</span>')
    (removal,) = clean(html).removals
    assert removal.where == "/html/body/article/p[3]/span[2]"


def test_an_endless_formula_is_no_formula() -> None:
    assert len(clean(page(f'<script type="math/tex">{"x" * (MAX_TEX + 1)}</script>')).text) < MAX_TEX


TYPESETTER = '<script src="/js/mathjax.js"></script>'


@pytest.mark.parametrize("raw", ["$x$", "\\(x\\)", "$$x$$", "\\[x\\]", "\\begin{align}x &= 1 \\\\ y\\end{align}"])
def test_raw_formulas_stay_as_they_are_in_the_text_and_are_spans(raw: str) -> None:
    article = clean(TYPESETTER + page(escape(raw)))
    block = article.blocks[2]
    assert block.text == f"{LEFT} {raw} {RIGHT}"
    (span,) = block.spans
    assert (block.text[span.start : span.end], span.kind) == (raw, "math")
    signs = "$$" if raw[1] in "$[b" else "$"
    assert f" {signs}{raw.strip('$') if raw[0] == '$' else bare_tex(raw)}{signs} " in render(article, "markdown")
    assert f">{escape(bare_tex(raw), quote=False)}</formula>" in render(article, "xml")


@pytest.mark.parametrize(
    "prose",
    [
        "It costs $5 and sells for $6, or $7/$8.",
        "US$5 or A$6$",
        "the pattern \\(a|b\\) and the path C:\\[old]\\[new",
        "a $ sign and another $ sign",
    ],
)
def test_prices_and_patterns_are_no_formulas(prose: str) -> None:
    assert clean(page(escape(prose))).blocks[2].spans == ()


def test_prices_are_no_formulas_beside_a_typesetter_either() -> None:
    assert clean(TYPESETTER + page("It costs $5 and sells for $6, or $7/$8.")).blocks[2].spans == ()


def test_raw_formulas_in_code_are_none() -> None:
    html = TYPESETTER + page("<code>$\\alpha$</code> and \\(\\alpha\\)")
    assert [span.kind for span in clean(html).blocks[2].spans] == ["code", "math"]


def test_raw_formulas_hold_no_other_spans() -> None:
    html = TYPESETTER + page("$a<sub>b</sub>$")
    assert [span.kind for span in clean(html).blocks[2].spans] == ["math"]


@pytest.mark.parametrize("sign", ["\\(", "\\[", "$", "$$", "$x", "\\begin{align}", "\\\\", "\\[\\"])
def test_raw_formulas_are_found_in_linear_time(sign: str) -> None:
    text = sign * (100_000 // len(sign))
    began = process_time()
    list(raw_formulas(text, typeset=True))
    # measured: .03 s; quadratic time would be minutes
    assert process_time() - began < 3


@pytest.mark.parametrize(
    "piece", ['<img alt="\\frac{a}{b}">', "<math><mi>x</mi>", '<b data-tex="x">', "<mjx-container>"]
)
def test_pages_of_nothing_but_formulas_are_cleaned_in_seconds(piece: str) -> None:
    began = process_time()
    clean(f"<body>{piece * 10_000}</body>")
    # measured: 4 s at most on a machine under load; quadratic time took 35 s
    assert process_time() - began < 15


@pytest.mark.parametrize(
    ("mathml", "tex"),
    [
        ("<mfrac><mi>a</mi><mi>b</mi></mfrac>", r"\frac{a}{b}"),
        ("<msqrt><mi>x</mi><mn>1</mn></msqrt><mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt{x1}\sqrt[3]{x}"),
        ("<msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup><msup><mi>f</mi><mo>′</mo></msup>", "a_{i}^{2}f'"),
        ("<msup><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow><mn>12</mn></msup>", "{(x)}^{12}"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>",
            r"\sum_{i = 1}^{n}i",
        ),
        ("<munder><mi>lim</mi><mrow><mi>x</mi><mo>→</mo><mn>0</mn></mrow></munder>", r"\lim_{x \to 0}"),
        ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi><mi>Cov</mi>", r"\sin x\mathrm{Cov}"),
        ("<mi>&#x1D465;</mi><mi>&#x1D401;</mi><mi>ℝ</mi><mi mathvariant='fraktur'>g</mi>",
         r"x\mathbf{B}\mathbb{R}\mathfrak{g}"),
        ("<mover><mi>x</mi><mo>¯</mo></mover><mover><mi>AB</mi><mo>¯</mo></mover>", r"\bar{x}\overline{\mathrm{AB}}"),
        ("<munder><munder><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>⏟</mo></munder><mi>n</mi></munder>",
         r"\underbrace{a + b}_{n}"),
        ("<mo>(</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><mo>)</mo>", r"\left(\frac{1}{2}\right)"),
        ("<mo>(</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr></mtable><mo>)</mo>",
         r"\begin{pmatrix} a & b \end{pmatrix}"),
        ("<mi>f</mi><mo>=</mo><mrow><mo>{</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mtext>if </mtext><mi>n</mi></mtd>"
         "</mtr><mtr><mtd><mn>0</mn></mtd><mtd><mtext>else</mtext></mtd></mtr></mtable></mrow>",
         r"f = \begin{cases} 1 & \text{if }n \\ 0 & \text{else} \end{cases}"),
        ("<mfenced><mi>x</mi><mi>y</mi></mfenced>", "(x, y)"),
        ("<mmultiscripts><mi>C</mi><mn>6</mn><none></none><mprescripts></mprescripts><none></none><mn>14</mn>"
         "</mmultiscripts>", "{}^{14}C_{6}"),
        ("<mtext>5% of $ &amp; #</mtext><mo>%</mo>", r"\text{5\% of \$ \& \#}\%"),
        ("<mo>-</mo><mi>a</mi><mo>-</mo><mi>b</mi>", "-a - b"),
        ("<mi>α</mi><mi>x</mi>", r"\alpha x"),
        ("<mi>x</mi><mphantom><mi>y</mi></mphantom><annotation>z</annotation>", "x"),
        # what should have two children
        ("<mfrac><mn>1</mn></mfrac><msub></msub><mroot></mroot><munderover></munderover><mtable></mtable>",
         r"\frac{1}{}{}\sqrt[]{}\begin{matrix} \end{matrix}"),
    ],
)  # fmt: skip
def test_mathml_is_written_as_tex(mathml: str, tex: str) -> None:
    assert tex_of(fromstring(f"<math>{mathml}</math>")) == tex


CHTML = (
    "<mjx-container><mjx-math aria-hidden='true'><mjx-mi><mjx-c class='mjx-c1D438 TEX-I'></mjx-c></mjx-mi>"
    "<mjx-mo><mjx-c class='mjx-c3D'></mjx-c></mjx-mo><mjx-msup><mjx-mi><mjx-c class='mjx-c1D450'></mjx-c></mjx-mi>"
    "<mjx-script><mjx-mn><mjx-c class='mjx-c32'></mjx-c></mjx-mn></mjx-script></mjx-msup><mjx-mfrac><mjx-frac>"
    "<mjx-num><mjx-nstrut></mjx-nstrut><mjx-mn><mjx-c class='mjx-c31'></mjx-c></mjx-mn></mjx-num><mjx-dbox>"
    "<mjx-dtable><mjx-line></mjx-line><mjx-row><mjx-den><mjx-mi><mjx-c class='mjx-c1D465'></mjx-c></mjx-mi></mjx-den>"
    "</mjx-row></mjx-dtable></mjx-dbox></mjx-frac></mjx-mfrac></mjx-math></mjx-container>"
)
DRAWN = (
    "<mjx-container><svg><defs></defs><g><g data-mml-node='math'><g data-mml-node='mi'><use data-c='1D438'></use></g>"
    "<g data-mml-node='mo'><use data-c='3D'></use></g><g data-mml-node='msup'><g data-mml-node='mi'>"
    "<use data-c='1D450'></use></g><g data-mml-node='mn'><use data-c='32'></use></g></g><g data-mml-node='mfrac'>"
    "<g data-mml-node='mn'><use data-c='31'></use></g><g data-mml-node='mi'><use data-c='1D465'></use></g>"
    "<rect></rect></g></g></g></svg></mjx-container>"
)


@pytest.mark.parametrize("formula", [CHTML, DRAWN])
def test_formulas_of_which_only_the_drawing_is_left_are_read_from_it(formula: str) -> None:
    block = clean(page(formula)).blocks[2]
    (span,) = block.spans
    assert block.text[span.start : span.end] == r"E = c^{2}\frac{1}{x}"


def test_a_formula_in_another_notation_is_kept_and_not_called_tex() -> None:
    block = clean(page('<script type="math/asciimath">sum_(i=1)^n i</script>')).blocks[2]
    assert block.text == f"{LEFT} sum_(i=1)^n i {RIGHT}"
    assert block.spans == ()


def test_a_link_around_a_formula_is_outside_of_it() -> None:
    article = clean(page(f'<a href="https://a.example/q"><math>{MATHML}</math></a>'))
    assert [span.kind for span in article.blocks[2].spans] == ["link", "math"]
    assert "[$Q = vA$](https://a.example/q)" in render(article, "markdown", links=True)


def test_deep_and_broken_mathml_raises_no_error() -> None:
    deep = "<mrow>" * 200 + "<mi>x</mi>" + "</mrow>" * 200
    assert tex_of(fromstring(f"<math>{deep}</math>")) == "x"
    assert "x" in clean(page(f"<math>{'<msup><mi>x</mi>' * 1500}</math>")).text
