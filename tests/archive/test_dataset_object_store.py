"""A whole build at an S3 server of this machine: inputs and dataset at s3://, in tasks that are killed."""

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
"""The server wants a signature and believes each, unless it is told to believe no more."""


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

    def wait_for(self, *texts: str) -> None:
        left = {*texts}
        while left:
            line = self.lines.get(timeout=120)
            left = {text for text in left if text not in line}

    def put(self, name: str, data: bytes = b"", *, method: str = "PUT") -> None:
        # without a type it is taken for a form
        kind = {"Content-Type": "application/octet-stream"}
        urlopen(Request(f"{self.address}/{name}", data, SIGNED | kind, method=method)).close()

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


@pytest.mark.parametrize("tasks", [1, 2])
def test_a_build_whose_tasks_are_killed_goes_on_and_gives_the_bytes_of_a_build_on_disk(
    tasks: int, store: Store
) -> None:
    name = f"news{tasks}"
    build = ("build", "s3://corpora/warcs", "--out", f"s3://corpora/{name}", "--engine", "datatrove")
    first = store.begin(*build, "--tasks", str(tasks))
    # planning has read all inputs by then: what is read later is read by a task
    store.wait_for(f"PUT /corpora/{name}/work/shards.json")
    store.wait_for(f"PUT /corpora/{name}/work/rows/", *(f"GET /corpora/warcs/{task}.warc" for task in range(tasks)))
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    built = store.names(f"{name}/work/rows/")
    assert 0 < len(built) < SHARDS
    assert not store.names(f"{name}/manifest.json")
    code, said = store.run("finish", f"s3://corpora/{name}")
    assert code == 2
    missing = SHARDS - len(built)
    assert re.fullmatch(rf"pressclip: s3://corpora/{name}: {missing} of 4 shards are missing.*\n", said)
    assert store.run(*build, "--tasks", "2")[0] == 0
    for shard in built:
        assert len([line for line in store.log if f"PUT /corpora/{shard}" in line]) == 1
    assert store.run("build", "warcs", "--out", name)[0] == 0
    here = {path.relative_to(store.folder).as_posix() for path in (store.folder / name).rglob("*") if path.is_file()}
    assert {*store.names(f"{name}/")} == here
    assert all(store.get(f"corpora/{path}") == (store.folder / path).read_bytes() for path in here)
    assert json.loads(store.get(f"corpora/{name}/manifest.json"))["rows"]


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


HERE, THERE, OUT = "warcs", "s3://corpora/warcs", "s3://corpora/refused"
NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
NO_SERVER = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
REFUSED = r"pressclip: s3://\S+: cannot be reached \(.*{}.*\n"


@pytest.mark.parametrize(
    ("source", "out", "environment", "reason"),
    [
        ("s3://nobodys/warcs", OUT, {}, "bucket does not exist"),
        (HERE, "s3://nobodys/news", {}, "bucket does not exist"),
        ("s3://corpora/nothing", OUT, {}, "there is no file"),
        (THERE, OUT, NO_KEYS, "redentials"),
        (HERE, OUT, NO_KEYS, "redentials"),
        (THERE, OUT, NO_SERVER, "Could not connect"),
    ],
)
def test_what_the_store_refuses_is_one_line(
    source: str, out: str, environment: dict[str, str], reason: str, store: Store
) -> None:
    code, said = store.run("build", source, "--out", out, **environment)
    assert code == 2
    assert re.fullmatch(REFUSED.format(reason), said), said


@pytest.mark.parametrize("source", [HERE, THERE])
def test_keys_that_the_store_does_not_know_are_one_line(source: str, store: Store) -> None:
    store.put("moto-api/reset-auth", b"0", method="POST")
    try:
        code, said = store.run("build", source, "--out", OUT)
    finally:
        store.put("moto-api/reset-auth", b"inf", method="POST")
    assert code == 2
    assert re.fullmatch(REFUSED.format("Forbidden"), said), said
