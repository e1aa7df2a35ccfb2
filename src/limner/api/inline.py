"""Pictures inside JSON: their base64 is made while it is sent, so that no picture is ever held whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import pybase64

from limner.domain.picture import Picture
from limner.runtime import Runtime


@dataclass(frozen=True, kw_only=True, slots=True)
class Inline:
    """A file as base64 text."""

    size: int
    """Of the file, in bytes."""
    chunks: AsyncIterator[bytes]

    @property
    def length(self) -> int:
        """Of the text, in bytes."""
        return -(-self.size // 3) * 4

    async def text(self) -> AsyncIterator[bytes]:
        """The text, piece by piece; three bytes make four letters, so pieces are cut at threes."""
        rest = b""
        async for chunk in self.chunks:
            data = rest + chunk if rest else chunk
            whole = len(data) - len(data) % 3
            rest = bytes(data[whole:])
            if whole:
                yield pybase64.b64encode(memoryview(data)[:whole])
        if rest:
            yield pybase64.b64encode(rest)


async def inline(runtime: Runtime, picture: Picture) -> Inline:
    """A picture for an answer: a service's own bytes, whose manifest stays whole; what Limner made or changed, signed.

    Raises NotFound where the file is gone, StorageError where it cannot be read or signed.
    """
    algorithmic = runtime.catalog.service(picture.service).algorithmic
    untouched = picture.file.digest == picture.original.digest and not algorithmic
    delivery = await runtime.library.file(picture, original=untouched)
    return Inline(size=delivery.size, chunks=delivery.chunks())


Piece = bytes | Inline
"""A part of an answer: as it is, or a file yet to be read."""


def length_of(pieces: Sequence[Piece]) -> int:
    """How many bytes pieces come to."""
    return sum(piece.length if isinstance(piece, Inline) else len(piece) for piece in pieces)


async def written(pieces: Sequence[Piece]) -> AsyncIterator[bytes]:
    """All pieces, one after another."""
    for piece in pieces:
        if isinstance(piece, Inline):
            async for text in piece.text():
                yield text
        elif piece:
            yield piece
