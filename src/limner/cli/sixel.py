"""Pictures as sixels, six rows of pixels at a time, for terminals that say they take them (VT340 and its heirs)."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

DEADLINE = 0.2
"""Seconds that a terminal has to say what it is; those that do not know the question stay silent."""
ATTRIBUTES = b"\x1b[c"
"""Primary device attributes: the answer names what the terminal can do, 4 being sixels (vt100.net, DA1)."""
ANSWER = re.compile(rb"\x1b\[\?([0-9;]+)c")
COLOURS = 128
"""Of the 256 that terminals have room for; more of them cannot be told apart at this size."""
CELL = (10, 20)
"""Pixels of a cell where the terminal does not tell: those of a VT340."""
BAND = 6
RUN = re.compile(rb"(.)\1{3,}", re.DOTALL)


@cache
def takes_sixels(output: int) -> bool:
    """Whether the terminal behind a file descriptor takes sixels; it is asked once, and only where it is a real one."""
    try:
        source = sys.stdin.fileno()
        # Whoever runs in the background may not touch the terminal: the system would stop it.
        ours = sys.platform != "win32" and os.isatty(output) and os.tcgetpgrp(source) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        return False
    return ours and b"4" in asked(source, output, time.monotonic() + DEADLINE)


def asked(source: int, output: int, until: float) -> list[bytes]:
    """What a terminal says it can do, by number; nothing where it stays silent or somebody is typing. Blocks."""
    said = b""
    with _without_echo(source):
        if select.select([source], [], [], 0)[0]:
            return []  # typed ahead, for whoever reads it next
        os.write(output, ATTRIBUTES)
        while not (found := ANSWER.search(said)):
            if not select.select([source], [], [], max(0.0, until - time.monotonic()))[0]:
                return []
            said += os.read(source, 256)
    return found[1].split(b";")


@contextmanager
def _without_echo(source: int) -> Iterator[None]:
    """The terminal's answer is neither shown nor waited for up to the end of a line."""
    import termios  # there is none on Windows
    import tty  # as above

    before = termios.tcgetattr(source)
    tty.setcbreak(source, termios.TCSANOW)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSANOW, before)


def cell_size(output: int) -> tuple[int, int]:
    """Width and height of a cell in pixels."""
    with suppress(ImportError, OSError, ValueError):
        import fcntl  # there is none on Windows
        import struct  # needed here only
        import termios  # there is none on Windows

        told = fcntl.ioctl(output, termios.TIOCGWINSZ, bytes(8))
        lines, columns, width, height = struct.unpack("HHHH", told)
        if lines and columns and width >= columns and height >= lines:
            return width // columns, height // lines
    return CELL


def sixels(picture: Image) -> str:
    """A picture without transparency as one control sequence. Takes some 0.2 s for half a million pixels."""
    from PIL import Image  # only a terminal that shows pictures needs it

    reduced = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    palette, width, height = reduced.getpalette() or [], reduced.width, reduced.height
    parts = [f'\x1bP0;1q"1;1;{width};{height}'.encode()]
    for colour in range(len(palette) // 3):
        shares = (round(value * 100 / 255) for value in palette[3 * colour : 3 * colour + 3])
        parts.append(b"#%d;2;%d;%d;%d" % (colour, *shares))
    pixels = reduced.tobytes()
    for top in range(0, height, BAND):
        rows = [pixels[row * width : (row + 1) * width] for row in range(top, min(top + BAND, height))]
        parts.append(b"$".join(_band(rows, width)) + b"-")
    return (b"".join(parts) + b"\x1b\\").decode("ascii")


def _band(rows: list[bytes], width: int) -> Iterator[bytes]:
    """Six rows, one colour after the other: each sign holds the six pixels of a column that have this colour."""
    for colour in sorted(set(b"".join(rows))):
        held = 0
        for place, row in enumerate(rows):
            if colour in row:
                # Bytes do not carry over into each other, so a whole row is set at once.
                held |= int.from_bytes(row.translate(_marks(colour, 1 << place)), "big")
        signs = held.to_bytes(width, "big").translate(_SIGNS)
        yield b"#%d" % colour + RUN.sub(_run, signs)


def _run(found: re.Match[bytes]) -> bytes:
    return b"!%d%b" % (len(found[0]), found[1])


@cache
def _marks(colour: int, mark: int) -> bytes:
    """A table that turns one colour into a mark and all others into nothing."""
    return bytes(mark if value == colour else 0 for value in range(256))


_SIGNS = bytes(min(63 + value, 255) for value in range(256))
"""Six pixels as the sign that stands for them."""
