"""Options and settings for the whole of the tests."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from cleaners import Article
from cleaners.output import formats

# The same examples on every run, however slow the machine is, and nothing written beside the tests.
settings.register_profile(
    "pressclip", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("pressclip")

collect_ignore = ["support/like_macos"]
"""Doctests are looked for in every module, and this one, once imported, takes names away from the whole process."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # so it is in a shell's background, and the commands that the tests interrupt would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-pages", action="store_true", help="write the expected files of tests/pages anew")
    parser.addoption("--update-pictures", action="store_true", help="make the pictures of docs/page.md anew")


def pytest_configure(config: pytest.Config) -> None:
    # The first import of trafilatura warns that an optional package of urllib3 is missing. requests, which comes with
    # scrapy, silences that warning for good, but not where it was imported at collection: pytest takes it back.
    config.addinivalue_line("filterwarnings", "ignore:SOCKS support in urllib3")


@pytest.fixture(autouse=True, scope="session")
def json_is_valid() -> Iterator[None]:
    """Hold every article's JSON that a test of this process prints against docs/article.schema.json."""
    with pytest.MonkeyPatch.context() as patch:
        write = formats._json

        def checked(article: Article, source: str | None, indent: int | None) -> str:
            from tests.support.schema import check_article

            text = write(article, source, indent)
            check_article(text)
            return text

        patch.setattr(formats, "_json", checked)
        yield
