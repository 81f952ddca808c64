"""The kind of a page is told from what it declares and shows, with evidence in words, and without touching its text."""

from __future__ import annotations

import pytest

from cleaners import Article, clean, clean_text
from cleaners.classify.kinds import TRAINED, best_kind, known_words, packaged_kinds

SENTENCES = (
    "The harbour of Port Hallow was closed on Monday after a storm had torn a hole into the old breakwater.",
    "Nobody was hurt, said the harbour master, who had sent all crews ashore on the evening before.",
    "Repairs will take until spring, because the stones have to be brought by ship from the other coast.",
    "The council meets on Thursday, and the fishermen want to know who will pay for the lost weeks.",
)
STORY = "".join(f"<p>{' '.join(SENTENCES[i:] + SENTENCES[:i])}</p>" for i in range(4))
ITEMS = "".join(f"<li><a href='/{word}'>{word}</a></li>" for word in ("World", "Coast", "Sport"))
MENU = f"<nav><ul>{ITEMS}</ul></nav>"
TITLE = "Storm closes Port Hallow harbour"
STORY_URL = "https://coast.example/2026/storm-closes-port-hallow-harbour"


def linked_data(kind: str) -> str:
    return f'<script type="application/ld+json">{{"@type": "{kind}", "headline": "Storm closes harbour"}}</script>'


def kind_of(page: str, url: str = STORY_URL) -> Article:
    return clean(f"<html lang=en>{page}", url=url)


def article(head: str = "") -> str:
    body = f"{MENU}<article><h1>{TITLE}</h1>{STORY}</article>"
    return f"<head><title>{TITLE}</title>{head}</head><body>{body}"


def thread() -> str:
    posts = "".join(
        f'<div class="post"><div class="user">keel{n}<br>Joined: 2019</div><div class="message"><p>'
        f"I had the same leak in my boat last year, and what helped was new pitch, thanks to the tip. {n}</p></div>"
        f"<button>Reply</button></div>"
        for n in range(12)
    )
    head = '<head><title>Leak below the mast</title><meta name="generator" content="Discourse 3.1"></head>'
    return f"{head}<body>{MENU}<h1>Leak below the mast</h1><div class='posts'>{posts}</div>"


def product() -> str:
    head = '<title>Copper ship lantern</title><meta property="og:type" content="product">' + linked_data("Product")
    return (
        f"<head>{head}</head><body>{MENU}<h1>Copper ship lantern</h1><div class=price>$49.00</div><form><input name=n>"
        "<button>Add to cart</button></form><div>In stock. Free shipping.</div><p>A lantern of copper that burns "
        "for nine hours and hangs from any hook.</p><h2>You may also like</h2>"
        + "".join(
            f"<div class=card><a href='/products/{n}'>Lantern {n}</a> <span>${n}9.00</span></div>" for n in range(9)
        )
    )


def manual() -> str:
    parts = "".join(
        f"<h2>Option <code>--wind{n}</code></h2><p>Set <code>--wind{n}</code> to the force that the <code>tide</code> "
        "function returns, or install the package <code>gauge</code> first.</p>"
        f"<pre><code>tide --wind{n} 7</code></pre>"
        for n in range(8)
    )
    head = '<title>Options of tide</title><meta name="generator" content="Docutils 0.22: https://docutils.example/">'
    return f"<head>{head}</head><body>{MENU}<main><h1>Options of tide</h1>{parts}</main>"


def section(count: int = 40) -> str:
    teasers = "".join(
        f"<div class=teaser><h3><a href='/2026/story-{n}'>Harbour master of Port Hallow counts ship number {n}</a></h3>"
        f"<span>{n % 23}:15</span></div>"
        for n in range(count)
    )
    return f"<head><title>Coast</title></head><body>{MENU}<h1>Coast</h1>{teasers}"


@pytest.mark.parametrize(
    ("page", "url", "kind"),
    [
        (article(), STORY_URL, "article"),
        (article(linked_data("NewsArticle")), STORY_URL, "article"),
        (article(linked_data("BlogPosting")), "https://coast.example/my-week-at-the-harbour", "blog"),
        (
            article('<meta name="generator" content="MediaWiki 1.43">'),
            "https://coast.example/wiki/Harbour",
            "reference",
        ),
        (thread(), "https://forum.coast.example/t/leak-below-the-mast/1204", "forum"),
        (product(), "https://shop.coast.example/products/copper-ship-lantern", "product"),
        (manual(), "https://docs.coast.example/docs/options.html", "documentation"),
        (section(), "https://coast.example/", "section"),
    ],
)
def test_a_page_is_told_by_what_it_declares_and_shows(page: str, url: str, kind: str) -> None:
    assert kind_of(page, url).kind == kind


def test_a_story_is_an_article_without_a_declaration_and_without_an_address() -> None:
    assert clean(f"<body>{STORY}").kind == "article"


def test_what_the_page_declares_is_quoted_with_its_source() -> None:
    found = kind_of(article(linked_data("NewsArticle")))
    assert found.kind_evidence[0] == "declared: JSON-LD NewsArticle"
    assert found.sources["kind"] == "json-ld"


def test_evidence_from_blocks_is_said_in_words() -> None:
    found = kind_of(product(), "https://coast.example/lantern")
    assert found.kind_evidence
    assert all(evidence and "{" not in evidence for evidence in found.kind_evidence)


def test_a_section_without_text_says_what_it_was_taken_for() -> None:
    found = kind_of(section(), "https://coast.example/")
    assert found.text == ""
    assert "taken-for:section" in found.flags


def test_an_article_has_no_flag_of_its_kind() -> None:
    assert not [flag for flag in kind_of(article()).flags if flag.startswith("taken-for:")]


@pytest.mark.parametrize("page", ["", "<body></body>", "<body><script>1</script>"])
def test_a_page_without_blocks_is_of_unknown_kind(page: str) -> None:
    found = clean(page)
    assert (found.kind, found.kind_evidence, found.sources) == ("unknown", (), {})


def test_ready_made_text_is_of_unknown_kind() -> None:
    assert clean_text(" ".join(SENTENCES)).kind == "unknown"


def test_a_broken_script_declares_nothing() -> None:
    broken = '<script type="application/ld+json">{"@type": "Product", </script>'
    assert "declared" not in " ".join(kind_of(article(broken)).kind_evidence)


def test_a_long_declaration_is_quoted_in_part() -> None:
    found = kind_of(article(linked_data(f"http://{'a' * 5000}.example/NewsArticle")))
    assert found.kind_evidence[0].startswith("declared: JSON-LD http://aaa")
    assert max(map(len, found.kind_evidence)) < 150


def test_the_kind_does_not_depend_on_the_order_of_what_is_declared() -> None:
    first, second = linked_data("NewsArticle"), linked_data("AnalysisNewsArticle")
    assert kind_of(article(first + second)).kind_evidence == kind_of(article(second + first)).kind_evidence


def test_scores_are_shares_and_an_article_wins_a_tie() -> None:
    model = packaged_kinds()
    none = dict.fromkeys(TRAINED, 0.0)
    assert best_kind(none | {"article": 0.4, "product": 0.4}) == ("article", True)
    assert best_kind(none | {"product": 0.9, "article": 0.1}) == ("product", True)
    assert best_kind(dict.fromkeys(TRAINED, 1 / len(TRAINED)) | {"article": 0.0})[0] != "article"
    assert model.trees.count == model.each * len(TRAINED)


def test_each_word_is_in_lower_case_and_stands_once_in_a_group() -> None:
    for none, words in known_words().values():
        assert all(word == word.lower() for word in words)
        assert all(len(facts) == len(set(facts)) and set(facts) <= none.keys() for facts in words.values())
