"""What is asked of the artist, and what it hands back."""

from collections.abc import Callable
from dataclasses import dataclass

OPERATIONS = (
    "generate",
    "edit",
    "inpaint",
    "outpaint",
    "variations",
    "upscale",
    "style_transfer",
    "remove_background",
)
FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
SMALLEST, LARGEST = 64, 4096
# Larger results would not fit a file format (WebP ends at 16383) nor a sensible amount of memory.
LARGEST_RESULT = 8192

Report = Callable[[float, str], bool]
Preview = Callable[[bytes], None]


class Stopped(Exception):
    """The caller asked the artist to put the brush down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Commission:
    """One picture wanted: the words, the size, the seed and the pictures it starts from.

    `width` and `height` are pixels, 64 to 4096 each, and count only where the source does not
    already settle the size. `margins` are pixels left, top, right and bottom.
    """

    operation: str
    prompt: str
    width: int
    height: int
    seed: int
    style: str | None = None
    negative_prompt: str = ""
    source: bytes | None = None
    mask: bytes | None = None
    reference: bytes | None = None
    margins: tuple[int, int, int, int] | None = None
    scale: int = 2
    strength: float = 0.6
    format: str = "png"
    transparent: bool = False

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(
                f"The artist does not know the operation {self.operation!r}. Use one of {', '.join(OPERATIONS)}."
            )
        if self.format not in FORMATS:
            raise ValueError(f"The artist does not write {self.format!r}. Use one of {', '.join(FORMATS)}.")
        if not 0 <= self.strength <= 1:
            raise ValueError(f"The strength is {self.strength}. Give a number from 0 (keep) to 1 (repaint).")
        if self.scale not in (2, 4):
            raise ValueError(f"The scale is {self.scale}. Give 2 or 4.")
        self._check_size()
        self._check_inputs()

    def _check_size(self) -> None:
        if self.operation not in ("generate", "variations", "style_transfer"):
            return
        if not (SMALLEST <= self.width <= LARGEST and SMALLEST <= self.height <= LARGEST):
            raise ValueError(
                f"The size is {self.width}x{self.height}. Each side must be {SMALLEST} to {LARGEST} pixels."
            )

    def _check_inputs(self) -> None:
        if self.operation != "generate" and self.source is None:
            raise ValueError(f"The operation {self.operation} needs a source picture. Send one.")
        if self.operation == "inpaint" and self.mask is None:
            raise ValueError("Inpainting needs a mask of the size of the source, white where it may change. Send one.")
        if self.operation == "outpaint" and (self.margins is None or min(self.margins) < 0 or max(self.margins) == 0):
            raise ValueError(
                "Outpainting needs margins: left, top, right and bottom in pixels, at least one above zero."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Artwork:
    """A finished picture, and which words of the prompt it came from.

    `understood` are the words that chose something, in order; `unknown` are the words that
    only shaped the abstract part.
    """

    data: bytes
    media_type: str
    width: int
    height: int
    understood: tuple[str, ...]
    unknown: tuple[str, ...]
