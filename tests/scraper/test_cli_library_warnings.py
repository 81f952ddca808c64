"""Test that what libraries log does not reach the user, and what pressclip logs does."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import logging, sys
from scraper.cli.main import main
sys.argv = ["pressclip", "--version"]
try:
    main()
except SystemExit:
    logging.getLogger("{name}").warning("heard")
"""


@pytest.mark.parametrize(
    ("name", "heard"),
    [("bs4.dammit", False), ("htmldate.core", False), ("readability", False), ("archive.warc.reader", True)],
)
def test_only_our_own_warnings_reach_standard_error(name: str, heard: bool) -> None:
    script = SCRIPT.format(name=name)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ("heard" in done.stderr) == heard
