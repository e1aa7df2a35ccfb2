"""What a browser remembers of how its person likes the pages: theme, language, keys."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.authority import own_path
from limner.runtime.forms import read_form
from limner.web import languages, rendering
from limner.web.signing_in import text_of

A_YEAR = 365 * 24 * 3600

router = APIRouter(include_in_schema=False)


@router.post("/theme")
async def choose_theme(request: Request) -> Response:
    """Remembers the theme in a cookie and goes back to where the choice was made."""
    return await _remembered(request, rendering.COOKIE, rendering.THEMES)


@router.post("/language")
async def choose_language(request: Request) -> Response:
    """Remembers the language likewise."""
    return await _remembered(request, languages.COOKIE, languages.KNOWN)


@router.post("/keys")
async def choose_keys(request: Request) -> Response:
    """Remembers likewise whether single letters do something."""
    return await _remembered(request, rendering.KEYS_COOKIE, ("on", rendering.OFF))


async def _remembered(request: Request, name: str, choices: Collection[str]) -> Response:
    """The field and the cookie have the same name."""
    async with read_form(request, files=0, fields=4) as form:
        value, back = text_of(form, name), form.get("back")
    answer = RedirectResponse(own_path(back), status_code=303)
    if value in choices:
        answer.set_cookie(name, value, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer
