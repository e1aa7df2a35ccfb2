"""Tokens that somebody else has signed (JWS, RFC 7515): whether their signature is good, and what they say."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from limner.domain.identity import Claims, Issuer, IssuerUnavailable
from limner.domain.ports import Clock

if TYPE_CHECKING:
    from joserfc.jws import JWSRegistry  # 170 ms, which is paid on first use

Jwk = Mapping[str, str]
"""A key as it is published (RFC 7517), as far as it is text."""
Header = Mapping[str, object]
Verify = Callable[[str, Sequence[Jwk]], Claims | None]

ALGORITHMS: Mapping[str, str] = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP", "HS256": "oct"}
"""What may sign, and the kind of key that it takes; never `none`."""
PUBLISHED = frozenset(ALGORITHMS) - {"HS256"}
"""Those whose keys may be published. A key that everybody knows verifies no HS256, or everybody could sign with it."""

LONGEST_TOKEN = 16_384
"""Characters."""
LEEWAY = 60.0
"""Seconds by which an issuer's clock may be ahead of ours."""

FRESH_FOR = 600.0
"""Seconds for which what an issuer publishes is believed without asking again: a key that it withdraws ends then."""
STALE_FOR = 3600.0
"""The same while the issuer cannot be asked."""
KEYS_AGAIN = 60.0
"""Seconds between two looks for a key that is not there: tokens that somebody invents are not to ask each time."""
TRIED_AGAIN = 10.0
"""The same between two tries to ask an issuer that is away."""


@dataclass(slots=True)
class _Known:
    """What an issuer has published at one address."""

    body: Claims | None = None
    at: float = float("-inf")
    failed: float = float("-inf")
    """When it could last not be asked."""


class Published:
    """Documents that issuers publish, as they were a while ago at most."""

    def __init__(self, issuer: Issuer, clock: Clock) -> None:
        self._issuer = issuer
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._turn = asyncio.Lock()

    async def read(self, address: str, *, within: float = FRESH_FOR) -> Claims:
        """A document, at most so many seconds old unless its issuer is away. Raises IssuerUnavailable."""
        async with self._turn:
            known, now = self._known.setdefault(address, _Known()), self._clock.monotonic()
            if known.body is not None and now - known.at < within:
                return known.body
            if now - known.failed >= TRIED_AGAIN:
                try:
                    known.body, known.at = await self._issuer.document(address), now
                    return known.body
                except IssuerUnavailable:
                    known.failed = now
            if known.body is None or now - known.at >= STALE_FOR:
                raise IssuerUnavailable("Whoever signs you in cannot be asked now. Try again in a moment.")
            return known.body


class Signatures:
    """Tells whether a token was signed by whom it should have been."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._verify: Verify | None = None

    async def by_published(self, token: str, address: str) -> Claims | None:
        """What a token says, where one of the keys at an address has signed it. Raises IssuerUnavailable.

        Where none fits, the keys are looked at anew: issuers change theirs.
        """
        verify = await self._loaded()
        if algorithm_of(token) not in PUBLISHED:
            return None
        found = verify(token, _keys(await self._published.read(address)))
        if found is not None:
            return found
        return verify(token, _keys(await self._published.read(address, within=KEYS_AGAIN)))

    async def by_secret(self, token: str, key: Jwk) -> Claims | None:
        """What a token says, where it was signed with a secret that the issuer and we share (HS256)."""
        verify = await self._loaded()
        return verify(token, [key]) if algorithm_of(token) == "HS256" else None

    async def _loaded(self) -> Verify:
        if self._verify is None:
            self._verify = await asyncio.to_thread(_load)
        return self._verify


def algorithm_of(token: str) -> str:
    """What a token says it is signed with; empty for what is no such token, or says something we do not take."""
    named = _header(token).get("alg")
    return named if isinstance(named, str) and named in ALGORITHMS else ""


def issuer_named_in(token: str) -> str:
    """Who a token says that it is from, which nobody has verified yet; empty where it does not say."""
    named = _part(token, 1).get("iss")
    return named if isinstance(named, str) else ""


def are_in_time(claims: Claims, now: datetime) -> bool:
    """Whether claims hold at a moment: they have to say until when, and from when they do not have to."""
    at, expires = now.timestamp(), _seconds(claims.get("exp"))
    begins = [_seconds(claims[name]) for name in ("iat", "nbf") if name in claims]
    return expires is not None and at < expires and all(each is not None and each <= at + LEEWAY for each in begins)


def audience_of(claims: Claims) -> tuple[str, ...]:
    """For whom claims are meant."""
    named = claims.get("aud")
    if isinstance(named, str):
        return (named,)
    return tuple(map(str, named)) if isinstance(named, list) else ()


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _header(token: str) -> Header:
    """The header of a token; empty where it has none that can be read."""
    return _part(token, 0)


def _part(token: str, number: int) -> Header:
    """One of the parts of a token that are JSON; empty where it cannot be read."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        return {}
    part = token.split(".")[number]
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _keys(document: Claims) -> Sequence[Jwk]:
    """The keys of a JWK set."""
    keys = document.get("keys")
    listed = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    return [{name: value for name, value in key.items() if isinstance(value, str)} for key in listed]


def _fits(key: Jwk, header: Header) -> bool:
    """Whether a key may have signed a token with this header."""
    kind = ALGORITHMS.get(str(header.get("alg")))
    same = "kid" not in header or key.get("kid") in (None, header["kid"])
    return key.get("kty") == kind and key.get("use", "sig") == "sig" and same


def jws_registry() -> JWSRegistry:
    """What signs and verifies with our algorithms alone, and without a word about any of them."""
    # Imported on first use: nobody needs it who signs in nowhere else.
    from joserfc import jwa, jws
    from joserfc.errors import JoseError

    class Registry(jws.JWSRegistry):
        """It would warn of the name EdDSA, which RFC 9864 would rather have gone and issuers go on using."""

        def get_alg(self, name: str) -> jwa.JWSAlgModel:
            found = self.algorithms.get(name) if name in ALGORITHMS else None
            if found is None:
                raise JoseError(name)
            return found

    return Registry(strict_check_header=False)


def _load() -> Verify:
    """What looks at signatures. Blocks for 170 ms when it is first called (joserfc 1.8, measured 2026-11-28)."""
    # Imported on first use, as above.
    from cryptography.exceptions import UnsupportedAlgorithm

    # The same.
    from joserfc import jwk, jws
    from joserfc.errors import JoseError

    registry = jws_registry()

    def verify(token: str, keys: Sequence[Jwk]) -> Claims | None:
        header = _header(token)
        for key in keys:
            if not _fits(key, header):
                continue
            try:
                signed = jws.deserialize_compact(token, jwk.import_key(dict(key)), registry=registry)
                claims = json.loads(signed.payload)
            except (JoseError, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
                continue  # another key, or nobody's signature
            if isinstance(claims, dict):
                return claims
        return None

    return verify
