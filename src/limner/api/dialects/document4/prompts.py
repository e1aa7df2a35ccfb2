"""Document 4's routes about prompts: measured, shortened, and who does it."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.deps import read_json
from limner.api.dialects.document4.answers import validation_body
from limner.api.dialects.document4.bodies import FailedAnswer, UnifiedPromptBody, ValidationAnswer, ValidatorAnswer
from limner.api.documents import refusals, taking
from limner.domain.request import ImageRequest
from limner.engine.prompting import optimised
from limner.runtime.asking import principal_of, runtime_of
from limner.words.analysis import analysed
from limner.words.plain import health_body

router = APIRouter(tags=["document 4"])

READ = refusals(FailedAnswer, 400, 404, 421, 500, 503)


@router.post(
    "/unified/validate-prompt",
    summary="Look at a prompt, and shorten it",
    responses={200: {"model": ValidationAnswer}, **READ, **refusals(FailedAnswer, 403, 413, 415)},
    openapi_extra=taking(UnifiedPromptBody),
)
async def unified_validate_prompt(request: Request) -> Response:
    """The prompt as it would be painted, and what can be measured about the one that came. Nothing is painted."""
    principal_of(request)
    prompt = (await read_json(request, UnifiedPromptBody)).prompt
    words = runtime_of(request).words.optimiser
    words.check(prompt)
    done = await optimised(ImageRequest(prompt=prompt, optimise=True), words)
    found = await asyncio.to_thread(analysed, prompt)
    analysis = {
        "complexity_score": found.complexity,
        "readability": found.readability,
        "keywords": [keyword.phrase for keyword in found.keywords],
    }
    return answer({"valid": True, "optimized_prompt": done.prompt, **validation_body(done), "analysis": analysis})


@router.get(
    "/unified/prompt-validator/health",
    summary="Show whether the text model can be asked",
    responses={200: {"model": ValidatorAnswer}, **READ},
)
async def unified_prompt_validator_health(request: Request) -> Response:
    """`available` is false where it cannot; that is no failure, for Limner then shortens prompts itself."""
    principal_of(request)
    words = runtime_of(request).words.optimiser
    return answer(health_body(await words.condition(), words.tally))
