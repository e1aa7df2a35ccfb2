"""From what was sent to a batch: each row is read by itself, and says by itself what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from limner.api.batch_bodies import BatchBody, BatchOptions, request_of
from limner.api.bodies import RequestBody
from limner.api.deps import media_type_of, parsed, read_json
from limner.api.taking_in import taken_in
from limner.domain.batches import MOST_ROWS
from limner.domain.errors import InvalidRequest, LimnerError, Problem, StorageError
from limner.domain.people import Principal
from limner.engine.batching import BatchWish, Wanted
from limner.engine.rows import rows_of
from limner.runtime import Runtime
from limner.runtime.asking import runtime_of
from limner.runtime.forms import read_form

PAINTERS = frozenset({"model", "provider", "profile", "tier"})
"""What of a row says who paints it."""
LONGEST_PROMPT = 500
"""Signs of a prompt that stand in the list of rows; the request has all of them."""


async def read_batch(request: Request, principal: Principal) -> BatchWish:
    """The batch of a body in JSON, or of a form with a list as its file. Raises UsageError."""
    runtime = runtime_of(request)
    if media_type_of(request) == "multipart/form-data":
        options, data, name = await _from_form(request)
        wanted = await rows_wanted(runtime, principal, name, data)
    else:
        body = await read_json(request, BatchBody)
        options, name = body, ""
        wanted = [await _wanted(runtime, principal, line, row) for line, row in enumerate(body.requests, start=1)]
    return BatchWish(
        rows=wanted,
        name=options.name or name,
        concurrency=options.concurrency,
        max_cost=options.limit(),
        delay_ms=options.delay_ms,
    )


async def rows_wanted(
    runtime: Runtime, principal: Principal, name: str, data: bytes, *, model: str = ""
) -> list[Wanted]:
    """The rows of a list that goes by a name; `model` paints those that name nobody.

    What is wrong with a row is said of it. Raises InvalidRequest for what is no list, or has too many rows.
    """
    rows = await asyncio.to_thread(rows_of, name, data)
    if len(rows) > MOST_ROWS:
        said = "The list" if name == "-" else name
        raise InvalidRequest(f"{said} has {len(rows)} rows; a batch has at most {MOST_ROWS}. Split it.", field="file")
    return [await _wanted(runtime, principal, row.line, _painted_by(model, request_of(row)), row.fault) for row in rows]


def _painted_by(model: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """A row with the model that paints it where it names nobody itself."""
    return {"model": model, **body} if model and not PAINTERS & body.keys() else body


async def _from_form(request: Request) -> tuple[BatchOptions, bytes, str]:
    async with read_form(request, files=2, fields=2) as form:
        options = parsed(await _text(form, "batch", b"{}"), BatchOptions)
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidRequest("Send the list as the part 'file', with a filename.", field="file")
        return options, await file.read(), file.filename or "-"


async def _text(form: FormData, name: str, otherwise: bytes) -> str | bytes:
    """A part of a form, sent as a field or as a file."""
    part = form.get(name, "")
    if isinstance(part, UploadFile):
        return await part.read()
    return part or otherwise


async def _wanted(
    runtime: Runtime, principal: Principal, line: int, row: Mapping[str, object], fault: str | None = None
) -> Wanted:
    """One row: a request with its pictures taken in, or what is wrong with it."""
    prompt = row.get("prompt")
    shown = prompt[:LONGEST_PROMPT] if isinstance(prompt, str) else ""
    if fault is not None:
        return Wanted(line=line, prompt=shown, problem=_problem(InvalidRequest(f"{fault}.")))
    try:
        body = parsed(orjson.dumps(row), RequestBody)
        wish = await taken_in(runtime, principal.id, body)
    except StorageError:
        raise
    except (LimnerError, TypeError) as error:
        return Wanted(line=line, prompt=shown, problem=_problem(error))
    return Wanted(line=line, prompt=shown, request=wish)


def _problem(error: LimnerError | TypeError) -> Problem:
    """What is wrong with a row; what JSON has no room for is a number of a hundred digits."""
    if isinstance(error, LimnerError):
        return error.problem()
    return InvalidRequest("A number in it is too large.").problem()
