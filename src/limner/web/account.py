"""The page of one's own account: API tokens, the password, and all sessions. It works without a script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import InvalidRequest, LimnerError, NotFound, TooManyRequests
from limner.domain.people import Principal, SignInRefused, TokenScope, signed_in
from limner.runtime.cookies import dropped, kept
from limner.runtime.forms import read_form
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.rendering import shell
from limner.web.signing_in import address_of_caller, answered, host_of, text_of, with_accounts
from limner.web.views import AccountPage, TokenRow

HERE = "/settings/account"
SCOPES: Mapping[str, tuple[TokenScope, ...]] = {
    "generate": (TokenScope.READ, TokenScope.GENERATE),
    "read": (TokenScope.READ,),
    "manage": tuple(TokenScope),
}
"""What a token is for, the usual first."""
SCOPE_WORDS = {
    "generate": message("Make pictures"),
    "read": message("Only look"),
    "manage": message("Everything that you may"),
}
LIVES = {"90": message("90 days"), "30": message("30 days"), "365": message("One year"), "": message("No end")}
DONE = {
    "password": message("Your password is changed, and all your other sessions have ended."),
    "removed": message("The token is removed. Whatever used it is out."),
}

router = APIRouter(include_in_schema=False, prefix=HERE)


@router.get("")
async def account_page(request: Request) -> Response:
    """One's own account."""
    return await _page(request, done=_done(request.query_params.get("done", "")))


@router.post("/tokens")
async def make_token(request: Request) -> Response:
    """Makes an API token and shows it, this once."""
    runtime = with_accounts(request)
    async with read_form(request, files=0, fields=6) as form:
        name, scope, days = text_of(form, "name"), text_of(form, "scope"), text_of(form, "days")
    try:
        if scope not in SCOPES or days not in LIVES:
            raise InvalidRequest("Choose what the token is for and how long it is good, then make it again.")
        made = await runtime.admittance.tokens.add(
            name,
            _principal(request),
            scopes=SCOPES[scope],
            expires=runtime.clock.now() + timedelta(days=int(days)) if days else None,
        )
    except InvalidRequest as error:
        return await _page(request, name=name[:200], error=error, field="token")
    return await _page(request, made=made.secret)


@router.post("/tokens/{token_id}/remove")
async def remove_token(request: Request, token_id: str) -> Response:
    """Makes a token useless at once."""
    runtime = with_accounts(request)
    try:
        known = str(UUID(token_id))
    except ValueError:
        raise NotFound("There is no API token with this id.") from None
    await runtime.admittance.tokens.remove(known, _principal(request))
    return RedirectResponse(f"{HERE}?done=removed", status_code=303)


@router.post("/password")
async def change_password(request: Request) -> Response:
    """Takes another password and ends all sessions but a new one for this browser."""
    admittance, principal = with_accounts(request).admittance, _principal(request)
    async with read_form(request, files=0, fields=6) as form:
        present, password = text_of(form, "present"), text_of(form, "password")
    principal.check_may_manage()
    try:
        user = await admittance.accounts.change_own_password(present, password, principal)
    except (InvalidRequest, SignInRefused, TooManyRequests) as error:
        return await _page(request, error=error, field="password")
    opened = await admittance.signing_in.let_in(user, address_of_caller(request), stays=True)
    session = kept(opened, host_of(request))
    return RedirectResponse(f"{HERE}?done=password", status_code=303, headers=dict(session))


@router.post("/sign-out-everywhere")
async def sign_out_everywhere(request: Request) -> Response:
    """Ends all sessions, this one too."""
    await with_accounts(request).admittance.signing_in.sign_out_everywhere(_principal(request))
    return RedirectResponse("/login", status_code=303, headers=dict(dropped(host_of(request))))


async def _page(
    request: Request,
    *,
    made: str = "",
    name: str = "",
    done: str = "",
    error: LimnerError | None = None,
    field: str = "",
) -> Response:
    runtime, principal = with_accounts(request), _principal(request)
    user, now = await runtime.admittance.accounts.get(principal.id, principal), runtime.clock.now()
    rows = tuple(
        TokenRow(
            id=token.id,
            name=token.name,
            last_four=token.last_four,
            scopes=tuple(sorted(token.scopes)),
            used=token.used,
            expires=token.expires,
            expired=token.expires is not None and token.expires <= now,
        )
        for token in await runtime.admittance.tokens.of(principal.id)
    )
    view = AccountPage(
        shell=shell(request, _("Your account"), current="account"),
        email=user.email,
        role=user.role,
        has_password=user.password is not None,
        tokens=rows,
        scopes=tuple((key, _(word)) for key, word in SCOPE_WORDS.items()),
        lives=tuple((key, _(word)) for key, word in LIVES.items()),
        made=made,
        name=name,
        done=done,
        error="" if error is None else error.message,
        field=field,
    )
    return answered(request, view, error)


def _done(what: str) -> str:
    return _(DONE[what]) if what in DONE else ""


def _principal(request: Request) -> Principal:
    """Whoever looks at their account. Raises SignInRequired."""
    return signed_in(request.scope.get("limner.principal"))
