"""Asks issuers who somebody is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from yarl import URL

from limner.domain.identity import Claims, IssuerUnavailable
from limner.wire.client import Parcel, Wire
from limner.wire.failures import TROUBLE, Sending

DEADLINE = 10.0
"""Seconds for a whole question."""
MOST_READ = 1 << 18
"""Bytes of an answer."""
GOOGLE = "https://oauth2.googleapis.com/tokeninfo"
"""Source: https://developers.google.com/identity/protocols/oauth2, read 2026-11-28."""


class WireIssuer:
    """The `Issuer` of `domain.identity`."""

    def __init__(self, wire: Wire, variables: Mapping[str, str]) -> None:
        self._wire = wire
        self._google = variables.get("GOOGLE_TOKENINFO_URL") or GOOGLE
        wire.guard.trust(self._google)

    async def google(self, token: str) -> Claims | None:
        """What Google says of an access token; None where it does not take it (400). Raises IssuerUnavailable."""
        status, claims = await self._asked(URL(self._google).update_query(access_token=token))
        if status == 200:
            return claims
        if status in {400, 401}:
            return None
        raise IssuerUnavailable(f"Google answered {status} instead of saying who you are. Try again in a moment.")

    async def _asked(self, url: URL) -> tuple[int, Claims]:
        """The status and the JSON object of an answer; no address is in an error, because a secret is in it."""
        try:
            async with asyncio.timeout(DEADLINE), self._wire.open(Parcel(method="GET", url=url), Sending()) as got:
                body = await got.content.read(MOST_READ)
                found = orjson.loads(body) if body else {}
        except (*TROUBLE, orjson.JSONDecodeError):
            raise IssuerUnavailable("Google cannot be asked who you are now. Try again in a moment.") from None
        return got.status, found if isinstance(found, dict) else {}
