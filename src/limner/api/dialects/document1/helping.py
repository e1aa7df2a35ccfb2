"""Document 1's help by text models: more of a prompt, and what is in a picture."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.api.answering_once import once
from limner.api.deps import read_json
from limner.api.dialects.document1.answers import ErrorAnswer
from limner.api.dialects.document1.bodies import ImagesAnalyzeBody, ImagesEnhanceBody
from limner.api.dialects.document1.limits import check_lengths
from limner.api.dialects.document1.lists import OBJECT
from limner.api.documents import refusals, taking
from limner.api.picture_sources import own_id, picture_at
from limner.api.shapes import Body
from limner.domain.describing import Described, Wish
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/api/images", tags=["document 1"])

REFUSED = refusals(ErrorAnswer, 400, 403, 404, 409, 413, 415, 421, 500, 503)


@router.post(
    "/enhance-prompt",
    summary="Make more of a prompt",
    responses={200: {"description": "The richer prompt.", **OBJECT}, **REFUSED},
    openapi_extra=taking(ImagesEnhanceBody),
)
async def images_enhance_prompt(request: Request) -> Response:
    """The same picture, described better; `by` says who did it, and `why` where that was not the text model."""
    principal = principal_of(request)
    body = await read_json(request, ImagesEnhanceBody)
    check_lengths(request, body.prompt)

    async def work() -> Body:
        wish = Wish(principal=principal)
        done = await runtime_of(request).words.enhancer.enhanced(body.prompt, wish, body.style or "")
        return {
            "success": True,
            "enhancedPrompt": done.richer.prompt,
            "suggestions": done.richer.suggestions,
            "tags": done.richer.tags,
            "by": done.by,
            "why": done.why,
            "cost": None if done.cost is None else float(done.cost.dollars),
        }

    return await once(request, work)


@router.post(
    "/analyze",
    summary="Say what is in an image",
    responses={200: {"description": "What is in it.", **OBJECT}, **REFUSED},
    openapi_extra=taking(ImagesAnalyzeBody),
)
async def images_analyze(request: Request) -> Response:
    """Shows the picture to a text model that sees; where it is one of yours, what it says is kept with it.

    Without such a model colours and size are measured, and `why` says what is missing.
    """
    principal = principal_of(request)
    body = await read_json(request, ImagesAnalyzeBody)

    async def work() -> Body:
        runtime, wish = runtime_of(request), Wish(principal=principal)
        own = None if body.image_url.startswith("data:") else own_id(request, body.image_url)
        if own is not None:
            return _analysis_body(await runtime.analyst.describe(own, wish))
        source = await picture_at(request, body.image_url, "imageUrl")
        return _analysis_body(await runtime.analyst.look_at(await runtime.blobs.get(source.digest), wish))

    return await once(request, work)


def _analysis_body(described: Described) -> Body:
    said = described.description
    analysis = {
        "description": said.caption,
        "objects": said.objects,
        "text": said.text,
        "colors": said.colour_names or said.colours,
        "palette": said.colours,
        "style": said.style,
        "safety": {"safe": None if described.why else not said.concerns, "concerns": said.concerns},
        "suggestedPrompt": said.suggested_prompt,
        "altText": said.alt_text,
        "tags": said.tags,
        "width": said.width,
        "height": said.height,
    }
    return {
        "success": True,
        "analysis": analysis,
        "description": said.caption,
        "by": described.by,
        "why": described.why,
        "cost": None if described.cost is None else float(described.cost.dollars),
    }
