"""Sign requests, so that a site can check whose crawl they are from: Web Bot Auth.

As draft-ietf-webbotauth-httpsig-protocol-00 says, with HTTP Message Signatures (RFC 9421).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

from archive import SigningKey, how_to_install
from scraper.urls import canonical, origin_of

VALID = timedelta(seconds=60)
"""How long a signature holds. It covers the authority and no path, so whoever sees one may send it with other requests
to the same site until then. A request goes out in the moment when it is signed, and may take 30 s; the rest is for
clocks that differ. The draft has 24 hours as the most (§5.2)."""
NONCE_BYTES = 32
"""Random bytes of a nonce: no two are the same."""
TAG = "web-bot-auth"
LABEL = "sig1"
COVERED = ("@authority", f'"signature-agent";key="{LABEL}"')
"""What the signature covers: the least that the draft allows (§5.2.1). A path that a proxy before the site rewrites
would make a true signature a false one."""
_ORIGIN = re.compile(r"https://[\w.:\[\]-]+/?", re.I)


class SigningError(RuntimeError):
    """Requests cannot be signed; the message is one line with the cause and what to do."""


def agent_origin(url: str) -> str:
    """Return the value of Signature-Agent: the https origin that serves the key directory. Raises ValueError for any
    other URL.

    >>> agent_origin("https://Bot.example.org/")
    'https://bot.example.org'
    """
    known = canonical(url) if _ORIGIN.fullmatch(url) else None
    if known is None:
        raise ValueError(f"{url!r} is no https address of a site: write https://bot.example.org, without a path")
    return origin_of(known)


class RequestSigner:
    """Signs requests with one key, in the name of one site. Raises SigningError where the extra `sign` is missing."""

    def __init__(
        self,
        key: SigningKey,
        agent: str,
        *,
        now: Callable[[], datetime],
        nonce: Callable[[], str] = lambda: secrets.token_urlsafe(NONCE_BYTES),
    ) -> None:
        try:
            from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
        except ImportError as error:
            raise SigningError(f"requests cannot be signed: {error}: {how_to_install('sign')}") from None
        self._agent = f'{LABEL}="{agent}"'
        self._keyid = key.public.keyid
        self._now, self._nonce = now, nonce
        keys = MappingKeyResolver(public_keys={}, private_keys={self._keyid: key.private})
        self._signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=keys)

    def headers(self, origin: str) -> dict[str, str]:
        """Return the headers that sign a request to *origin*, scheme and authority as the request has them."""
        headers = {"Signature-Agent": self._agent}
        request = SimpleNamespace(method="GET", url=f"{origin}/", headers=headers)
        created = self._now()
        self._signer.sign(
            request,
            key_id=self._keyid,
            created=created,
            expires=created + VALID,
            nonce=self._nonce(),
            label=LABEL,
            tag=TAG,
            # the key says it: an algorithm beside it could only contradict (RFC 9421 §3.2)
            include_alg=False,
            covered_component_ids=COVERED,
        )
        return headers
