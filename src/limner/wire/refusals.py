"""What a service's refusal means, and the words in which it is told: the same for every service."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from limner.domain.errors import FailureCode, Spent
from limner.wire.reply import Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An adapter's reading of an answer that is no success."""

    code: FailureCode
    said: str = ""
    """The service's own words."""
    retryable: bool = False
    spent: Spent = Spent.NO
    field: str | None = None
    """The field of our request that it is about."""
    retry_after: float | None = None
    """Seconds."""


class ReadsRefusals(Protocol):
    """How an adapter reads what its service says when it says no."""

    def __call__(self, answer: Answer) -> Refusal:
        """What it means."""
        ...


BY_STATUS = {
    400: FailureCode.BAD_PARAMETER,
    401: FailureCode.AUTHENTICATION,
    402: FailureCode.NO_CREDIT,
    403: FailureCode.FORBIDDEN,
    404: FailureCode.MODEL_GONE,
    408: FailureCode.TIMED_OUT,
    410: FailureCode.MODEL_GONE,
    413: FailureCode.BAD_PARAMETER,
    422: FailureCode.BAD_PARAMETER,
    429: FailureCode.RATE_LIMITED,
    503: FailureCode.OVERLOADED,
    529: FailureCode.OVERLOADED,
}
UNCLEAR = {FailureCode.FAILED, FailureCode.OVERLOADED, FailureCode.TIMED_OUT}
"""After these nobody knows whether the picture was painted and charged, so nothing is sent again."""


def by_status(answer: Answer) -> Refusal:
    """What the status alone says; adapters refine it by the service's own codes.

    A 4xx is a clear refusal: nothing was bought. A 5xx is none, nor is 408, a time-out in the middle: a server that
    is overloaded may have taken the work on all the same, so of all answers only a 429 is repeated.
    """
    status = answer.status
    said, code = answer.said, BY_STATUS.get(status, FailureCode.FAILED)
    if 300 <= status < 400:
        code = FailureCode.UNREACHABLE
        said = f"it sends elsewhere, to {answer.headers.get('location', 'an address it does not name')}"
    elif 400 <= status < 500 and status not in BY_STATUS:
        code = FailureCode.BAD_PARAMETER
    return Refusal(
        code=code,
        said=said,
        retryable=status == 429,
        spent=_spent(status, code),
        retry_after=retry_after(answer) if status in {429, 503} else None,
    )


def meant(answer: Answer, code: FailureCode, *, said: str | None, field: str | None) -> Refusal:
    """An answer whose meaning the service names itself: in a refusal, or in the middle of a stream."""
    found = by_status(answer)
    return replace(
        found,
        code=code,
        said=said or found.said,
        field=field,
        retryable=code is FailureCode.RATE_LIMITED,
        spent=_spent(answer.status, code),
    )


def _spent(status: int, code: FailureCode) -> Spent:
    clear = 300 <= status < 500 and status != 408
    return Spent.UNKNOWN if code in UNCLEAR and not clear else Spent.NO


def when_free(refusal: Refusal) -> Refusal:
    """The same for a request that buys nothing: it costs nothing, and trouble at the service may pass."""
    passing = {FailureCode.RATE_LIMITED, FailureCode.OVERLOADED, FailureCode.FAILED, FailureCode.TIMED_OUT}
    return replace(refusal, spent=Spent.NO, retryable=refusal.retryable or refusal.code in passing)


def retry_after(answer: Answer) -> float | None:
    """Seconds to wait, from `retry-after-ms`, `retry-after` or `ratelimit-reset`.

    A date counts from the answer's own `date`; the last is the seconds until a quota begins anew, as in the drafts of
    the IETF's HTTPAPI group (Replicate, 2026-11-20).
    """
    milliseconds = _number(answer.headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = answer.headers.get("retry-after", answer.headers.get("ratelimit-reset"))
    seconds = _number(text)
    if seconds is not None or text is None:
        return seconds
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers["date"])
    except (ValueError, TypeError, KeyError):
        return None
    return max(wait / timedelta(seconds=1), 0.0)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e9 else None


ADVICE = {
    FailureCode.AUTHENTICATION: "Invalid API key: {name} does not accept it. Check {key}.",
    FailureCode.NO_CREDIT: "The account at {name} has no credit left. Top it up there, or choose another model.",
    FailureCode.FORBIDDEN: "{name} does not allow this with the given key. Check the account there.",
    FailureCode.RATE_LIMITED: "Rate limit exceeded: {name} gets too many requests. Wait a little and try again.",
    FailureCode.REFUSED: "{name} refuses this as unsafe. Change the prompt or the picture.",
    FailureCode.BAD_PARAMETER: "{name} does not accept {field}. Change it and try again.",
    FailureCode.MODEL_GONE: "{name} does not have this model, or not for this key. Choose another one.",
    FailureCode.OVERLOADED: "{name} is overloaded. Try again later, or choose another model.",
    FailureCode.FAILED: "{name} failed with an error of its own.",
    FailureCode.UNREACHABLE: "{name} cannot be reached. Check the network and the address of the service.",
    FailureCode.LINE_DROPPED: "Connection lost: the line to {name} broke after the request had been sent.",
    FailureCode.TIMED_OUT: "{task} timeout: {name} did not answer in time.",
    FailureCode.BAD_ANSWER: "{name} sent an answer that cannot be used.",
    FailureCode.EXPIRED: "{name} no longer has the picture.",
    FailureCode.CANCELLED: "{name} has cancelled this call.",
}
OURS = {FailureCode.UNREACHABLE, FailureCode.LINE_DROPPED, FailureCode.TIMED_OUT, FailureCode.BAD_ANSWER}
"""Failures seen from this side: the words are not the service's."""

AFTERWARDS = {
    Spent.NO: "",
    Spent.YES: " It has probably been charged.",
    Spent.UNKNOWN: " It may have been charged: look there before you try again.",
}


def in_words(refusal: Refusal, *, name: str, key: str, said: str, task: str = "Image generation") -> str:
    """What happened to a task and what to do, with the service's own words at the end."""
    field = f"the {refusal.field}" if refusal.field else "a part of this call"
    told = ADVICE[refusal.code].format(name=name, key=key, field=field, task=task)
    told += AFTERWARDS[refusal.spent]
    if not said:
        return told
    return f"{told} ({said})" if refusal.code in OURS else f'{told} {name} says: "{said}"'
