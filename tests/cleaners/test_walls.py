"""Test that pages that are only a wall have no text and name the wall, and that articles about walls stay."""

from __future__ import annotations

import pytest

from cleaners import clean, load_rules
from cleaners.rules.model import LineRule

PARAGRAPHS = (
    "The harbour was closed on Monday after a storm that had begun at night, officials said, and no ship could leave.",
    "At the quay forty people waited for the ferry, which had been due at six and came, in the end, on Tuesday.",
    "The harbour master, who has kept a diary of every storm since 1981, called it the third worst of them all.",
)
ARTICLE = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
RULES = {
    rule.id.removeprefix("access/"): rule
    for rule in load_rules().lines
    if rule.id.startswith("access/") and isinstance(rule, LineRule)
}
KINDS = sorted(RULES)
PHRASES = {
    "blocked": [
        "Just a moment...",
        "Attention Required!",
        "Access Denied",
        "Access to this page has been denied because we believe you are using automation tools.",
        "403 Forbidden",
        "You don't have permission to access /markets/tin on this server.",
        "Please enable JavaScript and cookies to continue",
        "Checking your browser before accessing gatehouse.example.",
        "Are you a robot?",
        "Please complete the security check to access the site",
        "We have detected unusual activity from your computer network",
        "Sorry, you have been blocked",
        "Bitte bestätigen Sie, dass Sie kein Roboter sind.",
        "Accès refusé",
        "Acceso denegado",
        "Доступ ограничен",
    ],
    "consent": [
        "Before you continue to the Gazette",
        "We value your privacy",
        "Accept all",
        "Continue without accepting",
        "Alle akzeptieren",
        "Mit Werbung weiterlesen",
        "Tout accepter",
        "Continuer sans accepter",
        "Rechazar todo",
        "Continua senza accettare",
        "Wir und unsere 214 Partner verarbeiten Daten auf Ihrem Gerät.",
        "Nous et nos 214 partenaires utilisons des traceurs.",
    ],
    "registration": [
        "Sign in to continue reading this story",
        "Please log in or register to view this page",
        "Create a free account to keep reading",
        "This article is only available to registered users",
        "Jetzt kostenlos registrieren und weiterlesen",
        "Inscrivez-vous gratuitement pour lire la suite",
        "Regístrate gratis para seguir leyendo",
        "Registrati per continuare a leggere",
    ],
    "paywall": [
        "This article is reserved for our subscribers",
        "For subscribers only",
        "This is a premium article",
        "To continue reading this article, subscribe",
        "You’ve reached your monthly article limit",
        "Mit Plus-Abo weiterlesen",
        "Dieser Artikel ist nur für Abonnenten",
        "Cet article est réservé aux abonnés",
        "Il vous reste 80 % de cet article à lire",
        "Contenido exclusivo para suscriptores",
        "Contenuto riservato agli abbonati",
    ],
}
SPEAKING = {
    "blocked": "Please verify, the guard at the gate told them, that you are who you say you are, and nobody could.",
    "consent": "Accept all of it or none of it, the pilots were told on Monday by the owners, and chose to walk out.",
    "registration": "Sign in at the door to continue to the hall, a note told visitors, who had nothing to write with.",
    "paywall": "This content of tin, which is for subscribers to the old theory a riddle, was measured on Monday.",
}


def page(*lines: str) -> str:
    shown = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><head><title>Gazette</title></head><body><div>{shown}</div></body></html>"


def test_each_kind_of_wall_has_its_phrases_here() -> None:
    assert KINDS == sorted(PHRASES) == sorted(SPEAKING)


@pytest.mark.parametrize(("kind", "phrase"), [(kind, phrase) for kind in PHRASES for phrase in PHRASES[kind]])
def test_a_page_of_nothing_but_a_walls_phrase_has_no_text_and_the_walls_verdict(kind: str, phrase: str) -> None:
    article = clean(page(phrase))
    assert (article.text, article.access) == ("", kind)
    assert "empty" in article.flags


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_names_its_evidence(kind: str) -> None:
    assert any(flag.startswith("access:") for flag in clean(page(PHRASES[kind][0])).flags)


@pytest.mark.parametrize("kind", KINDS)
def test_short_lines_beside_a_wall_go_with_it(kind: str) -> None:
    article = clean(page("The Gazette", PHRASES[kind][0], "Twelve months for the price of ten", "Try another way"))
    assert (article.text, article.access) == ("", kind)
    assert {removal.text for removal in article.removals} >= {"Twelve months for the price of ten", "Try another way"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_walls_phrase_under_an_article_takes_itself_and_nothing_else(kind: str) -> None:
    article = clean(f"<article><h1>Storm</h1>{ARTICLE}</article><div><p>{PHRASES[kind][0]}</p></div>")
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert article.access == "unknown"


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_that_speaks_of_a_wall_stays_in_its_article(kind: str) -> None:
    for sentence in (RULES[kind].keeps, SPEAKING[kind]):
        article = clean(f"<article><h1>Storm</h1>{ARTICLE}<p>{sentence}</p>{ARTICLE}</article>")
        assert sentence in article.text
        assert article.access == "unknown"


@pytest.mark.parametrize("kind", ["paywall", "registration"])
def test_an_article_of_one_sentence_over_a_wall_is_not_only_a_wall(kind: str) -> None:
    article = clean(f"<article><h1>Storm</h1><p>{PARAGRAPHS[0]}</p></article><div><p>{PHRASES[kind][0]}</p></div>")
    assert article.text == PARAGRAPHS[0]


def test_structured_data_outweigh_a_walls_phrase() -> None:
    data = '{"@type": "NewsArticle", "headline": "Storm", "isAccessibleForFree": false, "wordCount": 900}'
    script = f'<script type="application/ld+json">{data}</script>'
    assert clean(script + page(PHRASES["registration"][0])).access == "paywall"


def test_the_plainest_wall_has_the_verdict() -> None:
    assert clean(page(PHRASES["consent"][0], PHRASES["blocked"][0])).access == "blocked"
    assert clean(page(PHRASES["registration"][0], PHRASES["paywall"][0])).access == "paywall"


def test_every_removal_of_a_wall_has_a_name() -> None:
    article = clean(page("The Gazette", *PHRASES["paywall"], "Try it for one euro"))
    assert {removal.rule.partition("/")[0] for removal in article.removals} <= {"access", "lines", "block", "dom"}
    assert sum(removal.rule == "access/paywall" for removal in article.removals) >= len(PHRASES["paywall"]) - 3


def test_a_long_list_of_goods_is_no_wall_for_a_label_of_its_consent_dialog() -> None:
    label = next(phrase for phrase in PHRASES["consent"] if clean(f"<p>{phrase}").text == "")
    goods = "".join(f"<li>Rope of {n} millimetres, sold by the metre, white or blue</li>" for n in range(80))
    page = f"<body><h1>Ropes</h1><ul>{goods}</ul><p>{label}</p></body>"
    assert "Rope of 79 millimetres" in clean(page).text
