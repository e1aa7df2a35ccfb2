"""Fetches files: results that a service left somewhere, and addresses that users give."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from limner.domain.call import Landed
from limner.domain.errors import BadPicture, InvalidRequest
from limner.wire.client import Parcel, Wire
from limner.wire.failures import TROUBLE, Sending, words_of
from limner.wire.kinds import ENOUGH, picture_type
from limner.wire.landing import Landing
from limner.wire.split import BadAnswer

HOPS = 5
REDIRECTS = {301, 302, 303, 307, 308}
CHUNK = 1 << 18


class Missing(Exception):
    """The server answered, but not with the file."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the server answers with status {status}")
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """A file that was fetched and kept."""

    landed: Landed
    media_type: str
    """By content."""


async def fetch(
    wire: Wire,
    address: str,
    *,
    deadline: float,
    limit: int,
    from_service: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Fetched:
    """A picture from an address, checked at every redirect; `headers` go to that address only, no key goes with it.

    `limit` is in bytes, `deadline` in seconds for all hops together. Raises InvalidRequest for an address that may not
    be fetched, Missing, BadAnswer for what is no picture or too large, and what `failures.TROUBLE` names.
    """
    async with asyncio.timeout(deadline):
        url = await wire.guard.check(address, from_service=from_service)
        for _ in range(HOPS + 1):
            async with wire.open(Parcel(method="GET", url=url, headers=headers or {}), Sending()) as response:
                if response.status not in REDIRECTS:
                    return await _land(wire, response, limit)
                url, headers = _next_hop(url, response.headers.get("Location", "")), None
            url = await wire.guard.check(url, from_service=from_service)
    raise BadAnswer(f"The address leads on more than {HOPS} times.")


async def fetch_for_user(wire: Wire, address: str, *, deadline: float, limit: int) -> Fetched:
    """A picture from an address that somebody gave. Raises InvalidRequest or BadPicture with what to do."""
    try:
        return await fetch(wire, address, deadline=deadline, limit=limit)
    except BadAnswer as error:
        raise BadPicture(f"The address holds no picture that can be used. {error}", field="url") from error
    except (*TROUBLE, Missing) as error:
        reason = words_of(error) or f"nothing came within {deadline:g} seconds"
        raise InvalidRequest(f"The picture cannot be fetched: {reason}. Check the address.", field="url") from error


def _next_hop(url: URL, target: str) -> URL:
    try:
        return url.join(URL(target))
    except ValueError as error:
        raise BadAnswer("The address leads on to one that is none.") from error


async def _land(wire: Wire, response: aiohttp.ClientResponse, limit: int) -> Fetched:
    if response.status != 200:
        raise Missing(response.status)
    if (response.content_length or 0) > limit:
        raise BadAnswer(f"The picture is larger than {limit} bytes.")
    landing = Landing(await wire.intake.receive(), limit)
    try:
        media_type = await receive_picture(response.content, landing)
        return Fetched(landed=await landing.finish(), media_type=media_type)
    except BaseException:
        await landing.discard()
        raise


async def receive_picture(content: aiohttp.StreamReader, landing: Landing) -> str:
    """Takes in a whole body; its type by content. Raises BadAnswer where it is no picture."""
    head = b""
    kind: str | None = None
    async for chunk in content.iter_chunked(CHUNK):
        if kind is None and len(head) < ENOUGH:
            head += chunk[:ENOUGH]
            kind = picture_type(head)
            if kind is None and len(head) >= ENOUGH:
                break
        await landing.add(chunk)
    if kind is None:
        raise BadAnswer("What came is no picture.")
    return kind
