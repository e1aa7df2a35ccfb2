"""Walks through PNG, JPEG and GIF files without decoding a pixel: size, frames, and whether the file is whole.

What follows the end of a picture is tolerated and never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from zlib import crc32

from limner.storage.shape import CUT, DAMAGED, PARTS, UNUSUAL, FileBytes, Flawed, Shape, orientation_of

SCANS = 100
"""Scans of a progressive JPEG; real ones have a dozen, and a few bytes of another cost a walk over every pixel."""

LARGE = 4096
"""Bytes from which a PNG's chunk, be it pixels or a signature, counts as large: its checksum costs 1 ms a megabyte."""

_PIXELS = frozenset({b"IDAT", b"fdAT"})
_EXIF = b"Exif\0\0"
_SCAN = re.compile(rb"\xff\xda")
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_AT_ONCE = frozenset({0xC0, 0xC1})
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def png(data: FileBytes, *, checksums: bool = True) -> Shape:
    """A PNG: every chunk with its checksum, up to IEND; those of pixels and large chunks only with `checksums`.

    Raises Flawed.
    """
    view = memoryview(data)
    width = height = 0
    frames, turned, drawn = 1, 1, False
    for kind, body, end in _chunks(view, checksums=checksums):
        if kind == b"IHDR":
            width, height = (
                int.from_bytes(view[body : body + 4], "big"),
                int.from_bytes(view[body + 4 : body + 8], "big"),
            )
        elif kind == b"acTL":
            frames = max(1, int.from_bytes(view[body : body + 4], "big"))
        elif kind == b"eXIf":
            turned = orientation_of(bytes(view[body:end]))
        drawn = drawn or kind == b"IDAT"
    if not drawn:
        raise Flawed(DAMAGED)
    return Shape(width=width, height=height, frames=frames, orientation=turned)


def _chunks(view: memoryview, *, checksums: bool) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk of a PNG up to IEND; the first one is IHDR."""
    at = 8
    for _ in range(PARTS):
        body, stop = at + 8, at + 8 + int.from_bytes(view[at : at + 4], "big")
        if len(view) < stop + 4:
            raise Flawed(CUT)
        kind = bytes(view[at + 4 : body])
        believed = not checksums and (kind in _PIXELS or stop - body >= LARGE)
        whole = believed or crc32(view[at + 4 : stop]) == int.from_bytes(view[stop : stop + 4], "big")
        if not whole or (kind == b"IHDR") != (at == 8):
            raise Flawed(DAMAGED)
        if kind == b"IEND":
            return
        yield kind, body, stop
        at = stop + 4
    raise Flawed(UNUSUAL)


def jpeg(data: FileBytes) -> Shape:
    """A JPEG: every segment up to the first scan, and the end mark after it. Raises Flawed."""
    width, height, turned, end, colours, several = 0, 0, 1, 2, b"", True
    for marker, body, end in _segments(data):
        if marker in _FRAME_HEADERS:
            height, width = (int.from_bytes(data[at : at + 2], "big") for at in (body + 1, body + 3))
            colours = data[body + 5 : body + 6] if marker in _AT_ONCE else b""
        elif marker == 0xDA:
            # Where the first scan holds all colours of a picture that is not progressive, decoders stop after it.
            several = data[body : body + 1] != colours
        elif marker == 0xE1 and data[body : body + len(_EXIF)] == _EXIF:
            turned = orientation_of(data[body:end])
    # Within a scan every FF is followed by a zero or a restart mark: what looks like the end mark is one.
    if data.rfind(b"\xff\xd9", end) < 0:
        raise Flawed(CUT)
    if several and len(_SCAN.findall(data, end)) > SCANS:
        raise Flawed(UNUSUAL)
    return Shape(width=width, height=height, orientation=turned)


def _segments(data: FileBytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment of a JPEG up to the head of its first scan."""
    at, marker = 2, 0
    for _ in range(PARTS):
        if marker == 0xDA:
            return
        at, marker = _next_marker(data, at)
        if marker in _NO_LENGTH:
            continue
        body, end = at + 2, at + int.from_bytes(data[at : at + 2], "big")
        if len(data) < max(body, end):
            raise Flawed(CUT)
        if end < body:
            raise Flawed(DAMAGED)
        yield marker, body, end
        at = end
    raise Flawed(UNUSUAL)


def _next_marker(data: FileBytes, at: int) -> tuple[int, int]:
    """The marker at a place, and where it ends; fill bytes may come before it."""
    if at >= len(data):
        raise Flawed(CUT)
    if data[at] != 0xFF:
        raise Flawed(DAMAGED)
    while at < len(data) and data[at] == 0xFF:
        at += 1
    if at >= len(data):
        raise Flawed(CUT)
    if data[at] in (0x00, 0xD8, 0xD9):
        raise Flawed(DAMAGED)
    return at + 1, data[at]


def gif(data: FileBytes) -> Shape:
    """A GIF: every block up to the trailer. Raises Flawed."""
    if len(data) < 13:
        raise Flawed(CUT)
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    at, frames = 13 + _table(data[10]), 0
    while True:
        kind = data[at : at + 1]
        if kind == b"\x3b":
            break
        if kind == b"\x21":
            at = _blocks(data, at + 2)
        elif kind == b"\x2c" and at + 10 < len(data):
            left, top, wide, high = (int.from_bytes(data[i : i + 2], "little") for i in range(at + 1, at + 9, 2))
            # A frame may reach beyond the canvas, and decoders make room for it.
            width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            at = _blocks(data, at + 11 + _table(data[at + 9]))
        else:
            raise Flawed(CUT if at + 10 >= len(data) else DAMAGED)
    if not frames:
        raise Flawed(DAMAGED)
    return Shape(width=width, height=height, frames=frames)


def _table(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: FileBytes, at: int) -> int:
    """The place after a row of data blocks."""
    while at < len(data):
        size = data[at]
        at += size + 1
        if not size:
            return at
    raise Flawed(CUT)
