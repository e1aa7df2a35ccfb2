"""Document 3: pictures in two phases. An estimate spends nothing; only what somebody has confirmed is bought."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import carried_out, front_of
from limner.api.deps import idempotency_key, read_json
from limner.api.dialects.document3.answers import health_body
from limner.api.dialects.document3.bodies import (
    EstimateAnswer,
    EstimateBody,
    FailureAnswer,
    GeneratedAnswer,
    GenerateImageBody,
    HealthAnswer,
)
from limner.api.dialects.document3.chat import ChatStreamBody
from limner.api.dialects.document3.chat import router as chat
from limner.api.dialects.document3.identity import asking
from limner.api.dialects.document3.wishes import wish_of
from limner.api.documents import refusals, taking
from limner.api.mounting import mount
from limner.api.shapes import Body
from limner.api.surfaces import Surface, Target
from limner.api.two_phases import dollars, estimate_body, generated_body
from limner.domain.errors import ConfirmationRequired, Problem
from limner.domain.money import Money
from limner.engine.offering import cost_of
from limner.runtime.asking import principal_of, runtime_of

__all__ = ["BODIES", "SURFACE", "router"]


def error_body(status: int, problem: Problem) -> Body:
    """A problem in the document's shape."""
    del status
    told: Body = {"success": False, "error": problem.message}
    return told | {"confirmationRequired": True} if problem.code == ConfirmationRequired.code else told


SURFACE = Surface(
    name="document3",
    paths=("/generate-image", "/health-check"),
    shared=frozenset({Target("/chat", "POST")}),  # to look at it is the studio's page
    shape=error_body,
)
BODIES = (ChatStreamBody, EstimateBody, GenerateImageBody)
READ = refusals(FailureAnswer, 421, 500, 503)
PLANNED = {**READ, **refusals(FailureAnswer, 400, 402, 403, 404, 409, 413, 415, 429, 502, 504, 507)}

router = APIRouter(tags=["document 3"])
mount(router, chat)


@router.post(
    "/generate-image/estimate",
    summary="Estimate a picture",
    responses={200: {"model": EstimateAnswer}, **PLANNED},
    openapi_extra=taking(EstimateBody),
)
async def estimate_image(request: Request) -> Response:
    """Phase one: who would paint and what it costs at most. Sends nothing and spends nothing."""
    runtime = runtime_of(request)
    wish, tier = wish_of(await read_json(request, EstimateBody), runtime)
    quote = await runtime.engine.estimate(wish, principal_of(request))
    return answer(estimate_body(quote, tier, runtime.catalog))


@router.post(
    "/generate-image",
    summary="Paint a picture",
    responses={200: {"model": GeneratedAnswer}, **PLANNED},
    openapi_extra=taking(GenerateImageBody),
)
async def generate_image(request: Request) -> Response:
    """Phase two: looks anew who can paint, and paints, unless that costs more than was confirmed."""
    runtime = runtime_of(request)
    body = await read_json(request, GenerateImageBody)
    principal = await asking(request, body.access_token)
    wish, tier = wish_of(body, runtime)
    if body.confirmed_cost is not None:
        confirmed = Money.usd(str(body.confirmed_cost))
        cost = cost_of((await runtime.engine.estimate(wish, principal)).plan)
        if cost is None or cost > confirmed:
            return answer(_to_confirm(cost, confirmed), 409)
        wish = replace(wish, max_cost=confirmed)
    polled = runtime.settings.generate_image_polling_seconds
    job = await carried_out(request, wish, key=idempotency_key(request), principal=principal, polled=polled)
    return answer(generated_body(front_of(request), job, tier))


@router.get(
    "/health-check/image-providers",
    summary="Say how the services fare",
    responses={200: {"model": HealthAnswer}, **READ},
)
async def image_providers(request: Request) -> Response:
    """Every service: whether it can be asked now, and why not."""
    await runtime_of(request).renew()
    return answer(health_body(runtime_of(request)))


def _to_confirm(cost: Money | None, confirmed: Money) -> Body:
    said = "an amount that nobody knows" if cost is None else f"up to {cost}"
    return {
        "success": False,
        "confirmationRequired": True,
        "cost": dollars(cost),
        "error": f"This now costs {said}, more than the {confirmed} that you confirmed. Confirm again.",
    }
