"""The page of an invitation: whoever has its link chooses a password, and is in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import LimnerError
from limner.domain.people import SignInRefused
from limner.runtime.cookies import SESSION_COOKIE, kept
from limner.runtime.forms import read_form
from limner.web.signing_in import (
    LONGEST_CODE,
    NewAccount,
    address_of_caller,
    host_of,
    sign_in_view,
    text_of,
    with_accounts,
)

router = APIRouter(include_in_schema=False)


@router.get("/invitation")
async def invitation_page(request: Request) -> Response:
    """The form that makes the account; what is wrong with the link, where it is not good any more."""
    runtime, code = with_accounts(request), (request.query_params.get("code") or "")[:LONGEST_CODE]
    try:
        invitation = await runtime.admittance.inviting.check(code)
    except SignInRefused as error:
        return sign_in_view(request, error=error)
    return sign_in_view(request, account=NewAccount(code, invitation))


@router.post("/invitation")
async def accept_from_form(request: Request) -> Response:
    """Makes the account and lets its person in; the link is used up by it."""
    runtime = with_accounts(request)
    async with read_form(request, files=0, fields=6) as form:
        password, code = text_of(form, "password"), text_of(form, "code")[:LONGEST_CODE]
    inviting, signing_in = runtime.admittance.inviting, runtime.admittance.signing_in
    try:
        invitation = await inviting.check(code)
    except SignInRefused as error:
        return sign_in_view(request, error=error)
    try:
        user = await inviting.accept(code, password)
    except LimnerError as error:
        if isinstance(error, SignInRefused):
            return sign_in_view(request, error=error)
        return sign_in_view(request, account=NewAccount(code, invitation), error=error)
    opened = await signing_in.let_in(
        user, address_of_caller(request), stays=True, replaced=request.cookies.get(SESSION_COOKIE)
    )
    return RedirectResponse("/", status_code=303, headers=dict(kept(opened, host_of(request))))
