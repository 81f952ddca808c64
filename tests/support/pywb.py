"""pywb for the tests that replay: skipped, with the reason, where there is none."""

from __future__ import annotations

import pytest

from archive import ArchiveError
from archive.exchange.replay import wayback


def _is_missing() -> bool:
    try:
        wayback()
    except ArchiveError:
        return True
    return False


needs_pywb = pytest.mark.skipif(_is_missing(), reason="pywb is not installed, or PRESSCLIP_WAYBACK does not say where")
