"""Sign a WACZ file, and check one: every member against its hash, and the signature against who should have signed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

from archive.files.errors import ArchiveError, cannot_read
from archive.files.keys import SigningKey
from archive.files.schema import Count, parse_json
from archive.files.schema import check as check_schema
from archive.files.signatures import Signed, check_signature, sign
from archive.maintain.findings import Finding

PACKAGE, DIGEST = "datapackage.json", "datapackage-digest.json"
"""The list of the members with their hashes, and what has its hash and the signature (WACZ 1.1.1 §5.2)."""
JWS = "jws"
"""Our member of DIGEST. `signedData` of WACZ Auth 0.1.0 is for ECDSA keys, and viewers read it so."""
WACZ_AUTH = "signedData"
MAX_PACKAGE = 64 << 20
"""Most bytes of PACKAGE: 150 for each WARC file, so 400,000 of them."""
_STEP = 1 << 20
_AGAIN = "get the file again, or pack it again"


class _Resource(TypedDict):
    path: str
    hash: str
    bytes: Count


class _Package(TypedDict):
    resources: list[_Resource]


def sign_wacz(path: Path, key: SigningKey, created: datetime) -> None:
    """Add a signature over the list of its members to a WACZ file that py-wacz has just written.

    Raises ArchiveError where it is no such file.
    """
    with zipfile.ZipFile(path, "a") as packed:
        info = packed.getinfo(DIGEST)
        if any(other.header_offset > info.header_offset for other in packed.infolist()):
            raise ArchiveError(f"{path}: {DIGEST} is not its last member: report this, with the version of py-wacz")
        digest = json.loads(packed.read(info))
        digest[JWS] = sign(packed.read(PACKAGE), key, created)
        # the last member is written again: nothing else of the file moves
        packed.filelist.remove(info)
        del packed.NameToInfo[DIGEST]
        packed.start_dir = info.header_offset
        again = zipfile.ZipInfo(DIGEST, info.date_time)
        again.compress_type = info.compress_type
        packed.writestr(again, json.dumps(digest, indent=2))


class WaczCheck:
    """Checks a WACZ file. Afterwards `signed` tells who signed it, and `members` how many it has."""

    def __init__(self, path: Path, wanted: Collection[str] = ()) -> None:
        """*wanted*: the ids of the keys of which one must have signed."""
        self.signed = Signed()
        self.members = 0
        self.has_wacz_auth = False
        """Whether it has a signature of WACZ Auth, which is not checked."""
        self._path, self._wanted = path, wanted

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the file. Raises ArchiveError where it cannot be opened."""
        try:
            with zipfile.ZipFile(self._path) as packed:
                yield from self._check(packed)
        except OSError as error:
            raise cannot_read(self._path, error) from error
        # what zipfile raises where a file is damaged, or packed in a way that it does not know
        except (zipfile.BadZipFile, ValueError, RuntimeError, EOFError) as error:
            yield self._finding(f"is no whole ZIP file ({error}): {_AGAIN}")

    def _check(self, packed: zipfile.ZipFile) -> Iterator[Finding]:
        names = [info.filename for info in packed.infolist() if not info.is_dir()]
        self.members = len(names)
        if len(set(names)) < len(names):
            yield self._finding(f"has two members of one name, of which programs read one or the other: {_AGAIN}")
        try:
            data = self._read(packed, PACKAGE)
            package: Any = parse_json(data, f"{self._path}: {PACKAGE}", _AGAIN)
            check_schema(package, _Package, f"{self._path}: {PACKAGE}", _AGAIN)
            digest = (
                parse_json(self._read(packed, DIGEST), f"{self._path}: {DIGEST}", _AGAIN) if DIGEST in names else {}
            )
        except ArchiveError as error:
            yield self._finding(str(error).removeprefix(f"{self._path}: "))
            return
        digest = digest if isinstance(digest, dict) else {}
        self.has_wacz_auth = WACZ_AUTH in digest
        if digest and digest.get("hash") != f"sha256:{hashlib.sha256(data).hexdigest()}":
            yield self._finding(f"{PACKAGE}: its hash is not that of {DIGEST}: {_AGAIN}")
        self.signed = check_signature(data, digest.get(JWS), self._wanted)
        if self.signed.problem:
            yield self._finding(self.signed.problem)
        listed = {resource["path"]: resource for resource in package["resources"]}
        for name in sorted({*names, *listed} - {PACKAGE, DIGEST}):
            if problem := self._member(packed, name, listed.get(name)):
                yield self._finding(f"{name}: {problem}: {_AGAIN}")

    def _member(self, packed: zipfile.ZipFile, name: str, listed: _Resource | None) -> str:
        """Return what is wrong with a member, empty where nothing is."""
        if listed is None:
            return f"is not listed in {PACKAGE}"
        if name not in packed.NameToInfo:
            return f"is listed in {PACKAGE}, but gone"
        kind, _, value = listed["hash"].partition(":")
        if kind != "sha256":
            return f"is listed with the hash {kind}, which is not read"
        if packed.getinfo(name).file_size != listed["bytes"]:
            return "its size is not the listed one"
        digest = hashlib.sha256()
        try:
            with packed.open(name) as member:
                while data := member.read(_STEP):
                    digest.update(data)
        # zlib.error and lzma's have no class in common
        except Exception as error:
            return f"cannot be unpacked ({error})"
        return "" if digest.hexdigest() == value else "its hash is not the listed one"

    def _read(self, packed: zipfile.ZipFile, name: str) -> bytes:
        if name not in packed.NameToInfo:
            raise ArchiveError(f"{self._path}: {name} is missing: {_AGAIN}")
        if packed.getinfo(name).file_size > MAX_PACKAGE:
            raise ArchiveError(f"{self._path}: {name} has more than {MAX_PACKAGE >> 20} MB: {_AGAIN}")
        try:
            return packed.read(name)
        except Exception as error:
            raise ArchiveError(f"{self._path}: {name} cannot be unpacked ({error}): {_AGAIN}") from error

    def _finding(self, problem: str) -> Finding:
        return Finding(str(self._path), None, None, problem)
