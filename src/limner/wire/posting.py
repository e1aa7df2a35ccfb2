"""Messages to addresses that people gave: signed, sent once, and never further than the guard allows."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import aiohttp

from limner.domain.errors import InvalidRequest
from limner.domain.webhooks import Answered, Errand
from limner.wire.client import Parcel, Wire
from limner.wire.failures import TROUBLE, Sending, words_of
from limner.wire.redact import Redactor
from limner.wire.webhooks import signature

MOST_READ = 1 << 16
"""Bytes of an answer that are read; nothing in it is used, and a connection whose answer was read can be kept."""


UNSIGNED = (
    "The webhook's secret was sealed under another LIMNER_SECRET_KEY, so nothing can be signed. Set that secret again, "
    "or add the webhook anew."
)


class WirePosts:
    """The `Posts` of `domain.webhooks`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def check(self, url: str) -> None:
        """Raises InvalidRequest for an address that nothing may be sent to."""
        await self._wire.guard.check(url)

    async def post(self, errand: Errand, body: bytes, *, at: datetime, deadline: float) -> Answered:
        """Sends a message once, signed; whatever goes wrong is in the answer. `deadline` is in seconds for all of it.

        A redirect is an answer like any other that is no success: it is not followed.
        """
        if errand.secret is None:
            return Answered(problem=UNSIGNED)
        try:
            async with asyncio.timeout(deadline):
                url = await self._wire.guard.check(errand.url)
                parcel = Parcel(method="POST", url=url, headers=_headers(errand.id, errand.secret, body, at), body=body)
                async with self._wire.open(parcel, Sending()) as got:
                    await _drain(got)
                    return Answered(status=got.status, problem=_objection(got.status))
        except InvalidRequest as error:
            return Answered(problem=error.message)
        except TimeoutError:
            return Answered(problem=f"The target did not answer within {deadline:g} seconds.")
        except TROUBLE as error:
            said = Redactor([errand.secret])(words_of(error))
            return Answered(problem=f"The target cannot be reached{f': {said}' if said else ''}.")


def _headers(errand_id: str, secret: str, body: bytes, at: datetime) -> Mapping[str, str]:
    """What standardwebhooks.com asks for. The moment is that of this try, so that a receiver may refuse old ones."""
    sent = int(at.timestamp())
    return {
        "Content-Type": "application/json",
        "webhook-id": errand_id,
        "webhook-timestamp": str(sent),
        "webhook-signature": signature(errand_id, sent, body, secret),
    }


async def _drain(got: aiohttp.ClientResponse) -> None:
    """Reads an answer, as far as that is worth it. Its status has come already, so what is wrong with the rest is not
    looked at.
    """
    left = MOST_READ
    try:
        async for chunk in got.content.iter_any():
            left -= len(chunk)
            if left < 0:
                got.close()
                return
    except aiohttp.ClientPayloadError:
        return


def _objection(status: int) -> str:
    """What is wrong with an answer; nothing for a success."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"The target sends elsewhere ({status}); redirects are not followed."
    return f"The target answered {status}."
