"""Which models could paint a request, best first, and why the others could not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from limner.domain.errors import (
    FailureCode,
    InvalidRequest,
    LimnerError,
    NotConfigured,
    PriceUnknown,
    Problem,
    ProviderError,
)
from limner.domain.health import Obstacle
from limner.domain.model_card import ModelCard, StandIn, Status
from limner.domain.money import Estimate, Money
from limner.domain.plan import Candidate, Fallback, Plan, ReceiptLine, Rejection, Treatment
from limner.domain.ports import Catalog, Clock, Services
from limner.domain.readiness import SWITCHED_OFF, UNREACHABLE
from limner.domain.request import ImageRequest, Operation
from limner.engine.balancing import Balance
from limner.engine.drafting import Draft
from limner.engine.drafts import Drafts
from limner.engine.health import HealthWatch
from limner.engine.tiers import PLAIN, TIERS, Tier, tier_of
from limner.engine.translation import Translation, translate
from limner.engine.untranslatable import Untranslatable

ENOUGH = 8
"""Candidates of a plan at most: what is held is the dearest one's ceiling, so a long tail would only hold more."""
SECOND = Money.usd("0.001")
"""What a second of waiting is taken to be worth where services are compared by price and speed."""
UNAVAILABLE = "unavailable"
NOT_CONFIGURED = "not_configured"
OUT_OF_REACH = frozenset({UNAVAILABLE, NOT_CONFIGURED, SWITCHED_OFF, UNREACHABLE})
"""Codes of rejections that are about a service and not about what was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rank:
    """Models of the same rank: whichever of them paints, it is as good."""

    cards: tuple[ModelCard, ...]
    reason: str
    lines: tuple[ReceiptLine, ...] = ()
    """What their receipts say of the tier."""
    named: bool = False
    """Whether somebody asked for exactly these."""
    shares: bool = False
    """Whether they take turns; otherwise price and speed decide."""

    def meant(self, rejection: Rejection) -> bool:
        """Whether who is rejected is who somebody had in mind: the model they named, or the service they named."""
        return self.named and (not self.shares or rejection.code in OUT_OF_REACH)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Offer:
    """A model that could carry out a request; most of them are passed over before the whole candidate is needed."""

    card: ModelCard
    translation: Translation
    estimate: Estimate
    seconds: float

    def candidate(self, rank: _Rank) -> Candidate:
        """The same as it stands in a plan."""
        return Candidate(
            model=self.card.id,
            title=self.card.title,
            calls=self.translation.calls,
            receipt=(*rank.lines, *self.translation.receipt),
            estimate=self.estimate,
            seconds=self.seconds,
            stand_in=self.translation.stand_in,
            reason=rank.reason,
        )


@dataclass(kw_only=True, slots=True)
class _Search:
    """What was found so far."""

    drafts: MutableMapping[str, Draft]
    """What models make of the options of the request, as far as that is known."""
    candidates: list[Candidate] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    fallback: Fallback | None = None
    seen: set[str] = field(default_factory=set)
    """Models that were looked at, and services that are not ready."""

    def reject(self, rejection: Rejection, *, first_choice: bool) -> None:
        """Notes a rejection, and whether it is that of who should have painted."""
        self.rejections.append(rejection)
        if first_choice and self.fallback is None and not self.candidates:
            self.fallback = Fallback(original=rejection.model, why=rejection.why)


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """Plans requests over one catalog and the services that are ready and well."""

    catalog: Catalog
    services: Services
    health: HealthWatch
    balance: Balance
    clock: Clock
    unpriced_ceiling: Money | None = None
    """What an administrator allows for one picture of a model without a price; None allows none."""
    drafts: Drafts = field(default_factory=Drafts)

    default: str | None = None
    """Id of the service that paints where nothing is named; None compares all that are ready."""

    def over(self, services: Services) -> Router:
        """The same over the services that one principal can use."""
        return self if services is self.services else replace(self, services=services)

    async def renew(self, request: ImageRequest) -> None:
        """Reads how the services fare; asks whether the installation's default is there where it may not be.

        That is an engine at an address, for requests that name neither a model nor a service.
        """
        await self.health.renew()
        if self.default is not None and not (request.model or request.provider):
            card = self.catalog.service(self.default)
            if card.local and card.base_url:
                await self.services.knock()

    def plan(self, request: ImageRequest, prompt: str | None = None) -> Plan:
        """Candidates, best first; `prompt` are the words as they were typed. Raises what the caller can act on."""
        tier = tier_of(request, request.prompt if prompt is None else prompt)
        search = _Search(drafts=self.drafts.alike(request))
        for rank in self._ranks(request, tier):
            self._look_at(rank, request, search)
            if len(search.candidates) >= ENOUGH:
                break
        if not search.candidates:
            raise self._explained(search.rejections)
        return Plan(
            candidates=tuple(search.candidates),
            rejections=tuple(search.rejections),
            fallback=search.fallback,
        )

    def chose(self, plan: Plan) -> None:
        """Notes that a plan is carried out: the next one may be another's turn."""
        self.balance.chosen(self.catalog.find(plan.candidates[0].model))

    # --- who is considered, in order ------------------------------------------------------------

    def _ranks(self, request: ImageRequest, tier: Tier | None) -> Iterator[_Rank]:
        if request.model:
            named = self._living(self.catalog.find(request.model), request.model)
            yield named
            tier = tier or _own_tier(named.cards[0])
        elif request.provider:
            service = self.catalog.service(request.provider)
            if tier is not None:
                yield from self._in_tier(tier, service.id)
            else:
                card = self.catalog.find(service.default_for(request.operation))
                named = self._living(card, card.id, f"The default model of {service.name}.")
                yield named
                tier = _own_tier(named.cards[0])
        elif tier is None:
            yield from self._preferred(request.operation)
            yield self._automatic(request.operation)
            return
        if request.fallback or not (request.model or request.provider):
            yield from self._in_tier(tier)

    def _in_tier(self, tier: Tier, service: str | None = None) -> Iterator[_Rank]:
        """The models of a tier by rank, then those of the tiers below it."""
        for name in tier.downward:
            cards = (card for card in self.catalog.in_tier(name) if service in (None, card.service))
            reason, lines = tier.reason, (tier.line,) if tier.line else ()
            if name != tier.name:
                reason = f"Serves the tier {name}, below {tier.name}."
                why = f"No model of the tier {tier.name} could paint it."
                lines = (ReceiptLine(field="tier", treatment=Treatment.MAPPED, wanted=tier.name, sent=name, why=why),)
            for equals in _by_rank(cards, name):
                yield _Rank(cards=equals, reason=reason, lines=lines, named=service is not None, shares=True)

    def _living(self, card: ModelCard, asked: str, reason: str = "Asked for by name.") -> _Rank:
        """A model that somebody means; a retired one gives way to its successor, and the receipt says so."""
        successor = self._successor(card)
        if successor is card:
            return _Rank(cards=(card,), reason=reason, named=True)
        ended = f" on {card.shutdown:%Y-%m-%d}" if card.shutdown else ""
        why = f"{card.id} was shut down{ended}; this is its successor."
        line = ReceiptLine(field="model", treatment=Treatment.MAPPED, wanted=asked, sent=successor.id, why=why)
        return _Rank(cards=(successor,), reason=why, lines=(line,), named=True)

    def _successor(self, card: ModelCard) -> ModelCard:
        """Who paints today where this model is meant: itself, or the first of those after it that is not retired too.

        The catalog knows no successor that is retired, but a day may come when one is.
        """
        seen: set[str] = set()
        while card.successor and self._retired(card) and card.id not in seen:
            seen.add(card.id)
            card = self.catalog.find(card.successor)
        return card

    def _retired(self, card: ModelCard) -> bool:
        """Whether the model is gone today, whatever the catalog called it when it was written."""
        today = card.status if card.shutdown is None else card.status_on(self.clock.now().date())
        return today is Status.RETIRED

    def _preferred(self, operation: Operation) -> Iterator[_Rank]:
        """The default model of the installation's default service."""
        if self.default is not None and self.services.readiness(self.default).ready:
            card = self.catalog.find(self.catalog.service(self.default).default_for(operation))
            yield _Rank(cards=(self._successor(card),), reason="The default service of this installation.")

    def _automatic(self, operation: Operation) -> _Rank:
        """The default model of every service that is ready; where none is, what is built in.

        A local engine is asked only by name: whether one at an address runs nobody knows beforehand, and what has to
        be loaded first is slow.
        """
        ready = [card for card in self.catalog.services if self.services.readiness(card.id).ready]
        remote = [card for card in ready if not card.local]
        built_in = [card for card in ready if card.local and not card.base_url and not card.packages]
        return _Rank(
            cards=tuple(self._successor(self.catalog.find(card.default_for(operation))) for card in remote or built_in),
            reason="The default model of a service that is ready." if remote else "Needs no key.",
        )

    # --- what becomes of them -------------------------------------------------------------------

    def _look_at(self, rank: _Rank, request: ImageRequest, search: _Search) -> None:
        fitting: list[_Offer] = []
        for card in rank.cards:
            if card.id in search.seen or card.service in search.seen:
                continue
            search.seen.add(card.id)
            found = self._offer(request, card, search.drafts, named=rank.named)
            if isinstance(found, _Offer):
                fitting.append(found)
                continue
            if found.code in OUT_OF_REACH:
                search.seen.add(card.service)  # what stands in its way stands in the way of its other models too
            search.reject(found, first_choice=found.code == SWITCHED_OFF or rank.meant(found))
        for offer in self._ordered(fitting, rank):
            obstacle = None if self.health.calm else self.health.obstacle(offer.card, self._credentials(offer.card))
            if obstacle is not None:
                search.reject(_blocked(offer.card, obstacle), first_choice=True)
            elif len(search.candidates) < ENOUGH:
                search.candidates.append(offer.candidate(rank))

    def _ordered(self, fitting: Sequence[_Offer], rank: _Rank) -> Sequence[_Offer]:
        """Models of one rank, the one that is to be asked first in front."""
        if len(fitting) < 2:
            return fitting
        turns = self.balance.turns(offer.card for offer in fitting) if rank.shares else {}

        def key(offer: _Offer) -> tuple[float, ...]:
            card = offer.card
            busy = self.balance.pressure(card)
            return (
                offer.translation.dropped,
                offer.translation.stand_in is not StandIn.NATIVE,
                not self.health.calm and self.health.is_shaky(card, self._credentials(card)),
                busy if rank.shares else 0,
                turns.get(card.id, 0.0),
                price_and_wait(offer.estimate, offer.seconds, busy),
            )

        return sorted(fitting, key=key)

    def _credentials(self, card: ModelCard) -> Sequence[str]:
        return self.services.credentials(card.service)

    def _offer(
        self, request: ImageRequest, card: ModelCard, drafts: MutableMapping[str, Draft], *, named: bool
    ) -> _Offer | Rejection:
        if self._retired(card):
            return Rejection(model=card.id, code="retired", why=f"{card.title} was shut down and has no successor.")
        if card.service in request.without:
            why = f"{card.id}: {card.service} is switched off for requests that come this way."
            return Rejection(model=card.id, code=SWITCHED_OFF, why=why, short="Switched off")
        readiness = self.services.readiness(card.service)
        if not (readiness.usable if named else readiness.ready):
            why = f"{card.id}: {readiness.reason}"
            return Rejection(model=card.id, code=readiness.code, why=why, short=readiness.short or readiness.reason)
        try:
            translation = translate(request, card, drafts)
        except Untranslatable as error:
            return Rejection(model=card.id, code=f"{error.code}:{error.field}", why=error.why)
        estimate = self._estimate(translation)
        if estimate is None:
            why = f"The price of {card.id} is not known. Set LIMNER_UNPRICED_CEILING_USD to allow such models."
            return Rejection(model=card.id, code="price_unknown", why=why)
        seconds = card.seconds * len(translation.draft.counts)
        return _Offer(card=card, translation=translation, estimate=estimate, seconds=seconds)

    def _estimate(self, translation: Translation) -> Estimate | None:
        """What all calls may cost; None where a price is not known and nothing is allowed in its place."""
        total: Estimate | None = None
        for known, count in zip(translation.estimates, translation.draft.counts, strict=True):
            estimate = known or self._unpriced(count)
            if estimate is None:
                return None
            total = estimate if total is None else total + estimate
        return total

    def _unpriced(self, count: int) -> Estimate | None:
        if self.unpriced_ceiling is None:
            return None
        ceiling = self.unpriced_ceiling * count
        return Estimate(floor=Money(), likely=ceiling, ceiling=ceiling)

    def _explained(self, rejections: Sequence[Rejection]) -> LimnerError:
        """One error that says what stood in the way."""
        if not rejections:
            return NotConfigured("No service is ready. Set a key, or ask for the built-in artist: --model sketch.")
        message = _told_together(rejections)
        waits = [(one.until - self.clock.now()).total_seconds() for one in rejections if one.until is not None]
        if waits:
            wait, code = max(1.0, min(waits)), FailureCode.UNAVAILABLE
            return ProviderError(Problem(code=code, message=message, retryable=True, retry_after=wait))
        if len(rejections) == 1:
            return _alone(rejections[0])
        if all(":" in rejection.code for rejection in rejections):
            return InvalidRequest(message, code="unsupported")
        return NotConfigured(message)


def _by_rank(cards: Iterable[ModelCard], tier: str) -> Iterator[tuple[ModelCard, ...]]:
    """Models that are in order, those of the same rank together."""
    for _, equals in groupby(cards, key=lambda card: card.tiers[tier]):
        yield tuple(equals)


def price_and_wait(estimate: Estimate, seconds: float, busy: float) -> float:
    """A price and what the wait for it is worth, in micro-dollars; a busy service is waited for longer."""
    return estimate.likely.micro + seconds * (1 + busy) * SECOND.micro


def all_unavailable(rejections: Iterable[Rejection]) -> str:
    """Every service that cannot be used and why, in the words of document 3."""
    reasons: dict[str, str] = {}
    for rejection in rejections:
        reasons.setdefault(rejection.model.partition("/")[0], rejection.short or rejection.why)
    return f"All providers unavailable: {', '.join(f'{service} ({why})' for service, why in reasons.items())}"


def _blocked(card: ModelCard, obstacle: Obstacle) -> Rejection:
    return Rejection(model=card.id, code=UNAVAILABLE, why=obstacle.why, short=obstacle.short, until=obstacle.until)


def _told_together(rejections: Sequence[Rejection]) -> str:
    """What stood in the way, in one message."""
    if len(rejections) == 1:
        return rejections[0].why
    if all(rejection.code in OUT_OF_REACH for rejection in rejections):
        return f"{all_unavailable(rejections)}. {rejections[0].why}"
    reasons = "; ".join(f"{rejection.model}: {rejection.why}" for rejection in rejections)
    if all(":" in rejection.code for rejection in rejections):
        return f"No model that is ready can do this. {reasons}"
    return f"Nothing that is configured can do this. {reasons}"


def _alone(rejection: Rejection) -> LimnerError:
    """The error for the only model that was considered."""
    code, _, field = rejection.code.partition(":")
    if field:
        return InvalidRequest(rejection.why, field=field, code=code)
    if code == "price_unknown":
        return PriceUnknown(rejection.why, field="model")
    return NotConfigured(rejection.why, field="model")


def _own_tier(card: ModelCard) -> Tier:
    """The highest tier that a model serves: where its equals are looked for."""
    name = next((tier for tier in TIERS if tier in card.tiers), PLAIN)
    return Tier(name, f"Serves the tier {name}, as {card.id} does." if card.tiers else f"Serves the tier {name}.")
