"""A signature names who made a WACZ file or a dataset, and holds for these bytes only."""

from __future__ import annotations

import base64
import hashlib
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive import ArchiveError, SigningKey, WaczCheck, key_directory, key_ids
from archive.exchange.wacz import sign_wacz
from archive.files.signatures import check_signature, sign

KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(bytes(32))
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ID = KEY.public.keyid
DATA = "Die Fähre fuhr um zwölf.\n".encode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def header_of(signature: dict[str, str]) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(decoded(signature["protected"]))
    return header


def with_header(signature: dict[str, str], **changed: object) -> dict[str, str]:
    """Return a signature that the key made over another header."""
    header = {name: value for name, value in {**header_of(signature), **changed}.items() if value is not None}
    protected = encoded(json.dumps(header).encode())
    return {
        "protected": protected,
        "signature": encoded(KEY.private.sign(f"{protected}.{encoded(DATA)}".encode())),
    }


def test_a_signature_is_a_jws_as_the_rfcs_say() -> None:
    signature = sign(DATA, KEY, NOON)
    header = header_of(signature)
    assert header == {"alg": "EdDSA", "created": "2026-11-30T12:00:00Z", "jwk": KEY.public.jwk, "kid": ID}
    # RFC 7515 §5.1: over header and payload, both in base64url
    signed = f"{signature['protected']}.{encoded(DATA)}".encode()
    Ed25519PublicKey.from_public_bytes(decoded(header["jwk"]["x"])).verify(decoded(signature["signature"]), signed)


def test_a_signature_that_holds_tells_who_signed_and_when() -> None:
    signed = check_signature(DATA, sign(DATA, KEY, NOON))
    assert (signed.keyid, signed.created, signed.problem) == (ID, "2026-11-30T12:00:00Z", "")
    assert check_signature(DATA, sign(DATA, KEY, NOON), {ID, "x"}) == signed


def test_one_of_the_wanted_keys_must_have_signed() -> None:
    by_other = check_signature(DATA, sign(DATA, OTHER, NOON), {ID})
    assert by_other.problem == f"is signed by {OTHER.public.keyid}: wanted is {ID}"
    assert check_signature(DATA, None, {ID}).problem == f"is not signed: wanted is {ID}"
    assert check_signature(DATA, None).problem == ""


def test_other_content_is_not_what_was_signed() -> None:
    signed = check_signature(DATA + b"\n", sign(DATA, KEY, NOON))
    assert (signed.keyid, "its signature is wrong" in signed.problem) == (None, True)


GOOD = sign(DATA, KEY, NOON)


@pytest.mark.parametrize(
    "bad",
    [
        {**GOOD, "signature": encoded(bytes(64))},
        {**GOOD, "signature": encoded(b"short")},
        {**GOOD, "signature": GOOD["signature"] + "="},
        {**GOOD, "signature": 7},
        {**GOOD, "signature": sign(DATA, OTHER, NOON)["signature"]},
        {**GOOD, "protected": sign(DATA, KEY, NOON.replace(hour=13))["protected"]},
        {**GOOD, "protected": encoded(b"[" * 3000)},
        {**GOOD, "protected": "ä"},
        {**GOOD, "payload": encoded(DATA)},
        {"signature": GOOD["signature"]},
        {},
        [],
        "signed",
        with_header(GOOD, alg="none"),
        with_header(GOOD, alg="HS256"),
        with_header(GOOD, crit=["b64"], b64=False),
        with_header(GOOD, jwk=OTHER.public.jwk),
        with_header(GOOD, jwk=OTHER.public.jwk, kid=OTHER.public.keyid),
        with_header(GOOD, jwk={"kty": "OKP", "crv": "X25519", "x": KEY.public.jwk["x"]}),
        with_header(GOOD, jwk={}),
        with_header(GOOD, kid="other"),
        with_header(GOOD, created="now\x1b[2J"),
        with_header(GOOD, created=None),
    ],
)
def test_a_signature_that_was_altered_or_is_none_names_nobody(bad: object) -> None:
    signed = check_signature(DATA, bad)
    assert signed.keyid is None
    assert signed.problem.startswith("its signature")
    assert signed.problem.isprintable()


def test_the_same_header_made_anew_by_the_key_holds() -> None:
    assert check_signature(DATA, with_header(GOOD)).keyid == ID


def test_the_ids_of_a_file_are_those_of_its_keys(tmp_path: Path) -> None:
    KEY.write(tmp_path / "bot.pem")
    directory = key_directory([KEY.public, OTHER.public])
    directory["keys"][0]["kid"] = "what it calls itself"
    (tmp_path / "directory.json").write_text(json.dumps(directory), "utf-8")
    assert key_ids(tmp_path / "bot.pem") == {ID}
    assert key_ids(tmp_path / "directory.json") == {ID, OTHER.public.keyid}
    for wrong in ("{}", '{"keys": [1]}', '{"keys": [{"kty": "RSA"}]}', "{", '{"keys": 7}', '{"keys": [{"x": 1}]}'):
        (tmp_path / "directory.json").write_text(wrong, "utf-8")
        with pytest.raises(ArchiveError, match=r"directory\.json"):
            key_ids(tmp_path / "directory.json")
    with pytest.raises(ArchiveError, match=r"gone: cannot be read"):
        key_ids(tmp_path / "gone")


MEMBERS = {"archive/a.warc.gz": b"records", "pages/pages.jsonl": b'{"format": "json-pages-1.0"}\n'}


def wacz(path: Path, members: dict[str, bytes] = MEMBERS) -> Path:
    """Write a WACZ file in the order of py-wacz: the digest comes last."""
    hashes = {name: f"sha256:{hashlib.sha256(data).hexdigest()}" for name, data in members.items()}
    resources = [{"path": name, "hash": hashes[name], "bytes": len(data)} for name, data in members.items()]
    package = json.dumps({"profile": "data-package", "resources": resources}, indent=2).encode()
    digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}
    written = {**members, "datapackage.json": package, "datapackage-digest.json": json.dumps(digest).encode()}
    rewrite(path, written)
    return path


def rewrite(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in members.items():
            packed.writestr(name, data, zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED)


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    path = wacz(tmp_path / "news.wacz")
    sign_wacz(path, KEY, NOON)
    return path


def problems(path: Path, *wanted: str) -> tuple[str | None, list[str]]:
    check = WaczCheck(path, wanted)
    found = [finding.problem for finding in check.findings()]
    return check.signed.keyid, found


def test_a_signed_wacz_has_the_same_members_and_one_signature(signed: Path, tmp_path: Path) -> None:
    plain, with_signature = members_of(wacz(tmp_path / "plain.wacz")), members_of(signed)
    assert list(plain) == list(with_signature)
    digests = [json.loads(each.pop("datapackage-digest.json")) for each in (plain, with_signature)]
    assert plain == with_signature
    assert digests[1].pop("jws").keys() == {"protected", "signature"}
    assert digests[0] == digests[1]
    assert problems(signed) == (ID, [])
    assert problems(signed, ID) == (ID, [])


def test_an_unsigned_wacz_is_whole_unless_a_signature_is_wanted(tmp_path: Path) -> None:
    assert problems(wacz(tmp_path / "x.wacz")) == (None, [])
    assert problems(tmp_path / "x.wacz", ID) == (None, [f"is not signed: wanted is {ID}"])


def test_a_wacz_that_another_key_signed_is_a_finding(signed: Path) -> None:
    assert problems(signed, OTHER.public.keyid) == (ID, [f"is signed by {ID}: wanted is {OTHER.public.keyid}"])


def test_what_was_altered_in_a_signed_wacz_is_found(signed: Path) -> None:
    members = members_of(signed)
    record, package, digest = "archive/a.warc.gz", "datapackage.json", "datapackage-digest.json"

    def altered(**changed: bytes | None) -> tuple[str | None, list[str]]:
        new = {name.replace("__", "/"): data for name, data in changed.items()}
        rewrite(signed, {name: data for name, data in {**members, **new}.items() if data is not None})
        return problems(signed)

    assert altered() == (ID, [])
    (found,) = altered(**{record: b"RECORDS"})[1]
    assert found.startswith("archive/a.warc.gz: its hash is not the listed one")
    (found,) = altered(**{record: b"record"})[1]
    assert found.startswith("archive/a.warc.gz: its size is not the listed one")
    (found,) = altered(**{record: None})[1]
    assert found.startswith("archive/a.warc.gz: is listed in datapackage.json, but gone")
    (found,) = altered(**{"archive/b.warc.gz": b"more"})[1]
    assert found.startswith("archive/b.warc.gz: is not listed in datapackage.json")
    # a forger who makes all hashes anew, and keeps the signature
    forged = members_of(wacz(signed.with_name("forged.wacz"), {**MEMBERS, record: b"RECORDS"}))
    jws = json.loads(members[digest])["jws"]
    forged[digest] = json.dumps({**json.loads(forged[digest]), "jws": jws}).encode()
    keyid, (found,) = altered(**forged)
    assert (keyid, found.startswith("its signature is wrong")) == (None, True)
    keyid, found_ = altered(**{package: members[package].replace(b"data-package", b"data package")})
    assert (keyid, len(found_)) == (None, 2)
    keyid, (found,) = altered(**{digest: json.dumps({**json.loads(members[digest]), "jws": {}}).encode()})
    assert (keyid, found.startswith("its signature cannot be read")) == (None, True)


@pytest.mark.parametrize(
    "changed",
    [
        {"datapackage.json": b"{"},
        {"datapackage.json": b"[]"},
        {"datapackage.json": b'{"resources": [{"path": 1}]}'},
        {"datapackage.json": None},
        {"datapackage-digest.json": b"\xff"},
        {"datapackage-digest.json": b"[]"},
    ],
)
def test_a_wacz_whose_lists_are_broken_has_findings_and_no_signer(
    changed: dict[str, bytes | None], signed: Path
) -> None:
    kept = {name: data for name, data in {**members_of(signed), **changed}.items() if data is not None}
    rewrite(signed, kept)
    keyid, found = problems(signed, ID)
    assert (keyid, bool(found)) == (None, True)


@pytest.mark.parametrize("cut", [0, 10, 300])
def test_a_cut_file_is_no_wacz(cut: int, signed: Path) -> None:
    signed.write_bytes(signed.read_bytes()[:cut])
    keyid, (found,) = problems(signed)
    assert (keyid, found.startswith("is no whole ZIP file")) == (None, True)


def test_damaged_bytes_in_a_packed_member_are_one_finding(signed: Path) -> None:
    data = bytearray(signed.read_bytes())
    at = data.index(b"records")
    data[at] ^= 1
    signed.write_bytes(data)
    _, (found,) = problems(signed)
    assert found.startswith("archive/a.warc.gz: cannot be unpacked (Bad CRC-32")


def test_two_members_of_one_name_are_a_finding(signed: Path) -> None:
    with zipfile.ZipFile(signed, "a") as packed, pytest.warns(UserWarning, match="Duplicate name"):
        packed.writestr("pages/pages.jsonl", MEMBERS["pages/pages.jsonl"])
    _, (found,) = problems(signed)
    assert found.startswith("has two members of one name")


def test_a_signature_of_wacz_auth_is_told_and_not_checked(signed: Path) -> None:
    members = members_of(signed)
    digest = json.loads(members["datapackage-digest.json"])
    rewrite(signed, {**members, "datapackage-digest.json": json.dumps({**digest, "signedData": {}}).encode()})
    check = WaczCheck(signed)
    assert list(check.findings()) == []
    assert check.has_wacz_auth
