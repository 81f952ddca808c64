"""`status --metrics`: what Prometheus reads of a data root, from a file and from a port of this machine."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from archive import ArchiveError
from scraper.report.metrics import metrics_server, metrics_text
from tests.scraper.test_cli_status_check import gazette
from tests.support.crawling import crawl
from tests.support.loopback import Site
from tests.support.shell import begin, press

pytestmark = pytest.mark.slow

Found = dict[tuple[str, ...], float]


def read(text: str) -> Found:
    """Read metrics as Prometheus does: by name and labels."""
    return {
        (sample.name.removeprefix("pressclip_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def folder(shared_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("metrics")
    seed = gazette(shared_site)
    crawl(seed, data=folder / "data", later=-timedelta(hours=2))
    return folder


def test_a_file_has_what_the_crawl_did_and_its_alarms(folder: Path) -> None:
    done = press("status", "--metrics", "press.prom", "--every", "1h", "--min-free", "1M", "--data", "data", cwd=folder)
    assert (done.code, done.err) == (0, "")
    found = read((folder / "press.prom").read_text())
    assert (found["pages", "Gazette", "fetched"], found["sources", "Gazette", "fetched"]) == (1, 1)
    assert (found["waiting", "Gazette"], found["paused_hosts",], found["overdue_sources",]) == (0, 0, 0)
    assert 7200 <= found["heartbeat_age_seconds",] < 7800
    assert found["last_end_timestamp_seconds",] >= found["last_start_timestamp_seconds",]
    answers, articles = ([found[name, quantile] for quantile in ("0.5", "0.9", "0.99")] for name in (
        "answer_seconds", "article_seconds",
    ))  # fmt: skip
    assert answers == sorted(answers)
    assert 0 <= answers[0] <= articles[0] < 60
    assert (found["alarms", "run"], found["alarms", "disk"]) == (1, 0)
    assert found["disk_free_bytes",] > 2**20


def test_with_check_one_command_writes_both(folder: Path) -> None:
    check = ("status", "--check", "--metrics", "both.prom", "--every", "1h", "--min-free", "1M", "--data", "data")
    done = press(*check, cwd=folder)
    assert (done.code, len(done.out.splitlines())) == (1, 1)
    assert "pressclip_alarms" in (folder / "both.prom").read_text()


def test_removals_are_counted_by_rule_and_failures_by_reason(tmp_path: Path) -> None:
    assert press("demo", "--data", "data", cwd=tmp_path).code == 0
    found = read(metrics_text(tmp_path / "data", datetime.now(UTC), min_free=0).decode())
    rules = {name[1]: number for name, number in found.items() if name[0] == "texts_with_removals"}
    assert rules
    assert all("/" in rule and number >= 1 for rule, number in rules.items())
    assert found["failures", "http_404"] >= 1


@contextmanager
def serving(text: bytes | Exception) -> Iterator[int]:
    def give() -> bytes:
        if isinstance(text, Exception):
            raise text
        return text

    with metrics_server(0, give) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def ask(port: int, path: str = "/metrics", method: str = "GET", host: str = "") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, headers={"Host": host} if host else {})
    response = connection.getresponse()
    connection.close()
    return response.status, response.read()


def test_only_its_own_address_path_and_method_are_answered() -> None:
    with serving(b"pressclip_up 1\n") as port:
        assert ask(port) == (200, b"pressclip_up 1\n")
        assert ask(port, host=f"localhost:{port}")[0] == 200
        assert ask(port, host=f"gazette.example:{port}")[0] == 421
        assert ask(port, "/")[0] == 404
        assert ask(port, method="POST")[0] == 405


def test_what_cannot_be_read_is_one_line_and_the_server_stays() -> None:
    with serving(ArchiveError("catalog.sqlite: is\ndamaged")) as port:
        assert ask(port) == (503, b"catalog.sqlite: is damaged\n")
        assert ask(port)[0] == 503


def test_an_interrupt_during_a_scrape_ends_the_server() -> None:
    def interrupted() -> bytes:
        raise KeyboardInterrupt

    def asked(port: int) -> None:
        with suppress(http.client.HTTPException, OSError):
            ask(port)

    with metrics_server(0, interrupted) as server:
        asking = threading.Thread(target=asked, args=(server.server_port,))
        asking.start()
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever()
        asking.join()


def test_a_port_is_served_until_ctrl_c_and_asked_anew_at_each_scrape(folder: Path) -> None:
    with begin("status", "--metrics", "0", "--data", "data", cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip # noqa: E501
        assert process.stdout is not None
        port = int(process.stdout.readline().decode().rpartition(":")[2].partition("/")[0])
        first, second = (read(ask(port)[1].decode())["heartbeat_age_seconds",] for _ in range(2))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert second > first


@pytest.mark.parametrize("port", ["99999", "taken"])
def test_a_port_that_cannot_be_had_is_one_line(folder: Path, port: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1]) if port == "taken" else port
        done = press("status", "--metrics", number, "--data", "data", cwd=folder)
    assert done.code == 2
    assert f"--metrics {number}: " in done.line


def test_a_file_that_cannot_be_written_is_one_line(folder: Path) -> None:
    done = press("status", "--metrics", os.devnull, "--data", "data", cwd=folder)
    assert done.code == 2
    assert "--metrics /dev/null: is a device" in done.line
