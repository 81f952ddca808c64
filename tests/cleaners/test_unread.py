"""Test that nothing a person sees on a page leaves it without a name, in whatever element it is."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement

from cleaners import Article, clean, load_rules
from cleaners.html.tree import parse
from cleaners.html.unread import shown_words, take_out_empty

PROSE = "<p>The harbour was closed on Monday after a storm that had begun at night, officials said in the morning.</p>"
WORD = "zebra"

STANDARD = (
    "a abbr address area article aside audio b bdi bdo blockquote br button canvas caption cite code col colgroup data "
    "datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 "
    "header hgroup hr i iframe img input ins kbd label legend li link main map mark menu meta meter nav noscript "
    "object ol optgroup option output p picture pre progress q rp rt ruby s samp script search section select "
    "selectedcontent slot small source span strong style sub summary sup table tbody td template textarea tfoot th "
    "thead time title tr track u ul var video wbr"
)
OBSOLETE = (
    "acronym applet basefont bgsound big blink center dir font frame frameset image isindex keygen layer listing "
    "marquee menuitem multicol nextid nobr noembed noframes param plaintext rb rbc rtc shadow spacer strike tt xmp"
)
OTHERS = "math mi mo mtext semantics svg text tspan foreignobject fencedframe my-widget unknown"
"""Of other vocabularies, and of none."""
ELEMENTS = f"{STANDARD} {OBSOLETE} {OTHERS}".split()
UNSEEN = {
    "script": "a program",
    "style": "rules for the look",
    "template": "what a script may put into the page later",
}
"""Elements whose content no person sees, and why."""
UNSEEN_IN_HEAD = UNSEEN | {
    "title": "the title of the window, which the article has as a field",
    "noscript": "in the head it holds styles and metadata, for readers without scripts",
    "frameset": "a frame shows another page",
}


def found(article: Article) -> list[str]:
    """Return where the word is: `text` or the rule that removed it, once for each time that it is there."""
    in_text = ["text"] * article.text.count(WORD)
    return in_text + [removal.rule for removal in article.removals for _ in range(removal.text.count(WORD))]


def page(piece: str, head: str = "") -> str:
    return (
        f"<html><head><title>Storm</title>{head}</head><body><article><h1>Storm closes harbour</h1>{PROSE * 3}{piece}"
        f"{PROSE * 3}</article></body></html>"
    )


@pytest.mark.parametrize("tag", sorted({*ELEMENTS} - {*UNSEEN}))
def test_a_word_in_any_element_is_in_the_text_or_in_a_removal_once(tag: str) -> None:
    reasons = load_rules().reasons()
    for piece in (
        f"<{tag}>{WORD}</{tag}>",
        f"<p>The ferry <{tag}>{WORD}</{tag}> turned back before noon.</p>",
        f"<ul><li><{tag}>{WORD}</{tag}></li><li>two</li></ul>",
        f"<table><tr><td><{tag}>{WORD}</{tag}></td><td>two</td></tr></table>",
        f"<div class='share-bar'>Share <{tag}>{WORD}</{tag}></div>",
    ):
        places = found(clean(page(piece)))
        assert len(places) == 1, piece
        assert places[0] in {"text", *reasons}, piece


@pytest.mark.parametrize("tag", sorted({*ELEMENTS} - {*UNSEEN_IN_HEAD}))
def test_a_word_in_an_element_that_stands_in_the_head_is_not_lost(tag: str) -> None:
    assert len(found(clean(page("", f"<{tag}>{WORD}</{tag}>")))) == 1


@pytest.mark.parametrize("tag", UNSEEN)
def test_what_no_person_sees_is_nowhere(tag: str) -> None:
    assert found(clean(page(f"<{tag}>{WORD}</{tag}>"))) == []


SHOWN = {
    "<input value='zebra'>": "dom/form-field",
    "<input type=submit value='zebra'>": "dom/form-field",
    "<input placeholder='zebra'>": "dom/form-field",
    "<input type=text value='zebra' placeholder='horse'>": "dom/form-field",
    "<textarea placeholder='zebra'></textarea>": "dom/form-field",
    "<textarea>zebra</textarea>": "dom/form-field",
    "<select><optgroup label='zebra'><option>one</optgroup></select>": "dom/control",
    "<select><option label='zebra'></select>": "dom/control",
    "<datalist><option>zebra</datalist>": "dom/control",
    "<svg><g><text>zebra</text></g></svg>": "dom/graphics",
    "<svg><title>horse</title><foreignObject><p>zebra</p></foreignObject></svg>": "dom/graphics",
    "<canvas>zebra</canvas>": "dom/graphics",
    "<video src=a.mp4><track>zebra</video>": "dom/fallback",
    "<audio>zebra</audio>": "dom/fallback",
    "<object data=a.swf><param name=a><p>zebra</p></object>": "dom/fallback",
    "<object><iframe>zebra</iframe></object>": "dom/fallback",
    "<iframe src=a><p>zebra</p></iframe>": "dom/fallback",
    "<iframe srcdoc='<style>zebra</style><p>zebra</p>'></iframe>": "dom/fallback",
    "<noframes><p>zebra</p></noframes>": "dom/fallback",
    "<noembed>zebra</noembed>": "dom/fallback",
    "<dialog>zebra</dialog>": "dom/hidden",
    "<div popover>zebra</div>": "dom/hidden",
    "<svg aria-hidden=true><text>zebra</text></svg>": "dom/hidden",
}
NOT_SHOWN = (
    "<input type=hidden value=zebra>", "<input type=checkbox value=zebra>", "<input type=password value=zebra>",
    "<svg><title>zebra</title><desc>zebra</desc><metadata>zebra</metadata><path/></svg>",
    "<svg><style>zebra</style><script>zebra</script></svg>", "<iframe srcdoc='<script>zebra</script>'></iframe>",
    "<video title=zebra></video>", "<template><p>zebra</p></template>", "<img alt=zebra>", "<i aria-label=zebra></i>",
    "<img class=emoji alt=zebra>", "<style>p::before{content:'zebra'}</style>", "<abbr title=zebra>Z.</abbr>",
)  # fmt: skip


@pytest.mark.parametrize("piece", SHOWN)
def test_what_a_field_a_graphic_or_a_player_shows_is_removed_with_its_rule(piece: str) -> None:
    for around in ("{}", "<p>The ferry {} turned back before noon.</p>"):
        assert found(clean(page(around.format(piece)))) == [SHOWN[piece]]


@pytest.mark.parametrize("piece", NOT_SHOWN)
def test_what_they_do_not_show_is_no_removal(piece: str) -> None:
    assert found(clean(page(piece))) == []


def test_the_words_of_an_element_do_not_change_the_text_around_it() -> None:
    piece = "<p>The ferry{} turned back before noon, and a school took in its passengers for the night.</p>"
    for element in (element for element in SHOWN if not any(tag in element for tag in ("<p>", "<dialog", "<div"))):
        assert clean(page(piece.format(f" {element}"))).text == clean(page(piece.format(""))).text


def test_the_path_of_a_removal_leads_to_its_element_in_the_page() -> None:
    source = page(f"<svg></svg><svg/><div><svg><text>zebra</text></svg><svg>{WORD}</svg><svg/></div><svg>{WORD}</svg>")
    root = parse(source)
    assert root is not None
    paths = [removal.where for removal in clean(source).removals if WORD in removal.text]
    assert paths == [root.getroottree().getpath(svg) for svg in root.iter("svg") if WORD in "".join(svg.itertext())]


def test_a_rule_that_does_not_apply_to_a_page_names_no_words_there() -> None:
    item = f"<li><a href='/1'>The harbour opens again</a><div class='entry-date'>1 May<input value={WORD}></div></li>"
    article = clean(f"<body><h1>News</h1><ul>{item * 20}</ul>", url="https://coast.example/news/")
    assert "1 May" in article.text
    assert {*found(article)} == {"dom/form-field"}


def test_removals_of_unread_words_stand_in_page_order() -> None:
    box = "<div class=share-bar><svg><text>first</text></svg>Share<input value=second></div>"
    removals = clean(page(f"<textarea>before</textarea>{box}<p>The wind fell at noon.</p><svg><text>last</text></svg>"))
    assert [removal.text for removal in removals.removals][-5:] == ["before", "Share", "first", "second", "last"]


@pytest.mark.parametrize("piece", ["<details>{}</details>", "<dialog open>{}</dialog>", "<marquee>{}</marquee>"])
def test_what_a_person_may_unfold_or_sees_move_is_text(piece: str) -> None:
    prose = "The zebra turned back before noon, and the keeper of the harbour took it in for the night."
    assert found(clean(page(piece.format(f"<p>{prose}</p>")))) == ["text"]


@pytest.mark.parametrize("mode", ["open", "CLOSED"])
def test_an_article_inside_a_declared_shadow_root_is_text(mode: str) -> None:
    source = f"<body><my-story><template shadowrootmode={mode}><h1>{WORD}</h1>{PROSE * 6}</template></my-story>"
    article = clean(source)
    assert article.text.count(PROSE[3:-4]) == 6
    root = parse(source)
    assert root is not None
    assert [removal.where for removal in article.removals] == [root.getroottree().getpath(root.find(".//h1"))]


def test_the_text_of_a_page_of_frames_is_no_markup() -> None:
    frames = f"<frameset cols='20%,80%'><frame src=a><noframes><body>{PROSE * 3}{WORD}</body></noframes></frameset>"
    article = clean(f"<html><head><title>Storm</title></head>{frames}</html>")
    assert (article.text, found(article)) == ("", ["dom/fallback"])
    assert not any("<" in removal.text for removal in article.removals)


@pytest.mark.parametrize(
    "sign", ["\N{FACE WITH TEARS OF JOY}", "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}", ":)"]
)
def test_a_picture_of_an_emoji_is_the_emoji(sign: str) -> None:
    prose = "The ferry turned back before noon, and a school took in its passengers for the night."
    image = f"<img class='smilie smilie--emoji' alt='{sign}' src=a.svg>"
    assert f"{prose} {sign}\n" in clean(page(f"<p>{prose} {image}</p>")).text
    assert (
        f"{prose} {sign}"
        not in clean(page(f"<p>{prose} {image.replace('smilie', 'photo').replace('emoji', '')}</p>")).text
    )


def test_text_behind_an_embed_is_text() -> None:
    article = clean(page("<p><embed src=a.swf>The zebra turned back before noon, the keeper of the harbour said.</p>"))
    assert found(article) == ["text"]


def test_an_element_without_a_rule_still_has_a_name() -> None:
    from cleaners.rules.model import RuleSet

    assert found(clean(page("<svg><text>zebra</text></svg>"), rules=RuleSet())) == ["block/no-text"]


def test_elements_without_words_are_taken_out_of_the_tree() -> None:
    root = parse(
        page("<svg><path/></svg>a<svg> <title>b</title></svg><svg><text>c</text></svg><iframe src=x></iframe>")
    )
    assert root is not None
    take_out_empty(root)
    assert [shown_words(svg) for svg in root.iter("svg")] == ["c"]
    assert not [*root.iter("iframe")]


@pytest.mark.parametrize("flood", ["<svg><text>a</text></svg>", "<svg>a", "<object>a", "<input value=a>", "<textarea>"])
def test_a_flood_of_elements_takes_linear_time(flood: str) -> None:
    assert isinstance(clean(f"<body>{PROSE}{flood * 14_000}"), Article)


INNER = (
    "div", "p", "span", "b", "a", "section", "li", "ul", "td", "tr", "table", "pre", "blockquote", "h2", "figure",
    "figcaption", "button", "label", "nav", "svg", "video", "object", "audio", "canvas", "details", "summary", "ruby",
    "rt", "my-widget", "noscript", "form",
)  # fmt: skip
LEAVES = st.sampled_from(["{}", "{} ", " {}", "{}<br>", "<br><br>{}", "<img src=a>{}"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(INNER),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=15,
)


def seen_words(source: str) -> Counter[str]:
    root = parse(source)
    assert root is not None
    body: HtmlElement = root.find("body")
    return Counter(word for text in body.itertext() for word in text.split() if word.startswith("word"))


@given(TREES)
@settings(max_examples=150, deadline=None)
def test_the_words_of_any_page_are_those_of_its_text_and_of_its_removals(tree: str) -> None:
    pieces = tree.split("{}")
    source = f"<body>{PROSE}{pieces[0]}" + "".join(f" word{n}x {piece}" for n, piece in enumerate(pieces[1:]))
    article = clean(source)
    # no word of the page has a part of another in it, so that one that stuck to a neighbour is seen
    written = " ".join([article.text, *(removal.text for removal in article.removals)])
    assert Counter(word.strip("()（）|") for word in written.split() if "word" in word) == seen_words(source)


def test_the_only_copy_of_a_text_is_read_where_it_stands_for_readers_without_scripts() -> None:
    parts = [f"On day {n} the harbour was closed until noon, when the wind fell, officials said." for n in range(9)]
    for parted in ("<br><br>\n".join(parts), "".join(f"<p>{part}</p>" for part in parts)):
        script = f"<script type='text/template'>{parted}</script>"
        article = clean(f"<body><h1>Storm</h1>{script}<noscript>{parted}</noscript>")
        assert all(part in article.text for part in parts)
        assert "refused:dom/no-script" in article.flags
        both = clean(f"<body><h1>Storm</h1><article>{PROSE * 9}{parted}</article><noscript>{parted}</noscript>")
        assert "refused:dom/no-script" not in both.flags
