"""Which models could paint a request, best first, and why the others could not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat

from limner.domain.errors import InvalidRequest, LimnerError, NotConfigured, PriceUnknown
from limner.domain.model_card import ModelCard, Status
from limner.domain.money import Estimate, Money
from limner.domain.plan import Candidate, Plan, ReceiptLine, Rejection, Treatment
from limner.domain.ports import Catalog, Clock, Services
from limner.domain.request import ImageRequest, Operation
from limner.engine.pricing import facts_of
from limner.engine.translation import Translation, translate
from limner.engine.untranslatable import Untranslatable

ENOUGH = 8
"""Candidates of a plan at most: what is held is the dearest one's ceiling, so a long tail would only hold more."""
TIERS = ("ultra", "high", "standard", "fast")


@dataclass(frozen=True, kw_only=True, slots=True)
class Router:
    """Plans requests over one catalog and the services that are ready."""

    catalog: Catalog
    services: Services
    clock: Clock
    unpriced_ceiling: Money | None = None
    """What an administrator allows for one picture of a model without a price; None allows none."""

    def plan(self, request: ImageRequest) -> Plan:
        """Candidates, best first. Raises what the caller can act on when there are none."""
        candidates: list[Candidate] = []
        rejections: list[Rejection] = []
        for card, reason in self._considered(request):
            found = self._candidate(request, card, reason)
            if isinstance(found, Candidate):
                candidates.append(found)
                if len(candidates) == ENOUGH:
                    break
            else:
                rejections.append(found)
        if not candidates:
            raise explained(rejections, named=bool(request.model))
        return Plan(candidates=tuple(candidates), rejections=tuple(rejections))

    def _considered(self, request: ImageRequest) -> Iterable[tuple[ModelCard, str]]:
        if request.model:
            return [self._living(self.catalog.find(request.model))]
        if request.tier:
            if request.tier not in TIERS:
                raise InvalidRequest(f"There is no tier '{request.tier}'; there are {', '.join(TIERS)}.", field="tier")
            cards = self.catalog.in_tier(request.tier)
            if request.provider:
                service = self.catalog.service(request.provider).id
                cards = tuple(card for card in cards if card.service == service)
            return zip(cards, repeat(f"Serves the tier {request.tier}."), strict=False)
        if request.provider:
            service_card = self.catalog.service(request.provider)
            card = self.catalog.find(service_card.default_for(request.operation))
            return [(card, f"The default model of {service_card.name}.")]
        return self._automatic(request.operation)

    def _living(self, card: ModelCard) -> tuple[ModelCard, str]:
        """A retired model gives way to its successor."""
        if self._retired(card) and card.successor:
            ended = f" on {card.shutdown:%Y-%m-%d}" if card.shutdown else ""
            return self.catalog.find(card.successor), f"{card.id} was shut down{ended}; this is its successor."
        return card, "Asked for by name."

    def _retired(self, card: ModelCard) -> bool:
        """Whether the model is gone today, whatever the catalog called it when it was written."""
        return card.status_on(self.clock.now().date()) is Status.RETIRED

    def _automatic(self, operation: Operation) -> Sequence[tuple[ModelCard, str]]:
        """The default model of every service that is ready; where none is, what is built in.

        A local engine is asked only by name: whether one at an address runs nobody knows beforehand, and what has to
        be loaded first is slow.
        """
        ready = [card for card in self.catalog.services if self.services.readiness(card.id).ready]
        remote = [card for card in ready if not card.local]
        built_in = [card for card in ready if card.local and not card.base_url and not card.packages]
        return [
            (
                self.catalog.find(card.default_for(operation)),
                "The default model of a service that is ready." if remote else "Needs no key.",
            )
            for card in (remote or built_in)
        ]

    def _candidate(self, request: ImageRequest, card: ModelCard, reason: str) -> Candidate | Rejection:
        if self._retired(card):
            return Rejection(model=card.id, code="retired", why=f"{card.title} was shut down and has no successor.")
        readiness = self.services.readiness(card.service)
        if not readiness.ready:
            return Rejection(model=card.id, code="not_configured", why=f"{card.id}: {readiness.reason}")
        try:
            translation = translate(request, card)
        except Untranslatable as error:
            return Rejection(model=card.id, code=f"{error.code}:{error.field}", why=error.why)
        estimate = self._estimate(translation, card)
        if estimate is None:
            why = f"The price of {card.id} is not known. Set LIMNER_UNPRICED_CEILING_USD to allow such models."
            return Rejection(model=card.id, code="price_unknown", why=why)
        return Candidate(
            model=card.id,
            title=card.title,
            calls=translation.calls,
            receipt=(*succession(request, card, reason), *translation.receipt),
            estimate=estimate,
            seconds=card.seconds * len(translation.calls),
            stand_in=translation.stand_in,
            reason=reason,
        )

    def _estimate(self, translation: Translation, card: ModelCard) -> Estimate | None:
        total: Estimate | None = None
        for call in translation.calls:
            estimate = card.prices.estimate(facts_of(call, card))
            if estimate is None:
                if self.unpriced_ceiling is None:
                    return None
                ceiling = self.unpriced_ceiling * call.count
                estimate = Estimate(floor=Money(), likely=ceiling, ceiling=ceiling)
            total = estimate if total is None else total + estimate
        return total


def succession(request: ImageRequest, card: ModelCard, reason: str) -> tuple[ReceiptLine, ...]:
    """The receipt's line for a model that another one stands in for."""
    if not request.model or "successor" not in reason:
        return ()
    line = ReceiptLine(field="model", treatment=Treatment.MAPPED, wanted=request.model, sent=card.id, why=reason)
    return (line,)


def explained(rejections: Sequence[Rejection], *, named: bool) -> LimnerError:
    """One error that says what stood in the way."""
    if not rejections:
        return NotConfigured("No service is ready. Set a key, or ask for the built-in artist: --model sketch.")
    first = rejections[0]
    if named or len(rejections) == 1:
        code, _, field = first.code.partition(":")
        if field:
            return InvalidRequest(first.why, field=field, code=code)
        if code == "price_unknown":
            return PriceUnknown(first.why, field="model")
        return NotConfigured(first.why, field="model")
    reasons = "; ".join(f"{rejection.model}: {rejection.why}" for rejection in rejections)
    if all(":" in rejection.code for rejection in rejections):
        return InvalidRequest(f"No model that is ready can do this. {reasons}", code="unsupported")
    return NotConfigured(f"Nothing that is configured can do this. {reasons}")
