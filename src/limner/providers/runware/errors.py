"""What Runware's errors mean. Their codes are declared unstable, so families of names count and not single ones.

Facts of 2026-11-20: runware.ai/docs/platform/errors, errors.py of runware-sdk 1.8.0.
"""

from __future__ import annotations

from dataclasses import replace

from limner.domain.errors import FailureCode, Spent
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply

SUBJECT = "extra.taskUUID"
"""The field of an error that is about the id of a task."""
FAMILIES = (
    (("apikey", "authentication"), FailureCode.AUTHENTICATION),
    (
        ("contentpolicy", "sensitivecontent", "unsafecontent", "nsfw", "blocked", "moderation", "providercontent"),
        FailureCode.REFUSED,
    ),
    (("credit", "quota", "balance", "payment"), FailureCode.NO_CREDIT),
    (("ratelimit",), FailureCode.RATE_LIMITED),
    (("forbidden", "permission"), FailureCode.FORBIDDEN),
    (("taskcancelled",), FailureCode.CANCELLED),
    (("timeout",), FailureCode.TIMED_OUT),
    (("tasknotfound", "expired"), FailureCode.EXPIRED),
    (("notfound",), FailureCode.MODEL_GONE),
    (("serviceunavailable", "capacity"), FailureCode.OVERLOADED),
    (("internal", "provider"), FailureCode.FAILED),
    (("invalid", "missing", "unsupported", "value", "array", "conflict", "duplicate"), FailureCode.BAD_PARAMETER),
    (("unknownparameter", "exceeded"), FailureCode.BAD_PARAMETER),
)
"""Parts of codes in small letters, the first that fits counts."""
WORDS = {
    "positivePrompt": "prompt",
    "negativePrompt": "negative_prompt",
    "width": "size",
    "height": "size",
    "CFGScale": "guidance",
    "numberResults": "count",
    "outputFormat": "format",
    "upscaleFactor": "scale",
    "outpaint": "margins",
    "inputs": "inputs",
    "controlNet": "inputs",
    "seedImage": "inputs",
    "maskImage": "mask",
}
"""Our names for Runware's parameters where they differ."""
SAME = frozenset({"model", "steps", "seed", "strength"})
NOT_PAINTED = ("blocked",)
"""Refusals of this family come before anything is painted; whether others are refunded is unverified (2026-11-20)."""


def errors_of(reply: Reply) -> list[Reply]:
    """All errors of an answer, in any of the shapes that the official parser reads."""
    listed = reply.items("errors") or ([reply.part("error")] if reply.mapping("error") else [])
    if isinstance(reply.value, list):
        listed = [item for item in reply.items() if item.text("code")]
    items = [item for item in reply.items("data") if item.text("status") == "error"]
    return [*listed, *(item.part("error") if item.mapping("error") else item for item in items)]


def refusal(answer: Answer) -> Refusal:
    """A request that was refused as a whole."""
    found = errors_of(answer.body)
    if not found:
        return by_status(answer)
    return meaning(found[0], status=answer.status, answer=answer)


def meaning(error: Reply, *, status: int, answer: Answer | None = None) -> Refusal:
    """One error; inside a success it comes after the task was accepted, and what it cost is known for some only."""
    name = (error.text("code") or "").lower()
    whole = answer or Answer(status=status, headers={}, body=error)
    usual = by_status(whole).code if answer else FailureCode.FAILED
    code = next((code for parts, code in FAMILIES if any(part in name for part in parts)), usual)
    if error.at("NSFWContent") is True:
        code = FailureCode.REFUSED
    said = f"{error.text('message') or 'flagged as unsafe'} ({error.text('code') or 'NSFWContent'})"
    field = _field(error) if code is FailureCode.BAD_PARAMETER else None
    told = meant(whole, code, said=said, field="model" if code is FailureCode.MODEL_GONE else field)
    accepted = 200 <= status < 300
    unclear = code is FailureCode.EXPIRED or (
        code is FailureCode.REFUSED and not any(part in name for part in NOT_PAINTED)
    )
    return replace(told, spent=Spent.UNKNOWN) if accepted and unclear else told


def unknown_there(error: Reply) -> bool:
    """Whether an error says that a task is not known."""
    told = meaning(error, status=200)
    return told.code is FailureCode.EXPIRED or told.field == SUBJECT


def _field(error: Reply) -> str | None:
    """Our name for a parameter such as `inputs.seedImage`; the first where several are named."""
    place = error.text("parameter") or error.text("parameter", 0)
    if place is None:
        return None
    name = place.partition(".")[0].partition("[")[0]
    return WORDS.get(name, name if name in SAME else f"extra.{name}")
