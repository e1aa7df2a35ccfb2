"""Signing in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.deps import check_accounts, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.people_bodies import GoogleBody, LoginBody, OwnPasswordBody
from limner.api.people_schemas import SessionAnswer
from limner.api.shapes import Body
from limner.domain.people import LOCAL, Principal
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.cookies import SESSION_COOKIE, dropped, kept

router = APIRouter(prefix="/api/auth", tags=["sign-in"])


@router.post(
    "/login",
    summary="Sign in",
    responses=answers(SessionAnswer, "Who is signed in; the cookie goes with it.", 401, 403, 415, 429),
    openapi_extra=body_of(LoginBody),
)
async def sign_in(request: Request) -> Response:
    """Begins a session, which a cookie holds. After five failures an account has to wait up to a quarter of an hour."""
    check_accounts(request)
    body = await read_json(request, LoginBody)
    opened = await runtime_of(request).admittance.signing_in.sign_in(
        body.email,
        body.password,
        address_of_caller(request),
        stays=body.stays,
        replaced=request.cookies.get(SESSION_COOKIE),
    )
    return answer(_session(opened.user.principal()), headers=kept(opened, host_of(request)))


@router.post(
    "/google",
    summary="Sign in with Google",
    responses=answers(SessionAnswer, "Who is signed in; the cookie goes with it.", 401, 403, 415),
    openapi_extra=body_of(GoogleBody),
)
async def sign_in_with_google(request: Request) -> Response:
    """Begins a session for whomever a Google access token stands for; their account is made when they are new."""
    check_accounts(request)
    body, admittance = await read_json(request, GoogleBody), runtime_of(request).admittance
    user = await admittance.federation.sign_in_with_google(body.access_token)
    opened = await admittance.signing_in.let_in(
        user, address_of_caller(request), stays=body.stays, replaced=request.cookies.get(SESSION_COOKIE)
    )
    return answer(_session(user.principal()), headers=kept(opened, host_of(request)))


@router.post(
    "/logout",
    summary="Sign out",
    status_code=204,
    responses=problems(*ALWAYS),
    response_class=Response,
)
async def sign_out(request: Request) -> Response:
    """Ends the session of this browser, if there is one."""
    session = request.cookies.get(SESSION_COOKIE)
    if session is not None:
        await runtime_of(request).admittance.signing_in.sign_out(session)
    return Response(status_code=204, headers=dict(dropped(host_of(request))))


@router.post(
    "/logout-everywhere",
    summary="Sign out everywhere",
    status_code=204,
    responses=problems(*ALWAYS),
    response_class=Response,
)
async def sign_out_everywhere(request: Request) -> Response:
    """Ends all your sessions, this one too. API tokens stay; remove those one by one."""
    check_accounts(request)
    await runtime_of(request).admittance.signing_in.sign_out_everywhere(principal_of(request))
    return Response(status_code=204, headers=dict(dropped(host_of(request))))


@router.get("/session", summary="Say who is signed in", responses=answers(SessionAnswer, "Who is signed in."))
async def get_session(request: Request) -> Response:
    """Whoever the cookie or the API token stands for."""
    return answer(_session(principal_of(request)))


@router.post(
    "/password",
    summary="Change your password",
    status_code=204,
    responses=problems(*ALWAYS, 401, 404, 415, 429),
    openapi_extra=body_of(OwnPasswordBody),
    response_class=Response,
)
async def change_password(request: Request) -> Response:
    """Takes another password for yourself and ends all your sessions but a new one for this browser."""
    check_accounts(request)
    body, admittance = await read_json(request, OwnPasswordBody), runtime_of(request).admittance
    user = await admittance.accounts.change_own_password(body.present, body.password, principal_of(request))
    opened = await admittance.signing_in.let_in(user, address_of_caller(request), stays=False)
    return Response(status_code=204, headers=dict(kept(opened, host_of(request))))


def address_of_caller(request: Request) -> str:
    """The address of the network that a request came from."""
    return str(request.scope.get("limner.address") or "")


def host_of(request: Request) -> str:
    """The name by which the server was asked."""
    return request.headers.get("host", "")


def _session(principal: Principal) -> Body:
    email = None if principal.id == LOCAL.id else principal.name
    return {"user": {"id": principal.id, "email": email, "role": principal.role}}
