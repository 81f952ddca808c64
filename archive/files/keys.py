"""Make, read and publish ed25519 keys: the key with which a crawl and its archives say who made them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.files.errors import ArchiveError, cannot_read, cannot_write
from archive.files.whole import make_folder, sync, sync_folder

MAX_KEY = 64 << 10
"""Most bytes of a key file: one of ed25519 has 119."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of an ed25519 key that everybody may know."""

    raw: bytes
    """32 bytes (RFC 8032)."""

    @property
    def jwk(self) -> dict[str, str]:
        """The key as a JSON Web Key, with the members that make its thumbprint (RFC 8037 §2)."""
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(self.raw)}

    @property
    def keyid(self) -> str:
        """The thumbprint, 43 characters of base64url: SHA-256 of the JWK without blanks (RFC 7638 §3, RFC 8037 A.3)."""
        text = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True)
        return _base64url(hashlib.sha256(text.encode()).digest())


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


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
