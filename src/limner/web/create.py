"""The Create page: a composer on the left, jobs on the right, and what their forms and scripts ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.datastructures import FormData

from limner.domain.errors import BadPicture, ConfirmationRequired, LimnerError, NotFound
from limner.domain.job import OPEN_STATES, Job, JobState
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.records import Page
from limner.domain.request import Operation
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import cards, composing, offering, wording
from limner.web.asking import known_id, renderer_of
from limner.web.composer import ASKS, Composing
from limner.web.create_views import (
    CardPart,
    Choice,
    ChoicesPart,
    CreatePage,
    Draft,
    ImprovePart,
    JobPage,
    OfferPage,
    OfferPart,
    PricePart,
)
from limner.web.failures import parted, told
from limner.web.languages import gettext as _
from limner.web.languages import number
from limner.web.links import Links
from limner.web.preferences import A_YEAR
from limner.web.rendering import shell

JOBS = 12
"""Cards of a page."""
ATTENTION = frozenset({JobState.QUOTED, JobState.PARTIAL, JobState.FAILED, JobState.REFUSED, JobState.AMBIGUOUS})
SHOWN = {"": frozenset[JobState](), "active": OPEN_STATES, "attention": ATTENTION}
FIELDS = 60
"""Of the composer's form, besides files."""

router = APIRouter(include_in_schema=False)

Cursor = Annotated[str | None, Query(max_length=200)]
JobId = Annotated[str | None, Query(alias="from", max_length=64)]


@router.get("/")
async def create_page(
    request: Request,
    before: Cursor = None,
    again: JobId = None,
    show: Annotated[str, Query(max_length=20)] = "",
    vary: Annotated[str, Query(max_length=1)] = "",
    reference: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The composer, filled in with a job's fields or a picture to start from, and one page of jobs."""
    draft = Draft()
    if reference:
        picture = await runtime_of(request).pictures.get(known_id(reference), principal_of(request).id)
        draft = Draft(references=(picture.id,))
    if again:
        draft = composing.draft_from_job(await _job(request, again), vary=bool(vary))
    return await _page(request, draft, before=before, show=show if show in SHOWN else "")


@router.post("/")
async def create_from_form(request: Request) -> Response:
    """Takes the composer's form and leads to the job; shows what is wrong beside the fields as they were.

    A price that is to be agreed to, or that is higher than the one the page showed, is asked for first.
    """
    composing_of = Composing.of(request, runtime_of(request), principal_of(request))
    async with read_form(request, files=composing.REFERENCES, fields=FIELDS) as form:
        draft = composing.draft_from_form(form)
        try:
            draft = await composing_of.with_files(form, draft)
            made = await _painted(request, composing_of, draft, form)
        except NotFound:
            raise
        except LimnerError as error:
            return _remembering(form, await _page(request, draft, error=error))
    if isinstance(made, Job):
        return _remembering(form, RedirectResponse(renderer_of(request).links.job(made.id), status_code=303))
    offer = await offering.offered(composing_of, draft, changed=made)
    page = OfferPage(shell=shell(request, _("Agree to the price"), current="create"), offer=offer)
    return _remembering(form, renderer_of(request).page(page))


@router.post("/create/price")
async def price_part(request: Request) -> Response:
    """What the composer's fields would cost, for the script that asks whenever they change. Spends nothing."""
    async with read_form(request, files=composing.REFERENCES, fields=FIELDS) as form:
        draft = composing.draft_from_form(form)
    price = await Composing.of(request, runtime_of(request), principal_of(request)).price(draft)
    return renderer_of(request).part(PricePart(price=price))


@router.post("/create/use")
async def use_another(request: Request) -> Response:
    """The composer with another model chosen, priced anew. Spends nothing."""
    composing_of = Composing.of(request, runtime_of(request), principal_of(request))
    async with read_form(request, files=composing.REFERENCES, fields=FIELDS) as form:
        draft = replace(composing.draft_from_form(form), model=str(form.get("use", "")))
        try:
            draft = await composing_of.with_files(form, draft)
        except BadPicture as error:
            return await _page(request, draft, error=error)
    return await _page(request, draft)


@router.post("/create/job")
async def paint(request: Request) -> Response:
    """The same for a script: 201 with the job's card, 409 with a price to be agreed to, else a sentence."""
    composing_of = Composing.of(request, runtime_of(request), principal_of(request))
    async with read_form(request, files=0, fields=FIELDS) as form:
        draft = composing.draft_from_form(form)
        try:
            made = await _painted(request, composing_of, draft, form)
            if isinstance(made, Job):
                return await _card(request, made, 201)
            return renderer_of(request).part(OfferPart(offer=await offering.offered(composing_of, draft, made)), 409)
        except NotFound:
            raise
        except LimnerError as error:
            return JSONResponse({**parted(error), "field": error.field}, status_code=422)


@router.post("/create/confirm")
async def confirm_from_form(request: Request) -> Response:
    """Carries out what was offered, once, and leads to the job."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=0, fields=6) as form:
        token, key, part = (str(form.get(name, "")) for name in ("token", "key", "part"))
    try:
        job = await runtime.engine.confirm(token, principal, key=composing.form_key(key))
    except LimnerError as error:
        if part:
            return JSONResponse({**parted(error), "field": error.field}, status_code=422)
        return await _page(request, Draft(), error=error)
    if part:
        return await _card(request, job, 201)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


@router.get("/create/choices")
async def choices_part(request: Request, show: Annotated[str, Query(max_length=20)] = "") -> Response:
    """How many jobs are active and how many need somebody, for the script that asks whenever a job changes."""
    runtime, principal = runtime_of(request), principal_of(request)
    await runtime.renew()
    pages = [
        await runtime.jobs.page(principal.id, limit=JOBS, cursor=None, states=states)
        for states in (SHOWN[""], OPEN_STATES, ATTENTION)
    ]
    choices = _choices(renderer_of(request).links, *pages)
    return renderer_of(request).part(ChoicesPart(choices=choices, show=show if show in SHOWN else ""))


@router.get("/create/improve")
async def improve_part(request: Request) -> Response:
    """Who would make more of a prompt, and for how much at most. Asks nobody."""
    by, most = await offering.wordsmith(runtime_of(request), principal_of(request))
    part = ImprovePart(
        by=by,
        price="" if most is None else _("at most %(price)s", price=wording.dollars(most.text)),
        most="" if most is None else most.text,
        key=runtime_of(request).ids.new(),
    )
    return renderer_of(request).part(part)


@router.get("/jobs/{job_id}")
async def job_page(request: Request, job_id: str) -> Response:
    """One job; its card stays live."""
    return await _job_page(request, await _job(request, job_id))


@router.get("/jobs/{job_id}/card")
async def job_card(request: Request, job_id: str) -> Response:
    """One job's card alone, for the script that keeps it live."""
    return await _card(request, await _job(request, job_id))


@router.post("/jobs/{job_id}/cancel")
async def cancel_from_form(request: Request, job_id: str) -> Response:
    """Cancels a job and shows it."""
    job = await runtime_of(request).engine.cancel(known_id(job_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


@router.post("/jobs/{job_id}/retry")
async def retry_job_from_form(request: Request, job_id: str) -> Response:
    """Buys what a job did not bring, for no more than stood beside the button; asked again it is the same job."""
    before = await _job(request, job_id)
    async with read_form(request, files=0, fields=4) as form:
        most, key = str(form.get("most", "")), composing.form_key(form.get("key"))
    try:
        engine, principal = runtime_of(request).engine, principal_of(request)
        job = await engine.retry(before.id, principal, key=key, max_cost=composing.money_from(most))
    except NotFound:
        raise
    except LimnerError as error:
        return await _job_page(request, before, error=error)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


@router.post("/jobs/{job_id}/calls/{call_id}/resolve")
async def resolve_from_form(request: Request, job_id: str, call_id: str) -> Response:
    """Settles a lost purchase and shows the job."""
    await _job(request, job_id)
    async with read_form(request, files=0, fields=2) as form:
        charged = form.get("charged") == "yes"
    job = await runtime_of(request).engine.resolve(known_id(call_id), principal_of(request), charged=charged)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


async def _painted(request: Request, composing_of: Composing, draft: Draft, form: FormData) -> Job | str:
    """The job; or, where its price is to be agreed to first, what has changed since one was shown: perhaps nothing."""
    runtime, principal = runtime_of(request), principal_of(request)
    key, shown = composing.form_key(form.get("key")), str(form.get("shown", ""))
    wanted = await composing_of.wanted(draft)
    known = await runtime.engine.known(wanted, principal, key)
    if known is not None:
        return known
    if form.get("asks") == "yes" and await offering.costs(composing_of, wanted):
        return ""
    most = Money(int(shown)) if shown.isascii() and shown.isdigit() and len(shown) < 16 else None
    try:
        return await runtime.engine.submit(wanted, principal, key=key, most=most)
    except ConfirmationRequired:
        if most is None:
            raise
        said = offering.said(most)
        return _("The price was %(price)s at most when this page showed it. It has changed.", price=said)


def _remembering(form: FormData, answer: Response) -> Response:
    """The answer, after which the browser remembers whether prices are to be agreed to."""
    if form.get("asks_shown"):
        answer.set_cookie(
            ASKS, "on" if form.get("asks") == "yes" else "off", max_age=A_YEAR, httponly=True, samesite="lax"
        )
    return answer


async def _page(
    request: Request, draft: Draft, *, before: str | None = None, show: str = "", error: LimnerError | None = None
) -> Response:
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    await runtime.renew()
    found = await runtime.jobs.page(principal.id, limit=JOBS, cursor=before, states=SHOWN[show])
    active = await runtime.jobs.page(principal.id, limit=JOBS, cursor=None, states=OPEN_STATES)
    troubled = await runtime.jobs.page(principal.id, limit=JOBS, cursor=None, states=ATTENTION)
    desk = await _desk_of(runtime, principal, active.items)
    hints = composing.key_hints(runtime, await runtime.services_for(principal))
    keyless = not any(hint.ready for hint in hints)
    badge = composing.readiness_badge(hints)
    shown = [job for job in found.items if job.request.operation is not Operation.UPLOAD]
    view = CreatePage(
        shell=shell(request, _("Create"), current="create", badge=badge, keyless=keyless),
        composer=await Composing.of(request, runtime, principal).composer(draft, error),
        cards=tuple([desk.card(await _whole(runtime, job)) for job in shown]),
        key=runtime.ids.new(),
        older=links.older_cards(found.next, show) if found.next else "",
        show=show,
        choices=_choices(links, found, active, troubled),
        first_run=not shown and before is None and not show,
        is_first_page=before is None,
        ideas=composing.IDEAS,
        hints=hints,
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


def _choices(links: Links, found: Page[Job], active: Page[Job], troubled: Page[Job]) -> tuple[Choice, ...]:
    """What can be shown with how many there are; a job that was retried needs nobody any more."""
    retried = frozenset(job.retry_of for job in found.items if job.retry_of)
    waiting = [job for job in troubled.items if job.id not in retried]
    counted = (
        ("", _("All"), ""),
        ("active", _("Active"), _many(len(active.items), active.next)),
        ("attention", _("Needs you"), _many(len(waiting), troubled.next)),
    )
    return tuple(Choice(id=each, label=label, count=count, href=links.cards(each)) for each, label, count in counted)


async def _whole(runtime: Runtime, job: Job) -> Job:
    """A job of a list with its calls, where its card tells of them: who failed, and what got lost."""
    return await runtime.jobs.get(job.id, job.owner) if job.candidate or job.state in ATTENTION else job


def _many(count: int, following: str | None) -> str:
    return f"{number(count)}+" if following else number(count)


async def _job_page(request: Request, job: Job, error: LimnerError | None = None) -> Response:
    runtime = runtime_of(request)
    view = JobPage(
        shell=shell(request, _("Job"), current="jobs"),
        card=(await _desk(runtime, principal_of(request))).card(job),
        key=runtime.ids.new(),
        error=told(error),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


async def _card(request: Request, job: Job, status: int = 200) -> Response:
    runtime = runtime_of(request)
    card = (await _desk(runtime, principal_of(request))).card(job)
    return renderer_of(request).part(CardPart(card=card, key=runtime.ids.new()), status)


async def _desk(runtime: Runtime, principal: Principal) -> cards.Desk:
    active = await runtime.jobs.page(principal.id, limit=JOBS, cursor=None, states=OPEN_STATES)
    return await _desk_of(runtime, principal, active.items)


async def _desk_of(runtime: Runtime, principal: Principal, waiting: Sequence[Job]) -> cards.Desk:
    paused = await runtime.queue.paused(principal) is not None
    now = runtime.clock.now()
    return cards.Desk(catalog=runtime.catalog, principal=principal, now=now, waiting=waiting, paused=paused)


async def _job(request: Request, job_id: str) -> Job:
    return await runtime_of(request).jobs.visible(known_id(job_id), principal_of(request).id)
