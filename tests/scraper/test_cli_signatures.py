"""What is packed or built with --sign-key says who made it, and `verify` and `check` hold it to that."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from tests.support.shell import PAGE, press

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A folder with a page, two keys, and the directory of the first."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "lamp.html").write_text(PAGE, "utf-8")
    for name in ("bot.pem", "other.pem"):
        assert press("key", "new", name, cwd=tmp_path).code == 0
    assert press("key", "directory", "bot.pem", "--out", "directory.json", cwd=tmp_path).code == 0
    return tmp_path


def id_of(world: Path) -> str:
    (key,) = json.loads((world / "directory.json").read_bytes())["keys"]
    return str(key["kid"])


def test_a_signed_dataset_is_checked(world: Path) -> None:
    assert press("dataset", "build", "pages", "--out", "set", "--sign-key", "bot.pem", cwd=world).code == 0
    done = press("dataset", "check", "set", cwd=world)
    assert (done.code, done.out, f"signed by {id_of(world)} at " in done.err) == (0, "", True), done.err
    for wanted in (id_of(world), "bot.pem", "directory.json"):
        assert press("dataset", "check", "set", "--signed-by", wanted, cwd=world).code == 0
    other = press("dataset", "check", "set", "--signed-by", "other.pem", cwd=world)
    assert (other.code, "is signed by" in other.out, "1 findings" in other.err) == (1, True, True)
    manifest = world / "set" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    altered = press("dataset", "check", "set", cwd=world)
    assert (altered.code, "manifest.json: its signature is wrong" in altered.out) == (1, True)
    assert "wrongly signed" in altered.err


def test_a_dataset_at_a_url_is_signed_there(world: Path) -> None:
    url = f"file://{world}/set"
    assert press("dataset", "build", "pages", "--out", url, "--sign-key", "bot.pem", cwd=world).code == 0
    assert press("dataset", "check", url, "--signed-by", "bot.pem", cwd=world).code == 0
    assert press("dataset", "check", "set", "--signed-by", id_of(world), cwd=world).code == 0


def test_what_describes_a_dataset_anew_takes_its_signature_away_or_signs_again(world: Path) -> None:
    assert press("dataset", "build", "pages", "--out", "set", "--sign-key", "bot.pem", cwd=world).code == 0
    assert press("dataset", "card", "set", "--title", "Lamps", cwd=world).code == 0
    unsigned = press("dataset", "check", "set", "--signed-by", "bot.pem", cwd=world)
    assert (unsigned.code, "is not signed: wanted is" in unsigned.out) == (1, True)
    assert "not signed" in press("dataset", "check", "set", cwd=world).err
    assert press("dataset", "card", "set", "--sign-key", "other.pem", cwd=world).code == 0
    assert press("dataset", "check", "set", "--signed-by", "other.pem", cwd=world).code == 0


def test_the_last_stage_of_a_build_signs_too(world: Path) -> None:
    assert press("dataset", "build", "pages", "--out", "set", "--keep-work", cwd=world).code == 0
    assert press("dataset", "finish", "set", "--sign-key", "bot.pem", cwd=world).code == 0
    assert press("dataset", "check", "set", "--signed-by", "bot.pem", cwd=world).code == 0


@pytest.mark.skipif(not importlib.util.find_spec("wacz"), reason="py-wacz is not installed: pip install '.[pack]'")
def test_a_signed_wacz_is_verified(world: Path) -> None:
    (world / "foreign.warc").write_bytes(warc())
    assert press("archive", "import", "foreign.warc", "--data", "data", cwd=world).code == 0
    packing = ("archive", "pack", "--data", "data")
    assert press(*packing, "--out", "out/signed.wacz", "--sign-key", "bot.pem", cwd=world).code == 0
    done = press("archive", "verify", "out", "--signed-by", "directory.json", cwd=world)
    assert (done.code, done.out) == (0, "")
    assert f"out/signed.wacz: 6 members, signed by {id_of(world)} at " in done.err
    assert press(*packing, "--out", "out/unsigned.wacz", cwd=world).code == 0
    assert press("archive", "verify", "out", cwd=world).code == 0
    some = press("archive", "verify", "out", "--signed-by", "bot.pem", cwd=world)
    assert (some.code, some.out.splitlines()) == (1, [f"out/unsigned.wacz: is not signed: wanted is {id_of(world)}"])
    other = press("archive", "verify", "out/signed.wacz", "--signed-by", "other.pem", "--json", cwd=world)
    assert (other.code, json.loads(other.out)["file"]) == (1, "out/signed.wacz")
    assert press("clean", "out/signed.wacz", "--format", "json", cwd=world).code == 0


def warc() -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode()
    head = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://post.example/lamp\r\n"
        f"WARC-Date: 2020-01-02T03:04:05Z\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def test_what_cannot_be_verified_is_one_line(world: Path) -> None:
    assert "no whole ZIP file" in press("archive", "verify", "pages/lamp.html", cwd=world).out
    assert "gone.wacz: cannot be read" in press("archive", "verify", "gone.wacz", cwd=world).line
    assert "pages: holds no WACZ file" in press("archive", "verify", "pages", cwd=world).line
    assert "name the WACZ files" in press("archive", "verify", "--signed-by", "bot.pem", cwd=world).line
    assert "gone.pem: cannot be read" in press("archive", "verify", "x", "--signed-by", "gone.pem", cwd=world).line
    assert (
        "no directory of ed25519 keys" in press("archive", "verify", "x", "--signed-by", "x.json", cwd=made(world)).line
    )


def made(world: Path) -> Path:
    (world / "x.json").write_text("{}", "utf-8")
    return world
