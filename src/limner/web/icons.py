"""The pages' icons, by name, and Limner's mark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

STATIC = Path(__file__).with_name("static")
TURNING = frozenset({"left", "right", "caret", "adapt", "send", "undo", "redo", "leave"})
"""They point along the line: where that runs from right to left they are mirrored."""
_SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.*?)</symbol>', re.DOTALL)


def read_icons(sheet: Path = STATIC / "icons.svg") -> Mapping[str, str]:
    """The shapes of each, to be drawn on 24 by 24 where the icon stands. Blocks: called once.

    Pages do not point to the sheet: for every `<use>` of another file Chromium looks the file up and makes a tree of
    its own, in a gallery of 60 pictures 160 times, a seventh of the time to its largest picture (bench/RESULTS.md).
    """
    return dict(_SYMBOL.findall(sheet.read_text("utf-8")))


def read_mark(file: Path = STATIC / "mark.svg") -> str:
    """The shapes of Limner's mark, on 34 by 34. Blocks: called once."""
    _, _, rest = file.read_text("utf-8").partition(">")
    return rest.rstrip().removesuffix("</svg>")
