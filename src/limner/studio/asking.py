"""From what a program says to a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, TypeVar
from uuid import UUID

from limner.domain.errors import InvalidRequest
from limner.domain.interpreting import wanted_language
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Size, Strictness
from limner.domain.template import check_template
from limner.domain.vault import Access

Value = TypeVar("Value")

PictureSource = bytes | Path | str | Picture
"""Bytes of a file, the path of one, a kept picture, or the id of one."""


class Options(TypedDict, total=False):
    """What a request may say besides its prompt; everything left out is the model's choice."""

    model: str | None
    provider: str | None
    profile: str | None
    key: str | None
    """A stored key, by its id or its label: it alone is used, and its account pays."""
    tier: str | None
    fallback: bool
    count: int
    size: str | Size | None
    aspect: str | Aspect | None
    quality: str | None
    style: str | None
    presets: Sequence[str]
    template: str | None
    values: Mapping[str, str]
    negative_prompt: str | None
    steps: int | None
    guidance: float | None
    seed: int | None
    strength: float | None
    scale: int | None
    format: str | None
    background: str | None
    margins: Margins | None
    protect: bool
    previews: int
    project: str
    tags: Sequence[str]
    strict: bool
    max_cost: str | Money | None
    reuse: bool
    optimise: bool
    translate: bool | str
    """Into the language that the model reads best, or into one that is named, such as `en`."""
    extra: dict[str, object]


class Inputs(TypedDict, total=False):
    """Pictures that a request starts from."""

    image: PictureSource | None
    mask: PictureSource | None
    style_image: PictureSource | None
    control_image: PictureSource | None
    """A sketch, a depth map or edges that the composition follows."""
    references: Sequence[PictureSource]


def asked(
    prompt: str,
    operation: Operation,
    inputs: tuple[InputImage, ...],
    options: Options,
    access: Access | None = None,
) -> ImageRequest:
    """The request that words, pictures and options make. Raises InvalidRequest for text that is no size or amount."""
    check_template(prompt, options.get("template"), options.get("values", {}))
    return ImageRequest(
        prompt=prompt,
        operation=operation,
        inputs=inputs,
        negative_prompt=options.get("negative_prompt"),
        model=options.get("model"),
        provider=options.get("provider"),
        profile=options.get("profile"),
        access=access,
        tier=options.get("tier"),
        fallback=options.get("fallback", False),
        count=options.get("count", 1),
        size=value_of("size", options.get("size"), Size.parse),
        aspect=value_of("aspect", options.get("aspect"), Aspect.parse),
        margins=options.get("margins"),
        quality=options.get("quality"),
        style=options.get("style"),
        presets=tuple(options.get("presets", ())),
        template=options.get("template"),
        values=options.get("values", {}),
        steps=options.get("steps"),
        guidance=options.get("guidance"),
        seed=options.get("seed"),
        strength=options.get("strength"),
        scale=options.get("scale"),
        format=options.get("format"),
        background=options.get("background"),
        previews=options.get("previews", 0),
        protect=options.get("protect", False),
        project=options.get("project", "default"),
        tags=tuple(options.get("tags", ())),
        strictness=Strictness.STRICT if options.get("strict") else Strictness.ADAPT,
        max_cost=value_of("max_cost", options.get("max_cost"), Money.usd),
        reuse=options.get("reuse", False),
        optimise=options.get("optimise", False),
        translate=wanted_language(options.get("translate", False)),
        extra=options.get("extra", {}),
    )


def value_of(name: str, given: Value | str | None, parse: Callable[[str], Value]) -> Value | None:
    """An option that may have been given as text. Raises InvalidRequest, naming it."""
    if not isinstance(given, str):
        return given
    try:
        return parse(given)
    except ValueError as error:
        raise InvalidRequest(str(error), field=name) from error


def is_id(text: str) -> bool:
    """Whether text has the form of an id of ours."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
