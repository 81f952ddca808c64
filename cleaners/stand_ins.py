"""Recognise pages that stand in for an article: one that is not there, and one that asks for a login."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

NOT_FOUND_PAGE = "soft-404"
"""The flag of a page that says, with status 200, that what was asked for is not there."""
LOGIN = "login-page"
"""The flag of a page that asks to log in, in place of what was asked for."""
MAX_STAND_IN = 1000
"""Characters of the longest text of such a page. A judgement: they explain themselves in two or three sentences, and
an article about them is longer, or has a date."""

_MISSING = (
    r"(?:error|fehler|erreur|errore|erro|fel|feil|fejl|błąd|ошибка)?\W*404\b"
    r"(?=\W*$|\s*[|:(–—-]|\W+(?:error|not found|page|fehler|erreur))",
    r"(?:(?:sorry|oops|whoops|uh[- ]?oh)\W+)*(?:(?:the|this|that|your|requested)\s+)*"
    r"(?:page|article|story|content|document|file|url)"
    r"(?:\s+(?:that\s+)?you\b.{0,40})?\s+(?:is |was |has |have |could |can |does )?"
    r"(?:not|no longer|isn.t|wasn.t|couldn.t|cannot|can.t|doesn.t)"
    r"\s*(?:be\s+)?(?:found|available|exist|exists|here)\b",
    r"not found\W*$",
    r"(?:we\s+)?(?:can.?t|cannot|couldn.t|could not)\s+find\s+(?:the|that|this)\s+(?:page|article|story)",
    r"nothing (?:was )?found(?: here)?\W*$",
    r"(?:die\s+|diese\s+)?(?:seite|artikel|inhalt)\s+(?:wurde\s+|konnte\s+|ist\s+)?nicht\s+(?:mehr\s+)?"
    r"(?:gefunden|verfügbar)",
    r"(?:la\s+|cette\s+)?page\s+(?:est\s+|demandée\s+)?(?:non trouvée|introuvable|n.existe)",
    r"(?:la\s+|esta\s+)?página\s+(?:solicitada\s+)?no\s+(?:encontrada|existe|disponible|se encuentra|se ha encontrado)",
    r"(?:a\s+|esta\s+)?página\s+não\s+(?:encontrada|existe|foi encontrada)",
    r"(?:la\s+)?pagina\s+(?:richiesta\s+)?non\s+(?:trovata|esiste|è stata trovata|disponibile)",
    r"(?:de\s+)?pagina\s+(?:is\s+)?niet\s+(?:gevonden|beschikbaar)",
    r"(?:sidan|siden)\s+(?:kunde\s+inte|hittades\s+inte|finns\s+inte|ble\s+ikke|blev\s+ikke|finnes\s+ikke|findes\s+ikke|ikke\s+fun)",
    r"sivua\s+ei\s+löy",
    r"(?:nie\s+znaleziono\s+strony|strona\s+nie\s+(?:została\s+znaleziona|istnieje))",
    r"(?:stránka|stránku)\s+(?:ne|sa nena)",
    r"(?:az\s+)?oldal\s+nem\s+található",
    r"sayfa\s+bulunamadı",
    r"(?:страница|сторінк[ау])\s+не\s+(?:найдена|существует|знайдено|існує)",
    r"страницата\s+не\s+",
    r"η\s+σελίδα\s+δεν\s+",
    r"(?:halaman|trang)\s+(?:tidak\s+ditemukan|không\s+)",
    r"ページが(?:見つかりません|存在しません)",
    r"(?:页面|頁面|网页|網頁)(?:不存在|未找到|找不到)",
    r"(?:找不到|未找到)(?:该|該|此|您)?.{0,6}(?:页面|頁面|网页|網頁)",
    r"페이지를\s*찾을\s*수\s*없",
    r"(?:الصفحة|صفحه)\s+(?:غير\s+موجودة|المطلوبة|یافت|مورد)",
    r"הדף\s+(?:לא\s+נמצא|המבוקש)",
    r"पृष्ठ\s+नहीं\s+मिला",
)
_LOGIN = (
    r"\W*(?:please\s+)?(?:log ?in|sign ?in|log on|login|member login|anmelden|anmeldung|einloggen|"
    r"se connecter|connexion|"
    r"iniciar sesión|inicia sesión|acceder|accedi|entrar|iniciar sessão|inloggen|logga in|logg inn|log ind|"
    r"kirjaudu(?: sisään)?|zaloguj(?: się)?|logowanie|přihlášení|prihlásenie|bejelentkezés|giriş(?: yap)?|вход|войти|"
    r"вхід|увійти|σύνδεση|ログイン|登录|登入|로그인|تسجيل الدخول|ورود|התחברות)"
    r"(?:\s+(?:to|or|bei|zu|à|a|in|oder|ou|o|of)\b.{0,40})?\s*(?:$|[|\-–—:·])"
)


def stand_in(titles: Iterable[str], text: str, *, has_date: bool, has_password: bool) -> str:
    """Return the flag of a page that stands in for an article, by its titles (its own first) and text, else nothing.

    >>> stand_in(["Page not found | Post"], "Sorry.", has_date=False, has_password=False)
    'soft-404'
    >>> stand_in(["Not found in translation"], "Sorry.", has_date=False, has_password=False)
    ''
    """
    if has_date or len(text) > MAX_STAND_IN:
        return ""
    said = [title.strip() for title in titles]
    if any(_missing_page().match(title) for title in said):
        return NOT_FOUND_PAGE
    # only its title: dialogs of news pages have headings such as "Login"
    return LOGIN if has_password and said and _login_page().match(said[0]) else ""


# compiled when a short page without a date needs them: they take 9 ms
@cache
def _missing_page() -> re.Pattern[str]:
    return re.compile(r"\W*(?:" + "|".join(_MISSING) + ")", re.IGNORECASE)


@cache
def _login_page() -> re.Pattern[str]:
    return re.compile(_LOGIN, re.IGNORECASE)
