"""Takes pictures out of a JSON text while it streams in, so that none is ever held whole.

{"created": 1, "data": [{"b64_json": "iVBORw0KGgo..."}]}
{"created": 1, "data": [{"b64_json": "landed:0"}]}          what is left to parse

A key may also have a list of pictures: {"images": ["iVBORw0KGgo...", "iVBORw0KGgo..."]}.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from enum import Enum

SPACE = 16
"""White space allowed on either side of the colon; services write none or one."""
PLACE = "landed:"
AGAIN = re.compile(rb'\s{0,%d},\s{0,%d}"' % (SPACE, SPACE))
"""Between two pictures of a list."""
AGAIN_LENGTH = 2 * SPACE + 2
ENDED = re.compile(rb"[^\s,]")
"""What says that a list does not go on, or where its next picture begins."""


class BadAnswer(Exception):
    """An answer that cannot be used; the words say why."""


class Mark(Enum):
    """The ends of a picture within what `JsonSplitter.feed` yields."""

    BEGIN = "begin"
    END = "end"


class JsonSplitter:
    """Cuts the string values of some keys out of one JSON text; `rest` is the text with places in their stead.

    A key written with escapes is not recognised: its value stays in the rest, under the limit for that.
    """

    def __init__(self, keys: Collection[str], rest_limit: int) -> None:
        names = b"|".join(re.escape(key.encode()) for key in sorted(keys))
        opening = rb'"(?:%s)"\s{0,%d}:\s{0,%d}(\[\s{0,%d})?"' % (names, SPACE, SPACE, SPACE)
        self._opening = re.compile(opening) if keys else None
        self._longest = max((len(key.encode()) for key in keys), default=0) + 3 * SPACE + 5
        self._rest_limit = rest_limit
        self._rest = bytearray()
        self._tail = b""
        self._inside = False
        self._in_list = False
        self.count = 0
        """How many pictures have begun."""

    @property
    def rest(self) -> bytes:
        """The text outside the pictures, up to what has been fed."""
        return bytes(self._rest) + self._tail

    @property
    def inside(self) -> bool:
        """Whether a picture has begun and not ended."""
        return self._inside

    def feed(self, chunk: bytes) -> Iterator[bytes | Mark]:
        """The parts of pictures in the next piece of the text, as written there, between marks."""
        position = 0
        if not self._inside:
            chunk, self._tail = self._tail + chunk, b""
        while position < len(chunk):
            if not self._inside:
                position = self._outside(chunk, position)
                if not self._inside:
                    return
                yield Mark.BEGIN
            end = chunk.find(b'"', position)
            piece = chunk[position:] if end < 0 else chunk[position:end]
            if piece:
                yield piece
            if end < 0:
                return
            self._inside = False
            position = end + 1
            yield Mark.END

    def _outside(self, chunk: bytes, position: int) -> int:
        """Moves text to the rest up to the next picture; where the picture begins."""
        if self._in_list and len(chunk) - position < AGAIN_LENGTH and not ENDED.search(chunk, position):
            self._tail = chunk[position:]  # too little to tell whether the list goes on
            return len(chunk)
        found = AGAIN.match(chunk, position) if self._in_list else None
        if found is None:
            found = self._find(chunk, position)
            self._in_list = found is not None and found[1] is not None
        if found is None:
            cut = max(position, len(chunk) - self._longest)
            self._keep(chunk[position:cut])
            self._tail = chunk[cut:]
            return len(chunk)
        self._keep(chunk[position : found.end()] + f'{PLACE}{self.count}"'.encode())
        self.count += 1
        self._inside = True
        return found.end()

    def _find(self, chunk: bytes, position: int) -> re.Match[bytes] | None:
        if self._opening is None:
            return None
        found = self._opening.search(chunk, position)
        while found is not None and is_escaped(chunk, found.start()):
            found = self._opening.search(chunk, found.start() + 1)
        return found

    def _keep(self, text: bytes) -> None:
        self._rest += text
        if len(self._rest) > self._rest_limit:
            raise BadAnswer(f"The answer holds more than {self._rest_limit} bytes beside its pictures.")


def is_escaped(text: bytes, place: int) -> bool:
    """Whether an odd number of backslashes stands before a quote, which is then part of a string."""
    before = text[:place]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1
