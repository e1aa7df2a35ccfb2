"""From document 3's words to a request."""

from __future__ import annotations

import re

from limner.api.dialects.document3.bodies import EstimateBody
from limner.domain.errors import InvalidRequest, UnknownModel
from limner.domain.ports import Catalog
from limner.domain.request import ImageRequest, Size
from limner.engine.tiers import TIERS, tier_in
from limner.runtime import Runtime

BLOCKED = re.compile(r"eval\s*\(|exec\s*\(|<\s*script", re.IGNORECASE)
"""What the document lets no prompt have."""
QUALITY = {"ultra": "hd", "high": "standard"}
"""What the tiers ask of a model, as the document's own example has it; the lower ones leave it to the model."""
OTHER_WORDS = {"hd": "ultra"}
FLAGS = {"gemini": "ENABLE_IMAGE_GENERATION_GEMINI"}
"""Services that the document has switched off unless their variable says otherwise."""
ON = frozenset({"1", "true", "yes", "on"})


def wish_of(body: EstimateBody, runtime: Runtime) -> tuple[ImageRequest, str]:
    """The request that a body asks for, and its tier. Raises UnknownModel and InvalidRequest."""
    _check_prompt(body.prompt, runtime.settings.generate_image_prompt_limit)
    tier = _tier(body)
    model = _model(body, runtime.catalog)
    provider = None if model or not body.provider else runtime.catalog.service(body.provider).id
    wish = ImageRequest(
        prompt=body.prompt,
        model=model,
        provider=provider,
        tier=tier if provider is None or _serves(provider, tier, runtime.catalog) else None,
        fallback=True,
        without=switched_off(runtime),
        size=_size(body.size),
        quality=QUALITY.get(tier),
        style=body.style or None,
    )
    return wish, tier


def switched_off(runtime: Runtime) -> tuple[str, ...]:
    """Services that this surface leaves alone."""
    variables = runtime.settings.variables
    return tuple(service for service, flag in FLAGS.items() if variables.get(flag, "").lower() not in ON)


def _check_prompt(prompt: str, limit: int) -> None:
    if not prompt.strip():
        raise InvalidRequest("Prompt cannot be empty", field="prompt")
    if len(prompt) > limit:
        raise InvalidRequest(f"Prompt too long (max {limit} characters)", field="prompt")
    if BLOCKED.search(prompt):
        raise InvalidRequest("Invalid prompt content", field="prompt")


def _tier(body: EstimateBody) -> str:
    if not body.quality:
        return tier_in(body.prompt)[0]
    tier = OTHER_WORDS.get(body.quality, body.quality)
    if tier not in TIERS:
        raise InvalidRequest(f"There is no quality '{body.quality}'; there are {', '.join(TIERS)}.", field="quality")
    return tier


def _serves(service: str, tier: str, catalog: Catalog) -> bool:
    """Whether a service has a model of a tier, or of one below it; one that has none paints with its default model."""
    return any(card.service == service for name in TIERS[TIERS.index(tier) :] for card in catalog.in_tier(name))


def _model(body: EstimateBody, catalog: Catalog) -> str | None:
    """The id of the model that is named, by its key or by its name at the provider that is named."""
    name = body.model_key or body.model
    if not name:
        return None
    if body.provider and not body.model_key:
        try:
            return catalog.find(f"{catalog.service(body.provider).id}/{name}").id
        except UnknownModel:
            return catalog.find(name).id
    return catalog.find(name).id


def _size(text: str | None) -> Size | None:
    try:
        return Size.parse(text) if text else None
    except ValueError as error:
        raise InvalidRequest(str(error), field="size") from None
