"""The sheet the artist paints on: layers go on from back to front."""

import numpy as np
from PIL import Image, ImageDraw

from limner.artist.colour import Colour
from limner.artist.noise import Field, chance

Points = list[tuple[float, float]]


class Sheet:
    """A picture in progress, as red, green and blue planes of 0 to 1.

    Places are given as shares of the width and height; lengths as thousandths of `unit * 1000`,
    the side of the square of the same area, so that a scene looks alike at every size.
    """

    def __init__(self, width: int, height: int, seed: object) -> None:
        self.width, self.height = width, height
        self.unit = (width * height) ** 0.5 / 1000
        self.seed = seed
        self.planes: Field = np.ones((3, height, width), np.float32)
        self.cover: Field = np.zeros((height, width), np.float32)
        self.x: Field = np.arange(width, dtype=np.float32)[None, :]
        self.y: Field = np.arange(height, dtype=np.float32)[:, None]

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def span(self) -> float:
        """The length in pixels that sizes of trees and figures are shares of."""
        return min(self.height, self.width * 1.15)

    def chance(self, *name: object) -> np.random.Generator:
        """Chance for one layer; other layers do not disturb it."""
        return chance(self.seed, *name)

    def rows(self, first: float, last: float) -> slice:
        """The rows from one pixel line to another, kept on the sheet."""
        top = int(min(max(first, 0), self.height))
        return slice(top, int(min(max(last, top), self.height)))

    def lay(self, rows: slice, mask: Field, colour: Colour) -> None:
        """Put paint on some rows; `colour` is one colour or planes of them."""
        part = self.planes[:, rows]
        for i in range(3):
            part[i] += (colour[i] - part[i]) * mask
        cover = self.cover[rows]
        cover += (1 - cover) * mask

    def glow(self, rows: slice, mask: Field, colour: Colour) -> None:
        """Add light to some rows."""
        part = self.planes[:, rows]
        for i in range(3):
            part[i] += (1 - part[i]) * mask * colour[i]

    def paste(self, corner: tuple[int, int], mask: Field, colour: Field) -> None:
        """Put a patch of paint on at a corner (x, y); what hangs over the edge is cut off."""
        x, y = corner
        h, w = mask.shape
        x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + w, self.width), min(y + h, self.height)
        if x0 >= x1 or y0 >= y1:
            return
        cut = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
        piece = mask[cut]
        part = self.planes[:, y0:y1, x0:x1]
        for i in range(3):
            layer = colour[i][cut] if colour.ndim == 3 else colour[i]
            part[i] += (layer - part[i]) * piece
        cover = self.cover[y0:y1, x0:x1]
        cover += (1 - cover) * piece

    def stencil(self, rows: slice) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        """A blank mask over some rows, to draw shapes on at twice the size."""
        image = Image.new("L", (self.width * 2, max(1, rows.stop - rows.start) * 2))
        return image, ImageDraw.Draw(image)

    def mask(self, image: Image.Image) -> Field:
        """The finished stencil as a mask."""
        return np.asarray(image.reduce(2), np.float32) * np.float32(1 / 255)
