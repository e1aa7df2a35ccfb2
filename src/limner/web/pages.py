"""The routes of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from limner.domain.authority import own_path
from limner.domain.errors import LimnerError
from limner.runtime.forms import read_form
from limner.web import (
    account,
    collections,
    create,
    documentation,
    elsewhere,
    gallery,
    lightbox,
    rerunning,
    sharing,
    showing,
    signing_in,
)
from limner.web.assets import read_assets
from limner.web.gallery import principal_of, renderer_of, runtime_of
from limner.web.links import Links
from limner.web.rendering import A_YEAR, COOKIE, THEMES, Renderer, shell
from limner.web.views import ProblemPage, QueuePage

JOBS_A_PAGE = 50

Handler = Callable[[Request, Exception], Awaitable[Response]]
Inner = Callable[..., Response | Awaitable[Response]]

router = APIRouter(include_in_schema=False)

Cursor = Annotated[str | None, Query(max_length=200)]


def install(app: FastAPI) -> None:
    """Mounts the pages and their files, and lets browsers see what went wrong as a page. Comes after the interface."""
    assets = read_assets()
    app.state.renderer = Renderer(Links(version=assets.version))
    app.add_route("/static/{version}/{name:path}", assets.serve, include_in_schema=False)
    app.include_router(router)
    app.include_router(create.router)
    app.include_router(gallery.router)
    app.include_router(collections.router)
    app.include_router(lightbox.router)
    app.include_router(rerunning.router)
    app.include_router(sharing.router)
    app.include_router(documentation.router)
    app.include_router(signing_in.router)
    app.include_router(elsewhere.router)
    app.include_router(account.router)
    for kind in (LimnerError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _as_page(app.exception_handlers[kind]))


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
        title = "Not found" if is_missing else "Not possible"
        message = "There is nothing at this address." if is_missing else "This address cannot be read. Start anew."
        if isinstance(error, LimnerError):
            message = error.message
        return renderer_of(request).page(ProblemPage(shell=shell(request, title), message=message), plain.status_code)

    return handler


@router.get("/jobs")
async def jobs_page(request: Request, before: Cursor = None) -> Response:
    """All jobs, newest first."""
    page = await runtime_of(request).jobs.page(
        principal_of(request).id, limit=JOBS_A_PAGE, cursor=before, states=frozenset()
    )
    rows = tuple(showing.job_row(job) for job in page.items)
    view = QueuePage(shell=shell(request, "Queue", current="jobs"), rows=rows, older=page.next)
    return renderer_of(request).page(view)


@router.post("/theme")
async def choose_theme(request: Request) -> Response:
    """Remembers the theme in a cookie and goes back to where the choice was made."""
    async with read_form(request, files=0, fields=4) as form:
        theme, back = form.get("theme"), form.get("back")
    answer = RedirectResponse(own_path(back), status_code=303)
    if theme in THEMES:
        answer.set_cookie(COOKIE, str(theme), max_age=A_YEAR, httponly=True, samesite="lax")
    return answer
