"""Small valid pictures, made in microseconds and each different."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

from PIL import Image

from limner.domain.request import Size

SIGNATURE = b"\x89PNG\r\n\x1a\n"


class PictureMaker:
    """Paints gradients of any size; the pixels of a size are compressed once, only the colours change."""

    def __init__(self) -> None:
        self._pixels: dict[Size, bytes] = {}

    def png(self, size: Size, number: int = 0, *, transparent: bool = False, length: int = 0) -> bytes:
        """Picture `number` of this size; `length` pads the file to that many bytes where it would be shorter."""
        header = struct.pack(">IIBBBBB", size.width, size.height, 8, 3, 0, 0, 0)
        head = SIGNATURE + chunk(b"IHDR", header) + chunk(b"PLTE", _palette(number))
        if transparent:
            head += chunk(b"tRNS", b"\x00")
        tail = chunk(b"IDAT", self._compressed(size)) + chunk(b"IEND", b"")
        missing = length - len(head) - len(tail) - 12
        return head + (chunk(b"paDd", _padding(number, missing)) if missing >= 0 else b"") + tail

    def picture(self, media: str, size: Size, number: int = 0, *, transparent: bool = False, length: int = 0) -> bytes:
        """Picture `number` as png, jpeg or webp; only png is padded."""
        png = self.png(size, number, transparent=transparent, length=length)
        if media == "png":
            return png
        out = io.BytesIO()
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        picture.save(out, media, method=0)  # for WebP: three times as fast as its default, which packs more tightly
        return out.getvalue()

    def _compressed(self, size: Size) -> bytes:
        if size not in self._pixels:
            rows = (b"\x00" + bytes([1 + y * 254 // size.height]) * size.width for y in range(size.height))
            self._pixels[size] = zlib.compress(b"".join(rows), 1)
        return self._pixels[size]


def chunk(kind: bytes, body: bytes) -> bytes:
    """One piece of a PNG file."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def alpha_mask(size: Size) -> bytes:
    """A PNG with alpha whose upper half is transparent: the part that changes, as OpenAI wants it."""
    picture = Image.new("RGBA", (size.width, size.height), (0, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, size.width, size.height // 2))
    out = io.BytesIO()
    picture.save(out, "png")
    return out.getvalue()


def grey_mask(size: Size) -> bytes:
    """The canonical mask: 8-bit grey PNG, white on the upper half."""
    picture = Image.new("L", (size.width, size.height), 0)
    picture.paste(255, (0, 0, size.width, size.height // 2))
    out = io.BytesIO()
    picture.save(out, "png")
    return out.getvalue()


def _palette(number: int) -> bytes:
    """256 colours from one tone to another; both come from the number."""
    ends = hashlib.sha256(str(number).encode()).digest()[:6]
    steps = (ends[channel] + (ends[channel + 3] - ends[channel]) * i // 255 for i in range(256) for channel in range(3))
    return bytes(steps)


def _padding(number: int, length: int) -> bytes:
    block = hashlib.sha512(str(number).encode()).digest()
    return (block * (length // len(block) + 1))[:length]
