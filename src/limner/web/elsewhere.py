"""Signing in with OpenID Connect: the ways out to the issuer and back, which browsers take by themselves."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.authority import own_path
from limner.domain.errors import LimnerError
from limner.engine.openid import TAKES_AT_MOST
from limner.runtime.cookies import SESSION_COOKIE, kept, leaving_cookie, left, returned
from limner.web.signing_in import address_of_caller, host_of, sign_in_view, with_accounts

START, CALLBACK = "/api/auth/oidc/start", "/api/auth/oidc/callback"
NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(include_in_schema=False)


@router.get(START)
async def leave(request: Request) -> Response:
    """Leads to the issuer; its answer comes back to this browser alone."""
    openid, onward = with_accounts(request).admittance.openid, own_path(request.query_params.get("next"))
    try:
        leaving = await openid.leave(onward, f"{address_of_server(request)}{CALLBACK}")
    except LimnerError as error:
        return _refused(request, error, onward)
    ticket = left(leaving.ticket, leaving.state, int(TAKES_AT_MOST.total_seconds()), host_of(request))
    return RedirectResponse(leaving.location, status_code=303, headers={**NO_STORE, **ticket})


@router.get(CALLBACK)
async def come_back(request: Request) -> Response:
    """Begins a session for whomever the issuer sends back, and leads on to where they were going."""
    admittance, caller = with_accounts(request).admittance, address_of_caller(request)
    state = request.query_params.get("state", "")
    try:
        ticket = request.cookies.get(leaving_cookie(state))
        back = await admittance.openid.come_back(request.query_params, ticket, caller)
    except LimnerError as error:
        return _refused(request, error, "/")
    opened = await admittance.signing_in.let_in(
        back.user, caller, stays=True, replaced=request.cookies.get(SESSION_COOKIE)
    )
    session = kept(opened, host_of(request))
    answer = RedirectResponse(back.onward, status_code=303, headers={**NO_STORE, **session})
    answer.headers.append("Set-Cookie", returned(state, host_of(request))["Set-Cookie"])
    return answer


def address_of_server(request: Request) -> str:
    """Where the browser finds us, as far as we know: behind a proxy we may be asked by another name than it was."""
    settings = with_accounts(request).settings
    return settings.address if settings.public_url else f"http://{host_of(request)}"


def _refused(request: Request, error: LimnerError, onward: str) -> Response:
    """What is wrong, on the page of the sign-in. Raises the error itself for whoever is no browser."""
    if "text/html" not in request.headers.get("accept", ""):
        raise error
    answer = sign_in_view(request, onward=onward, error=error)
    state = request.query_params.get("state", "")
    answer.headers.append("Set-Cookie", returned(state, host_of(request))["Set-Cookie"])
    return answer
