"""Options and settings for the whole of the tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

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


def pytest_configure(config: pytest.Config) -> None:
    # The first import of trafilatura warns that an optional package of urllib3 is missing. requests, which comes with
    # scrapy, silences that warning for good, but not where it was imported at collection: pytest takes it back.
    config.addinivalue_line("filterwarnings", "ignore:SOCKS support in urllib3")
