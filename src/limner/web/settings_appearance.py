"""The settings' appearance: what this browser is shown, kept in its cookies and nowhere else."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from limner.runtime.forms import read_form
from limner.web.asking import renderer_of
from limner.web.gallery_views import Choice
from limner.web.languages import COOKIE as LANGUAGE
from limner.web.languages import KNOWN, LANGUAGES, message, spoken
from limner.web.languages import gettext as _
from limner.web.preferences import A_YEAR
from limner.web.rendering import COOKIE, KEYS_COOKIE, OFF, THEMES, letters_of, theme_of
from limner.web.settings_frame import done_at, framed
from limner.web.settings_views import AppearancePage
from limner.web.signing_in import text_of

SECTION = "appearance"
DONE = {"saved": message("This browser is shown the pages so from now on.")}
ON = "on"
THEME_WORDS = {"ink": message("Ink"), "vellum": message("Vellum"), "auto": message("As the system has it")}
CONFIRM = "confirm"
"""The cookie that says whether every price is confirmed before it is paid."""

router = APIRouter(include_in_schema=False, prefix="/settings/appearance")


@router.get("")
async def appearance_page(request: Request) -> Response:
    """What this browser has chosen."""
    shell, frame = framed(request, SECTION, DONE)
    view = AppearancePage(
        shell=shell,
        frame=frame,
        themes=tuple(Choice(value=theme, name=_(THEME_WORDS[theme])) for theme in THEMES),
        theme=theme_of(request),
        tongues=tuple(Choice(value=each.code, name=each.name) for each in LANGUAGES),
        language=spoken().code,
        keys=letters_of(request),
        confirm=request.cookies.get(CONFIRM) == ON,
    )
    return renderer_of(request).page(view)


@router.post("")
async def choose_appearance(request: Request) -> Response:
    """Keeps the choice in this browser's cookies."""
    async with read_form(request, files=0, fields=8) as form:
        chosen = _chosen(form)
    answer = done_at(request, SECTION, "saved")
    for name, value in chosen.items():
        answer.set_cookie(name, value, max_age=A_YEAR, httponly=True, samesite="lax")
    return answer


def _chosen(form: FormData) -> dict[str, str]:
    """The cookies that a form sets; what is none of the choices is left as it was."""
    lists: dict[str, Collection[str]] = {COOKIE: THEMES, LANGUAGE: KNOWN}
    chosen = {name: value for name, choices in lists.items() if (value := text_of(form, name)) in choices}
    return chosen | {name: ON if text_of(form, name) == ON else OFF for name in (KEYS_COOKIE, CONFIRM)}
