"""The pages of the sign-in: they work without a script, and without anybody being signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData

from limner.domain.authority import own_path
from limner.domain.errors import LimnerError, NotConfigured, NotFound, TooManyRequests
from limner.domain.identity import IssuerUnavailable
from limner.domain.invitations import Invitation
from limner.domain.people import PasswordRefused, SignInRefused
from limner.runtime import Runtime
from limner.runtime.cookies import SESSION_COOKIE, dropped, kept
from limner.runtime.forms import read_form
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import ngettext
from limner.web.rendering import Page, Renderer, shell
from limner.web.views import SignInPage
from limner.web.wording import spelled

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to make on the page of the sign-in: the first one, or that of an invitation."""

    code: str
    """From the link."""
    invitation: Invitation | None = None


LONGEST_CODE = 100
STATUSES: Mapping[type[LimnerError], int] = {
    SignInRefused: 401,
    TooManyRequests: 429,
    IssuerUnavailable: 503,
    NotConfigured: 503,
}


@router.get("/login")
async def sign_in_page(request: Request) -> Response:
    """The form that lets people in; whoever is in already goes on to where they were led from."""
    with_accounts(request)
    onward = own_path(request.query_params.get("next"))
    if request.scope.get("limner.principal") is not None:
        return RedirectResponse(onward, status_code=303)
    return sign_in_view(request, onward=onward)


@router.post("/login")
async def sign_in_from_form(request: Request) -> Response:
    """Lets somebody in and leads on; says what is wrong beside the address as it was."""
    runtime = with_accounts(request)
    async with read_form(request, files=0, fields=6) as form:
        email, password, onward = text_of(form, "email"), text_of(form, "password"), own_path(form.get("next"))
        stays = form.get("stays") is not None
    try:
        opened = await runtime.admittance.signing_in.sign_in(
            email, password, address_of_caller(request), stays=stays, replaced=request.cookies.get(SESSION_COOKIE)
        )
    except (SignInRefused, TooManyRequests) as error:
        return sign_in_view(request, onward=onward, email=email, stays=stays, error=error)
    return RedirectResponse(onward, status_code=303, headers=dict(kept(opened, host_of(request))))


@router.post("/logout")
async def sign_out_from_form(request: Request) -> Response:
    """Ends the session and leads to the sign-in."""
    runtime, session = with_accounts(request), request.cookies.get(SESSION_COOKIE)
    if session is not None:
        await runtime.admittance.signing_in.sign_out(session)
    return RedirectResponse("/login", status_code=303, headers=dict(dropped(host_of(request))))


@router.get("/setup")
async def setup_page(request: Request) -> Response:
    """The form that makes the first owner, for whoever has the link that the server printed."""
    runtime, code = with_accounts(request), (request.query_params.get("code") or "")[:LONGEST_CODE]
    try:
        await runtime.admittance.signing_in.check_setup(code)
    except SignInRefused as error:
        return sign_in_view(request, error=error)
    return sign_in_view(request, account=NewAccount(code))


@router.post("/setup")
async def set_up_from_form(request: Request) -> Response:
    """Makes the first owner and lets them in; the link is used up by it."""
    runtime = with_accounts(request)
    async with read_form(request, files=0, fields=6) as form:
        email, password, code = text_of(form, "email"), text_of(form, "password"), text_of(form, "code")[:LONGEST_CODE]
    try:
        opened = await runtime.admittance.signing_in.set_up(code, email, password, address_of_caller(request))
    except LimnerError as error:
        account = None if isinstance(error, SignInRefused) else NewAccount(code)
        return sign_in_view(request, account=account, email=email, error=error)
    return RedirectResponse("/", status_code=303, headers=dict(kept(opened, host_of(request))))


def with_accounts(request: Request) -> Runtime:
    """The open installation. Raises NotFound where nobody signs in."""
    runtime: Runtime = request.app.state.runtime
    if not runtime.settings.accounts:
        raise NotFound(_("Nobody signs in here. Set LIMNER_AUTH=accounts for people with accounts."))
    return runtime


def sign_in_view(
    request: Request,
    *,
    onward: str = "/",
    email: str = "",
    stays: bool = True,
    account: NewAccount | None = None,
    error: LimnerError | None = None,
) -> Response:
    """The page of the sign-in, or of an account to make; with what is wrong, where something is."""
    invitation, code = (None, "") if account is None else (account.invitation, account.code)
    title = _("Make your account") if invitation else _("Set up your studio") if code else _("Sign in")
    link = "/invitation" if invitation else "/setup"
    here = f"{link}?{urlencode({'code': code})}" if code else f"/login?{urlencode({'next': onward})}"
    view = SignInPage(
        shell=replace(shell(request, title), here=here),
        place=host_of(request),
        onward=onward,
        email=email[:254] if invitation is None else invitation.email,
        stays=stays,
        code=code,
        invited=invitation is not None,
        inviter="" if invitation is None else invitation.inviter,
        elsewhere=elsewhere_of(request),
        error=_not_matching(error.left) if isinstance(error, PasswordRefused) else told(error),
    )
    return answered(request, view, error)


def _not_matching(left: int) -> str:
    """That address and password do not go together, and how often they may be tried again."""
    tries = _("No tries left for now.")
    if left:
        tries = ngettext("One try left.", "%(num)s tries left.", left, num=spelled(left).capitalize())
    return f"{_('That email and password do not match.')} {tries}"


def answered(request: Request, page: Page, error: LimnerError | None) -> Response:
    """A page that says what is wrong, where something is."""
    renderer: Renderer = request.app.state.renderer
    if error is None:
        return renderer.page(page)
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 422)
    answer = renderer.page(page, status)
    if isinstance(error, TooManyRequests):
        answer.headers["Retry-After"] = str(int(error.retry_after or 1))
    return answer


def elsewhere_of(request: Request) -> str:
    """What the issuer is called that people may sign in with; empty where there is none."""
    client = with_accounts(request).admittance.openid.client
    return "" if client is None else client.name


def text_of(form: FormData, name: str) -> str:
    """What stood in a field; empty for a file, and where there was none."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def address_of_caller(request: Request) -> str:
    """The address of the network that a request came from."""
    return str(request.scope.get("limner.address") or "")


def host_of(request: Request) -> str:
    """The name by which the server was asked."""
    return request.headers.get("host", "")
