"""What the routes reach for: the open installation, who asks, and how bodies are read."""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from limner.api.errors import MalformedJson, UnsupportedMediaType, WrongFields
from limner.api.streaming import Broadcasts
from limner.domain.errors import InvalidRequest, NotFound, PolicyError
from limner.runtime.asking import runtime_of

Body = TypeVar("Body", bound=BaseModel)

LONGEST_KEY = 255
NO_NUMBER = re.compile(rb"[\[:,]\s*-?(?:NaN|Infinity)")
"""Where a value may be one of the words that stand for no number."""


def broadcasts_of(request: Request) -> Broadcasts:
    """Whoever listens to jobs in this process."""
    broadcasts: Broadcasts = request.app.state.broadcasts
    return broadcasts


def chat_broadcasts_of(request: Request) -> Broadcasts:
    """Whoever listens to answers of chats in this process."""
    broadcasts: Broadcasts = request.app.state.chat_broadcasts
    return broadcasts


def check_accounts(request: Request) -> None:
    """Raises PolicyError where nobody signs in: there is the one person of this machine."""
    if not runtime_of(request).settings.accounts:
        raise PolicyError(
            "Nobody signs in here. Set LIMNER_AUTH=accounts for people with accounts.", code="no_accounts"
        )


def checked_id(text: str, what: str) -> str:
    """An id in the form that ours have. Raises NotFound: anything else names nothing."""
    try:
        return str(UUID(text))
    except ValueError:
        raise NotFound(f"There is no {what} with this id.") from None


def media_type_of(request: Request) -> str:
    """The kind of body that came, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_is_json(request: Request) -> None:
    """Raises UnsupportedMediaType for a body that says it is something else, as those of other sites' forms do."""
    if media_type_of(request) not in {"application/json", ""}:
        raise UnsupportedMediaType("This route reads application/json. Set Content-Type and send JSON.")


async def read_json(request: Request, model: type[Body]) -> Body:
    """The body, checked. Raises MalformedJson, UnsupportedMediaType and WrongFields."""
    check_is_json(request)
    return parsed(await request.body(), model)


def check_numbers(text: bytes) -> None:
    """Raises MalformedJson for NaN and Infinity, which pydantic (2.14) reads as numbers and JSON (RFC 8259) has not."""
    if NO_NUMBER.search(text):
        try:
            from_json(text, allow_inf_nan=False)
        except ValueError as error:
            raise MalformedJson(f"The body is not JSON: {error}.") from None


def parsed(text: bytes | str, model: type[Body]) -> Body:
    """JSON text as a checked value. Raises MalformedJson and WrongFields."""
    check_numbers(text.encode() if isinstance(text, str) else text)
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise MalformedJson(f"The body is not JSON: {faults[0]['msg']}.") from None
        raise WrongFields(faults) from None


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key of a request. Raises InvalidRequest for one that is empty, too long or not plain text."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidRequest(
            f"Idempotency-Key is 1 to {LONGEST_KEY} printable characters. A UUID is a good one.",
            field="Idempotency-Key",
        )
    return key


def preferred_wait(request: Request) -> float | None:
    """The seconds of `Prefer: wait=N` (RFC 7240), at most ten minutes; None where it is absent or not a number."""
    for header in request.headers.getlist("prefer"):
        for preference in header.split(","):
            name, _, value = preference.partition(";")[0].partition("=")
            seconds = value.strip().strip('"')
            if name.strip().lower() == "wait" and seconds.isascii() and seconds.isdigit():
                return float(min(int(seconds[:9]), 600))
    return None
