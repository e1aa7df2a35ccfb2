"""From OpenAI's words to a request."""

from __future__ import annotations

from collections.abc import Mapping

from limner.api.dialects.openai.bodies import QUALITIES, EditForm, GenerationBody, ImageEditBody, VariationForm
from limner.domain.errors import InvalidRequest, UnknownModel
from limner.domain.model_card import ModelCard
from limner.domain.ports import Catalog
from limner.domain.request import ImageRequest, InputImage, Operation, Role, Size
from limner.engine.options import knows
from limner.engine.tiers import AUTO, TIERS

Painting = GenerationBody | ImageEditBody | EditForm
LEFT_TO_US = "auto"
QUALITY = {"hd": "high", "standard": "medium", LEFT_TO_US: None}
OWN_OPTIONS = ("output_compression", "moderation", "input_fidelity")
"""Options that go to a model as they are, where the catalog says that it has them."""


def wish_of(body: Painting | VariationForm, inputs: tuple[InputImage, ...], catalog: Catalog) -> ImageRequest:
    """The request that a body asks for. Raises UnknownModel and InvalidRequest, naming the field in OpenAI's words."""
    named = named_by(body.model, catalog)
    card = card_of(named.get("model"), catalog)
    shared = {**named, "inputs": inputs, "count": body.n or 1, "size": _size(body.size)}
    if isinstance(body, VariationForm):
        return ImageRequest(operation=Operation.VARIATIONS, **shared)  # type: ignore[arg-type]  # of the table above
    own = {name: value for name in OWN_OPTIONS if (value := getattr(body, name)) is not None}
    return ImageRequest(
        operation=_operation(inputs),
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        quality=_quality(body.quality, card),
        style=body.style,
        background=None if body.background == LEFT_TO_US else body.background,
        format=body.output_format,
        seed=body.seed,
        previews=(body.partial_images or 0) if body.stream else 0,
        extra={name: value for name, value in own.items() if card is not None and card.parameter(name) is not None},
        **shared,  # type: ignore[arg-type]  # of the table above
    )


def named_by(model: str | None, catalog: Catalog) -> Mapping[str, str]:
    """What `model` names: a model or alias, a service, a tier or a profile. Raises UnknownModel."""
    if model is None:
        return {}
    kind, _, name = model.partition("/")
    if kind == "tier":
        if name not in (*TIERS, AUTO):
            known = tuple(f"tier/{tier}" for tier in (*TIERS, AUTO))
            raise UnknownModel(f"There is no tier '{name}'; there are {', '.join(known)}.", suggestions=known)
        return {"tier": name}
    if kind == "profile":
        return {"profile": name}
    try:
        return {"provider": catalog.service(model).id}
    except UnknownModel:
        return {"model": catalog.find(model).id}


def card_of(model: str | None, catalog: Catalog) -> ModelCard | None:
    """The card of a model, or of the successor that will paint in its place."""
    if model is None:
        return None
    card = catalog.find(model)
    return catalog.find(card.successor) if card.successor else card


def _operation(inputs: tuple[InputImage, ...]) -> Operation:
    if not inputs:
        return Operation.GENERATE
    return Operation.INPAINT if any(image.role is Role.MASK for image in inputs) else Operation.EDIT


def _size(text: str | None) -> Size | None:
    if text is None or text == LEFT_TO_US:
        return None
    try:
        return Size.parse(text)
    except ValueError as error:
        raise InvalidRequest(str(error), field="size") from None


def _quality(word: str | None, card: ModelCard | None) -> str | None:
    if word is None or word in QUALITIES or (card is not None and knows(word, "quality", card)):
        return None if word is None else QUALITY.get(word, word)
    raise InvalidRequest(f"'{word}' is no quality; there are {', '.join(sorted(QUALITIES))}.", field="quality")
