"""Document 1's routes that paint."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import begun, ended, failure_of, with_pictures
from limner.api.deps import idempotency_key, read_json
from limner.api.dialects.document1.answers import ErrorAnswer, ImagesAnswer, images_body
from limner.api.dialects.document1.bodies import (
    ImagesEditBody,
    ImagesGenerateBody,
    ImagesStyleTransferBody,
    ImagesUpscaleBody,
    ImagesVariationsBody,
)
from limner.api.dialects.document1.limits import check_lengths
from limner.api.documents import refusals, taking
from limner.api.picture_sources import mask_for, picture_at
from limner.domain.errors import InvalidRequest
from limner.domain.request import ImageRequest, InputImage, Margins, Operation, Size
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/api/images", tags=["document 1"])

FAILURES = (400, 402, 403, 404, 409, 413, 415, 421, 429, 500, 502, 503, 504, 507)
PAINTED = {
    200: {"model": ImagesAnswer, "description": "The pictures; fewer than were asked for where some failed."},
    **refusals(ErrorAnswer, *FAILURES),
}
DEFAULT = "openai"
"""Document 1's default provider, where it can be used."""
GROWTH = 4
"""An outpaint without further words grows by this part of the picture on each side."""


@router.post("/generate", include_in_schema=False)
async def images_generate(request: Request) -> Response:
    """Pictures from words; those of the same request within seven days are given again, at no cost."""
    return await generate(request)


async def generate(request: Request) -> Response:
    """The answer to a body without `profileId`, at the route that document 2 shares."""
    body = await read_json(request, ImagesGenerateBody)
    wish = ImageRequest(
        prompt=body.prompt,
        negative_prompt=body.negative_prompt,
        size=_size(body.size),
        quality=body.quality,
        style=body.style,
        count=body.count or 1,
        steps=body.steps,
        guidance=body.cfg_scale,
        seed=body.seed,
        reuse=True,
    )
    return await _painted(request, wish, body.provider)


@router.post("/edit", summary="Edit an image", responses=PAINTED, openapi_extra=taking(ImagesEditBody))
async def images_edit(request: Request) -> Response:
    """A picture changed as the words say: where the mask says so, everywhere without one, or beyond its edges."""
    body = await read_json(request, ImagesEditBody)
    source = await picture_at(request, body.image_url, "imageUrl")
    wish = ImageRequest(prompt=body.prompt or "", strength=body.strength, inputs=(source,))
    if body.edit_type == "outpaint":
        wish = replace(wish, operation=Operation.OUTPAINT, margins=_all_round(source))
    elif body.mask is None:
        wish = replace(wish, operation=Operation.EDIT)
    else:
        mask = await mask_for(request, body.mask, source, "mask")
        wish = replace(wish, operation=Operation.INPAINT, inputs=(source, mask))
    return await _painted(request, wish, body.provider)


@router.post("/variations", summary="Vary an image", responses=PAINTED, openapi_extra=taking(ImagesVariationsBody))
async def images_variations(request: Request) -> Response:
    """Pictures like another one."""
    body = await read_json(request, ImagesVariationsBody)
    source = await picture_at(request, body.image_url, "imageUrl")
    wish = ImageRequest(operation=Operation.VARIATIONS, inputs=(source,), count=body.count or 1)
    return await _painted(request, wish, body.provider)


@router.post("/upscale", summary="Upscale an image", responses=PAINTED, openapi_extra=taking(ImagesUpscaleBody))
async def images_upscale(request: Request) -> Response:
    """A picture two or four times as wide and high."""
    body = await read_json(request, ImagesUpscaleBody)
    source = await picture_at(request, body.image_url, "imageUrl")
    wish = ImageRequest(operation=Operation.UPSCALE, inputs=(source,), scale=body.scale)
    return await _painted(request, wish, body.provider)


@router.post(
    "/style-transfer", summary="Restyle an image", responses=PAINTED, openapi_extra=taking(ImagesStyleTransferBody)
)
async def images_style_transfer(request: Request) -> Response:
    """A picture in another style: a saved one by its id, or as the words say."""
    body = await read_json(request, ImagesStyleTransferBody)
    source = await picture_at(request, body.image_url, "imageUrl")
    wish = ImageRequest(operation=Operation.STYLE_TRANSFER, inputs=(source,))
    found = await runtime_of(request).engine.wording.shown_presets(principal_of(request))
    saved = {preset.id: preset.value for preset, _ in found}
    style = body.style.strip()
    return await _painted(request, replace(wish, prompt=saved.get(style, style)), body.provider)


async def _painted(request: Request, wish: ImageRequest, provider: str | None) -> Response:
    check_lengths(request, wish.prompt, wish.negative_prompt)
    meant = replace(wish, provider=_provider(request, wish, provider))
    job = await begun(request, meant, key=idempotency_key(request))
    job = with_pictures(await ended(request, job))
    if all(picture.withheld is not None for picture in job.pictures):
        raise failure_of(job)
    return answer(images_body(request, job.pictures))


def _provider(request: Request, wish: ImageRequest, named: str | None) -> str | None:
    """The service that is meant: the one that is named, else document 1's default where it can do it now."""
    runtime = runtime_of(request)
    if named is not None:
        return runtime.catalog.service(named).id
    default = runtime.engine.router.default or DEFAULT
    can = any(card.service == default and wish.operation in card.operations for card in runtime.catalog.models)
    return default if can and runtime.services.readiness(default).ready else None


def _size(text: str | None) -> Size | None:
    if text is None:
        return None
    try:
        return Size.parse(text)
    except ValueError as error:
        raise InvalidRequest(str(error), field="size") from None


def _all_round(source: InputImage) -> Margins:
    """How far a picture grows where nobody says it: by the same part on all sides."""
    wide, high = source.width // GROWTH, source.height // GROWTH
    return Margins(left=wide, top=high, right=wide, bottom=high)
