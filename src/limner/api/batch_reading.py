"""From what was sent to a batch: each row is read by itself, and says by itself what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import orjson
from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from limner.api.batch_bodies import BatchBody, BatchOptions, request_of
from limner.api.bodies import RequestBody
from limner.api.deps import media_type_of, parsed, read_json, runtime_of
from limner.api.taking_in import taken_in
from limner.domain.batches import MOST_ROWS
from limner.domain.errors import InvalidRequest, LimnerError, Problem, StorageError
from limner.domain.people import Principal
from limner.engine.batching import BatchWish, Wanted
from limner.engine.rows import Row, rows_of
from limner.runtime.forms import read_form

LONGEST_PROMPT = 500
"""Signs of a prompt that stand in the list of rows; the request has all of them."""


async def read_batch(request: Request, principal: Principal) -> BatchWish:
    """The batch of a body in JSON, or of a form with a list as its file. Raises UsageError."""
    if media_type_of(request) == "multipart/form-data":
        options, rows, name = await _from_form(request)
        wanted = [await _wanted(request, principal, row.line, request_of(row), row.fault) for row in rows]
    else:
        body = await read_json(request, BatchBody)
        options, name = body, ""
        wanted = [await _wanted(request, principal, line, row) for line, row in enumerate(body.requests, start=1)]
    return BatchWish(
        rows=wanted,
        name=options.name or name,
        concurrency=options.concurrency,
        max_cost=options.limit(),
        delay_ms=options.delay_ms,
    )


async def _from_form(request: Request) -> tuple[BatchOptions, Sequence[Row], str]:
    async with read_form(request, files=2, fields=2) as form:
        options = parsed(await _text(form, "batch", b"{}"), BatchOptions)
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidRequest("Send the list as the part 'file', with a filename.", field="file")
        name = file.filename or "-"
        data = await file.read()
    rows = await asyncio.to_thread(rows_of, name, data)
    if len(rows) > MOST_ROWS:
        raise InvalidRequest(f"{name} has {len(rows)} rows; a batch has at most {MOST_ROWS}. Split it.", field="file")
    return options, rows, name


async def _text(form: FormData, name: str, otherwise: bytes) -> str | bytes:
    """A part of a form, sent as a field or as a file."""
    part = form.get(name, "")
    if isinstance(part, UploadFile):
        return await part.read()
    return part or otherwise


async def _wanted(
    request: Request, principal: Principal, line: int, row: Mapping[str, object], fault: str | None = None
) -> Wanted:
    """One row: a request with its pictures taken in, or what is wrong with it."""
    prompt = row.get("prompt")
    shown = prompt[:LONGEST_PROMPT] if isinstance(prompt, str) else ""
    if fault is not None:
        return Wanted(line=line, prompt=shown, problem=_problem(InvalidRequest(f"{fault}.")))
    try:
        body = parsed(orjson.dumps(row), RequestBody)
        wish = await taken_in(runtime_of(request), principal.id, body)
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
