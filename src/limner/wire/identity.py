"""Asks issuers who somebody is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from limner.domain.errors import InvalidRequest
from limner.domain.identity import Claims, IssuerUnavailable
from limner.wire.client import Parcel, Wire
from limner.wire.failures import TROUBLE, Sending
from limner.wire.split import BadAnswer

DEADLINE = 10.0
"""Seconds for a whole question."""
MOST_READ = 1 << 18
"""Bytes of an answer."""
GOOGLE = "https://oauth2.googleapis.com/tokeninfo"
"""Source: https://developers.google.com/identity/protocols/oauth2, read 2026-11-28."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Accept": "application/json"}


class WireIssuer:
    """The `Issuer` of `domain.identity`. Issuers that are set may be on a private network; what they name may not."""

    def __init__(self, wire: Wire, variables: Mapping[str, str], *issuers: str | None) -> None:
        self._wire = wire
        self._google = variables.get("GOOGLE_TOKENINFO_URL") or GOOGLE
        wire.guard.trust(self._google)
        for place in (variables.get("SUPABASE_URL"), *issuers):
            with suppress(InvalidRequest, ValueError):  # whoever is to be asked there says what is wrong with it
                wire.guard.trust(place or "")

    async def google(self, token: str) -> Claims | None:
        """What Google says of an access token; None where it does not take it (400). Raises IssuerUnavailable."""
        url = URL(self._google).update_query(access_token=token)
        return await self._said(Parcel(method="GET", url=url), refusals=frozenset({400, 401}))

    async def document(self, address: str) -> Claims:
        """A document that an issuer publishes for everybody. Raises IssuerUnavailable."""
        parcel = Parcel(method="GET", url=await self._checked(address), headers=JSON)
        return await self._said(parcel, refusals=frozenset()) or {}

    async def redeem(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Claims | None:
        """What a token endpoint gives for a form; None where it refuses it (RFC 6749, section 5.2)."""
        body = urlencode(form).encode()
        url = await self._checked(address)
        parcel = Parcel(method="POST", url=url, headers={**JSON, **FORM, **headers}, body=body)
        return await self._said(parcel, refusals=frozenset({400, 401}))

    async def described(self, address: str, headers: Mapping[str, str]) -> Claims | None:
        """What an issuer tells those who come with a token of it; None where it does not take the token."""
        parcel = Parcel(method="GET", url=await self._checked(address), headers={**JSON, **headers})
        return await self._said(parcel, refusals=frozenset({400, 401, 403}))

    async def _checked(self, address: str) -> URL:
        try:
            return await self._wire.guard.check(address, from_service=True)
        except InvalidRequest as error:
            raise IssuerUnavailable(f"An address of the issuer cannot be used: {error.message}") from None

    async def _said(self, parcel: Parcel, *, refusals: frozenset[int]) -> Claims | None:
        """The JSON object of an answer; None for a refusal.

        No address is in an error, because a secret may be in it.
        """
        try:
            async with asyncio.timeout(DEADLINE), self._wire.open(parcel, Sending()) as got:
                found = orjson.loads(await _read(got)) if got.status == 200 else {}
        except (*TROUBLE, orjson.JSONDecodeError):
            raise IssuerUnavailable("Whoever signs you in cannot be asked now. Try again in a moment.") from None
        if got.status in refusals:
            return None
        if got.status != 200:
            said = f"Whoever signs you in answered {got.status} instead of saying who you are. Try again in a moment."
            raise IssuerUnavailable(said)
        return found if isinstance(found, dict) else {}


async def _read(got: aiohttp.ClientResponse) -> bytes:
    """The whole body of an answer, in however many pieces it comes. Raises BadAnswer for one that is too large."""
    pieces, left = [], MOST_READ
    async for piece in got.content.iter_any():
        left -= len(piece)
        if left < 0:
            raise BadAnswer("The answer is too large.")
        pieces.append(piece)
    return b"".join(pieces)
