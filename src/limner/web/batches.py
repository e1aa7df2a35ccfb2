"""The pages of batches: a list is priced as a whole, begun by its price, watched, paused, resumed and taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from pydantic import BaseModel, Field

from limner.domain.batches import MOST_AT_ONCE, MOST_ROWS
from limner.domain.errors import ConfirmationRequired, LimnerError
from limner.domain.money import Money
from limner.engine.batching import BatchQuote
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.storage.zipping import Wish, zipped
from limner.web import batch_words as words
from limner.web import composing, showing
from limner.web.asking import known_id, renderer_of
from limner.web.batch_drafts import draft_from_form, wish_from, with_file
from limner.web.batch_showing import BatchQuery, batch_view, lines_of
from limner.web.batch_views import (
    BatchDraft,
    BatchesPage,
    BatchesPart,
    BatchesView,
    BatchPage,
    BatchPart,
    BatchQuotePage,
    QuotedRow,
)
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import number
from limner.web.queue import LATER, SOON
from limner.web.rendering import shell
from limner.web.signing_in import text_of

BATCHES_A_PAGE = 30
QUOTED_ROWS = 200
"""Rows that are shown with their prices; those that cannot be painted come first."""
FIELDS = 10
"""Of a form."""

router = APIRouter(include_in_schema=False, prefix="/batches")


class ListQuery(BaseModel):
    """Which batches are wanted."""

    before: Annotated[str, Field(max_length=200)] | None = None


@router.get("")
async def batches_page(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
    """One's batches, newest first, and the fields of a new one."""
    return await _page(request, query, BatchDraft())


@router.get("/list")
async def batches_list(request: Request, query: Annotated[ListQuery, Query()]) -> Response:
    """The same without the fields, for the script that keeps it as it is."""
    return renderer_of(request).part(BatchesPart(part=await _part(request, query)))


@router.post("/quote")
async def quote_batch_from_form(request: Request) -> Response:
    """What all rows of the list would cost, each for itself and together. Buys nothing."""
    draft = BatchDraft()
    try:
        async with read_form(request, files=1, fields=FIELDS) as form:
            draft = draft_from_form(form)
            draft = await with_file(draft, form.get("file"))
        return await _quoted(request, draft)
    except LimnerError as error:
        return await _page(request, ListQuery(), draft, error)


@router.post("")
async def batch_from_form(request: Request) -> Response:
    """Begins the batch whose price was shown, for no more than that; where it has risen, it is shown again.

    Sent twice it is the same batch.
    """
    async with read_form(request, files=0, fields=FIELDS) as form:
        draft, key, most = draft_from_form(form), composing.form_key(form.get("key")), text_of(form, "most")
    batching, principal, links = runtime_of(request).batching, principal_of(request), renderer_of(request).links
    try:
        wish = await wish_from(request, draft, _ceiling(most))
        batch = await batching.submit(wish, principal, key=key)
    except ConfirmationRequired:
        return await _quoted(request, draft, again=True)
    except LimnerError as error:
        return await _page(request, ListQuery(), draft, error)
    return RedirectResponse(links.batch(batch.id), status_code=303)


@router.get("/{batch_id}")
async def batch_page(request: Request, batch_id: str, query: Annotated[BatchQuery, Query()]) -> Response:
    """A batch with its rows."""
    renderer = renderer_of(request)
    part = await batch_view(request, known_id(batch_id), query)
    view = BatchPage(
        shell=shell(request, part.head.name, heading=_("Batch"), current="batches"),
        fresh=query.address(renderer.links.batch(batch_id, "rows")),
        part=part,
    )
    return renderer.page(view)


@router.get("/{batch_id}/rows")
async def batch_part(request: Request, batch_id: str, query: Annotated[BatchQuery, Query()]) -> Response:
    """The same alone, for the script that keeps it as it is."""
    return renderer_of(request).part(BatchPart(part=await batch_view(request, known_id(batch_id), query)))


@router.get("/{batch_id}/pictures.zip")
async def batch_zip(request: Request, batch_id: str) -> Response:
    """All pictures of a batch as one ZIP file, but those that lie in the trash."""
    runtime, principal = runtime_of(request), principal_of(request)
    batches = runtime.batching.batches
    batch = await batches.get(known_id(batch_id), principal.id)
    names = [name for row in await batches.rows(batch.id) for name in row.jobs]
    jobs = await runtime.jobs.chosen(principal.id, names)
    made = [picture for name in names if name in jobs for picture in jobs[name].pictures if picture.trashed is None]
    headers = {"Content-Disposition": 'attachment; filename="limner-batch.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(zipped(runtime.library, made, Wish()), media_type="application/zip", headers=headers)


@router.get("/{batch_id}/retry")
async def ask_for_failed(request: Request, batch_id: str) -> Response:
    """What the failed rows would cost now; buys nothing."""
    return await _quoted_again(request, known_id(batch_id))


@router.post("/{batch_id}/retry")
async def retry_failed_from_form(request: Request, batch_id: str) -> Response:
    """Tries all of them again, for no more than was shown; sent twice each of them waits once."""
    async with read_form(request, files=0, fields=FIELDS) as form:
        most = _ceiling(text_of(form, "most"))
    name, batching = known_id(batch_id), runtime_of(request).batching
    try:
        await batching.retry(name, principal_of(request), max_cost=most)
    except ConfirmationRequired:
        return await _quoted_again(request, name, again=True)
    return RedirectResponse(renderer_of(request).links.batch(name), status_code=303)


@router.post("/{batch_id}/pause")
async def pause_from_form(request: Request, batch_id: str) -> Response:
    """Begins no further row."""
    batch = await runtime_of(request).batching.pause(known_id(batch_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.batch(batch.id), status_code=303)


@router.post("/{batch_id}/resume")
async def resume_from_form(request: Request, batch_id: str) -> Response:
    """Lets it go on."""
    batch = await runtime_of(request).batching.resume(known_id(batch_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.batch(batch.id), status_code=303)


@router.post("/{batch_id}/cancel")
async def cancel_from_form(request: Request, batch_id: str) -> Response:
    """Takes out what was not begun."""
    batch = await runtime_of(request).batching.cancel(known_id(batch_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.batch(batch.id), status_code=303)


async def _page(request: Request, query: ListQuery, draft: BatchDraft, error: LimnerError | None = None) -> Response:
    runtime, principal, renderer = runtime_of(request), principal_of(request), renderer_of(request)
    await runtime.renew()
    links = renderer.links
    view = BatchesPage(
        shell=shell(request, _("Batches"), current="batches"),
        fresh=f"{links.batches}/list" if query.before is None else f"{links.batches}/list?before={query.before}",
        part=await _part(request, query),
        draft=draft,
        groups=composing.model_groups(runtime, await runtime.services_for(principal)),
        most_rows=number(MOST_ROWS),
        most_at_once=MOST_AT_ONCE,
        may_change=principal.may_change,
        error=told(error),
        field="" if error is None else error.field or "",
    )
    return renderer.page(view, 200 if error is None else 422)


async def _part(request: Request, query: ListQuery) -> BatchesView:
    batches, links = runtime_of(request).batching.batches, renderer_of(request).links
    page = await batches.page(principal_of(request).id, limit=BATCHES_A_PAGE, cursor=query.before)
    return BatchesView(
        lines=lines_of(page.items, links),
        older="" if page.next is None else f"{links.batches}?before={page.next}",
        every=SOON if any(batch.left for batch in page.items) else LATER,
    )


async def _quoted(request: Request, draft: BatchDraft, *, again: bool = False) -> Response:
    """The price of the list in the fields, with the button that begins it."""
    runtime, links = runtime_of(request), renderer_of(request).links
    wish = await wish_from(request, draft)
    quote = await runtime.batching.quote(wish, principal_of(request))
    sent = {
        "list": draft.file,
        "name": draft.name,
        "model": draft.model,
        "concurrency": draft.concurrency,
        "delay": draft.delay,
        "key": runtime.ids.new(),
    }
    form = _Form(action=links.batches, back=links.batches, sent=sent, list=draft.rows)
    return _shown(request, quote, wish.name, form, again=again)


async def _quoted_again(request: Request, batch_id: str, *, again: bool = False) -> Response:
    """The price of the failed rows, with the button that tries them again."""
    batching, links = runtime_of(request).batching, renderer_of(request).links
    batch = await batching.batches.get(batch_id, principal_of(request).id)
    quote = await batching.failed(batch.id, principal_of(request))
    form = _Form(action=links.batch(batch.id, "retry"), back=links.batch(batch.id))
    return _shown(request, quote, words.name(batch), form, again=again)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Form:
    """What the button under a price does."""

    action: str
    back: str
    sent: Mapping[str, str] = field(default_factory=dict)
    list: str = ""


def _shown(request: Request, quote: BatchQuote, name: str, form: _Form, *, again: bool) -> Response:
    rows, most = _quoted_rows(quote), "" if quote.ceiling is None else str(quote.ceiling.micro)
    view = BatchQuotePage(
        shell=shell(request, _("What it costs"), current="batches"),
        name=name[: showing.PROMPT_LIMIT],
        line=words.quote_line(quote),
        likely=words.likely(quote),
        button=words.button(quote) if quote.paintable else "",
        action=form.action,
        sent=tuple({**form.sent, "most": most}.items()),
        list=form.list,
        back=form.back,
        rows=rows[:QUOTED_ROWS],
        more=words.more(len(rows) - QUOTED_ROWS) if len(rows) > QUOTED_ROWS else "",
        faulty=words.faulty(quote.rows),
        asks_again=again,
    )
    return renderer_of(request).page(view, 409 if again else 200)


def _quoted_rows(quote: BatchQuote) -> tuple[QuotedRow, ...]:
    """Rows as they are shown with the price, those that cannot be painted first."""
    ordered = sorted(quote.rows, key=lambda priced: (priced.row.problem is None, priced.row.number))
    return tuple(
        QuotedRow(
            number=priced.row.number,
            prompt=priced.row.prompt[: showing.PROMPT_LIMIT],
            price="" if priced.row.request is None else words.at_most(priced.ceiling),
            problem=told(priced.row.problem),
        )
        for priced in ordered
    )


def _ceiling(text: str) -> Money | None:
    """The ceiling that was shown; None where nobody knew it. Anything else allows nothing."""
    if not text:
        return None
    return Money(int(text)) if text.isascii() and text.isdigit() and len(text) < 16 else Money()
