"""What the sections of the settings have in common: their list, who may see which, and what each is framed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import LimnerError
from limner.web.gallery import principal_of, renderer_of, runtime_of
from limner.web.gallery_views import AskPage
from limner.web.rendering import shell
from limner.web.settings_views import Frame, SectionLink
from limner.web.signing_in import with_accounts
from limner.web.views import Shell

HEADING = "Settings"

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
    Section(key="keys", title="API keys"),
    Section(key="profiles", title="Image profiles"),
    Section(key="providers", title="Providers"),
    Section(key="budgets", title="Budgets"),
    Section(key="people", title="People", signed_in=True, administrators="sees who else has an account"),
    Section(key="projects", title="Shared projects", signed_in=True),
    Section(key="tokens", title="Access tokens", signed_in=True),
    Section(key="webhooks", title="Webhooks"),
    Section(key="presets", title="Presets"),
    Section(key="templates", title="Templates"),
    Section(key="appearance", title="Appearance"),
    Section(key="account", title="Account", signed_in=True),
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
    around = shell(request, section.title, heading=HEADING, current="settings")
    if request.method != "GET":
        around = replace(around, here=links.settings(key))
    frame = Frame(
        sections=tuple(
            SectionLink(href=links.settings(each.key), title=each.title, current=each.key == key)
            for each in _shown(request)
        ),
        done=done.get(request.query_params.get("done", ""), ""),
        error="" if error is None else error.message,
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


def ask(request: Request, key: str, question: str, *, yes: str = "Delete", no: str = "Keep") -> Response:
    """Asks before something that cannot be undone; yes sends a form to the address that asks."""
    view = AskPage(
        shell=shell(request, _section(key).title, heading=HEADING, current="settings"),
        question=question,
        action=request.url.path,
        fields=(),
        yes=yes,
        no=no,
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
