"""The settings' access tokens: what programs sign in with; each is shown once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from limner.domain.budgets import Counted, Kind, Standing, Window
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.money import Money
from limner.domain.people import ApiToken, TokenScope
from limner.engine.budgeting import MOST, Wanted
from limner.runtime.asking import principal_of
from limner.runtime.forms import read_form
from limner.web import wording
from limner.web.asking import known_id
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_people_views import TokenRow, TokensPage
from limner.web.signing_in import answered, text_of, with_accounts

SECTION = "tokens"
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
DONE = {"removed": message("The token is removed. Whatever used it is out.")}

router = APIRouter(include_in_schema=False, prefix="/settings/tokens")


@router.get("")
async def tokens_page(request: Request) -> Response:
    """One's own tokens, and the form that makes one."""
    return await _page(request)


@router.post("")
async def make_token(request: Request) -> Response:
    """Makes a token and shows it, this once; an administrator may give it a budget of its own."""
    runtime, principal = with_accounts(request), principal_of(request)
    async with read_form(request, files=0, fields=8) as form:
        name, scope, days = text_of(form, "name"), text_of(form, "scope"), text_of(form, "days")
        budget = text_of(form, "budget").strip()[:40] if principal.administrator else ""
    try:
        if scope not in SCOPES or days not in LIVES:
            raise InvalidRequest(_("Choose what the token is for and how long it is good, then make it again."))
        limit = _limit(budget)
        made = await runtime.admittance.tokens.add(
            name,
            principal,
            scopes=SCOPES[scope],
            expires=runtime.clock.now() + timedelta(days=int(days)) if days else None,
        )
    except InvalidRequest as error:
        return await _page(request, name=name[:200], budget=budget, error=error)
    if limit is not None:
        wanted = Wanted(
            kind=Kind.TOKEN, name=made.token.id, window=Window.MONTH, counted=Counted.USD, limit=limit.micro
        )
        await runtime.budgeting.add(wanted, principal)
    return await _page(request, made=made.secret)


@router.get("/{token_id}/remove")
async def ask_to_remove_token(request: Request, token_id: str) -> Response:
    """Asks before a token is removed."""
    runtime, known = with_accounts(request), known_id(token_id)
    tokens = await runtime.admittance.tokens.of(principal_of(request).id)
    token = next((each for each in tokens if each.id == known), None)
    if token is None:
        raise NotFound(_("There is no access token with this id. Look at the list of yours."))
    question = _("Remove the token “%(name)s”?", name=token.name)
    return ask(request, SECTION, question, _("Whatever signs in with it is out at once."), yes=message("Remove"))


@router.post("/{token_id}/remove")
async def remove_token(request: Request, token_id: str) -> Response:
    """Makes a token useless at once."""
    await with_accounts(request).admittance.tokens.remove(known_id(token_id), principal_of(request))
    return done_at(request, SECTION, "removed")


async def _page(
    request: Request, *, made: str = "", name: str = "", budget: str = "", error: InvalidRequest | None = None
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    runtime, principal = with_accounts(request), principal_of(request)
    tokens, now = await runtime.admittance.tokens.of(principal.id), runtime.clock.now()
    standings = await runtime.budgeting.visible(principal)
    view = TokensPage(
        shell=shell,
        frame=frame,
        tokens=tuple(
            TokenRow(
                id=token.id,
                name=token.name,
                last_four=token.last_four,
                scopes=wording.scopes(token.scopes),
                used=token.used,
                expires=token.expires,
                expired=token.expires is not None and token.expires <= now,
                budget=_budget(token, standings),
            )
            for token in tokens
        ),
        scopes=tuple(Choice(value=key, name=_(words)) for key, words in SCOPE_WORDS.items()),
        lives=tuple(Choice(value=key, name=_(words)) for key, words in LIVES.items()),
        made=made,
        name=name,
        budget=budget,
    )
    return answered(request, view, error)


def _budget(token: ApiToken, standings: Sequence[Standing]) -> str:
    """What a token may still spend by budgets of its own."""
    own = [each for each in standings if each.kind is Kind.TOKEN and each.name == token.id]
    return _(", ").join(wording.left(each) for each in own if each.budget is not None)


def _limit(text: str) -> Money | None:
    """Raises InvalidRequest for what is no amount of dollars."""
    try:
        amount = Money.usd(text.removeprefix("$")) if text else None
    except ValueError:
        raise InvalidRequest(_("A budget is an amount of dollars, such as 25 or 2.50."), field="budget") from None
    if amount is not None and not 0 <= amount.micro <= MOST:
        raise InvalidRequest(_("A budget is an amount of dollars from 0 up."), field="budget")
    return amount
