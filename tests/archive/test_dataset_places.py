"""Files in places that fsspec reaches: read whole, published when they are finished."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from archive import ArchiveError

fsspec = pytest.importorskip("fsspec", reason="the extra `scale` is not installed")

from archive.dataset.inputs import remote  # noqa: E402 - after the check
from archive.dataset.inputs.shards import Shard  # noqa: E402 - after the check


@pytest.fixture(params=["memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty folder in a place."""
    if request.param == "file":
        return (tmp_path / "place").as_uri()
    return f"memory://{tmp_path}/place"


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"finished")
    return path


def test_what_was_published_is_read_back(place: str, finished: Path, tmp_path: Path) -> None:
    url = remote.join(place, "work", "rows.parquet")
    assert not remote.exists(url)
    remote.publish(finished, url)
    assert remote.exists(url)
    with remote.opened(url) as file:
        assert file.read(3) == b"fin"
        assert file.read() == b"ished"
    remote.fetch(url, tmp_path / "deep" / "copy")
    assert (tmp_path / "deep" / "copy").read_bytes() == b"finished"


def test_a_local_copy_has_the_files_name_and_goes_again(place: str, finished: Path) -> None:
    url = remote.join(place, "news.warc.gz")
    remote.publish(finished, url)
    with remote.here(Shard(0, "warc", "news.warc.gz", url, 8, "")) as shard:
        path = Path(shard.path)
        assert path.name == "news.warc.gz"
        assert path.read_bytes() == b"finished"
    assert not path.exists()


def test_a_folder_lists_its_files_in_order_and_a_file_itself(place: str, finished: Path) -> None:
    for name in ("b", "a/c"):
        remote.publish(finished, remote.join(place, name))
    listed = remote.listed(place)
    assert [(url.removeprefix(listed[0][0].removesuffix("a/c")), size) for url, size in listed] == [
        ("a/c", 8),
        ("b", 8),
    ]
    assert remote.listed(listed[0][0]) == listed[:1]


def test_a_file_is_replaced_and_nothing_unfinished_stays(place: str, finished: Path) -> None:
    url = remote.join(place, "rows.parquet")
    remote.publish(finished, url)
    finished.write_bytes(b"again")
    remote.publish(finished, url)
    assert [size for _, size in remote.listed(place)] == [5]


def test_what_is_being_uploaded_is_not_seen_under_its_name(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = fsspec.filesystem("memory")
    url = f"memory://{tmp_path}/rows.parquet"

    def killed(source: str, target: str) -> None:
        files.pipe_file(target, b"fini")
        raise OSError("the line broke")

    monkeypatch.setattr(type(files), "put_file", lambda self, source, target: killed(source, target))
    with pytest.raises(ArchiveError, match="the line broke"):
        remote.publish(finished, url)
    assert not remote.exists(url)


def test_an_object_store_gets_one_whole_upload_and_no_rename(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = type(fsspec.filesystem("memory"))
    told: list[str] = []
    monkeypatch.setattr(memory, "protocol", "s3")
    monkeypatch.setattr(memory, "unstrip_protocol", lambda self, path: f"s3://{path}")
    monkeypatch.setattr(memory, "put_file", lambda self, source, target: told.append(target))
    monkeypatch.setattr(memory, "mv", lambda self, *paths: told.append("moved"))
    monkeypatch.setattr("fsspec.core.url_to_fs", lambda url: (memory(), "corpora/rows.parquet"))
    remote.publish(finished, "s3://corpora/rows.parquet")
    assert told == ["corpora/rows.parquet"]


def test_a_missing_file_is_one_line(place: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        remote.listed(remote.join(place, "not", "there"))
    assert "cannot be reached" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_kind_of_url_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="check the address"):
        remote.exists("nowhere://bucket/name")


def test_a_full_disk_is_told_with_the_path_here(place: str, finished: Path, tmp_path: Path) -> None:
    url = remote.join(place, "rows.parquet")
    remote.publish(finished, url)
    taken = tmp_path / "taken"
    taken.write_bytes(b"")
    with pytest.raises(ArchiveError, match=r"taken/rows\.parquet: cannot be written"):
        remote.fetch(url, taken / "rows.parquet")


def test_without_fsspec_a_url_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ArchiveError, match=r"install .*\[scale\]'$"):
        remote.exists("s3://corpora/news")
