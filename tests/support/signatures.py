"""Checks HTTP Message Signatures (RFC 9421) by hand: it shares no code with what makes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_MEMBER = re.compile(r"(?P<label>\w+(?:-\w+)*)=(?P<params>\((?P<covered>[^)]*)\)(?P<rest>.*))")
_PARAM = re.compile(r';(\w+)=(?:"([^"]*)"|(\d+))')


def fields_of(head: bytes) -> dict[str, str]:
    """Return the header fields of a request's head by their small names, and the components of its first line."""
    first, *lines = head.decode("ascii").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, target, _ = first.split(" ")
    return fields | {"@method": method, "@path": target.partition("?")[0], "@authority": fields["host"]}


def verified(fields: Mapping[str, str], x: str) -> dict[str, Any]:
    """Check the one signature of a request with the `x` of a JWK; return its parameters, with what it covers as
    `covered`. Raises InvalidSignature."""
    member = _MEMBER.fullmatch(fields["signature-input"])
    assert member
    covered = member["covered"].split(" ")
    lines = [f"{component}: {_value(component, fields)}" for component in covered]
    base = "\n".join([*lines, f'"@signature-params": {member["params"]}'])
    label, _, value = fields["signature"].partition("=")
    assert label == member["label"]
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "="))
    key.verify(base64.b64decode(value.removeprefix(":").removesuffix(":")), base.encode("ascii"))
    params = {name: text or int(number) for name, text, number in _PARAM.findall(member["rest"])}
    return params | {"label": label, "covered": covered}


def _value(component: str, fields: Mapping[str, str]) -> str:
    name, _, key = component.partition(";key=")
    whole = fields[name.strip('"')]
    if not key:
        return whole
    (value,) = re.findall(rf"(?:^|, ?){re.escape(key.strip(chr(34)))}=([^,]+)", whole)
    return str(value)
