"""The fields of a new batch: as they were typed, and the batch that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from limner.domain.batches import LONGEST_DELAY, MOST_AT_ONCE
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.engine.batching import BatchWish, Wanted
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.web.batch_views import BatchDraft
from limner.web.languages import gettext as _
from limner.web.languages import number
from limner.web.signing_in import text_of

LONGEST_LIST = 900_000
"""Bytes of a list; it goes there and back in a field of the page that shows its price."""
LONGEST_NAME = 200
PASTED = "-"
"""What a list is called that came in no file."""


class ReadsRows(Protocol):
    """Makes requests of the rows of a list, as the interface does."""

    async def __call__(
        self, runtime: Runtime, principal: Principal, name: str, data: bytes, *, model: str = ""
    ) -> Sequence[Wanted]:
        """Every row, or what is wrong with it; `model` paints those that name nobody. Raises InvalidRequest."""
        ...


def draft_from_form(form: FormData) -> BatchDraft:
    """What stood in the fields, as it was typed."""
    return BatchDraft(
        name=text_of(form, "name").strip()[:LONGEST_NAME],
        rows=text_of(form, "rows").replace("\r\n", "\n"),
        file=text_of(form, "list")[:LONGEST_NAME],
        model=text_of(form, "model"),
        concurrency=text_of(form, "concurrency").strip(),
        delay=text_of(form, "delay").strip(),
    )


async def with_file(draft: BatchDraft, file: UploadFile | str | None) -> BatchDraft:
    """The fields with the rows of the file that was chosen, if one was. Raises InvalidRequest."""
    if not isinstance(file, UploadFile) or not file.filename:
        return draft
    name = file.filename[:LONGEST_NAME]
    if draft.rows.strip():
        raise InvalidRequest(_("Paste the rows or choose a file, not both."), field="file")
    data = await file.read(LONGEST_LIST + 1)
    if len(data) > LONGEST_LIST:
        raise InvalidRequest(
            _("%(file)s has more than %(most)s bytes. Split it.", file=name, most=number(LONGEST_LIST)), field="file"
        )
    try:
        rows = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidRequest(_("%(file)s is not UTF-8. Save it as UTF-8.", file=name), field="file") from None
    return replace(draft, rows=rows, file=name)


async def wish_from(request: Request, draft: BatchDraft, most: Money | None = None) -> BatchWish:
    """The batch that the fields make, for so much at most. Raises InvalidRequest, naming the field."""
    data = draft.rows.encode()
    if not draft.rows.strip():
        raise InvalidRequest(_("Paste rows, one prompt a line, or choose a file."), field="rows")
    if len(data) > LONGEST_LIST:
        raise InvalidRequest(
            _("There are more than %(most)s bytes. Split it.", most=number(LONGEST_LIST)), field="rows"
        )
    concurrency, delay = _concurrency(draft), _delay(draft)
    reads: ReadsRows = request.app.state.reads_rows
    rows = await reads(runtime_of(request), principal_of(request), draft.file or PASTED, data, model=draft.model)
    return BatchWish(rows=rows, name=draft.name or draft.file, concurrency=concurrency, delay_ms=delay, max_cost=most)


def _concurrency(draft: BatchDraft) -> int:
    typed = draft.concurrency or BatchDraft().concurrency
    if typed.isascii() and typed.isdigit() and len(typed) < 4 and 1 <= int(typed) <= MOST_AT_ONCE:
        return int(typed)
    raise InvalidRequest(
        _("Rows at once are a whole number from 1 to %(most)s.", most=MOST_AT_ONCE), field="concurrency"
    )


def _delay(draft: BatchDraft) -> int:
    """Milliseconds."""
    try:
        found = round(float((draft.delay or "0").replace(",", ".")) * 1000)
    except (ValueError, OverflowError):
        found = -1
    if 0 <= found <= LONGEST_DELAY:
        return found
    raise InvalidRequest(
        _("The seconds between two rows are a number from 0 to %(most)s.", most=number(LONGEST_DELAY // 1000)),
        field="delay",
    )
