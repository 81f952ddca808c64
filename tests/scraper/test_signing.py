"""A crawl with a key signs each request, so that a site can check whose crawl it is (Web Bot Auth)."""

from __future__ import annotations

import json
import ssl
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature

from archive import SigningKey, key_directory, read_warc
from scraper.crawl import CrawlError, CrawlOptions
from scraper.crawl.session import open_session
from scraper.fetch.signing import VALID, RequestSigner, agent_origin
from scraper.seeds import Seed
from tests.support.crawling import crawl
from tests.support.loopback import Site, answer, page
from tests.support.shell import Done, press
from tests.support.signatures import fields_of, verified

AGENT = "https://bot.example"
KEY = SigningKey(bytes(range(32)))
X = KEY.public.jwk["x"]
SIGNED = {"signature", "signature-input", "signature-agent"}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)

# RFC 9421 B.1.4 and B.2.6
RFC_X = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
RFC_REQUEST = {
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "@method": "POST",
    "@path": "/foo",
    "@authority": "example.com",
    "content-type": "application/json",
    "content-length": "18",
    "signature-input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
    ';created=1618884473;keyid="test-key-ed25519"',
    "signature": "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
}
# draft-ietf-webbotauth-httpsig-protocol-00 E.2.1
DRAFT_REQUEST = {
    "@authority": "example.com",
    "signature-agent": 'agent2="https://signature-agent.test"',
    "signature-input": 'sig2=("@authority" "signature-agent";key="agent2");created=1735689600'
    ';keyid="poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";alg="ed25519";expires=4889289600'
    ';nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6BSpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA=="'
    ';tag="web-bot-auth"',
    "signature": "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACSanGdhEwYCCg==:",
}


def signer(**more: Any) -> RequestSigner:  # noqa: ANN401
    return RequestSigner(KEY, AGENT, now=lambda: NOON, **more)


def signed_fields(origin: str, authority: str, **more: Any) -> dict[str, str]:  # noqa: ANN401
    headers = {name.lower(): value for name, value in signer(**more).headers(origin).items()}
    return headers | {"@authority": authority}


@pytest.mark.parametrize("request_", [RFC_REQUEST, DRAFT_REQUEST])
def test_the_verifier_of_the_tests_agrees_with_the_published_vectors(request_: dict[str, str]) -> None:
    assert verified(request_, RFC_X)
    with pytest.raises(InvalidSignature):
        verified(request_ | {"@authority": "example.org"}, RFC_X)


def test_a_signature_has_what_the_draft_asks_for() -> None:
    fields = signed_fields("https://gazette.example", "gazette.example", nonce=lambda: "once")
    assert fields["signature-agent"] == f'sig1="{AGENT}"'
    assert verified(fields, X) == {
        "label": "sig1",
        "covered": ['"@authority"', '"signature-agent";key="sig1"'],
        "created": int(NOON.timestamp()),
        "expires": int((NOON + VALID).timestamp()),
        "keyid": KEY.public.keyid,
        "nonce": "once",
        "tag": "web-bot-auth",
    }


@pytest.mark.parametrize(
    ("origin", "authority"),
    [
        ("https://Gazette.example:443", "gazette.example"),
        ("http://gazette.example:8080", "gazette.example:8080"),
        ("http://[2001:db8::1]:81", "[2001:db8::1]:81"),
        ("https://old_news.gazette.example", "old_news.gazette.example"),
        ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_it_holds_for_the_authority_of_its_request_and_no_other(origin: str, authority: str) -> None:
    fields = signed_fields(origin, authority)
    assert verified(fields, X)
    with pytest.raises(InvalidSignature):
        verified(fields | {"@authority": "other.example"}, X)
    with pytest.raises(InvalidSignature):
        verified(fields | {"signature-agent": 'sig1="https://other.example"'}, X)


@pytest.mark.parametrize(
    "url",
    ["http://bot.example", "https://bot.example/a", "bot.example", 'https://b"ot.example', "https://a@b.example", ""],
)
def test_only_an_https_site_can_have_the_directory(url: str) -> None:
    with pytest.raises(ValueError, match="no https address of a site"):
        agent_origin(url)
    with pytest.raises(CrawlError, match="--sign-"):
        CrawlOptions(seeds=[], sign_key=KEY, sign_agent=url)


def test_key_and_site_go_together() -> None:
    with pytest.raises(CrawlError, match="--sign-key: needs --sign-agent"):
        CrawlOptions(seeds=[], sign_key=KEY)
    with pytest.raises(CrawlError, match="--sign-agent: needs --sign-key"):
        CrawlOptions(seeds=[], sign_agent=AGENT)


def test_without_the_extra_no_crawl_begins_and_the_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "http_message_signatures", None)
    with pytest.raises(CrawlError, match=r"requests cannot be signed: .*http_message_signatures.*install.*\[sign\]"):
        open_session(CrawlOptions(seeds=[Seed("Gazette")], sign_key=KEY, sign_agent=AGENT))


def test_the_secret_half_is_not_in_what_a_log_would_show() -> None:
    shown = repr(replace(CrawlOptions(seeds=[]), sign_key=KEY, sign_agent=AGENT))
    assert "SigningKey()" in shown


@pytest.mark.slow
def test_each_request_of_a_crawl_is_signed_anew_and_archived_as_it_was_sent(tmp_path: Path) -> None:
    with Site(host="0.0.0.0") as site:
        other = f"http://127.0.0.2:{site.port}"
        feed = f'<rss version="2.0"><channel><item><link>{site.base}/story</link></item></channel></rss>'
        site.routes = {
            "/robots.txt": answer("User-agent: *\nAllow: /\n", "200 OK", kind="text/plain"),
            "/feed": answer(feed, kind="application/rss+xml"),
            "/story": answer(b"", "302 Found", f"Location: {other}/moved"),
            "/moved": page("The ferry sails again."),
            "/late": answer(b"", "503 Busy", "Retry-After: 0"),
        }
        seed = Seed("Gazette", feeds=(f"{site.base}/feed",), urls=(f"{site.base}/story", f"{site.base}/late"))
        began = datetime.now(UTC).timestamp()
        crawl(seed, data=tmp_path, sign_key=KEY, sign_agent=AGENT)
        ended = datetime.now(UTC).timestamp()
        heads = list(site.heads)
    assert {"/robots.txt", "/feed", "/story", "/moved", "/late"} == set(site.asked)
    assert site.asked.count("/late") > 1
    fields = [fields_of(head) for head in heads]
    assert {each["host"] for each in fields} == {f"127.0.0.{number}:{site.port}" for number in (1, 2)}
    params = [verified(each, X) for each in fields]
    assert len({each["nonce"] for each in params}) == len(heads)
    assert all(int(began) <= each["created"] <= ended for each in params)
    assert all(each["user-agent"].startswith("pressclip/") for each in fields)
    files = (tmp_path / "collections/news/archive").glob("*.warc.gz")
    assert {capture.request_head for file in files for capture in read_warc(file)} == set(heads)


@pytest.mark.slow
def test_requests_over_tls_are_signed_for_their_host(certificate: tuple[ssl.SSLContext, Path], tmp_path: Path) -> None:
    context, pem = certificate
    with Site(tls=context) as site:
        site.routes = {"/1": page("One.")}
        seed = Seed("Gazette", urls=(site.base + "/1",))
        crawl(seed, env={"SSL_CERT_FILE": str(pem)}, sign_key=KEY, sign_agent=AGENT)
        assert [verified(fields_of(head), X)["tag"] for head in site.heads] == ["web-bot-auth"] * 2


@pytest.mark.slow
def test_without_a_key_no_request_has_a_signature(site: Site) -> None:
    site.routes = {"/1": page("One.")}
    crawl(Seed("Gazette", urls=(site.base + "/1",)))
    assert site.heads
    assert not any(SIGNED & fields_of(head).keys() for head in site.heads)


def made(tmp_path: Path, name: str = "bot.pem") -> str:
    """Make a key by the command, and return its id."""
    done = press("key", "new", name, cwd=tmp_path)
    assert done.code == 0, done.err
    return done.out.strip()


@pytest.mark.slow
def test_the_directory_that_the_command_prints_checks_what_the_crawl_sends(site: Site, tmp_path: Path) -> None:
    keyid = made(tmp_path)
    (key,) = json.loads(press("key", "directory", "bot.pem", cwd=tmp_path).out)["keys"]
    assert key.keys() == {"kty", "crv", "kid", "x", "use"}
    assert key["kid"] == keyid
    site.routes = {"/1": page("One.")}
    (tmp_path / "seeds.txt").write_text(f"{site.base}/1\n", "utf-8")
    # as a project would have it; the path is seen from the file
    (tmp_path / "pressclip.toml").write_text(f'sign-key = "bot.pem"\nsign-agent = "{AGENT}"\n', "utf-8")
    done = press("crawl", "seeds.txt", "--delay", "0", "--allow-private", cwd=tmp_path)
    assert done.code in (0, 3), done.err
    assert [verified(fields_of(head), key["x"])["keyid"] for head in site.heads] == [keyid] * len(site.asked)
    assert {"/robots.txt", "/1"} <= set(site.asked)


@pytest.mark.slow
def test_the_search_for_the_sources_of_a_site_is_signed_too(site: Site, tmp_path: Path) -> None:
    made(tmp_path)
    (key,) = json.loads(press("key", "directory", "bot.pem", cwd=tmp_path).out)["keys"]
    site.routes = {"/": page("Nothing yet.")}
    options = ("--sign-key", "bot.pem", "--sign-agent", AGENT, "--delay", "0", "--allow-private")
    press("crawl", site.base, *options, cwd=tmp_path)
    assert len(site.heads) > 1
    assert all(verified(fields_of(head), key["x"]) for head in site.heads)


def refused(tmp_path: Path, *options: str) -> Done:
    (tmp_path / "seeds.txt").write_text("http://127.0.0.1:9/1\n", "utf-8")
    done = press("crawl", "seeds.txt", "--allow-private", *options, cwd=tmp_path, apart=False)
    assert done.code == 2
    return done


def test_a_key_that_cannot_sign_is_one_line_before_anything_is_asked(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "no.pem").write_text("-----BEGIN PRIVATE KEY-----\nnothing\n", "utf-8")
    assert "no.pem: no private key in PEM" in refused(tmp_path, "--sign-key", "no.pem", "--sign-agent", AGENT).line
    assert "gone.pem: cannot be read" in refused(tmp_path, "--sign-key", "gone.pem", "--sign-agent", AGENT).line
    assert "--sign-key: needs --sign-agent" in refused(tmp_path, "--sign-key", "bot.pem").line
    assert "--sign-agent: needs --sign-key" in refused(tmp_path, "--sign-agent", AGENT).line
    assert "no https address" in refused(tmp_path, "--sign-key", "bot.pem", "--sign-agent", "http://bot.example").line


def test_a_key_that_everybody_can_read_is_said(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "bot.pem").chmod(0o644)
    done = press("key", "directory", "bot.pem", "--out", "directory.json", cwd=tmp_path)
    assert (done.code, done.line.startswith("pressclip: bot.pem: everybody on this machine can read")) == (0, True)


def test_the_directory_has_each_key_once_and_no_secret(tmp_path: Path) -> None:
    ids = [made(tmp_path, name) for name in ("new.pem", "old.pem")]
    done = press("key", "directory", "new.pem", "old.pem", "new.pem", "--out", "directory.json", cwd=tmp_path)
    assert (done.code, done.out, done.err) == (0, "", "")
    written = json.loads((tmp_path / "directory.json").read_bytes())
    assert [key["kid"] for key in written["keys"]] == ids
    assert all("d" not in key for key in written["keys"])
    read = [SigningKey.read(tmp_path / name).public for name in ("new.pem", "old.pem")]
    assert written == key_directory(read)
