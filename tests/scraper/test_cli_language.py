"""`clean --language auto` names the language that a page does not declare, and changes no text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import scraper.cli.clean
from cleaners import guess_language
from tests.support.shell import PAGE, press

pytest.importorskip("py3langid")

GERMAN = (
    "<article><h1>Hafen</h1><p>Der Hafen blieb am Donnerstag bis zum Mittag geschlossen, weil der Sturm nicht nachließ."
    "</p><p>Niemand wurde verletzt, sagte der Hafenmeister, und die Fähren fahren am Freitag wieder nach Plan.</p>"
)


def cleaned(folder: Path, page: str, *options: str) -> dict[str, Any]:
    (folder / "page.html").write_text(page, "utf-8")
    done = press("clean", "page.html", "--format", "json", *options, cwd=folder)
    assert (done.code, done.err) == (0, "")
    article: dict[str, Any] = json.loads(done.out)
    return article


def test_a_language_that_is_not_declared_is_guessed_as_datasets_do(tmp_path: Path) -> None:
    plain, auto = (cleaned(tmp_path, GERMAN, "--language", choice) for choice in ("declared", "auto"))
    assert (plain["language"], "language" in plain["sources"]) == (None, False)
    assert (auto["language"], auto["sources"]["language"]) == ("de", "text")
    assert auto["language"] == guess_language(auto["text"])[0]
    own = ("language", "sources")
    assert {name: auto[name] for name in auto if name not in own} == {n: plain[n] for n in plain if n not in own}


def test_a_declared_language_is_kept(tmp_path: Path) -> None:
    article = cleaned(tmp_path, PAGE.replace('lang="en"', 'lang="fr"'), "--language", "auto")
    assert (article["language"], article["sources"]["language"]) == ("fr", "page")


def test_without_the_package_the_line_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scraper.cli.clean, "find_spec", lambda name: None)
    done = press("clean", "page.html", "--language", "auto", cwd=tmp_path)
    assert done.code == 2
    assert "--language auto needs py3langid: " in done.line
    assert "datasets]" in done.line
