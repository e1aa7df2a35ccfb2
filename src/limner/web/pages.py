"""The routes of the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from limner.domain.errors import LimnerError
from limner.web import (
    account,
    analytics,
    batches,
    chat,
    chat_saying,
    collections,
    compare,
    create,
    documentation,
    editing,
    elsewhere,
    gallery,
    installing,
    invitations,
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
    signing_in,
)
from limner.web.assets import read_assets
from limner.web.batch_drafts import ReadsRows
from limner.web.links import Links
from limner.web.problems import problem_page
from limner.web.rendering import Renderer

Handler = Callable[[Request, Exception], Awaitable[Response]]
Inner = Callable[..., Response | Awaitable[Response]]


def install(app: FastAPI, reads: ReadsRows) -> None:
    """Mounts the pages and their files, and lets browsers see what went wrong as a page. Comes after the interface.

    `reads` is what the interface makes of the rows of a list: pages read them likewise.
    """
    assets = read_assets()
    app.state.assets = assets
    app.state.renderer = Renderer(Links(version=assets.version))
    app.state.reads_rows = reads
    languages.load()
    app.add_middleware(languages.Speaking)
    app.add_route("/static/{version}/{name:path}", assets.serve, include_in_schema=False)
    # Not by include_router, which makes every route once more for each application: 0.3 s of processor for the pages.
    for page in (
        queue,  # before jobs by id: its paths look like them
        create,
        gallery,
        collections,
        lightbox,
        rerunning,
        editing,
        remaking,
        sharing,
        batches,
        compare,
        documentation,
        signing_in,
        invitations,
        elsewhere,
        account,
        preferences,
        keyboard,
        settings_frame,
        settings_keys,
        settings_profiles,
        installing,
        settings_providers,
        analytics,
        chat,
        chat_saying,
        settings_budgets,
        settings_people,
        settings_projects,
        settings_tokens,
        settings_webhooks,
        settings_presets,
        settings_templates,
        settings_appearance,
    ):
        app.router.routes.extend(page.router.routes)
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
        return problem_page(request, error, plain.status_code)

    return handler
