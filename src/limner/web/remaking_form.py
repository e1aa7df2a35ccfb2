"""What else can be made of a picture, what its form says, and the request that it makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from starlette.datastructures import FormData, QueryParams

from limner.domain.errors import InvalidRequest
from limner.domain.request import ImageRequest, InputImage, Operation, Size
from limner.engine.sizes import fitting
from limner.web.editing_form import not_whole
from limner.web.languages import gettext as _
from limner.web.languages import number
from limner.web.wording import apart

COUNTS = (1, 2, 3, 4, 6, 8)
SCALES = (2, 4)
EXACTLY = "exactly"
"""In place of a scale: to the width that is given."""


class Way(StrEnum):
    """Something to make of a whole picture, as the end of its address."""

    VARY = "vary"
    UPSCALE = "upscale"
    STYLE = "style"
    CUTOUT = "cutout"


OPERATIONS = {
    Way.VARY: Operation.VARIATIONS,
    Way.UPSCALE: Operation.UPSCALE,
    Way.STYLE: Operation.STYLE_TRANSFER,
    Way.CUTOUT: Operation.REMOVE_BACKGROUND,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Remake:
    """The fields of the form, as they were typed."""

    way: Way
    model: str = ""
    count: str = "4"
    scale: str = "2"
    width: str = ""
    preset: str = ""
    words: str = ""
    strength: str = "60"

    @classmethod
    def read(cls, way: Way, fields: FormData | QueryParams) -> Remake:
        """From an address or a form; what is not in it is as usual."""
        usual = cls(way=way)
        names = ("model", "count", "scale", "width", "preset", "words", "strength")
        given = {name: str(fields.get(name, getattr(usual, name)))[:2000] for name in names}
        return cls(way=way, **given)

    def wanted(self, source: InputImage, *, strength: bool, most: int) -> ImageRequest:
        """The request, of at most so many pixels, for a model that can be told a strength or not.

        Raises InvalidRequest, naming the field.
        """
        bare = ImageRequest(operation=OPERATIONS[self.way], inputs=(source,), model=self.model or None)
        match self.way:
            case Way.VARY:
                return _with(
                    bare, prompt=self.words.strip(), count=_whole(self.count, "count", 1, 10), **self._told(strength)
                )
            case Way.UPSCALE:
                return self._enlarged(bare, source, most)
            case Way.STYLE:
                presets = (self.preset,) if self.preset else ()
                return _with(bare, prompt=self.words.strip(), presets=presets, **self._told(strength))
            case Way.CUTOUT:
                return bare

    def _told(self, able: bool) -> dict[str, float]:
        return {"strength": _whole(self.strength, "strength", 0, 100) / 100} if able else {}

    def _enlarged(self, bare: ImageRequest, source: InputImage, most: int) -> ImageRequest:
        size = None
        if self.scale == EXACTLY:
            width = _whole(self.width, "width", source.width + 1, source.width * SCALES[-1])
            size = Size(width, fitting(source.size, width))
            scale = next(scale for scale in SCALES if width <= source.width * scale)
        else:
            scale = _whole(self.scale, "scale", SCALES[0], SCALES[-1])
        result = size or Size(source.width * scale, source.height * scale)
        if result.pixels > most:
            raise InvalidRequest(
                _(
                    "It would be %(size)s, more than the %(most)s million pixels that are taken here. Enlarge it less.",
                    size=apart(str(result)),
                    most=number(round(most / 1_000_000)),
                ),
                field="scale",
            )
        return _with(bare, scale=scale, size=size)


def _with(bare: ImageRequest, **fields: object) -> ImageRequest:
    return replace(bare, **fields)  # type: ignore[arg-type]  # by the names of its fields


def _whole(text: str, name: str, least: int, most: int) -> int:
    """A whole number of a field. Raises InvalidRequest, naming the field."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise not_whole(name, least, most)
    return int(text)
