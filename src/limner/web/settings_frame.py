"""What the sections of the settings have in common: their list, who may see which, and what each is framed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import LimnerError
from limner.runtime.asking import principal_of, runtime_of
from limner.web.asking import renderer_of
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.rendering import shell
from limner.web.settings_views import AskSettingsPage, Frame, SectionLink
from limner.web.signing_in import with_accounts
from limner.web.views import Shell

HEADING = message("Settings")
DELETE, KEEP = message("Delete"), message("Keep")
MARKS = {DELETE: "trash", "Remove": "trash", "Leave": "leave", "Send out": "leave", "End the sharing": "stop"}
"""The icons of what is asked about."""

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One part of the settings."""

    key: str
    """Stands in its address."""
    title: str
    signed_in: bool = False
    """Whether it is there only where people sign in."""
    administrators: str = ""
    """What only an administrator does there, as a clause; empty where it is for everybody."""


SECTIONS: Sequence[Section] = (
    Section(key="keys", title=message("API keys")),
    Section(key="profiles", title=message("Image profiles")),
    Section(key="providers", title=message("Providers")),
    Section(key="budgets", title=message("Budgets")),
    Section(key="people", title=message("People"), signed_in=True, administrators="sees who else has an account"),
    Section(key="projects", title=message("Shared projects"), signed_in=True),
    Section(key="tokens", title=message("Access tokens"), signed_in=True),
    Section(key="webhooks", title=message("Webhooks")),
    Section(key="presets", title=message("Presets")),
    Section(key="templates", title=message("Templates")),
    Section(key="appearance", title=message("Appearance")),
    Section(key="account", title=message("Account"), signed_in=True),
)


@router.get("/settings")
async def settings_page(request: Request) -> Response:
    """Leads to the first section that this person may see."""
    first = _shown(request)[0]
    return RedirectResponse(renderer_of(request).links.settings(first.key), status_code=303)


def framed(
    request: Request,
    key: str,
    done: Mapping[str, str],
    *,
    error: LimnerError | None = None,
    form: str = "",
) -> tuple[Shell, Frame]:
    """What surrounds a section; `done` are the sentences for what its address may say was done.

    With an error the form that is wrong is named. Raises NotFound, and PolicyError, where the section is not for
    whoever looks.
    """
    check_section(request, key)
    section, links, principal = _section(key), renderer_of(request).links, principal_of(request)
    around = shell(request, _(section.title), heading=_(HEADING), current="settings")
    if request.method != "GET":
        around = replace(around, here=links.settings(key))
    said = done.get(request.query_params.get("done", ""), "")
    frame = Frame(
        sections=tuple(
            SectionLink(href=links.settings(each.key), title=_(each.title), current=each.key == key)
            for each in _shown(request)
        ),
        done=_(said) if said else "",
        error=told(error),
        field="" if error is None else error.field or "",
        form=form if error is not None else "",
        may_change=principal.may_change,
        administrator=principal.administrator,
    )
    return around, frame


def check_section(request: Request, key: str) -> None:
    """Raises NotFound where nobody signs in and the section is about people, PolicyError where it is for others."""
    section = _section(key)
    if section.signed_in:
        with_accounts(request)
    if section.administrators:
        principal_of(request).check_administrator(section.administrators)


def done_at(request: Request, key: str, what: str) -> Response:
    """Leads back to a section, which says what was done."""
    return RedirectResponse(f"{renderer_of(request).links.settings(key)}?done={what}", status_code=303)


def ask(
    request: Request, key: str, question: str, consequence: str = "", *, yes: str = DELETE, no: str = KEEP
) -> Response:
    """Asks before something that cannot be undone, and says what follows; yes sends a form to the address that asks.

    `yes` and `no` are texts that are still to be said.
    """
    around, frame = framed(request, key, {})
    view = AskSettingsPage(
        shell=around,
        frame=frame,
        question=question,
        consequence=consequence,
        mark=MARKS[yes],
        yes=_(yes),
        no=_(no),
        back=renderer_of(request).links.settings(key),
    )
    return renderer_of(request).page(view)


def _section(key: str) -> Section:
    return next(each for each in SECTIONS if each.key == key)


def _shown(request: Request) -> list[Section]:
    """The sections that this person may see."""
    accounts, principal = runtime_of(request).settings.accounts, principal_of(request)
    return [
        each
        for each in SECTIONS
        if (accounts or not each.signed_in) and (principal.administrator or not each.administrators)
    ]
