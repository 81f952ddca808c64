"""A page that stands in for an article has no text and says so; an article with like words keeps its text."""

from __future__ import annotations

import pytest

from cleaners import clean

SORRY = "<p>We are sorry, but what you asked for is not here any more. It may have been moved or deleted.</p>"
PROSE = "<p>" + "The ferry sailed at noon, and the harbour was closed until the wind fell. " * 20 + "</p>"


def flags(title: str, body: str) -> tuple[str, ...]:
    page = f"<head><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body>"
    article = clean(f"<!doctype html><html>{page}</html>")
    assert bool(article.text) == (not {"soft-404", "login-page"} & set(article.flags))
    return article.flags


@pytest.mark.parametrize(
    "title",
    [
        "Page not found", "404 - Page not found", "Error 404", "404", "Oops! The page could not be found",
        "Sorry, this article is no longer available", "Article not found", "Not found",
        "The page you requested could not be found", "Seite nicht gefunden", "Page introuvable",
        "Página no encontrada", "Página não encontrada", "Pagina non trovata", "Pagina niet gevonden",
        "Nie znaleziono strony", "Страница не найдена", "ページが見つかりません",
        "页面不存在", "페이지를 찾을 수 없습니다",
        "الصفحة غير موجودة", "Sidan hittades inte",
    ],
)  # fmt: skip
def test_a_page_that_says_it_is_not_there_has_no_text(title: str) -> None:
    assert "soft-404" in flags(title, SORRY)


@pytest.mark.parametrize("title", ["Log in", "Please sign in | Gazette", "Anmelden", "Se connecter", "Вход"])
def test_a_page_that_asks_for_a_login_has_no_text(title: str) -> None:
    form = '<form><input name="user"><input type="password"></form>'
    assert "login-page" in flags(title, f"<p>Enter your name and your password to go on to your account.</p>{form}")


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Page not found: how the archive lost a century", PROSE),
        ("404 people were evacuated from the ferry", SORRY),
        ("Not found in translation", SORRY),
        ("Missing page found in a monastery", SORRY),
        ("Log in the river stops the ferry", SORRY + '<input type="password">'),
        ("Log in", SORRY),
        ("Error 404", "<time datetime='2024-03-05'>5 March 2024</time>" + PROSE),
    ],
)
def test_an_article_with_like_words_keeps_its_text(title: str, body: str) -> None:
    assert not {"soft-404", "login-page"} & set(flags(title, body))
