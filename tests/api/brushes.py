"""An artist in a hurry, for tests that ask for many pictures and look at none."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from PIL import Image

import limner.artist
from limner.artist import Artwork, Commission, Preview, Report
from limner.artist.codec import decode, encode
from limner.artist.commission import SMALLEST

SIZED = {"generate", "variations", "style_transfer"}
"""The operations whose picture has the size asked for; that of the others follows from the picture sent."""

_paint = limner.artist.paint


@contextmanager
def broad_brush() -> Iterator[None]:
    """A picture of 1024 pixels a side takes the artist a second of a whole core, one in a broad brush a twentieth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limner.artist, "paint", _paint_broadly)
        yield


def _paint_broadly(
    commission: Commission, report: Report | None = None, *, on_preview: Preview | None = None
) -> Artwork:
    """The smallest picture the artist paints, in the size and the format asked for."""
    if commission.operation not in SIZED:
        return _paint(commission, report, on_preview=on_preview)
    size = commission.width, commission.height
    small = _paint(replace(commission, width=SMALLEST, height=SMALLEST, format="png"), report, on_preview=on_preview)
    data, media_type = encode(decode(small.data, "picture").resize(size, Image.Resampling.NEAREST), commission.format)
    return replace(small, data=data, media_type=media_type, width=commission.width, height=commission.height)
