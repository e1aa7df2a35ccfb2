"""The models that can do something with a picture that there is, each with what that costs for this one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from limner.domain.errors import FailureCode
from limner.domain.model_card import ModelCard, Status
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.ports import Services
from limner.domain.prices import Facts
from limner.domain.request import Operation, Size
from limner.runtime import Runtime
from limner.web import wording
from limner.web.failures import in_short
from limner.web.languages import gettext as _
from limner.web.services import called


@dataclass(frozen=True, kw_only=True, slots=True)
class AbleModel:
    """A model that can do it."""

    id: str
    label: str
    """GPT Image 2 · $0.053 · 21 s."""
    note: str
    """OpenAI · $0.053 an image · about 21 s; or what keeps it from painting now."""
    ready: bool
    strength: bool
    """Whether it can be told how much of the picture to keep."""
    longest: int
    """Characters of a prompt that it reads; 0 where it reads none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AbleGroup:
    """Those of one service."""

    name: str
    options: tuple[AbleModel, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Able:
    """Everything that can do it, and how many of all models that is."""

    groups: tuple[AbleGroup, ...]
    of: int
    """Models that there are."""

    @property
    def options(self) -> tuple[AbleModel, ...]:
        """The models of all services, those that are ready first."""
        return tuple(option for group in self.groups for option in group.options)

    def chosen(self, name: str) -> AbleModel | None:
        """The model of that id, else the first that is ready; None where none is."""
        named = next((option for option in self.options if option.id == name), None)
        return named or next((option for option in self.options if option.ready), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """Looks for models on behalf of somebody."""

    runtime: Runtime
    services: Services

    @classmethod
    async def by(cls, runtime: Runtime, principal: Principal) -> Look:
        """With the keys that this principal may use, and with what is known of services now."""
        await runtime.health.renew()
        return cls(runtime=runtime, services=await runtime.services_for(principal))

    def able(self, operation: Operation, size: Size, *, wordless: bool = True) -> Able:
        """Models for an operation on a picture of a size; without those that read no prompt, unless `wordless`."""
        live = [card for card in self.runtime.catalog.models if card.status is Status.LIVE]
        cards = [card for card in live if operation in card.operations and (wordless or card.prompt_limit > 0)]
        groups = [
            AbleGroup(name=called(service), options=options)
            for service in self.runtime.catalog.services
            if (options := tuple(self._options(cards, service.id, operation, size)))
        ]
        groups.sort(key=lambda group: not any(option.ready for option in group.options))
        return Able(groups=tuple(groups), of=len(live))

    def _options(self, cards: list[ModelCard], service: str, operation: Operation, size: Size) -> Iterable[AbleModel]:
        name = self.runtime.catalog.service(service).name
        for card in cards:
            if card.service != service:
                continue
            mark, why = self._hindrance(card)
            price, took = unit_price(card, operation, size), wording.duration(card.seconds)
            each = wording.price_each(price)
            yield AbleModel(
                id=card.id,
                label=" · ".join(filter(None, (card.title, wording.price(price), took, mark))),
                note=why or _("%(service)s · %(price)s · about %(time)s", service=name, price=each, time=took),
                ready=not why,
                strength=card.parameter("strength") is not None,
                longest=card.prompt_limit,
            )

    def _hindrance(self, card: ModelCard) -> tuple[str, str]:
        """What keeps a model from painting now, at the end of its label and in a sentence; empty where nothing does."""
        readiness = self.services.readiness(card.service)
        if not readiness.ready:
            return wording.not_ready(readiness)[1], in_short(readiness.code, readiness.reason)
        obstacle = self.runtime.health.obstacle(card, self.services.credentials(card.service))
        return ("", "") if obstacle is None else (_("keeps failing"), in_short(FailureCode.UNAVAILABLE, obstacle.why))


def unit_price(card: ModelCard, operation: Operation, size: Size) -> Money | None:
    """What one picture costs that is made of one of this size, by default; None where nobody knows."""
    quality = card.parameter("quality")
    default = quality.default if quality is not None else None
    facts = Facts(
        operation=operation,
        count=1,
        size=size,
        quality=default if isinstance(default, str) else None,
        prompt="",
        inputs=1,
        input_areas=(size.pixels,),
    )
    estimate = card.prices.estimate(facts)
    return None if estimate is None else estimate.likely
