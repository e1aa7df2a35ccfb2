"""One JSON text coming in: its pictures go to the intake, the rest is parsed when it is whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import orjson

from limner.domain.ports import Intake
from limner.wire.landing import Landings
from limner.wire.reply import Reply
from limner.wire.split import BadAnswer, JsonSplitter, Mark

MEGABYTE = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much a service may send, in bytes."""

    rest: int = 4 * MEGABYTE
    """Of an answer beside its pictures."""
    picture: int = 128 * MEGABYTE
    pictures: int = 32
    """How many in one answer."""
    error: int = 256_000
    """Of the body of a refusal."""


class Assembly:
    """Puts one answer together. Whoever makes it calls `reply` or `discard`."""

    def __init__(self, intake: Intake, keys: Collection[str], limits: Limits) -> None:
        self._splitter = JsonSplitter(keys, limits.rest)
        self._landings = Landings(intake, picture_limit=limits.picture, count_limit=limits.pictures)

    @property
    def rest(self) -> bytes:
        """The text so far, without its pictures."""
        return self._splitter.rest

    async def feed(self, chunk: bytes) -> None:
        """Takes the next piece, with borders anywhere. Raises BadAnswer over a limit."""
        for piece in self._splitter.feed(chunk):
            if piece is Mark.BEGIN:
                await self._landings.begin()
            elif piece is Mark.END:
                self._landings.end()
            else:
                await self._landings.add(piece)

    async def reply(self, *, forgiving: bool = False) -> Reply:
        """The whole answer; its pictures are kept.

        Raises BadAnswer where it is no JSON, and, unless `forgiving`, where none of its pictures can be read; and
        StorageError where none of them could be written down.
        """
        rest = self._splitter.rest
        try:
            value = orjson.loads(rest) if rest.strip() else None
            landed = await self._landings.keep(forgiving=forgiving)
        except orjson.JSONDecodeError as error:
            await self.discard()
            raise BadAnswer(f"The answer is no JSON: {error}.") from error
        except BaseException:
            await self.discard()
            raise
        unkept = self._landings.unkept
        return Reply(value, landed, unkept=None if unkept is None else unkept.message)

    async def discard(self) -> None:
        """Forgets all pictures."""
        await self._landings.discard()
