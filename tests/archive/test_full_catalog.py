"""A disk that is full after a record is written and before its row is: one line, and the row comes later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archive import ArchiveError, Capture, Catalog, Collection, Verifier
from cleaners import Article


@pytest.mark.parametrize("freed", [True, False])
def test_a_record_whose_row_did_not_fit_gets_it_later(
    open_collection: Callable[..., Collection],
    pages: Callable[[int], list[Capture]],
    article: Article,
    data: Path,
    pass_seconds: Callable[[float], None],
    freed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = "PRAGMA max_page_count = {}"
    collection = open_collection().__enter__()
    stored = []
    first, *others = pages(60)
    stored.append(collection.store(first).url)
    size = next(collection.catalog.query("PRAGMA page_count"))[0]
    next(collection.catalog.query(limit.format(size + 3)))

    def fill() -> None:
        for page in others:
            stored.append(page.url)
            collection.store_text(collection.store(page), article)

    with pytest.raises(ArchiveError, match="full: free space") as told:
        fill()
    assert "\n" not in str(told.value)
    assert 2 < len(stored) < 60
    if freed:
        next(collection.catalog.query(limit.format(10**6)))
        collection.close()
    else:

        class Full(Catalog):
            def __init__(self, path: Path, *, create: bool = False) -> None:
                super().__init__(path, create=create)
                next(self.query(limit.format(size + 3)))

        with monkeypatch.context() as sealing:
            sealing.setattr("archive.collection.Catalog", Full)
            with pytest.raises(ArchiveError, match="full: free space"):
                collection.close()
        pass_seconds(60)
        with open_collection():
            pass
    with Catalog(data / "catalog.sqlite") as catalog:
        assert [len(catalog.captures(url)) for url in stored] == [1] * len(stored)
    assert list(Verifier(data, full=True).findings()) == []
