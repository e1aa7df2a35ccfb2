"""Prompts: what they are like, and shorter ones."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from limner.api.answering_once import once, repeatable
from limner.api.answers import answer
from limner.api.deps import read_json
from limner.api.documents import answers, body_of
from limner.api.prompt_schemas import (
    CheckAnswer,
    EnhanceBody,
    EnhancedAnswer,
    HelpedBody,
    NegativeAnswer,
    OptimisedAnswer,
    PromptBody,
    PromptHealthAnswer,
    TranslateBody,
    TranslatedAnswer,
)
from limner.api.shapes import Body
from limner.runtime.asking import principal_of, runtime_of
from limner.words.plain import (
    analysis_body,
    check_body,
    enhanced_body,
    health_body,
    negative_body,
    optimised_body,
    translated_body,
)

router = APIRouter(prefix="/prompts", tags=["prompts"])


@router.post(
    "/validate",
    summary="Look at a prompt",
    responses=answers(CheckAnswer, "What it is like.", 415),
    openapi_extra=body_of(PromptBody),
)
async def validate_prompt(request: Request) -> Response:
    """What can be measured about a prompt, what of it has to stay, and whether it is too long. Nothing is sent."""
    principal_of(request)
    prompt = (await read_json(request, PromptBody)).prompt
    objection = runtime_of(request).words.optimiser.objection(prompt)
    problem = None if objection is None else objection.message
    return answer(await asyncio.to_thread(check_body, prompt, problem))


@router.post(
    "/optimise",
    summary="Shorten a prompt",
    responses=answers(OptimisedAnswer, "The shorter prompt.", 415),
    openapi_extra=body_of(PromptBody),
)
async def optimise_prompt(request: Request) -> Response:
    """A prompt of fewer than 3,000 characters with every protected term; a shorter one comes back as it is.

    Ollama does it where it can be asked, else Limner, and `by` says who. It costs nothing.
    """
    principal_of(request)
    prompt = (await read_json(request, PromptBody)).prompt
    words = runtime_of(request).words.optimiser
    words.check(prompt)
    done = optimised_body(prompt, await words.shortened(prompt))
    return answer({**done, "analysis": await asyncio.to_thread(analysis_body, prompt)})


@router.post(
    "/enhance",
    summary="Make more of a prompt",
    responses=answers(EnhancedAnswer, "The richer prompt.", 403, 404, 409, 415),
    openapi_extra=repeatable(EnhanceBody),
)
async def enhance_prompt(request: Request) -> Response:
    """The same picture, described better, with other prompts and tags; at most 4,000 characters come in.

    The text model does it that is named, else LIMNER_TEXT_MODEL, else the first whose service has a key, else Ollama,
    else Limner from a phrasebook; `by` says who. What a service charges is held, booked and told in `cost_usd`.
    """
    principal, body = principal_of(request), await read_json(request, EnhanceBody)

    async def work() -> Body:
        done = await runtime_of(request).words.enhancer.enhanced(body.prompt, body.wish(principal), body.style)
        return enhanced_body(body.prompt, done)

    return await once(request, work)


@router.post(
    "/translate",
    summary="Translate a prompt",
    responses=answers(TranslatedAnswer, "The prompt in the other language.", 403, 404, 409, 415),
    openapi_extra=repeatable(TranslateBody),
)
async def translate_prompt(request: Request) -> Response:
    """The same prompt in another language; words in quotation marks stay. Without a text model it stays as it is."""
    principal, body = principal_of(request), await read_json(request, TranslateBody)

    async def work() -> Body:
        done = await runtime_of(request).words.translator.translated(body.prompt, body.to, body.wish(principal))
        return translated_body(body.prompt, done)

    return await once(request, work)


@router.post(
    "/negative",
    summary="Suggest a negative prompt",
    responses=answers(NegativeAnswer, "What the picture should not have.", 403, 404, 409, 415),
    openapi_extra=repeatable(HelpedBody),
)
async def suggest_negative_prompt(request: Request) -> Response:
    """What would spoil just this picture; never what the prompt asks for. Without a text model from the phrasebook."""
    principal, body = principal_of(request), await read_json(request, HelpedBody)

    async def work() -> Body:
        return negative_body(await runtime_of(request).words.negator.suggested(body.prompt, body.wish(principal)))

    return await once(request, work)


@router.get(
    "/health",
    summary="Show who shortens prompts",
    responses=answers(PromptHealthAnswer, "The text model, and how well it has gone so far."),
)
async def prompt_health(request: Request) -> Response:
    """Whether the text model can be asked now, and what this process has shortened since it started."""
    principal_of(request)
    words = runtime_of(request).words.optimiser
    return answer(health_body(await words.condition(), words.tally))
