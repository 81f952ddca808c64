"""Sign a file's content, and check who signed it: JSON Web Signatures with ed25519, kept beside the content.

A signature is a flattened JWS (RFC 7515 §7.2.2) whose payload, the exact bytes, is left out of it (Appendix F). Its
protected header has the key and the time, so neither can be exchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from archive.files.keys import PublicKey, SigningKey, base64url, from_base64url
from archive.files.moments import iso_second

MAX_SIGNATURE = 4096
"""Most bytes of a signature: ours have about 500."""
ALGORITHM = "EdDSA"
"""RFC 8037 §3.1. With the key of the header, which is Ed25519, it is what RFC 9864 calls Ed25519."""
_HEADER = {"alg", "created", "jwk", "kid"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a check of a signature came to."""

    keyid: str | None = None
    """The key that signed; None where nothing is signed, or the signature is wrong."""
    created: str = ""
    """When, by the signer's clock, in UTC."""
    problem: str = ""
    """What is wrong; empty where nothing is."""

    def __str__(self) -> str:
        """Return the end of a line for the user.

        >>> str(Signed("poqk", "2026-11-30T12:00:00Z"))
        'signed by poqk at 2026-11-30T12:00:00Z'
        """
        if self.keyid:
            return f"signed by {self.keyid} at {self.created}"
        return "wrongly signed" if self.problem else "not signed"


def sign(data: bytes, key: SigningKey, created: datetime) -> dict[str, str]:
    """Return the signature of *data*, ready for JSON."""
    header = {"alg": ALGORITHM, "created": iso_second(created), "jwk": key.public.jwk, "kid": key.public.keyid}
    protected = base64url(json.dumps(header, separators=(",", ":")).encode())
    return {"protected": protected, "signature": base64url(key.private.sign(_input(protected, data)))}


def check_signature(data: bytes, signature: object, wanted: Collection[str] = ()) -> Signed:
    """Check a signature of *data*, a value of JSON; None where there is none.

    *wanted*: ids of the keys of which one must have signed; none: whoever has signed will do, and nobody need have.
    """
    if signature is None:
        return Signed(problem=f"is not signed: wanted is {_any(wanted)}" if wanted else "")
    try:
        keyid, created = _verified(data, signature)
    except ValueError as error:
        return Signed(problem=str(error))
    if wanted and keyid not in wanted:
        return Signed(keyid, created, f"is signed by {keyid}: wanted is {_any(wanted)}")
    return Signed(keyid, created)


def _verified(data: bytes, signature: object) -> tuple[str, str]:
    """Return key and time of a signature. Raises ValueError, with what is wrong."""
    from cryptography.exceptions import InvalidSignature

    unread = "its signature cannot be read"
    if not isinstance(signature, dict) or signature.keys() != {"protected", "signature"}:
        raise ValueError(f"{unread}: not a detached JWS with a protected header")
    protected, value = signature["protected"], signature["signature"]
    try:
        header = json.loads(from_base64url(protected))
        if not isinstance(header, dict) or header.keys() != _HEADER or header["alg"] != ALGORITHM:
            raise ValueError(f"{unread}: its header is not one of ours")
        key = PublicKey.of_jwk(header["jwk"])
        if header["kid"] != key.keyid or not _MOMENT.fullmatch(header["created"]):
            raise ValueError(f"{unread}: its header is not one of ours")
        raw = from_base64url(value)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(str(error) if str(error).startswith(unread) else f"{unread}: broken") from None
    try:
        key.public.verify(raw, _input(protected, data))
    except (InvalidSignature, ValueError):
        raise ValueError("its signature is wrong: content or signature was changed: get both again") from None
    return key.keyid, header["created"]


def _input(protected: str, data: bytes) -> bytes:
    return f"{protected}.{base64url(data)}".encode("ascii")


def _any(wanted: Collection[str]) -> str:
    return " or ".join(sorted(wanted))
