"""Pictures in a terminal: by its own protocol where it has one, else as coloured quarter blocks."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from limner.cli.sixel import cell_size, sixels, takes_sixels

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 64
"""The widest a picture is shown."""
LINES = 24
"""The tallest."""
CELL = 2.0
"""A terminal's cell is about twice as tall as it is wide."""
PIECE = 4096
"""The most that kitty takes in one sequence, in characters."""
QUARTERS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""Block elements by the quarters they fill: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""


class Protocol(StrEnum):
    """How a terminal takes pictures."""

    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"
    BLOCKS = "blocks"
    NONE = "none"


KITTY_TERMS = frozenset({"xterm-kitty", "xterm-ghostty"})
ITERM_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "mintty"})


def protocol_of(console: Console, variables: Mapping[str, str]) -> Protocol:
    """How pictures are best shown on a console; not at all where it is no terminal or has no colours.

    Blocks for a moment where the terminal itself must be asked.
    """
    if not console.is_terminal or console.is_dumb_terminal:
        return Protocol.NONE
    # Multiplexers swallow what they do not know, whatever terminal is around them.
    inside = "TMUX" in variables or "STY" in variables or variables.get("TERM", "").startswith(("screen", "tmux"))
    if not inside:
        if variables.get("TERM") in KITTY_TERMS or "KITTY_WINDOW_ID" in variables:
            return Protocol.KITTY
        if variables.get("TERM_PROGRAM") in ITERM_PROGRAMS:
            return Protocol.ITERM
    # A multiplexer answers for itself: one that takes sixels passes them on.
    if takes_sixels(_descriptor(console)):
        return Protocol.SIXEL
    coloured = console.color_system in ("truecolor", "256", "windows")
    return Protocol.BLOCKS if coloured and not console.no_color else Protocol.NONE


def show_picture(console: Console, data: bytes, protocol: Protocol) -> None:
    """Shows a picture, PNG or WebP, as large as the terminal allows. Blocks, for sixels up to half a second."""
    if protocol is Protocol.NONE:
        return
    # Imported here because only a terminal that shows pictures needs it.
    from PIL import Image

    with Image.open(io.BytesIO(data)) as opened:
        picture = opened.convert("RGBA")
    columns, lines = room(picture.width, picture.height, console.width)
    if protocol is Protocol.BLOCKS:
        console.print(blocks(picture.resize((columns * 2, lines * 2)), columns, lines), soft_wrap=True)
        return
    if protocol is Protocol.SIXEL:
        width, height = cell_size(_descriptor(console))
        console.print(Sequences(sixels(_on_grey(picture.resize((columns * width, lines * height))))), crop=False)
        return
    png = io.BytesIO()
    picture.save(png, "png")
    encoded = base64.b64encode(png.getvalue()).decode()
    make = kitty if protocol is Protocol.KITTY else iterm
    # Not cropped: rich would count the sequence as so many signs of a line.
    console.print(Sequences("".join(make(encoded, columns, lines))), crop=False)


def _descriptor(console: Console) -> int:
    """The file descriptor behind a console; -1, which is never open, where there is none."""
    try:
        return console.file.fileno()
    except OSError:
        return -1


@dataclass(frozen=True, slots=True)
class Sequences:
    """Control sequences on a line of their own, which a progress bar on the same console makes way for."""

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self.text, None, [])
        yield Segment.line()


def room(width: int, height: int, available: int) -> tuple[int, int]:
    """How many columns and lines a picture of this shape takes."""
    columns = max(1, min(COLUMNS, available))
    lines = columns * height / width / CELL
    if lines > LINES:
        columns, lines = max(1, round(LINES * CELL * width / height)), LINES
    return columns, max(1, round(lines))


def kitty(encoded: str, columns: int, lines: int) -> Iterator[str]:
    """The sequences of kitty's graphics protocol (sw.kovidgoyal.net/kitty/graphics-protocol)."""
    for start in range(0, len(encoded), PIECE):
        more = int(start + PIECE < len(encoded))
        control = f"a=T,f=100,q=2,c={columns},r={lines},m={more}" if start == 0 else f"m={more}"
        yield f"\x1b_G{control};{encoded[start : start + PIECE]}\x1b\\"


def iterm(encoded: str, columns: int, _lines: int) -> Iterator[str]:
    """The sequence of iTerm2's inline images (iterm2.com/documentation-images.html), which WezTerm and mintty know."""
    yield f"\x1b]1337;File=inline=1;preserveAspectRatio=1;width={columns}:{encoded}\x07"


def blocks(picture: Image, columns: int, lines: int) -> Text:
    """A picture of twice as many pixels each way as quarter blocks in two colours each."""
    flat = _on_grey(picture).tobytes()
    pixels = [(flat[at], flat[at + 1], flat[at + 2]) for at in range(0, len(flat), 3)]
    text = Text(end="")
    for line in range(lines):
        upper, lower = 2 * line * 2 * columns, (2 * line + 1) * 2 * columns
        for column in range(columns):
            left = 2 * column
            quad = (*pixels[upper + left : upper + left + 2], *pixels[lower + left : lower + left + 2])
            text.append(*cell(quad))
        text.append("\n")
    text.right_crop(1)
    return text


Pixel = tuple[int, int, int]


def cell(quad: tuple[Pixel, ...]) -> tuple[str, Style]:
    """The block and its two colours that come nearest to four pixels: those brighter than their mean, and the rest."""
    light = [sum(pixel) for pixel in quad]
    middle = sum(light) / 4
    front = [index for index in range(4) if light[index] > middle]
    back = [index for index in range(4) if light[index] <= middle]
    sign = QUARTERS[sum(1 << index for index in front)]
    background = Color.from_rgb(*_mean(quad, back))
    return sign, Style(color=Color.from_rgb(*_mean(quad, front)) if front else None, bgcolor=background)


def _mean(quad: tuple[Pixel, ...], chosen: list[int]) -> Pixel:
    red, green, blue = (sum(quad[index][channel] for index in chosen) // len(chosen) for channel in range(3))
    return red, green, blue


def _on_grey(picture: Image) -> Image:
    """The picture without transparency: a middle grey lies behind it, which suits light and dark terminals."""
    ground = picture.convert("RGB")
    ground.paste((128, 128, 128), (0, 0, *ground.size))
    ground.paste(picture.convert("RGB"), mask=picture.getchannel("A"))
    return ground
