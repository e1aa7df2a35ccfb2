"""Comparisons: priced as a whole, begun as a whole, blind until somebody has voted, and then told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import cast

from limner.domain.comparisons import (
    LEAST,
    LETTERS,
    MOST,
    Ballot,
    Comparison,
    Comparisons,
    NewComparison,
    NewContender,
    Outcome,
    Round,
    RoundState,
)
from limner.domain.errors import (
    ConfirmationRequired,
    InvalidRequest,
    NotFound,
    QuoteRefused,
    UsageError,
)
from limner.domain.job import Job
from limner.domain.leaderboards import Board, By
from limner.domain.money import FREE, Estimate, Money
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.plan import Candidate
from limner.domain.records import Page
from limner.domain.request import Aspect, ImageRequest
from limner.domain.telling import Sealer
from limner.engine.engine import Claim, Engine
from limner.engine.quotes import LIFETIME, check_in_time

SQUARE = Aspect(1, 1)
"""The shape of a round for which none is asked: each model's own choice would give it away."""


class NotNow(UsageError):
    """A round is not where it would have to be for this."""

    code = "round_painting"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrant:
    """A model that is to take part, with the round's words or its own."""

    model: str
    prompt: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundWish:
    """A round that is wanted."""

    request: ImageRequest
    """What all of them are to paint; it names no model."""
    entrants: Sequence[Entrant]


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedEntrant:
    """A model that takes part, with what it would cost."""

    request: ImageRequest
    candidate: Candidate
    ceiling: Money | None
    """None where nobody knows it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundQuote:
    """A priced round, signed; it can be begun once, until it expires."""

    entrants: Sequence[PricedEntrant]
    """In the order in which they were named."""
    shape: Aspect
    expires: datetime
    token: str

    @property
    def estimate(self) -> Estimate | None:
        """What all of it costs; None where a price is unknown."""
        total = FREE
        for entrant in self.entrants:
            if entrant.candidate.estimate is None or entrant.ceiling is None:
                return None
            total += replace(entrant.candidate.estimate, ceiling=entrant.ceiling)
        return total

    @property
    def seconds(self) -> float:
        """How long the slowest takes."""
        return max(entrant.candidate.seconds for entrant in self.entrants)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparing:
    """Carries rounds from a wish to a vote."""

    engine: Engine
    comparisons: Comparisons
    sealer: Sealer
    """For quotes of rounds: with one of these no job can be had, and the other way round."""
    chance: Random

    async def quote(self, wish: RoundWish, principal: Principal) -> RoundQuote:
        """What a round would cost, signed. Spends nothing, writes nothing, sends nothing.

        Raises InvalidRequest for fewer than 2 or more than 4, for the same one twice, and what planning raises for a
        model that cannot paint: then nobody is compared.
        """
        if not LEAST <= len(wish.entrants) <= MOST:
            raise InvalidRequest(f"Choose {LEAST} to {MOST} to compare.", field="contenders")
        base = wish.request if wish.request.aspect or wish.request.size else replace(wish.request, aspect=SQUARE)
        entrants = [await self._priced(base, entrant, principal) for entrant in wish.entrants]
        _check_differ(entrants)
        expires, shape = self.engine.clock.now() + LIFETIME, _shape(base)
        quote = RoundQuote(entrants=entrants, shape=shape, expires=expires, token="")
        return replace(quote, token=self._sealed(quote, principal))

    async def begin(self, token: str, principal: Principal, *, key: str | None = None, counted: bool = True) -> Round:
        """Begins what was quoted: the round and all its jobs are written down together, or nothing is.

        The same `key` with the same quote gives the same round again. Raises QuoteRefused where the quote is forged,
        expired or used, ConfirmationRequired where a picture now costs more than was quoted, and what `Engine.submit`
        raises; nothing is bought then.
        """
        payload = self.sealer.open(token)
        claim = Claim(key=key, fingerprint=f"comparison {payload['id']}", counted=counted)
        return await self._known(claim, principal) or await self._begun(payload, principal, claim)

    async def submit(
        self, wish: RoundWish, principal: Principal, *, key: str | None = None, most: Money | None = None
    ) -> Round:
        """The same for a round that nobody has asked the price of, for `most` at most where that is given."""
        claim = Claim(key=key, fingerprint=self._fingerprint(wish, most), counted=True)
        known = await self._known(claim, principal)
        if known is not None:
            return known
        quote = await self.quote(wish, principal)
        ceiling = None if quote.estimate is None else quote.estimate.ceiling
        if most is not None and (ceiling is None or most < ceiling):
            amount = "an amount that nobody knows beforehand" if ceiling is None else f"up to {ceiling}"
            raise ConfirmationRequired(
                f"The round may cost {amount}, more than the {most} that you allow. Raise max_cost or leave one out.",
                field="max_cost",
            )
        return await self._begun(self.sealer.open(quote.token), principal, claim)

    async def look(self, comparison_id: str, principal: Principal) -> Round:
        """A round as it stands. Raises NotFound."""
        return await self._with_jobs(await self.comparisons.get(comparison_id, principal.id))

    async def page(self, principal: Principal, *, limit: int, cursor: str | None = None) -> Page[Round]:
        """One person's rounds, newest first; those that are decided come without their jobs."""
        page = await self.comparisons.page(principal.id, limit=limit, cursor=cursor)
        rounds = [
            Round(comparison=each) if each.ballot is not None else await self._with_jobs(each) for each in page.items
        ]
        return Page(tuple(rounds), page.next)

    async def picture(self, comparison_id: str, letter: str, principal: Principal) -> Picture:
        """The picture at a place of a round, whoever painted it. Raises NotFound, also before all of them have come."""
        shown = (await self.look(comparison_id, principal)).shown
        picture = shown.get(LETTERS.find(letter)) if len(letter) == 1 else None
        if picture is None:
            raise NotFound("There is no such picture in this comparison.")
        return picture

    async def vote(self, comparison_id: str, ballot: Ballot, principal: Principal) -> Round:
        """Says which is best, once; from then on the names are known. A vote that is said again changes nothing.

        Raises NotNow while some picture is still to come, where there is nothing to compare, and for another vote than
        the one that was given; InvalidRequest for a best one that is not there; NotFound.
        """
        principal.check_may_change()
        found = await self.look(comparison_id, principal)
        if found.comparison.ballot is None:
            _check_votable(found, ballot)
            results = [found.result(contender.place) for contender in found.comparison.contenders]
            await self.comparisons.decide(found.comparison, ballot, results, self.engine.clock.now())
            found = await self.look(comparison_id, principal)
        if found.comparison.ballot != ballot:
            raise NotNow("You have voted on this round already. A vote cannot be changed.", code="already_voted")
        return found

    async def board(self, principal: Principal, by: By = By.MODEL, *, everybody: bool = False) -> Board:
        """What one's own votes say, or those of everybody, which administrators may see. Raises PolicyError."""
        if everybody:
            principal.check_administrator("sees what everybody's votes say")
        return await self.comparisons.board(None if everybody else principal.id, by)

    async def _priced(self, base: ImageRequest, entrant: Entrant, principal: Principal) -> PricedEntrant:
        wanted = replace(base, model=entrant.model, prompt=base.prompt if entrant.prompt is None else entrant.prompt)
        request, plan = await self.engine.plan_for(wanted, principal)
        candidate = plan.candidates[0]
        # By its full name: nobody else is to paint in its place.
        request = replace(request, model=candidate.model, fallback=False)
        estimate = candidate.estimate
        return PricedEntrant(
            request=request, candidate=candidate, ceiling=None if estimate is None else estimate.ceiling
        )

    def _sealed(self, quote: RoundQuote, principal: Principal) -> str:
        return self.sealer.seal(
            {
                "id": self.engine.ids.new(),
                "owner": principal.id,
                "expires": quote.expires.isoformat(),
                "shape": str(quote.shape),
                "estimate": _amounts(quote.estimate),
                "entrants": [
                    {
                        "title": entrant.candidate.title,
                        "ceiling": None if entrant.ceiling is None else entrant.ceiling.micro,
                        "request": self.engine.codec.dump(entrant.request),
                    }
                    for entrant in quote.entrants
                ],
            }
        )

    async def _known(self, claim: Claim, principal: Principal) -> Round | None:
        """The round that its key already has."""
        if not claim.key:
            return None
        found = await self.comparisons.remembered(principal.id, claim.key, claim.fingerprint)
        return None if found is None else await self.look(found, principal)

    async def _begun(self, payload: Mapping[str, object], principal: Principal, claim: Claim) -> Round:
        principal.check_may_change()
        if payload["owner"] != principal.id:
            raise QuoteRefused(
                "This quote was made for somebody else. Ask for a new one.", field="quote", code="quote_foreign"
            )
        check_in_time(datetime.fromisoformat(str(payload["expires"])), self.engine.clock.now())
        entrants = cast(Sequence[Mapping[str, object]], payload["entrants"])
        places = self.chance.sample(range(len(entrants)), len(entrants))
        # The quote goes with the first one's job: it is used once, with all that is written.
        quoted = [replace(claim, quote_id=str(payload["id"])), *(claim for _ in entrants[1:])]
        contenders = [
            await self._contender(entrant, place, principal, used)
            for entrant, place, used in zip(entrants, places, quoted, strict=True)
        ]
        new = NewComparison(
            id=self.engine.ids.new(),
            owner=principal.id,
            shape=_parsed(str(payload["shape"])),
            estimate=_estimate(cast(Sequence[int] | None, payload["estimate"])),
            at=self.engine.clock.now(),
            contenders=tuple(sorted(contenders, key=lambda each: each.place)),
            key=claim.key,
            fingerprint=claim.fingerprint if claim.key else "",
        )
        async with self.engine.alarm.watching(principal):
            comparison_id = await self.comparisons.begin(new, deliver=self.engine.deliver)
        return await self.look(comparison_id, principal)

    async def _contender(
        self, entrant: Mapping[str, object], place: int, principal: Principal, claim: Claim
    ) -> NewContender:
        """One of them, with its job."""
        request = self.engine.codec.load(cast(Mapping[str, object], entrant["request"]))
        ceiling = entrant["ceiling"]
        if isinstance(ceiling, int):
            request = replace(request, max_cost=Money(ceiling))
        try:
            job = await self.engine.prepared(request, principal, quote_id=claim.quote_id, counted=claim.counted)
        except ConfirmationRequired:
            raise ConfirmationRequired(
                f"A picture by {entrant['title']} now costs more than was quoted. Ask for a new quote of the round.",
                field="quote",
            ) from None
        return NewContender(place=place, model=job.plan.candidates[0].model, title=str(entrant["title"]), job=job)

    async def _with_jobs(self, comparison: Comparison) -> Round:
        found = dict[int, Job]()
        for contender in comparison.contenders:
            try:
                found[contender.place] = await self.engine.jobs.get(contender.job_id, comparison.owner)
            except NotFound:
                continue  # cleared away
        return Round(comparison=comparison, jobs=found)

    def _fingerprint(self, wish: RoundWish, most: Money | None) -> str:
        """The same for equal wishes, another for others."""
        said = [
            self.engine.codec.fingerprint(wish.request),
            None if most is None else most.micro,
            *([entrant.model, entrant.prompt] for entrant in wish.entrants),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _check_differ(entrants: Sequence[PricedEntrant]) -> None:
    """Raises InvalidRequest where two of them would paint the same."""
    seen = set[tuple[str, str]]()
    for entrant in entrants:
        one = (entrant.candidate.model, entrant.request.prompt)
        if one in seen:
            raise InvalidRequest(
                f"{entrant.candidate.title} would paint the same words twice. Name it once, or give it other words.",
                field="contenders",
            )
        seen.add(one)


def _check_votable(found: Round, ballot: Ballot) -> None:
    if ballot.outcome is Outcome.SKIPPED:
        return
    if found.state is RoundState.PAINTING:
        raise NotNow("Some pictures of this round are still to come. Vote when all are there.")
    if found.state is RoundState.VOID:
        raise NotNow("Fewer than two pictures came in this round: there is nothing to compare.", code="round_void")
    if ballot.outcome is Outcome.BEST and ballot.place not in found.shown:
        letters = ", ".join(LETTERS[place] for place in found.shown)
        raise InvalidRequest(f"There is no such picture in this round. There are {letters}.", field="best")


def _shape(request: ImageRequest) -> Aspect:
    """The shape of all pictures of a round, as it was asked for."""
    if request.size is None:
        return request.aspect or SQUARE
    return Aspect.of(request.size)


def _parsed(shape: str) -> Aspect:
    width, _, height = shape.partition(":")
    return Aspect(int(width), int(height))


def _amounts(estimate: Estimate | None) -> list[int] | None:
    return None if estimate is None else [estimate.floor.micro, estimate.likely.micro, estimate.ceiling.micro]


def _estimate(amounts: Sequence[int] | None) -> Estimate | None:
    if amounts is None:
        return None
    floor, likely, ceiling = map(Money, amounts)
    return Estimate(floor=floor, likely=likely, ceiling=ceiling)
