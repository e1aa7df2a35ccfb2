"""The routes of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from limner.domain.errors import LimnerError
from limner.domain.job import OPEN_STATES, Job
from limner.domain.records import PictureFilter
from limner.runtime.forms import read_form
from limner.web import (
    account,
    analytics,
    chat,
    chat_saying,
    collections,
    compare,
    composing,
    documentation,
    editing,
    elsewhere,
    gallery,
    installing,
    keyboard,
    languages,
    lightbox,
    places,
    preferences,
    queue,
    remaking,
    rerunning,
    settings_appearance,
    settings_budgets,
    settings_frame,
    settings_keys,
    settings_people,
    settings_presets,
    settings_profiles,
    settings_projects,
    settings_providers,
    settings_templates,
    settings_tokens,
    settings_webhooks,
    sharing,
    showing,
    signing_in,
)
from limner.web.assets import read_assets
from limner.web.gallery import known_id, principal_of, renderer_of, runtime_of
from limner.web.languages import gettext as _
from limner.web.links import Links
from limner.web.rendering import Renderer, shell
from limner.web.views import CardPart, CreatePage, Draft, JobPage, ProblemPage

PAGE = 36

Handler = Callable[[Request, Exception], Awaitable[Response]]
Inner = Callable[..., Response | Awaitable[Response]]

router = APIRouter(include_in_schema=False)

Cursor = Annotated[str | None, Query(max_length=200)]


def install(app: FastAPI) -> None:
    """Mounts the pages and their files, and lets browsers see what went wrong as a page. Comes after the interface."""
    assets = read_assets()
    app.state.assets = assets
    app.state.renderer = Renderer(Links(version=assets.version))
    languages.load()
    app.add_middleware(languages.Speaking)
    app.add_route("/static/{version}/{name:path}", assets.serve, include_in_schema=False)
    app.include_router(queue.router)  # before jobs by id: its paths look like them
    app.include_router(router)
    app.include_router(gallery.router)
    app.include_router(collections.router)
    app.include_router(lightbox.router)
    app.include_router(rerunning.router)
    app.include_router(editing.router)
    app.include_router(remaking.router)
    app.include_router(sharing.router)
    app.include_router(compare.router)
    app.include_router(documentation.router)
    app.include_router(signing_in.router)
    app.include_router(elsewhere.router)
    app.include_router(account.router)
    app.include_router(preferences.router)
    app.include_router(keyboard.router)
    app.include_router(settings_frame.router)
    app.include_router(settings_keys.router)
    app.include_router(settings_profiles.router)
    app.include_router(installing.router)
    app.include_router(settings_providers.router)
    app.include_router(analytics.router)
    app.include_router(chat.router)
    app.include_router(chat_saying.router)
    app.include_router(settings_budgets.router)
    app.include_router(settings_people.router)
    app.include_router(settings_projects.router)
    app.include_router(settings_tokens.router)
    app.include_router(settings_webhooks.router)
    app.include_router(settings_presets.router)
    app.include_router(settings_templates.router)
    app.include_router(settings_appearance.router)
    for kind in (LimnerError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))
    app.state.places = places.standing(app)


def _as_page(inner: Inner) -> Handler:
    """The same answer, as a page where a browser asked for one."""

    async def handler(request: Request, error: Exception) -> Response:
        found = inner(request, error)
        plain = await found if isawaitable(found) else found
        if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return plain
        if plain.media_type == "application/json":  # the path is another document's, which has words of its own
            return plain
        is_missing = plain.status_code == 404
        title = _("Not found") if is_missing else _("Not possible")
        message = _("There is nothing at this address.")
        if not is_missing:
            message = _("This address cannot be read. Start anew.")
        if isinstance(error, LimnerError):
            message = error.message
        return renderer_of(request).page(ProblemPage(shell=shell(request, title), message=message), plain.status_code)

    return handler


@router.get("/")
async def create_page(
    request: Request, before: Cursor = None, again: Annotated[str | None, Query(alias="from", max_length=64)] = None
) -> Response:
    """The composer, what is going on, and recent pictures."""
    draft = composing.draft_from_job(await _job(request, again)) if again else Draft()
    return await _create(request, draft, before=before)


@router.post("/")
async def create_from_form(request: Request) -> Response:
    """Takes the composer's form and leads to the job; shows what is wrong beside the fields as they were."""
    runtime = runtime_of(request)
    async with read_form(request, files=0, fields=20) as form:
        draft, key = composing.draft_from_form(form), form.get("key")
    try:
        wanted = composing.request_from(draft)
        job = await runtime.engine.submit(wanted, principal_of(request), key=composing.form_key(key))
    except LimnerError as error:
        return await _create(request, draft, error=error)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


@router.get("/jobs/{job_id}")
async def job_page(request: Request, job_id: str) -> Response:
    """One job; its card stays live."""
    card = showing.job_card(await _job(request, job_id), runtime_of(request).catalog)
    return renderer_of(request).page(JobPage(shell=shell(request, "Job", current="jobs"), card=card))


@router.get("/jobs/{job_id}/card")
async def job_card(request: Request, job_id: str) -> Response:
    """One job's card alone, for the script that keeps it live."""
    card = showing.job_card(await _job(request, job_id), runtime_of(request).catalog)
    return renderer_of(request).part(CardPart(card=card))


@router.post("/jobs/{job_id}/cancel")
async def cancel_from_form(request: Request, job_id: str) -> Response:
    """Cancels a job and shows it."""
    job = await runtime_of(request).engine.cancel(known_id(job_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


@router.post("/jobs/{job_id}/calls/{call_id}/resolve")
async def resolve_from_form(request: Request, job_id: str, call_id: str) -> Response:
    """Settles a lost purchase and shows the job."""
    await _job(request, job_id)
    async with read_form(request, files=0, fields=2) as form:
        charged = form.get("charged") == "yes"
    job = await runtime_of(request).engine.resolve(known_id(call_id), principal_of(request), charged=charged)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


async def _create(
    request: Request, draft: Draft, *, before: str | None = None, error: LimnerError | None = None
) -> Response:
    runtime, principal = runtime_of(request), principal_of(request)
    found = await runtime.pictures.page(principal.id, PictureFilter(), limit=PAGE, cursor=before)
    going = await runtime.jobs.page(principal.id, limit=12, cursor=None, states=OPEN_STATES)
    await runtime.renew()
    services = await runtime.services_for(principal)
    badge = composing.readiness_badge(runtime, services)
    view = CreatePage(
        shell=shell(request, "Create", current="create", badge=badge),
        composer=await composing.composer(runtime, principal, draft, error),
        cards=tuple(showing.job_card(job, runtime.catalog) for job in going.items),
        tiles=tuple(showing.tile(picture, eager=place < 6) for place, picture in enumerate(found.items)),
        older=found.next,
        first_run=not found.items and not going.items and before is None,
        is_first_page=before is None,
        ideas=composing.IDEAS,
        hints=composing.key_hints(runtime, services),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


async def _job(request: Request, job_id: str) -> Job:
    return await runtime_of(request).jobs.visible(known_id(job_id), principal_of(request).id)
