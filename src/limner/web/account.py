"""One's own account among the settings: the password, and all sessions. It works without a script."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import InvalidRequest, LimnerError, TooManyRequests
from limner.domain.people import SignInRefused
from limner.runtime.asking import principal_of
from limner.runtime.cookies import dropped, kept
from limner.runtime.forms import read_form
from limner.web.languages import message
from limner.web.settings_frame import framed
from limner.web.settings_people_views import AccountPage
from limner.web.signing_in import address_of_caller, answered, host_of, text_of, with_accounts

SECTION = "account"
HERE = "/settings/account"
DONE = {"password": message("Your password is changed, and all your other sessions have ended.")}

router = APIRouter(include_in_schema=False, prefix=HERE)


@router.get("")
async def account_page(request: Request) -> Response:
    """One's own account."""
    return await _page(request)


@router.post("/password")
async def change_password(request: Request) -> Response:
    """Takes another password and ends all sessions but a new one for this browser."""
    admittance, principal = with_accounts(request).admittance, principal_of(request)
    async with read_form(request, files=0, fields=6) as form:
        present, password = text_of(form, "present"), text_of(form, "password")
    principal.check_may_manage()
    try:
        user = await admittance.accounts.change_own_password(present, password, principal)
    except (InvalidRequest, SignInRefused, TooManyRequests) as error:
        return await _page(request, error=error)
    opened = await admittance.signing_in.let_in(user, address_of_caller(request), stays=True)
    session = kept(opened, host_of(request))
    return RedirectResponse(f"{HERE}?done=password", status_code=303, headers=dict(session))


@router.post("/sign-out-everywhere")
async def sign_out_everywhere(request: Request) -> Response:
    """Ends all sessions, this one too."""
    await with_accounts(request).admittance.signing_in.sign_out_everywhere(principal_of(request))
    return RedirectResponse("/login", status_code=303, headers=dict(dropped(host_of(request))))


async def _page(request: Request, *, error: LimnerError | None = None) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form="password")
    runtime, principal = with_accounts(request), principal_of(request)
    user = await runtime.admittance.accounts.get(principal.id, principal)
    view = AccountPage(
        shell=shell,
        frame=frame,
        email=user.email,
        role=user.role,
        has_password=user.password is not None,
    )
    return answered(request, view, error)
