"""From document 4's words to a request."""

from __future__ import annotations

from limner.api.dialects.document4.bodies import UnifiedBody
from limner.domain.request import DEFAULT_PROJECT, ImageRequest, Size
from limner.runtime import Runtime


def wish_of(body: UnifiedBody, runtime: Runtime) -> ImageRequest:
    """The request that a body asks for; an edge left out is as long as the other.

    Where the prompt is long it is shortened before anybody paints. Raises UnknownModel and InvalidRequest.
    """
    runtime.words.optimiser.check(body.prompt)
    width, height = body.width or body.height, body.height or body.width
    return ImageRequest(
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        provider=None if body.provider is None else runtime.catalog.service(body.provider).id,
        fallback=True,
        optimise=True,
        count=body.num_images or 1,
        size=Size(width, height) if width and height else None,
        seed=body.seed,
        project=body.project_id or DEFAULT_PROJECT,
    )
