"""From values to pages."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from limner.domain.people import Principal
from limner.web import wording
from limner.web.gallery_views import AlbumPage, AlbumsPage, AskPage, GalleryPage, SheetPart
from limner.web.lightbox_views import PicturePage, RerunPage
from limner.web.links import Links
from limner.web.squeezing import Squeezed
from limner.web.views import (
    AccountPage,
    CardPart,
    CreatePage,
    DocsPage,
    JobPage,
    ProblemPage,
    QueuePage,
    SharePage,
    Shell,
    SignInPage,
)

Page = (
    CreatePage
    | JobPage
    | QueuePage
    | PicturePage
    | ProblemPage
    | DocsPage
    | SignInPage
    | SharePage
    | AccountPage
    | GalleryPage
    | AskPage
    | AlbumsPage
    | AlbumPage
    | RerunPage
)
"""Whatever is a page of its own."""
Part = CardPart | SheetPart
"""What is put into a page."""

TEMPLATES: Mapping[type[Page], str] = {
    CreatePage: "pages/create.html",
    JobPage: "pages/job.html",
    QueuePage: "pages/jobs.html",
    PicturePage: "pages/picture.html",
    ProblemPage: "pages/problem.html",
    DocsPage: "pages/docs.html",
    SignInPage: "pages/signin.html",
    SharePage: "pages/share.html",
    AccountPage: "pages/account.html",
    GalleryPage: "pages/gallery.html",
    AskPage: "pages/ask.html",
    AlbumsPage: "pages/albums.html",
    AlbumPage: "pages/album.html",
    RerunPage: "pages/rerun.html",
}
PARTS: Mapping[type[Part], str] = {CardPart: "parts/job.html", SheetPart: "parts/sheet.html"}

THEMES = ("ink", "vellum", "auto")
COOKIE = "theme"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Renderer:
    """Writes pages."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self._environment = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(links=links)
        self._environment.filters.update(moment=wording.moment)

    def page(self, page: Page, status: int = 200) -> Response:
        """A whole page, which no cache keeps and no other site frames."""
        policy = POLICY.format(nonce=page.shell.nonce)
        return Squeezed(
            self._write(TEMPLATES[type(page)], page),
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers={"Cache-Control": "no-store", "Content-Security-Policy": policy, "Vary": "Cookie"},
        )

    def part(self, part: Part) -> Response:
        """A part alone, for a script that puts it into its page."""
        return Squeezed(
            self._write(PARTS[type(part)], part),
            media_type="text/html; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )

    def _write(self, template: str, view: Page | Part) -> str:
        values = {field.name: getattr(view, field.name) for field in fields(view)}
        return self._environment.get_template(template).render(values)


def theme_of(request: Request) -> str:
    """The theme that this browser has chosen."""
    chosen = request.cookies.get(COOKIE, THEMES[0])
    return chosen if chosen in THEMES else THEMES[0]


def shell(request: Request, title: str, *, heading: str | None = None, current: str = "", badge: str = "") -> Shell:
    """What surrounds a page."""
    query = f"?{request.url.query}" if request.url.query else ""
    here = request.url.path + query if request.method == "GET" else "/"
    principal: Principal | None = request.scope.get("limner.principal")
    keyless = badge.startswith("No ")
    return Shell(
        title=title,
        heading=heading or title,
        current=current,
        here=here,
        theme=theme_of(request),
        nonce=secrets.token_urlsafe(16),
        person="" if principal is None else principal.name,
        badge=badge,
        badge_icon="key" if keyless else "ok",
        badge_kind="" if keyless else "ok",
    )
