"""The pages' icons, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

SHEET = Path(__file__).with_name("static") / "icons.svg"
_SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.*?)</symbol>', re.DOTALL)


def read_icons(sheet: Path = SHEET) -> Mapping[str, str]:
    """The shapes of each, to be drawn on 24 by 24 where the icon stands. Blocks: called once.

    Pages do not point to the sheet: for every `<use>` of another file Chromium looks the file up and makes a tree of
    its own, in a gallery of 60 pictures 160 times, a seventh of the time to its largest picture (bench/RESULTS.md).
    """
    return dict(_SYMBOL.findall(sheet.read_text("utf-8")))
