"""The surface of OpenAI's Images API, /v1: its official clients work against it unchanged."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import begun, ended, with_pictures
from limner.api.deps import broadcasts_of, idempotency_key, read_json
from limner.api.dialects.openai.answers import answer_pieces
from limner.api.dialects.openai.bodies import EditForm, GenerationBody, ImageEditBody, VariationForm
from limner.api.dialects.openai.errors import SURFACE
from limner.api.dialects.openai.events import Stream
from limner.api.dialects.openai.reading import read_edit, read_variation
from limner.api.dialects.openai.schemas import ErrorAnswer, ImagesAnswer, ModelAnswer, ModelList
from limner.api.dialects.openai.wishes import Painting, wish_of
from limner.api.documents import form_of, refusals, taking
from limner.api.frames import Pieces, event_stream
from limner.api.inline import length_of, written
from limner.api.shapes import Body
from limner.domain.job import Job
from limner.domain.model_card import ModelCard, Status
from limner.domain.request import ImageRequest
from limner.runtime.asking import principal_of, runtime_of

__all__ = ["BODIES", "SURFACE", "router"]

BODIES = (GenerationBody, ImageEditBody, EditForm, VariationForm)
OWN = frozenset({"openai", "sketch"})
"""Services whose models go by their bare names."""

router = APIRouter(prefix="/v1", tags=["openai"])

FAILURES = (400, 402, 403, 404, 409, 413, 415, 421, 429, 500, 502, 503, 504, 507)
STREAMED: dict[str, Any] = {"text/event-stream": {"schema": {}}}
PAINTED: dict[int | str, dict[str, Any]] = {
    200: {"model": ImagesAnswer, "description": "The pictures; with `stream`, events.", "content": STREAMED},
    **refusals(ErrorAnswer, *FAILURES),
}
READ = refusals(ErrorAnswer, 400, 404, 421, 500, 503)


@router.post("/images/generations", summary="Paint", responses=PAINTED, openapi_extra=taking(GenerationBody))
async def openai_generations(request: Request) -> Response:
    """Pictures from words, in base64 unless `response_format` is `url`."""
    body = await read_json(request, GenerationBody)
    return await _painted(request, body, wish_of(body, (), runtime_of(request).catalog))


@router.post(
    "/images/edits",
    summary="Change pictures",
    responses=PAINTED,
    openapi_extra=taking(ImageEditBody, form=form_of(EditForm, mask=True)),
)
async def openai_edits(request: Request) -> Response:
    """Pictures from others: the first is changed where `mask` is transparent; the rest are references."""
    body, inputs = await read_edit(request)
    return await _painted(request, body, wish_of(body, inputs, runtime_of(request).catalog))


@router.post(
    "/images/variations",
    summary="Vary a picture",
    responses=PAINTED,
    openapi_extra=taking(None, form=form_of(VariationForm)),
)
async def openai_variations(request: Request) -> Response:
    """Pictures like the one sent."""
    body, inputs = await read_variation(request)
    return await _painted(request, body, wish_of(body, inputs, runtime_of(request).catalog))


@router.get("/models", summary="List models in OpenAI's words", responses={200: {"model": ModelList}, **READ})
async def openai_models(request: Request) -> Response:
    """The models that can be asked now; retired names are taken too, and lead to their successors."""
    runtime = runtime_of(request)
    await runtime.renew()
    ready = {card.id for card in runtime.catalog.services if runtime.services.readiness(card.id).ready}
    cards = [card for card in runtime.catalog.models if card.service in ready and card.status is not Status.RETIRED]
    return answer({"object": "list", "data": [_model(card, _name(card)) for card in cards]})


@router.get(
    "/models/{model:path}", summary="Show a model in OpenAI's words", responses={200: {"model": ModelAnswer}, **READ}
)
async def openai_model(request: Request, model: Annotated[str, Path(max_length=200)]) -> Response:
    """One model by any of its names."""
    return answer(_model(runtime_of(request).catalog.find(model), model))


def _name(card: ModelCard) -> str:
    return card.name if card.service in OWN else card.id


def _model(card: ModelCard, name: str) -> Body:
    day = None if card.as_of is None else datetime.combine(card.as_of, time(), UTC)
    return {
        "id": name,
        "object": "model",
        "created": 0 if day is None else int(day.timestamp()),
        "owned_by": card.service,
        "shutdown_date": card.shutdown,
    }


async def _painted(request: Request, body: Painting | VariationForm, wish: ImageRequest) -> Response:
    job = await _job(request, wish)
    if not isinstance(body, VariationForm) and body.stream:
        return event_stream(Stream(request, job).pieces(), broadcasts_of(request), _headers(job))
    done = with_pictures(await ended(request, job))
    pieces = await answer_pieces(request, done, as_url=body.response_format == "url")
    headers = {**_headers(done), "content-length": str(length_of(pieces))}
    return Pieces(written(pieces), None, headers=headers, media_type="application/json")


async def _job(request: Request, wish: ImageRequest) -> Job:
    """The job of a request, or of the earlier one that it repeats: OpenAI's clients send again by themselves.

    They say so in X-Stainless-Retry-Count (openai-python 3.54.0). A caller with a key of their own decides themselves.
    """
    runtime, principal, key = runtime_of(request), principal_of(request), idempotency_key(request)
    if key is None:
        again = request.headers.get("x-stainless-retry-count", "0") != "0"
        earlier = await runtime.repeats.earlier(wish, principal, again=again)
        if earlier is not None:
            return earlier
    return await begun(request, wish, key=key)


def _headers(job: Job) -> dict[str, str]:
    """Who paints, which is another model than was asked for where that one is retired, and the job."""
    return {"x-limner-model": job.model, "x-limner-job": job.id}
