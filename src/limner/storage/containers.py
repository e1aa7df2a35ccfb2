"""Walks through WebP and AVIF files without decoding a pixel: size, frames, and whether the file is whole."""

from __future__ import annotations

from collections.abc import Iterator

from limner.storage.shape import CUT, DAMAGED, PARTS, UNUSUAL, FileBytes, Flawed, Shape, orientation_of

_TURNS = (1, 8, 3, 6)
"""Quarter turns against the clock, as EXIF counts orientations."""


def webp(data: FileBytes) -> Shape:
    """A WebP: every chunk within the length that its head states. Raises Flawed."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if len(data) < end:
        raise Flawed(CUT)
    canvas: tuple[int, int] | None = None
    pictures: list[tuple[int, int]] = []
    turned = 1
    for kind, body, stop in _chunks(data, 12, end):
        if kind == b"VP8X":
            width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (body + 4, body + 7))
            canvas = (width, height)
        elif kind == b"EXIF":
            turned = orientation_of(data[body:stop])
        else:
            pictures += _stills(data, kind, body, stop)
    if not pictures:
        raise Flawed(DAMAGED)
    width, height = canvas or pictures[0]
    if any(wide > width or high > height for wide, high in pictures):
        raise Flawed(DAMAGED)
    return Shape(width=width, height=height, frames=len(pictures), orientation=turned)


def _stills(data: FileBytes, kind: bytes, body: int, stop: int) -> list[tuple[int, int]]:
    """Sizes of the stills in a chunk: one in a picture, one in each frame of an animation, none in others."""
    if kind in (b"VP8 ", b"VP8L"):
        return [_frame(kind, data[body : min(stop, body + 10)])]
    if kind == b"ANMF":
        return [size for part in _chunks(data, body + 16, stop) for size in _stills(data, *part) if part[0] != b"ANMF"]
    return []


def _chunks(data: FileBytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each chunk between two places."""
    for _ in range(PARTS):
        if at + 8 > end:
            return
        body = at + 8
        stop = body + int.from_bytes(data[at + 4 : body], "little")
        if stop > end:
            raise Flawed(CUT)
        yield data[at : at + 4], body, stop
        at = stop + stop % 2
    raise Flawed(UNUSUAL)


def _frame(kind: bytes, head: bytes) -> tuple[int, int]:
    """Width and height in the first ten bytes of a still."""
    if kind == b"VP8 " and head[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and head[:1] == b"\x2f":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise Flawed(DAMAGED)


def avif(data: FileBytes) -> Shape:
    """An AVIF: every box within the file, and the largest picture its table of contents names. Raises Flawed."""
    sizes: list[tuple[int, int]] = []
    turned = frames = 1
    seen: set[bytes] = set()
    for kind, body, stop in _boxes(data, 0, len(data), {b"meta", b"mdat"}):
        seen.add(kind)
        if kind == b"meta":
            properties = list(_properties(data, body, stop))
            sizes += [(_number(data, at + 4), _number(data, at + 8)) for name, at in properties if name == b"ispe"]
            turned = next((_TURNS[data[at] & 3] for name, at in properties if name == b"irot"), turned)
        elif kind == b"moov":
            frames = max(frames, _frames(data, body, stop))
    if not {b"meta", b"mdat"} <= seen:
        raise Flawed(CUT)
    if not sizes:
        raise Flawed(DAMAGED)
    # Tiles, thumbnails and the transparency have sizes of their own, none larger than the whole.
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Shape(width=width, height=height, frames=frames, orientation=turned)


def _number(data: FileBytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")


def _boxes(data: FileBytes, at: int, end: int, enough: set[bytes]) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each box; once `enough` have come, what is no box is trailing data."""
    wanted = set(enough)
    for _ in range(PARTS):
        if at == end:
            return
        head = 16 if _number(data, at) == 1 else 8
        size = int.from_bytes(data[at + 8 : at + 16], "big") if head == 16 else _number(data, at) or end - at
        if size < head or at + size > end:
            if enough and not wanted:
                return
            raise Flawed(CUT)
        kind = data[at + 4 : at + 8]
        wanted.discard(kind)
        yield kind, at + head, at + size
        at += size
    raise Flawed(UNUSUAL)


def _properties(data: FileBytes, body: int, stop: int) -> Iterator[tuple[bytes, int]]:
    """Name and start of the properties of all items: meta / iprp / ipco."""
    for kind, start, end in _boxes(data, body + 4, stop, set()):
        if kind == b"iprp":
            for inner, first, last in _boxes(data, start, end, set()):
                if inner == b"ipco":
                    yield from ((name, at) for name, at, close in _boxes(data, first, last, set()) if close > at)


def _frames(data: FileBytes, body: int, stop: int) -> int:
    """How many frames the longest track has, by its table of sample sizes."""
    most, at = 1, data.find(b"stsz", body, stop)
    while at >= 0:
        most = max(most, _number(data, at + 12))
        at = data.find(b"stsz", at + 4, stop)
    return most
