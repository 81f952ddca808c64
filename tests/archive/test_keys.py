"""A key is made, read and named as the standards say."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from archive import ArchiveError, SigningKey, is_exposed, key_directory

RFC_KEY = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
"""The key of RFC 9421 B.1.4."""


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, how: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def test_the_key_of_the_rfc_has_its_published_thumbprint(tmp_path: Path) -> None:
    (tmp_path / "rfc.pem").write_text(RFC_KEY, "ascii")
    public = SigningKey.read(tmp_path / "rfc.pem").public
    assert public.keyid == "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"
    # draft-ietf-webbotauth-httpsig-protocol-00 E.2.3 has the directory of this key
    assert key_directory([public]) == {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "kid": "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U",
                "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs",
                "use": "sig",
            }
        ]
    }


def test_a_written_key_is_read_back_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    key = SigningKey.new()
    key.write(tmp_path / "bot.pem")
    assert SigningKey.read(tmp_path / "bot.pem") == key != SigningKey.new()
    assert (tmp_path / "bot.pem").stat().st_mode & 0o777 == 0o600
    assert not is_exposed(tmp_path / "bot.pem")
    (tmp_path / "bot.pem").chmod(0o604)
    assert is_exposed(tmp_path / "bot.pem")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    key = SigningKey.new()
    key.write(tmp_path / "bot.pem")
    with pytest.raises(ArchiveError, match=r"bot\.pem: is there already"):
        SigningKey.new().write(tmp_path / "bot.pem")
    (tmp_path / "link.pem").symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(ArchiveError, match=r"link\.pem: is there already"):
        key.write(tmp_path / "link.pem")
    with pytest.raises(ArchiveError, match=r"bot\.pem: cannot be written"):
        key.write(tmp_path / "bot.pem" / "bot.pem")
    assert SigningKey.read(tmp_path / "bot.pem") == key


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no private key in PEM"),
        (b"\xff" * 100, "no private key in PEM"),
        (RFC_KEY.replace("PRIVATE", "PUBLIC").encode(), "no private key in PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1()), NoEncryption()), "not an ed25519 key"),
        (pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"open")), "the key is encrypted"),
    ],
)
def test_a_file_without_a_usable_key_is_one_line(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(ArchiveError, match=rf"key\.pem: {told}") as raised:
        SigningKey.read(tmp_path / "key.pem")
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="cannot be read"):
        SigningKey.read(tmp_path)


def test_a_key_goes_to_another_process_and_not_into_a_log() -> None:
    key = SigningKey(bytes(32))
    assert pickle.loads(pickle.dumps(key)) == key  # noqa: S301 - what this line wrote
    assert repr(key) == "SigningKey()"
