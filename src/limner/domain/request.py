"""What is wanted: one frozen value, whatever door it came through."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import gcd

from limner.domain.languages import PromptTranslation
from limner.domain.money import Money
from limner.domain.rewriting import Rewriting
from limner.domain.vault import Access


class Operation(StrEnum):
    """What is to be done."""

    GENERATE = "generate"
    EDIT = "edit"
    INPAINT = "inpaint"
    OUTPAINT = "outpaint"
    VARIATIONS = "variations"
    UPSCALE = "upscale"
    STYLE_TRANSFER = "style_transfer"
    REMOVE_BACKGROUND = "remove_background"
    UPLOAD = "upload"
    """Nothing is painted: somebody brings a picture. No request asks for it."""


NEEDS_NO_PROMPT = frozenset(
    {
        Operation.VARIATIONS,
        Operation.UPSCALE,
        Operation.REMOVE_BACKGROUND,
        Operation.OUTPAINT,
        Operation.STYLE_TRANSFER,
    }
)
"""Operations that know what to do from the picture alone, or from a style that is named or shown."""


DEFAULT_PROJECT = "default"
"""Everybody has it; it is not written down."""


class Role(StrEnum):
    """What an input picture is for."""

    SOURCE = "source"
    MASK = "mask"
    STYLE = "style"
    REFERENCE = "reference"
    CONTROL = "control"


class Strictness(StrEnum):
    """What to do with an option that the model cannot take as given."""

    ADAPT = "adapt"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels, width by height."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Reads "1024x768". Raises ValueError."""
        found = re.fullmatch(r"\s*(\d{1,5})\s*[xX\u00d7]\s*(\d{1,5})\s*", text)
        if not found or not int(found[1]) or not int(found[2]):
            raise ValueError(f"{text!r} is not a size; write it like 1024x1024.")
        return cls(int(found[1]), int(found[2]))

    @property
    def pixels(self) -> int:
        """How many pixels in all."""
        return self.width * self.height

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Aspect:
    """A shape, width to height, in lowest terms."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Aspect:
        """Reads "16:9". Raises ValueError."""
        found = re.fullmatch(r"\s*(\d{1,4})\s*:\s*(\d{1,4})\s*", text)
        if not found or not int(found[1]) or not int(found[2]):
            raise ValueError(f"{text!r} is not a shape; write it like 16:9.")
        return cls.of(Size(int(found[1]), int(found[2])))

    @classmethod
    def of(cls, size: Size) -> Aspect:
        """The shape of a picture of this size."""
        common = gcd(size.width, size.height)
        return cls(size.width // common, size.height // common)

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height

    def __str__(self) -> str:
        return f"{self.width}:{self.height}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Margins:
    """How many pixels an outpainted picture grows on each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        return any((self.left, self.top, self.right, self.bottom))


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A rectangle on a picture, in its pixels from the upper left corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InputImage:
    """A picture that the request starts from; its bytes lie in the object store under `digest`."""

    role: Role
    digest: str
    """SHA-256 of the bytes, in hexadecimal."""
    media_type: str
    width: int
    height: int
    image_id: str | None = None
    """The kept picture it came from, if any: the parent of what is made."""
    brought: bool = False
    """Whether that one was not made here, but brought."""

    @property
    def size(self) -> Size:
        """Its pixels."""
        return Size(self.width, self.height)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRequest:
    """What is wanted. Every field but `prompt` has a default; a None leaves the choice to the model."""

    prompt: str = ""
    operation: Operation = Operation.GENERATE
    negative_prompt: str | None = None
    inputs: tuple[InputImage, ...] = ()
    model: str | None = None
    provider: str | None = None
    profile: str | None = None
    """The id or name of a profile of one's own; what is said here counts more than what it says."""
    access: Access | None = None
    """Which stored key and which address to use instead of those that would be used by themselves."""
    tier: str | None = None
    """ultra, high, standard, fast; or auto: what the words of the prompt ask for."""
    fallback: bool = False
    """Whether another service may paint where the model or the service that is named cannot."""
    without: tuple[str, ...] = ()
    """Ids of services that must not paint it, whatever else it asks for."""
    count: int = 1
    size: Size | None = None
    aspect: Aspect | None = None
    margins: Margins | None = None
    quality: str | None = None
    style: str | None = None
    presets: tuple[str, ...] = ()
    template: str | None = None
    """The name or id of a template of one's own, whose words become the prompt; the prompt is left empty till then."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What stands in the blanks of the template."""
    optimise: bool = False
    """Whether a prompt of 3,000 characters or more is shortened, so that every model takes it."""
    rewritten: Rewriting | None = None
    """What the prompt was, where it has been shortened; nobody asks for it."""
    translate: str = ""
    """The code of the language that the prompt is to be in; BEST for the model's own, empty to leave it as it is."""
    translated: PromptTranslation | None = None
    """What became of that; nobody asks for it."""
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    strength: float | None = None
    scale: int | None = None
    format: str | None = None
    background: str | None = None
    previews: int = 0
    """How many partial pictures to show while it paints, 0 to 3; services that charge for them are told only then."""
    protect: bool = False
    """Paste the untouched pixels back over an inpainted picture."""
    project: str = DEFAULT_PROJECT
    tags: tuple[str, ...] = ()
    strictness: Strictness = Strictness.ADAPT
    max_cost: Money | None = None
    """Refuse rather than spend more than this."""
    reuse: bool = False
    """Take the kept pictures of an identical request of the last seven days, where there are any, and pay nothing."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """The service's own options, merged into its body last."""

    def input(self, role: Role) -> InputImage | None:
        """The first input with this role."""
        return next((image for image in self.inputs if image.role is role), None)
