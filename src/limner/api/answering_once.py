"""Answers a request for text once for each Idempotency-Key: what was bought for the first is given to its repeats."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

from limner.api.answers import NO_STORE, answer
from limner.api.deps import idempotency_key
from limner.api.documents import body_of
from limner.api.shapes import Body
from limner.domain.errors import LimnerError, Spent, StorageError
from limner.runtime.asking import principal_of, runtime_of

HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "description": "The same key with the same body gives the same answer again; with another body 422.",
    }
]


def repeatable(model: type[BaseModel]) -> dict[str, Any]:
    """The body of such a route, and the header that makes it repeatable, for its `openapi_extra`."""
    return {**body_of(model), "parameters": HEADERS}


async def once(request: Request, work: Callable[[], Awaitable[Body]]) -> Response:
    """The answer of `work`, or that of an earlier request under the same key. Raises IdempotencyConflict, AnswerLost.

    A request that is refused before anything was bought gives its key back.
    """
    key = idempotency_key(request)
    if key is None:
        return answer(await work())
    runtime, owner = runtime_of(request), principal_of(request).id
    fingerprint = hashlib.sha256(request.url.path.encode() + b"\0" + await request.body()).hexdigest()
    known = await runtime.texts.repeats.begin(owner, key, fingerprint, runtime.clock.now())
    if known is not None:
        return Response(known, media_type="application/json", headers=NO_STORE)
    try:
        given = answer(await work())
    except LimnerError as error:
        if error.spent is Spent.NO and not isinstance(error, StorageError):
            await runtime.texts.repeats.forget(owner, key)
        raise
    await runtime.texts.repeats.keep(owner, key, bytes(given.body))
    return given
