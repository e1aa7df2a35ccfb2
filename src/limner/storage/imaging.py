"""Work on pixels, in threads of its own: a few pictures at once, however many are asked for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TypeVar

from PIL.Image import Image

from limner.domain.call import Landed
from limner.domain.errors import InvalidRequest
from limner.domain.model_card import MaskKind
from limner.domain.picture import PictureFile
from limner.domain.ports import Prepared
from limner.domain.request import Margins, Size
from limner.storage import canvas, masks
from limner.storage.kinds import FORMATS
from limner.storage.pixels import Pixels, colours_of, decode, encode, tone_of
from limner.storage.probe import PAINTED, THE_FILE, Found, Limits, inspect
from limner.storage.shape import FileBytes

Result = TypeVar("Result")

MASK = "The mask"
SMALL = 64
"""Edge from which a colour can be told."""


class PillowImaging:
    """The `Imaging` port. `close()` it when done.

    Every method inspects a file before decoding it, so that no limit is passed; what is no safe picture is BadPicture.
    """

    def __init__(self, *, limits: Limits = PAINTED, at_once: int = 2) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="limner-pixels")

    def close(self) -> None:
        """Lets the threads end; what has not begun is not done any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def probe(
        self, data: bytes, *, landed: Landed | None = None, limits: Limits | None = None, name: str = THE_FILE
    ) -> PictureFile:
        """Type and size, from a walk through the whole file that decodes nothing: 0.3 ms a megabyte.

        Cut files, wrong PNG checksums, too many pixels, bytes or frames are refused; that the pixels can be decoded is
        not promised. `landed` saves hashing a file again that the object store has; `limits` may be stricter.
        """
        return await self._run(self._probe, data, landed, limits or self._limits, name)

    def described(self, data: FileBytes, landed: Landed) -> PictureFile:
        """What `probe` says of a file that has just landed, without the checksums of a PNG's large chunks. Blocks.

        For 1 MB that takes 0.01 to 0.1 ms, and no thread of this class.
        """
        return file_of(data, inspect(data, self._limits, checksums=False), landed)

    async def check(
        self, data: bytes, *, limits: Limits | None = None, name: str = THE_FILE, decode: bool = False
    ) -> Found:
        """What `probe` checks, without hashing; with `decode` it is also proved that every pixel can be decoded."""
        return await self._run(self._check, data, limits or self._limits, name, decode)

    async def examine(self, data: bytes) -> tuple[PictureFile, str]:
        """What `probe` says and, from decoding every byte of it once, the dominant tone as #rrggbb.

        This proves that the picture can be decoded; it costs what decoding costs, 17 ms for 1024x1024 in PNG.
        """
        return await self._run(self._examine, data)

    async def tone(self, data: bytes) -> str:
        """The dominant tone as #rrggbb; cheapest from a thumbnail."""
        return await self._run(lambda: tone_of(self._decode(data, least=SMALL).image))

    async def colours(self, data: bytes) -> Sequence[str]:
        """Up to five colours as #rrggbb, the largest share first; none where all is transparent."""
        return await self._run(lambda: colours_of(self._decode(data, least=SMALL).image))

    async def to_mask(self, data: bytes, size: Size, feather: int = 0) -> bytes:
        """The canonical mask: 8-bit grey PNG, white = change. Where anything is transparent, that means change.

        Its edges fade over so many pixels as `feather` says.
        """

        def made() -> bytes:
            hard = masks.canonical(self._decode(data, name=MASK).image, size, MASK)
            return masks.as_png(masks.feathered(hard, feather, MASK))

        return await self._run(made)

    async def mask_for(self, mask: bytes, kind: MaskKind) -> bytes:
        """A canonical mask in a service's own convention. Raises InvalidRequest for MaskKind.NONE."""
        return await self._run(
            lambda: masks.as_png(masks.in_convention(self._decode(mask, name=MASK).image.convert("L"), kind))
        )

    async def extend(self, source: bytes, margins: Margins, limit: Size | None) -> Prepared:
        """The source on a transparent canvas grown by `margins`, made smaller to fit into `limit` where it is given."""
        return await self._run(self._extend, source, margins, limit)

    async def protect(self, source: bytes, painted: bytes, mask: bytes) -> tuple[bytes, float]:
        """The painted picture as PNG in the source's size, with the source's very pixels wherever the mask is black.

        The share, 0 to 1, says how many of those were not exactly the same; at 0 nothing had to be put back.
        """
        return await self._run(self._protect, source, painted, mask)

    async def changed_outside(self, source: bytes, painted: bytes, mask: bytes) -> float:
        """The share of pixels outside the mask that the service changed, 0 to 1.

        What lossy formats do to every pixel is not counted: a change is more than 8 of 255 in some channel.
        """
        return await self._run(self._changed, source, painted, mask)

    async def resample(self, data: bytes, size: Size) -> bytes:
        """The picture at exactly this size, stretched where the shape differs, as PNG. Raises InvalidRequest."""
        return await self._run(self._resample, data, size)

    async def convert(self, data: bytes, format: str, width: int | None = None) -> bytes:
        """The picture as png, jpeg, webp or avif, at exactly `width` pixels where one is given, larger or smaller.

        The first frame, turned the right way up, with its colour profile and no other metadata; transparent parts of a
        jpeg become white. Raises InvalidRequest for other formats and impossible widths.
        """
        return await self._run(self._convert, data, format, width)

    async def upright(self, data: bytes) -> bytes:
        """The same bytes, or a turned copy where the file only says that it should be shown turned.

        For services and masks alike pixels then lie where people see them.
        """
        return await self._run(self._upright, data)

    async def thumbnail(self, data: bytes, edge: int) -> tuple[bytes, str]:
        """A WebP that fits into a square of `edge` pixels, and the dominant tone, which costs nothing more here."""
        return await self._run(self._thumbnail, data, edge)

    async def _run(self, work: Callable[..., Result], *given: object) -> Result:
        """Does it in a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))

    def _decode(self, data: bytes, *, name: str = THE_FILE, least: int | None = None) -> Pixels:
        return decode(data, inspect(data, self._limits, name), name=name, least=least)

    def _check(self, data: bytes, limits: Limits, name: str, decoding: bool) -> Found:
        found = inspect(data, limits, name)
        if decoding:
            decode(data, found, name=name, least=SMALL)
        return found

    def _probe(self, data: bytes, landed: Landed | None, limits: Limits, name: str) -> PictureFile:
        return file_of(data, inspect(data, limits, name), landed)

    def _examine(self, data: bytes) -> tuple[PictureFile, str]:
        found = inspect(data, self._limits)
        return file_of(data, found), tone_of(decode(data, found, least=SMALL).image)

    def _extend(self, source: bytes, margins: Margins, limit: Size | None) -> Prepared:
        pixels = self._decode(source)
        sheet, mask = canvas.grown(pixels.image, margins, limit, self._limits)
        return Prepared(
            canvas=encode(replace(pixels, image=sheet), "png"), mask=masks.as_png(mask), size=Size(*sheet.size)
        )

    def _mask(self, mask: bytes, source: Pixels) -> Image:
        return masks.canonical(self._decode(mask, name=MASK).image, Size(*source.image.size), MASK)

    def _protect(self, source: bytes, painted: bytes, mask: bytes) -> tuple[bytes, float]:
        pixels = self._decode(source)
        image, share = masks.put_back(pixels.image, self._decode(painted).image, self._mask(mask, pixels))
        return encode(replace(pixels, image=image), "png"), share

    def _changed(self, source: bytes, painted: bytes, mask: bytes) -> float:
        pixels = self._decode(source)
        return masks.changed(pixels.image, self._decode(painted).image, self._mask(mask, pixels))

    def _resample(self, data: bytes, size: Size) -> bytes:
        return encode(canvas.at_size(self._decode(data), size.width, size.height, self._limits, "size"), "png")

    def _convert(self, data: bytes, format: str, width: int | None) -> bytes:
        wanted = {"jpg": "jpeg"}.get(format.lower(), format.lower())
        if wanted not in FORMATS or wanted == "gif":
            raise InvalidRequest(f"{format!r} is no format for a copy. Use png, jpeg, webp or avif.", field="format")
        pixels = self._decode(data)
        return encode(pixels if width is None else canvas.at_width(pixels, width, self._limits), wanted)

    def _upright(self, data: bytes) -> bytes:
        found = inspect(data, self._limits)
        if found.shape.orientation == 1:
            return data
        format = found.media_type.removeprefix("image/")
        return encode(decode(data, found), "png" if format == "gif" else format)

    def _thumbnail(self, data: bytes, edge: int) -> tuple[bytes, str]:
        small = canvas.within(self._decode(data, least=edge), edge)
        return canvas.as_thumbnail(small), tone_of(small.image)


def file_of(data: FileBytes, found: Found, landed: Landed | None = None) -> PictureFile:
    """An inspected file as the rest of Limner knows it."""
    return PictureFile(
        digest=landed.digest if landed else hashlib.sha256(data).hexdigest(),
        media_type=found.media_type,
        width=found.width,
        height=found.height,
        size=len(data),
    )
