"""A whole build at an S3 server of this machine: inputs and dataset at s3://, in tasks, one of them killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO
from urllib.request import Request, urlopen

import pytest

from tests.support.rule_data import HOST, write_warc

BIN = Path(os.environ.get("PRESSCLIP_S3", ""))
"""The folder of programs of an environment with pressclip, s3fs and moto's server (requirements-s3.lock)."""
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        not (BIN / "moto_server").is_file(), reason="PRESSCLIP_S3 names no environment with requirements-s3.lock"
    ),
]
SHARDS, PAGES = 4, 12
"""Enough pages for a task to be killed before it is done."""
SIGNED = {"Authorization": "AWS test:test"}
"""The server wants a signature and believes each."""


@dataclass(frozen=True, slots=True)
class Store:
    """An S3 server with a bucket `corpora`."""

    address: str
    folder: Path
    lines: Queue[str] = field(default_factory=Queue)
    """What the server said and nobody has waited for."""
    log: list[str] = field(default_factory=list)

    def listen(self, output: IO[str]) -> None:
        for line in output:
            self.log.append(line)
            self.lines.put(line)

    def wait_for(self, text: str) -> None:
        while text not in self.lines.get(timeout=120):
            pass

    def put(self, name: str, data: bytes = b"") -> None:
        # without a type it is taken for a form
        kind = {"Content-Type": "application/octet-stream"}
        urlopen(Request(f"{self.address}/{name}", data, SIGNED | kind, method="PUT")).close()

    def get(self, name: str) -> bytes:
        with urlopen(Request(f"{self.address}/{name}", headers=SIGNED)) as answer:
            data: bytes = answer.read()
        return data

    def names(self, prefix: str) -> list[str]:
        listing = self.get(f"corpora?list-type=2&prefix={prefix}").decode()
        return re.findall(r"<Key>([^<]*)</Key>", listing)

    def environment(self, **other: str) -> dict[str, str]:
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
        # without the last one, botocore asks an address of Amazon's machines for credentials
        own = {"AWS_ENDPOINT_URL": self.address, "AWS_EC2_METADATA_DISABLED": "true", "HOME": str(self.folder)}
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])} | keys | own | other

    def begin(self, *args: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BIN / "python", "-m", "scraper", "dataset", *args],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *args: str, **environment: str) -> tuple[int, str]:
        process = self.begin(*args, **environment)
        out, err = process.communicate(timeout=300)
        return process.returncode, out + err


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("store")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [BIN / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout
    store = Store(f"http://127.0.0.1:{port}", folder)
    listener = Thread(target=store.listen, args=(server.stdout,))
    listener.start()
    try:
        store.wait_for("Running on")
        store.put("corpora")
        (folder / "warcs").mkdir()
        for number in range(SHARDS):
            path = write_warc(folder / "warcs" / f"{number}.warc", f"www{number}.{HOST}", pages=PAGES)
            store.put(f"corpora/warcs/{path.name}", path.read_bytes())
        yield store
    finally:
        server.terminate()
        server.wait()
        listener.join()
        server.stdout.close()


BUILD = ("build", "s3://corpora/warcs", "--out", "s3://corpora/news", "--engine", "datatrove")


def test_a_build_whose_task_is_killed_goes_on_and_gives_the_bytes_of_a_build_on_disk(store: Store) -> None:
    first = store.begin(*BUILD, "--tasks", "1")
    store.wait_for("PUT /corpora/news/work/rows/00000.parquet")
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    built = store.names("news/work/rows/")
    assert 0 < len(built) < SHARDS
    assert not store.names("news/manifest.json")
    code, said = store.run("finish", "s3://corpora/news")
    assert code == 2
    assert re.fullmatch(rf"pressclip: s3://corpora/news: {SHARDS - len(built)} of 4 shards are missing.*\n", said)
    assert store.run(*BUILD, "--tasks", "2")[0] == 0
    assert len([line for line in store.log if "PUT /corpora/news/work/rows/00000.parquet" in line]) == 1
    assert store.run("build", "warcs", "--out", "news")[0] == 0
    here = {path.relative_to(store.folder).as_posix() for path in (store.folder / "news").rglob("*") if path.is_file()}
    assert {*store.names("news/")} == here
    assert all(store.get(f"corpora/{name}") == (store.folder / name).read_bytes() for name in here)
    assert json.loads(store.get("corpora/news/manifest.json"))["rows"]


def test_a_dataset_at_the_store_is_checked_there(store: Store) -> None:
    assert store.run("build", "s3://corpora/warcs", "--out", "s3://corpora/checked")[0] == 0
    code, said = store.run("check", "s3://corpora/checked", "warcs")
    assert code == 0, said
    assert said.startswith("pressclip: s3://corpora/checked: ")
    store.put("corpora/checked/README.md", b"another text")
    code, said = store.run("check", "s3://corpora/checked")
    assert code == 1
    assert "README.md" in said


def test_a_finished_dataset_is_not_built_over_and_is_told_by_its_url(store: Store) -> None:
    build = ("build", "s3://corpora/warcs/0.warc", "--out", "s3://corpora/once")
    assert store.run(*build)[0] == 0
    code, said = store.run(*build)
    assert code == 2
    assert said.startswith("pressclip: s3://corpora/once: holds a finished dataset")


@pytest.mark.parametrize(
    ("source", "environment", "reason"),
    [
        ("s3://nobodys/warcs", {}, "bucket does not exist"),
        ("s3://corpora/nothing", {}, "there is no file"),
        ("s3://corpora/warcs", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "redentials"),
        ("s3://corpora/warcs", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
    ],
)
def test_what_the_store_refuses_is_one_line(
    source: str, environment: dict[str, str], reason: str, store: Store
) -> None:
    code, said = store.run("build", source, "--out", "s3://corpora/refused", **environment)
    assert code == 2
    assert re.fullmatch(rf"pressclip: s3://\S+: cannot be reached \(.*{reason}.*\n", said), said
