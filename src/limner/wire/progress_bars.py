"""Progress as models print it: bars of tqdm in the logs that a service hands on."""

from __future__ import annotations

import re

BAR = re.compile(r"^\s*(\d{1,3})%\s*\|.+?\|\s*\d+/\d+", re.MULTILINE)
"""` 52%|█████▏    | 26/50 [00:01<00:01, 17.20it/s]`; the pattern that Replicate's own client uses (replicate 1.0.7)."""


def share_done(logs: str) -> float | None:
    """The share, 0 to 1, that the last bar shows; None where there is none."""
    shares = BAR.findall(logs)
    return min(int(shares[-1]), 100) / 100 if shares else None
