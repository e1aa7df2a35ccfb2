"""What walking through a picture file finds, and what is wrong with one that is refused."""

from __future__ import annotations

from dataclasses import dataclass
from mmap import mmap

FileBytes = bytes | mmap
"""A whole file in memory, or one on the disk of which only the pages that are looked at are read."""
PARTS = 65_536
"""Parts a file may be made of; real ones have a few thousand, and each costs time to walk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Size and build of a picture file whose structure is whole."""

    width: int
    """As stored, before any turning."""
    height: int
    frames: int = 1
    orientation: int = 1
    """As in EXIF, 1 to 8: from 5 on the picture is shown with width and height exchanged."""

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as a viewer shows them."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


class Flawed(Exception):
    """The structure of a file is not whole; the message completes "the picture ..."."""


CUT = "is cut short"
DAMAGED = "is damaged"
UNUSUAL = "is built in a way that no camera or program builds one"


def orientation_of(exif: bytes) -> int:
    """The orientation in an EXIF block, 1 to 8; 1 where there is none or it makes no sense."""
    block = exif.removeprefix(b"Exif\0\0")
    order: dict[bytes, str] = {b"II*\0": "little", b"MM\0*": "big"}
    name = order.get(block[:4])
    if name is None:
        return 1

    def number(at: int, size: int) -> int:
        return int.from_bytes(block[at : at + size], "little" if name == "little" else "big")

    table = number(4, 4)
    for entry in range(table + 2, table + 2 + 12 * min(number(table, 2), 200), 12):
        if number(entry, 2) == 0x0112:
            value = number(entry + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1
