"""Sites on loopback for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from loopback import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture(scope="module")
def shared_site() -> Iterator[Site]:
    with Site() as running:
        yield running
