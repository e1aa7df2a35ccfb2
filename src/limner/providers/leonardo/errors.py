"""What Leonardo's errors mean: REST ones with `error` and `code`, and GraphQL's, which also come as a success.

Facts of 2026-11-20: docs.leonardo.ai (api-error-messages of 2026-01-28), OpenAPI 1.0.0, public clients.
"""

from __future__ import annotations

from dataclasses import replace

from limner.domain.errors import FailureCode, Spent
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply

FAMILIES = (
    (("access-denied", "unauthorized", "authorization hook", "authentication hook"), FailureCode.AUTHENTICATION),
    (("not enough", "insufficient"), FailureCode.NO_CREDIT),
    (("moderat", "content policy", "nsfw", "inappropriate", "safety"), FailureCode.REFUSED),
    (("rate limit", "too many"), FailureCode.RATE_LIMITED),
)
"""Parts of codes and messages in small letters, the first that fits counts. Those about credit and moderation are
unverified."""
FIELDS = (
    ("extension", "inputs"),
    ("num_images", "count"),
    ("quantity", "count"),
    ("guidance", "guidance"),
    ("inference_steps", "steps"),
    ("init_strength", "strength"),
    ("width", "size"),
    ("height", "size"),
    ("seed", "seed"),
    ("negative_prompt", "negative_prompt"),
    ("prompt", "prompt"),
)
"""Errors name fields in words only: parts of these, and our names."""


def refusal(answer: Answer) -> Refusal:
    """A request that was refused."""
    error = answer.body.part(0) if isinstance(answer.body.value, list) else answer.body
    return meaning(error, answer, by_status(answer).code)


def refused_in_success(reply: Reply) -> Refusal | None:
    """GraphQL's errors under status 200 and nothing beside them: nothing was accepted. None where there are none."""
    listed = reply.items() or (reply.items("errors") if list(reply.mapping()) == ["errors"] else [])
    error = next((item for item in listed if item.text("message")), None)
    if error is None:
        return None
    told = meaning(error, Answer(status=200, headers={}, body=error), FailureCode.BAD_PARAMETER)
    return replace(told, spent=Spent.NO)


def meaning(error: Reply, answer: Answer, usual: FailureCode) -> Refusal:
    """One error, by its words where they are known."""
    said = error.text("error") or error.text("message")
    words = " ".join(filter(None, (said, error.text("code"), error.text("extensions", "code")))).lower()
    code = next((code for parts, code in FAMILIES if any(part in words for part in parts)), usual)
    named = next((ours for theirs, ours in FIELDS if theirs in words), None)
    return meant(answer, code, said=said, field=named if code is FailureCode.BAD_PARAMETER else None)
