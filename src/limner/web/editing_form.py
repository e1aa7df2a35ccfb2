"""What stands in the editor's form, as it was typed, and the request that it makes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.datastructures import FormData, QueryParams

from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.request import Box, ImageRequest, InputImage, Margins, Operation, Role, Size
from limner.runtime import Runtime
from limner.storage.masks import rectangle
from limner.web.languages import gettext as _
from limner.web.languages import message, number
from limner.web.wording import apart

MOST_FEATHER = 64
LONGEST_SIDE = 16_384
SIDES = ("top", "right", "bottom", "left")
EDGES = ("x", "y", "width", "height")
LABELS = {
    "top": message("Top"),
    "right": message("Right"),
    "bottom": message("Bottom"),
    "left": message("Left"),
    "x": message("X"),
    "y": message("Y"),
    "width": message("Width"),
    "height": message("Height"),
    "strength": message("Strength"),
    "feather": message("Feather"),
    "count": message("Count"),
    "scale": message("Scale"),
}
"""What the fields that are numbers are called, of this form and of others that change a picture."""
ERASING = "Remove what is here and make it look like what is around it."
"""What is said to models that need words, where something is to go without anything in its place."""


Fields = FormData | QueryParams
"""What a form or an address holds, by name."""


class Kind(StrEnum):
    """What is to be done with the picture."""

    INPAINT = "inpaint"
    EXTEND = "extend"
    ERASE = "erase"

    @property
    def operation(self) -> Operation:
        """What that is to the engine."""
        return Operation.OUTPAINT if self is Kind.EXTEND else Operation.INPAINT


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """The fields of the form."""

    kind: Kind = Kind.INPAINT
    prompt: str = ""
    model: str = ""
    """Of the chosen kind."""
    strength: str = "80"
    """In per cent; empty where the model cannot be told."""
    feather: str = "12"
    protect: bool = True
    area: dict[str, str] = field(default_factory=dict)
    """A rectangle by x, y, width and height, in place of a mask that was drawn."""
    margins: dict[str, str] = field(default_factory=dict)
    """Pixels by side."""
    agreed: str = ""
    """What it may cost, in micro-dollars, as it was shown; empty where no price was known."""

    @classmethod
    def read(cls, fields: Fields) -> Edit:
        """From a form that was sent."""
        found = _text(fields, "kind")
        kind = Kind(found) if found in {each.value for each in Kind} else Kind.INPAINT
        return cls(
            kind=kind,
            prompt=_text(fields, "prompt"),
            model=_text(fields, f"{kind}_model"),
            strength=_text(fields, "strength"),
            feather=_text(fields, "feather"),
            protect=bool(_text(fields, "protect")),
            area={name: _text(fields, name) for name in EDGES},
            margins={name: _text(fields, name) for name in SIDES},
            agreed=_text(fields, "agreed"),
        )

    @property
    def most(self) -> Money | None:
        """What it may cost; None where no price was known."""
        return Money(int(self.agreed)) if _is_number(self.agreed) else None

    def grown(self) -> Margins:
        """How far it extends. Raises InvalidRequest, naming the field."""
        pixels = {name: _number(self.margins.get(name, ""), name, LONGEST_SIDE) for name in SIDES}
        return Margins(**pixels)

    def check_size(self, source: InputImage, most: int) -> None:
        """Raises InvalidRequest for an extension to more pixels than may be."""
        grown = self.grown()
        size = Size(source.width + grown.left + grown.right, source.height + grown.top + grown.bottom)
        if size.pixels > most:
            raise InvalidRequest(
                _(
                    "It would extend to %(size)s, more than the %(most)s million pixels that are taken here. "
                    "Extend it less.",
                    size=apart(str(size)),
                    most=number(round(most / 1_000_000)),
                ),
                field="right",
            )

    def box(self) -> Box | None:
        """The rectangle of the fields; None where none is given. Raises InvalidRequest, naming the field."""
        if not any(self.area.get(name, "").strip() for name in EDGES):
            return None
        x, y, width, height = (_number(self.area.get(name, ""), name, LONGEST_SIDE) for name in EDGES)
        return Box(left=x, top=y, width=width, height=height)

    async def masked(self, runtime: Runtime, source: InputImage, drawn: bytes) -> InputImage:
        """The mask that was drawn, or the rectangle of the fields. Raises InvalidRequest and BadPicture."""
        box = None if drawn else self.box()
        if not drawn and box is None:
            raise InvalidRequest(_("Nothing is marked. Paint over what is to change, or give an area."), field="mask")
        data = drawn if box is None else await asyncio.to_thread(rectangle, box, source.size)
        return await runtime.uploads.mask(data, source, _number(self.feather, "feather", MOST_FEATHER))

    def wanted(self, inputs: tuple[InputImage, ...], *, strength: bool = True) -> ImageRequest:
        """The request, for a model that can be told a strength or not. Raises InvalidRequest, naming the field."""
        extends = self.kind is Kind.EXTEND
        margins = self.grown() if extends else None
        if margins is not None and not margins:
            raise InvalidRequest(_("Say how far it extends: drag an edge outwards, or give pixels."), field="right")
        told = strength and self.kind is Kind.INPAINT and bool(self.strength.strip())
        return ImageRequest(
            prompt=ERASING if self.kind is Kind.ERASE else self.prompt.replace("\r\n", "\n"),
            operation=self.kind.operation,
            inputs=inputs,
            model=self.model or None,
            margins=margins,
            strength=_number(self.strength, "strength", 100) / 100 if told else None,
            protect=self.protect and not extends,
        )

    def priced(self, source: InputImage, *, strength: bool, room: int = 0) -> ImageRequest:
        """A request that costs as much as this one will, whatever is still missing in it.

        With `room` it costs as much as one with a prompt of that many characters.
        """
        ready = Edit(
            kind=self.kind,
            prompt=(self.prompt.strip() or "a picture").ljust(room, "."),
            model=self.model,
            strength=self.strength if _is_number(self.strength.strip()) and int(self.strength) <= 100 else "",
            margins=self._sensible(),
        )
        # Plans are made without looking at a mask's pixels.
        mask = InputImage(
            role=Role.MASK, digest=source.digest, media_type="image/png", width=source.width, height=source.height
        )
        return ready.wanted((source,) if self.kind is Kind.EXTEND else (source, mask), strength=strength)

    def _sensible(self) -> dict[str, str]:
        try:
            return self.margins if self.grown() else {"right": "8"}
        except InvalidRequest:
            return {"right": "8"}


async def source_of(runtime: Runtime, picture: Picture) -> InputImage:
    """The picture as the start of a new one. Raises PictureWithheld."""
    return await runtime.uploads.kept(picture, Role.SOURCE)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def not_whole(name: str, least: int, most: int) -> InvalidRequest:
    """What is said of a field that is no whole number between two ends."""
    values = {"field": _(LABELS[name]), "least": number(least), "most": number(most)}
    return InvalidRequest(_("%(field)s is a whole number from %(least)s to %(most)s.", **values), field=name)


def _number(text: str, name: str, most: int) -> int:
    """A whole number of a field, 0 where it is empty. Raises InvalidRequest, naming the field."""
    text = text.strip()
    if not text:
        return 0
    if not _is_number(text) or int(text) > most:
        raise not_whole(name, 0, most)
    return int(text)
