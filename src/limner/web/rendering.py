"""From values to pages."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import ClassVar, Protocol

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from limner.domain.people import Principal
from limner.web import languages, wording
from limner.web.icons import TURNING, read_icons, read_mark
from limner.web.links import Links
from limner.web.squeezing import Squeezed
from limner.web.views import Shell


class Part(Protocol):
    """What is put into a page: a frozen dataclass whose fields its template gets by name."""

    template: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[object]]]


class Page(Part, Protocol):
    """Whatever is a page of its own."""

    @property
    def shell(self) -> Shell:
        """What surrounds it."""


THEMES = ("ink", "vellum", "auto")
COOKIE = "theme"
KEYS_COOKIE, OFF = "keys", "off"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
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
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
            _of_attributes(languages.plain_gettext), _of_attributes(languages.plain_ngettext), newstyle=True
        )
        self._environment.policies["json.dumps_function"] = _as_json
        self._environment.globals.update(
            links=links,
            icons=read_icons(),
            turning=TURNING,
            mark_shapes=read_mark(),
            languages=languages.LANGUAGES,
            words_of_scripts=languages.words_of_scripts,
        )
        self._environment.filters.update(
            moment=wording.moment, percent=wording.percent, figure=wording.figure, size=wording.size
        )

    def page(self, page: Page, status: int = 200) -> Response:
        """A whole page, which no cache keeps and no other site frames."""
        policy = POLICY.format(nonce=page.shell.nonce)
        return Squeezed(
            self._write(page),
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers={"Cache-Control": "no-store", "Content-Security-Policy": policy, "Vary": "Cookie, Accept-Language"},
        )

    def part(self, part: Part, status: int = 200) -> Response:
        """A part alone, for a script that puts it into its page."""
        return Squeezed(
            self._write(part),
            status_code=status,
            media_type="text/html; charset=utf-8",
            headers={"Cache-Control": "no-store"},
        )

    def _write(self, view: Part) -> str:
        values = {field.name: getattr(view, field.name) for field in fields(view)}
        return self._environment.get_template(view.template).render(values)


def _of_attributes(said: Callable[..., str]) -> Callable[..., str]:
    """Texts whose quotation marks end no attribute: templates take what is said for markup, which some of it is."""

    def written(*given: object) -> str:
        return said(*given).replace('"', "&#34;")

    return written


def _as_json(value: object, **options: object) -> str:
    """Values for a script, which reads text and not markup."""
    return json.dumps(_text(value), **options)  # type: ignore[arg-type]  # whatever the template engine gives


def _text(value: object) -> object:
    if isinstance(value, Markup):
        return value.unescape()
    if isinstance(value, Mapping):
        return {key: _text(each) for key, each in value.items()}
    return [_text(each) for each in value] if isinstance(value, list | tuple) else value


def theme_of(request: Request) -> str:
    """The theme that this browser has chosen."""
    chosen = request.cookies.get(COOKIE, THEMES[0])
    return chosen if chosen in THEMES else THEMES[0]


def letters_of(request: Request) -> bool:
    """Whether keys that are single letters do something outside fields in this browser."""
    return request.cookies.get(KEYS_COOKIE) != OFF


def shell(
    request: Request,
    title: str,
    *,
    heading: str | None = None,
    current: str = "",
    badge: str = "",
    keyless: bool = False,
) -> Shell:
    """What surrounds a page; where it is `keyless` its badge asks for a key."""
    query = f"?{request.url.query}" if request.url.query else ""
    here = request.url.path + query if request.method == "GET" else "/"
    principal: Principal | None = request.scope.get("limner.principal")
    return Shell(
        title=title,
        heading=heading or title,
        current=current,
        here=here,
        theme=theme_of(request),
        language=languages.spoken(),
        places=request.app.state.places,
        letters=letters_of(request),
        nonce=secrets.token_urlsafe(16),
        person="" if principal is None else principal.name,
        makes=principal is None or principal.may_change,
        badge=badge,
        badge_icon="key" if keyless else "ok",
        badge_kind="" if keyless else "ok",
    )
