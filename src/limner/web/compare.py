"""The pages of comparisons: a round is begun, looked at without names, voted on, and told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from limner.domain.comparisons import LETTERS, MOST, Ballot, Outcome, Round
from limner.domain.errors import InvalidRequest, LimnerError
from limner.domain.leaderboards import By
from limner.domain.money import Money
from limner.domain.request import Aspect, ImageRequest
from limner.engine.comparing import Entrant, RoundQuote, RoundWish
from limner.engine.pricing import usual_price
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import compare_showing, compare_words, composing
from limner.web.asking import known_id, renderer_of
from limner.web.beside import beside_each_other
from limner.web.compare_views import BlindPart, ComparePage, PricePart, RoundComposer, RoundDraft, RoundPrice
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.rendering import shell
from limner.web.signing_in import text_of

router = APIRouter(include_in_schema=False, prefix="/compare")

LATEST = 20
"""Rounds among which the page looks for one to vote on and for the last one that was."""
SHOWN = Money(1000)
"""The last digit of a price under a dollar, as it stands beside a model: longer prompts cost a little more."""
FIELDS = 40
"""Of a form: its models, and what stands beside them."""


class CompareQuery(BaseModel):
    """What is to be seen."""

    new: bool = False
    by: By = By.MODEL
    everybody: bool = False
    ids: str = Field(default="", max_length=400, description="Pictures, with commas between their ids.")
    id: list[str] = Field(default=[], description="The same, each by itself: as a form sends what is ticked.")

    def pictures(self) -> list[str]:
        """The ids of the pictures that it names."""
        return [each for each in (*self.ids.split(","), *self.id) if each]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a page shows besides what it always shows."""

    new: bool = False
    """Whether the fields of a new round are wanted."""
    by: By = By.MODEL
    everybody: bool = False
    found: Round | None = None
    """The round that the address names."""
    draft: RoundDraft | None = None
    """What stood in the fields."""
    quote: RoundQuote | None = None
    """A price that somebody has to see first."""
    error: LimnerError | None = None

    def current(self, blind: Sequence[Round]) -> Round | None:
        """The round to vote on: the one that is named, else the newest that waits."""
        if self.found is not None:
            return self.found if self.found.is_blind else None
        return None if self.new or not blind else blind[0]


@router.get("")
async def compare_page(request: Request, query: Annotated[CompareQuery, Query()]) -> Response:
    """A round to vote on, or the fields for a new one; the last one with its names; the leaderboard.

    Where it names pictures: those, beside each other, with their names.
    """
    pictures = query.pictures()
    if pictures:
        return await beside_each_other(request, pictures)
    return await _page(request, Look(new=query.new, by=query.by, everybody=query.everybody))


@router.post("")
async def compare_from_form(request: Request) -> Response:
    """Begins the round in the fields, where its price has been seen; else shows the price, to be pressed again.

    Seen is a price that stood beside the button, and one that is no more than what stands beside the ticked models.
    """
    async with read_form(request, files=0, fields=FIELDS) as form:
        draft, key = _draft(form), composing.form_key(form.get("key"))
        token = text_of(form, "token") if text_of(form, "quoted") == _fingerprint(draft) else ""
    comparing, principal = runtime_of(request).comparing, principal_of(request)
    try:
        if token:
            found = await comparing.begin(token, principal, key=key)
        else:
            quote = await comparing.quote(_wish(draft), principal)
            if not _is_expected(request, quote):
                return await _page(request, Look(new=True, draft=draft, quote=quote))
            most = None if quote.estimate is None else quote.estimate.ceiling
            found = await comparing.submit(_wish(draft), principal, key=key, most=most)
    except LimnerError as error:
        return await _page(request, Look(new=True, draft=draft, error=error))
    return RedirectResponse(renderer_of(request).links.comparison(found.comparison.id), status_code=303)


@router.post("/price")
async def compare_price(request: Request) -> Response:
    """What the round in the fields costs, for the script that shows it as they change. Spends nothing."""
    async with read_form(request, files=0, fields=FIELDS) as form:
        draft = _draft(form)
    return renderer_of(request).part(PricePart(price=await _price(request, draft)))


@router.get("/{comparison_id}")
async def comparison_page(request: Request, comparison_id: str) -> Response:
    """One round: without names before its vote, with them after it."""
    found = await runtime_of(request).comparing.look(known_id(comparison_id), principal_of(request))
    return await _page(request, Look(found=found))


@router.get("/{comparison_id}/round")
async def comparison_part(request: Request, comparison_id: str) -> Response:
    """One round before its vote alone, for the script that waits for its pictures; 204 where it has names by now."""
    found = await runtime_of(request).comparing.look(known_id(comparison_id), principal_of(request))
    if not found.is_blind:
        return Response(status_code=204)
    return renderer_of(request).part(BlindPart(blind=compare_showing.blind(found)))


@router.post("/{comparison_id}/vote")
async def vote_from_form(request: Request, comparison_id: str) -> Response:
    """Votes, and shows who painted what."""
    async with read_form(request, files=0, fields=2) as form:
        said = text_of(form, "vote")
    return await _decided(request, comparison_id, _ballot(said))


@router.post("/{comparison_id}/skip")
async def skip_from_form(request: Request, comparison_id: str) -> Response:
    """Shows who painted what without a vote."""
    return await _decided(request, comparison_id, Ballot(Outcome.SKIPPED))


async def _decided(request: Request, comparison_id: str, ballot: Ballot) -> Response:
    comparing, principal, links = runtime_of(request).comparing, principal_of(request), renderer_of(request).links
    name = known_id(comparison_id)
    try:
        await comparing.vote(name, ballot, principal)
    except LimnerError as error:
        found = await comparing.look(name, principal)
        return await _page(request, Look(found=found, error=error))
    return RedirectResponse(f"{links.compare}?new=1#last", status_code=303)


def _ballot(said: str) -> Ballot:
    """The vote of the button that was pressed. Raises InvalidRequest."""
    if len(said) == 1 and said in LETTERS:
        return Ballot(Outcome.BEST, LETTERS.index(said))
    if said in (Outcome.EQUAL.value, Outcome.NONE.value):
        return Ballot(Outcome(said))
    raise InvalidRequest(
        "Vote for one of the pictures, or say that they are equal, or that none will do.", field="vote"
    )


async def _page(request: Request, look: Look) -> Response:
    runtime, principal = runtime_of(request), principal_of(request)
    comparing, links = runtime.comparing, renderer_of(request).links
    rounds = (await comparing.page(principal, limit=LATEST)).items
    blind = [each for each in rounds if each.is_blind]
    current = look.current(blind)
    last = await _told(request, look, rounds) if current is None else None
    asks = look.new or (current is None and look.found is None)
    number = max((each.comparison.number for each in rounds), default=0) + 1
    board = await comparing.board(principal, look.by, everybody=look.everybody)
    may_see_all = principal.administrator and runtime.settings.accounts
    view = ComparePage(
        shell=shell(request, _("Compare"), current="compare"),
        blind=None if current is None else compare_showing.blind(current),
        composer=await _composer(request, look, last, number) if asks else None,
        last=None if last is None else compare_showing.told(last, links),
        board=compare_showing.board(board, look.by, look.everybody, may_see_all, links),
        waiting=compare_showing.waiting(blind, current),
        error="" if asks else told(look.error),
    )
    return renderer_of(request).page(view, 200 if look.error is None else 422)


async def _told(request: Request, look: Look, rounds: tuple[Round, ...]) -> Round | None:
    """The round whose names are told, with its jobs: the one that the address names, else the last that was voted on.

    None stands beside a round to vote on: the next one often has the same models, and seen side by side they tell.
    """
    if look.found is not None:
        return None if look.found.is_blind else look.found
    over = [each for each in rounds if not each.is_blind]
    if not over:
        return None
    latest = max(over, key=lambda each: each.comparison.decided or each.comparison.created)
    return await runtime_of(request).comparing.look(latest.comparison.id, principal_of(request))


async def _composer(request: Request, look: Look, last: Round | None, number: int) -> RoundComposer:
    runtime, principal = runtime_of(request), principal_of(request)
    await runtime.renew()
    groups = composing.model_groups(runtime, await runtime.services_for(principal))
    draft, shapes, error = look.draft or _again(last), composing.SHAPES, look.error
    ready = compare_showing.entries(groups, runtime.catalog, draft.models, ready=True)
    picked = [entry.title for group in ready for entry in group.entries if entry.chosen]
    return RoundComposer(
        draft=draft,
        number=number,
        ready=ready,
        others=compare_showing.entries(groups, runtime.catalog, draft.models, ready=False),
        shapes=shapes if draft.shape in shapes else (*shapes, draft.shape),
        chosen=compare_words.chosen(len(picked), two_prompts=bool(draft.second.strip())),
        picked=" \u00b7 ".join(picked),
        price=_priced(draft, look.quote) if look.quote is not None else await _price(request, draft),
        key=runtime.ids.new(),
        asks_again=look.quote is not None,
        error=told(error),
        field="" if error is None else error.field or "",
    )


async def _price(request: Request, draft: RoundDraft) -> RoundPrice:
    """What stands beside the button; without words, what they would cost for words of usual length."""
    count = len(_entrants(draft))
    if count < 2:
        return RoundPrice(line=_(compare_words.CHOOSE), hint="")
    if count > MOST:
        return RoundPrice(line=_(compare_words.TOO_MANY), hint="")
    has_words = bool(draft.prompt.strip())
    try:
        quote = await runtime_of(request).comparing.quote(
            _wish(draft, prompt=draft.prompt if has_words else "a picture"), principal_of(request)
        )
    except LimnerError as error:
        return RoundPrice(line=told(error), hint="")
    if has_words:
        return _priced(draft, quote)
    return RoundPrice(line=compare_words.price_line(quote), hint=_(compare_words.NO_PROMPT))


def _priced(draft: RoundDraft, quote: RoundQuote) -> RoundPrice:
    return RoundPrice(
        line=compare_words.price_line(quote),
        hint=compare_words.at_most(quote),
        token=quote.token,
        quoted=_fingerprint(draft),
    )


def _is_expected(request: Request, quote: RoundQuote) -> bool:
    """Whether a round costs no more than the prices beside its models let expect, to the last digit that they show."""
    catalog, seen = runtime_of(request).catalog, Money()
    for entrant in quote.entrants:
        price = usual_price(catalog.find(entrant.candidate.model))
        if price is None:
            return False
        seen += price + SHOWN if price else price
    return quote.estimate is not None and quote.estimate.likely <= seen


def _draft(form: FormData) -> RoundDraft:
    """What stood in the fields, as it was typed."""
    models = [each for each in form.getlist("model") if isinstance(each, str) and each]
    return RoundDraft(
        prompt=text_of(form, "prompt"),
        second=text_of(form, "second"),
        models=tuple(dict.fromkeys(models)),
        shape=text_of(form, "shape") or RoundDraft().shape,
    )


def _again(last: Round | None) -> RoundDraft:
    """The fields of a next round: the same models, other words."""
    if last is None:
        return RoundDraft()
    models = dict.fromkeys(sorted(each.model for each in last.comparison.contenders))
    return RoundDraft(models=tuple(models), shape=str(last.comparison.shape))


def _entrants(draft: RoundDraft, prompt: str | None = None) -> list[Entrant]:
    """Each model with each of the prompts."""
    words = [draft.prompt if prompt is None else prompt, *([draft.second] if draft.second.strip() else [])]
    return [Entrant(model=model, prompt=each.replace("\r\n", "\n")) for model in draft.models for each in words]


def _wish(draft: RoundDraft, prompt: str | None = None) -> RoundWish:
    """The round that the fields make. Raises InvalidRequest, naming the field."""
    try:
        aspect = Aspect.parse(draft.shape)
    except ValueError as error:
        raise InvalidRequest(str(error), field="shape") from None
    return RoundWish(request=ImageRequest(aspect=aspect), entrants=_entrants(draft, prompt))


def _fingerprint(draft: RoundDraft) -> str:
    """The same as long as the fields are."""
    said = [draft.prompt.replace("\r\n", "\n"), draft.second.replace("\r\n", "\n"), sorted(draft.models), draft.shape]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
