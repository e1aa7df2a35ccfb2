"""Small pictures of every format, made on the spot, and pieces to spoil them with."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from PIL import Image

from limner.domain.picture import Picture, PictureFile
from limner.domain.request import Operation

FORMATS = ("png", "jpeg", "webp", "avif")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def painting(width: int = 48, height: int = 32, mode: str = "RGB") -> Image.Image:
    """A picture in which neighbouring pixels differ a little and far ones much."""
    across = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    rings = Image.radial_gradient("L").resize((width, height))
    picture = Image.merge("RGB", (across, down, rings))
    if mode == "RGBA":
        picture.putalpha(rings)
        return picture
    return picture.convert(mode)


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def sample(format: str, width: int = 48, height: int = 32, mode: str = "RGB") -> bytes:
    return saved(painting(width, height, mode), format)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that would fill memory when decoded."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def animation(frames: int, format: str = "gif") -> bytes:
    stills = [Image.new("RGB", (8, 8), (n * 37 % 256, n * 91 % 256, n * 151 % 256)) for n in range(frames)]
    options = {"lossless": True} if format == "webp" else {}
    return saved(stills[0], format, save_all=True, append_images=stills[1:], duration=20, **options)


def turned(format: str, orientation: int, width: int = 48, height: int = 32) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(painting(width, height), format, exif=exif.tobytes())


def kept(original: PictureFile, **changes: Any) -> Picture:
    """A picture of OpenAI's whose shown file is the original unless `changes` say otherwise."""
    picture = Picture(
        id="01941f29-7c00-7aaa-8bbb-0123456789ab",
        owner="local",
        job_id="job",
        call_id="call",
        number=0,
        project="default",
        operation=Operation.GENERATE,
        prompt="a lighthouse at dusk",
        model="openai/gpt-image-2",
        created=NOON,
        original=original,
        file=original,
        recipe={"request": {"prompt": "a lighthouse at dusk"}, "versions": {"limner": "0.1.0"}},
    )
    return replace(picture, **changes)
