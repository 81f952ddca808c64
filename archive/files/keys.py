"""Make, read and publish ed25519 keys: the key with which a crawl and its archives say who made them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.schema import parse_json
from archive.files.whole import make_folder, sync, sync_folder

MAX_KEY = 64 << 10
"""Most bytes of a key file: one of ed25519 has 119."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of an ed25519 key that everybody may know."""

    raw: bytes
    """32 bytes (RFC 8032)."""

    @property
    def public(self) -> Any:  # noqa: ANN401 - Ed25519PublicKey, whose import takes 20 ms
        """The key as `cryptography` has it."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.raw)

    @classmethod
    def of_jwk(cls, jwk: Any) -> PublicKey:  # noqa: ANN401 - any value of JSON
        """Return the key of a JSON Web Key. Raises ValueError, KeyError or TypeError for any other value."""
        raw = from_base64url(jwk["x"])
        if (jwk["kty"], jwk["crv"], len(raw)) != ("OKP", "Ed25519", 32):
            raise ValueError("not an ed25519 key")
        return cls(raw)

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JSON Web Key, with the members that make its thumbprint (RFC 8037 §2)."""
        return {"crv": "Ed25519", "kty": "OKP", "x": base64url(self.raw)}

    @property
    def keyid(self) -> str:
        """The thumbprint, 43 characters of base64url: SHA-256 of the JWK without blanks (RFC 7638 §3, RFC 8037 A.3)."""
        text = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True)
        return base64url(hashlib.sha256(text.encode()).digest())


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An ed25519 key with its secret half. A pickle of it holds the secret; its `repr` does not."""

    seed: bytes = field(repr=False)
    """The 32 secret bytes (RFC 8032 §5.1.5)."""

    @property
    def public(self) -> PublicKey:
        """The half that everybody may know."""
        return PublicKey(self.private.public_key().public_bytes_raw())

    @property
    def private(self) -> Any:  # noqa: ANN401 - Ed25519PrivateKey, whose import takes 20 ms
        """The key as `cryptography` has it."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        """Read a key file (PEM, PKCS #8, without a passphrase). Raises ArchiveError where it holds no such key."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            with path.open("rb") as file:
                data = file.read(MAX_KEY)
        except OSError as error:
            raise cannot_read(path, error) from error
        try:
            key = load_pem_private_key(data, None)
        except TypeError:
            raise ArchiveError(
                f"{path}: the key is encrypted, and nobody can be asked for its passphrase: give one without, "
                "or make one with `pressclip key new`"
            ) from None
        except (ValueError, UnsupportedAlgorithm):
            raise ArchiveError(f"{path}: no private key in PEM: make one with `pressclip key new`") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ArchiveError(f"{path}: not an ed25519 key: make one with `pressclip key new`")
        return cls(key.private_bytes_raw())

    def write(self, path: Path) -> None:
        """Write the key to a new file that only its owner may read (PEM, PKCS #8). Raises ArchiveError, also where
        something is in its place: a lost key cannot be had again."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        pem = self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        try:
            make_folder(path.parent)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(pem)
                file.flush()
                sync(fd)
            sync_folder(path.parent)
        except OSError as error:
            if isinstance(error, FileExistsError) and os.path.lexists(path):
                raise ArchiveError(f"{path}: is there already, and no key is overwritten: give another name") from None
            raise cannot_write(path, error) from error

    @classmethod
    def new(cls) -> SigningKey:
        """Make a key from the system's random numbers."""
        return cls(os.urandom(32))


def is_exposed(path: Path) -> bool:
    """Tell whether everybody on the machine may read or write a key file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
    except OSError:
        return False


def key_directory(keys: Sequence[PublicKey]) -> dict[str, Any]:
    """Return a key directory (draft-ietf-webbotauth-httpsig-protocol-00 §5.5.1), a JWK set: each key once, as given."""
    return {"keys": [{**key.jwk, "kid": key.keyid, "use": "sig"} for key in dict.fromkeys(keys)]}


def key_ids(path: Path) -> frozenset[str]:
    """Return the ids of the keys in a file: a key file, or a key directory. Raises ArchiveError for any other file."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY)
    except OSError as error:
        raise cannot_read(path, error) from error
    if not data.lstrip().startswith(b"{"):
        return frozenset({SigningKey.read(path).public.keyid})
    advice = "give a key file, or what `pressclip key directory` wrote"
    directory = parse_json(data, path, advice)
    try:
        return frozenset(PublicKey.of_jwk(jwk).keyid for jwk in directory["keys"])
    except (TypeError, KeyError, ValueError):
        raise ArchiveError(f"{path}: no directory of ed25519 keys: {advice}") from None


def base64url(data: bytes) -> str:
    """Return bytes in base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Return the bytes of a text in base64url without padding. Raises ValueError, or TypeError for what is no text.

    >>> from_base64url("_-8")
    b'\xff\xef'
    """
    if not re.fullmatch(r"[\w-]*", text, re.ASCII):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
