"""Many pictures as one ZIP file, made while it is sent: nothing of it is held but the piece under way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from limner.domain.errors import LimnerError
from limner.domain.picture import Picture
from limner.storage.library import Delivery, Library

MISSING = "missing.txt"
"""Says which pictures could not be put in, and why."""
EARLIEST = 1980
"""The first year that a ZIP file can name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be in it."""

    format: str | None = None
    """png, jpeg, webp or avif; each picture's own where None."""
    original: bool = False
    """The bytes as the services delivered them, rather than signed copies."""
    recipes: bool = False
    """Beside each picture a JSON file that says how it was made."""


class _Sink(io.RawIOBase):
    """Takes what is written until it is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """It is for writing alone."""
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]  # any buffer will do
        """Keeps a piece."""
        self._parts.append(bytes(data))
        return len(data)

    def fetch(self) -> bytes:
        """All that was written since the last time."""
        found, self._parts = b"".join(self._parts), []
        return found


async def zipped(library: Library, pictures: Sequence[Picture], wish: Wish) -> AsyncIterator[bytes]:
    """The pieces of the file. A picture whose file cannot be read is left out, and `missing.txt` says so.

    Pictures are stored as they are: they are compressed already.
    """
    sink, taken, missing = _Sink(), set[str](), list[str]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for picture in pictures:
            try:
                delivery = await library.file(picture, format=wish.format, original=wish.original)
                name = _free(delivery.filename, taken)
                async for piece in _entry(archive, sink, picture, delivery, name):
                    yield piece
            except LimnerError as error:
                missing.append(f"{picture.id}: {error.message}")
                continue
            if wish.recipes:
                _text(archive, f"{PurePath(name).stem}.json", json.dumps(dict(picture.recipe), indent=2, default=str))
        if missing:
            _text(archive, MISSING, "\n".join(missing) + "\n")
    yield sink.fetch()


async def _entry(
    archive: zipfile.ZipFile, sink: _Sink, picture: Picture, delivery: Delivery, name: str
) -> AsyncIterator[bytes]:
    made = picture.created
    info = zipfile.ZipInfo(name, date_time=(max(made.year, EARLIEST), *made.timetuple()[1:6]))
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as entry:
        async for chunk in delivery.chunks():
            entry.write(chunk)
            yield sink.fetch()


def _text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(name, text, compress_type=zipfile.ZIP_DEFLATED)


def _free(name: str, taken: set[str]) -> str:
    """A name that no file before has, whatever the case."""
    path, number = PurePath(name), 1
    while name.lower() in taken or name.lower() == MISSING:
        number += 1
        name = f"{path.stem}-{number}{path.suffix}"
    taken.add(name.lower())
    return name
