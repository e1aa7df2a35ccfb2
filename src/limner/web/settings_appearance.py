"""The settings' appearance: what this browser is shown, kept in its cookies and nowhere else."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from limner.runtime.forms import read_form
from limner.web.gallery import renderer_of
from limner.web.gallery_views import Choice
from limner.web.rendering import COOKIE, THEMES, theme_of
from limner.web.settings_frame import done_at, framed
from limner.web.settings_views import AppearancePage
from limner.web.signing_in import text_of

SECTION = "appearance"
DONE = {"saved": "This browser is shown the pages so from now on."}
THEME_WORDS = {"ink": "Ink", "vellum": "Vellum", "auto": "As the system has it"}
KEYS, CONFIRM = "keys", "confirm"
"""Cookies: whether single letters are shortcuts, and whether every price is confirmed before it is paid."""
A_YEAR = 365 * 24 * 3600

router = APIRouter(include_in_schema=False, prefix="/settings/appearance")


@router.get("")
async def appearance_page(request: Request) -> Response:
    """What this browser has chosen."""
    shell, frame = framed(request, SECTION, DONE)
    view = AppearancePage(
        shell=shell,
        frame=frame,
        themes=tuple(Choice(value=theme, name=THEME_WORDS[theme]) for theme in THEMES),
        theme=theme_of(request),
        keys=request.cookies.get(KEYS) != "off",
        confirm=request.cookies.get(CONFIRM) == "on",
    )
    return renderer_of(request).page(view)


@router.post("")
async def choose_appearance(request: Request) -> Response:
    """Keeps the choice in this browser's cookies."""
    async with read_form(request, files=0, fields=6) as form:
        chosen = _chosen(form)
    answer = done_at(request, SECTION, "saved")
    for name, value in chosen.items():
        answer.set_cookie(name, value, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer


def _chosen(form: FormData) -> dict[str, str]:
    """The cookies that a form sets; what is none of the choices is left as it was."""
    theme = text_of(form, "theme")
    switches = {name: "on" if text_of(form, name) == "on" else "off" for name in (KEYS, CONFIRM)}
    return {**({COOKIE: theme} if theme in THEMES else {}), **switches}
