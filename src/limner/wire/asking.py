"""A small JSON question to another server, asked once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import orjson

from limner.wire.client import Parcel, Wire
from limner.wire.failures import TROUBLE, Kind, Sending, kind_of

MOST_READ = 1 << 20
"""Bytes of an answer."""


class NoAnswer(Exception):
    """None came, or none that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """A status, and the JSON value of the body; None where the body is empty."""

    status: int
    body: object


async def asked(wire: Wire, parcel: Parcel, *, deadline: float) -> Told:
    """Sends a question and reads the whole answer within `deadline` seconds. Raises NoAnswer."""
    try:
        async with asyncio.timeout(deadline), wire.open(parcel, Sending()) as got:
            body = bytearray()
            async for chunk in got.content.iter_any():
                body += chunk
                if len(body) > MOST_READ:
                    got.close()
                    raise NoAnswer(f"the answer is larger than {MOST_READ:,} bytes")
            return Told(got.status, orjson.loads(body) if body else None)
    except orjson.JSONDecodeError as error:
        raise NoAnswer("the answer is not JSON") from error
    except TimeoutError as error:
        raise NoAnswer(f"no answer within {deadline:.3g} seconds") from error
    except TROUBLE as error:
        raise NoAnswer("nobody listens there" if kind_of(error) is Kind.NO_LINE else "the line was dropped") from error
