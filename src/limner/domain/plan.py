"""What Limner intends to do with a request, and what became of each of its options."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from limner.domain.call import Call
from limner.domain.languages import ForeseenTranslation
from limner.domain.model_card import ModelCard, SizeRule, StandIn
from limner.domain.money import ZERO, Estimate, Money
from limner.domain.request import ImageRequest


class Treatment(StrEnum):
    """What became of one option."""

    USED = "used"
    MAPPED = "mapped"
    ROUNDED = "rounded"
    SPLIT = "split"
    IGNORED = "ignored"
    REFUSED = "refused"
    REUSED = "reused"
    """Nothing was painted: an identical request had its pictures already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptLine:
    """One option: what was asked, what is sent, and why they differ."""

    field: str
    treatment: Treatment
    wanted: str
    sent: str | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One model that could carry out the request, with the calls it would take."""

    model: str
    """`service/name`."""
    title: str
    calls: tuple[Call, ...]
    """Without ids or input bytes; the calls of a job get both when they are made."""
    receipt: tuple[ReceiptLine, ...]
    estimate: Estimate | None
    seconds: float
    stand_in: StandIn = StandIn.NATIVE
    reason: str = ""
    """Why it stands at this place in the plan."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """A model that was considered and why it is not in the plan."""

    model: str
    code: str
    why: str
    short: str = ""
    """The reason in a few words, where it is one of the whole service."""
    until: datetime | None = None
    """When it may be tried again, where waiting helps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fallback:
    """Who would have painted, and why somebody else does."""

    original: str
    """`service/name`."""
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Candidates, best first, and the models that were passed over."""

    candidates: tuple[Candidate, ...]
    rejections: tuple[Rejection, ...] = ()
    fallback: Fallback | None = None
    """Where the first candidate stands in for a model that was asked for or would have come before it."""
    translation: ForeseenTranslation | None = None
    """What is bought beside the pictures."""

    def ceiling(self, count: int) -> Money | None:
        """What `count` pictures may cost at most, whichever candidate paints them, with the translation of the prompt;
        None where a price is unknown.
        """
        unit = self.unit_ceiling(count)
        beside = ZERO if self.translation is None else self.translation.estimate.ceiling
        return None if unit is None else unit * count + beside

    @property
    def estimate(self) -> Estimate | None:
        """What the first candidate would cost, with the translation; None where its price is unknown."""
        first = self.candidates[0].estimate
        return first if first is None or self.translation is None else first + self.translation.estimate

    def unit_ceiling(self, count: int) -> Money | None:
        """The dearest candidate's ceiling for one picture of `count`: what is held for each."""
        dearest = 0
        for candidate in self.candidates:
            if candidate.estimate is None:
                return None
            dearest = max(dearest, -(-candidate.estimate.ceiling.micro // count))
        return Money(dearest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """What a model can be asked for."""

    sizes: SizeRule
    max_count: int
    """Pictures that one call makes; more are split into several calls."""
    qualities: tuple[str, ...]
    styles: tuple[str, ...]
    formats: tuple[str, ...]
    prompt_limit: int
    """In characters; 0 where it takes no words."""

    @classmethod
    def of(cls, card: ModelCard) -> Constraints:
        """Those of one model."""
        quality, style = card.parameter("quality"), card.parameter("style")
        return cls(
            sizes=card.sizes,
            max_count=card.max_count,
            qualities=() if quality is None else quality.choices,
            styles=() if style is None else style.choices,
            formats=card.formats,
            prompt_limit=card.prompt_limit,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """Another model that would paint the same now, if it were named; a quote buys nothing of it."""

    model: str
    """`service/name`."""
    ceiling: Money | None
    """What it would cost at most; None is unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """A priced plan, signed; it can be confirmed once, until it expires."""

    id: str
    request: ImageRequest
    plan: Plan
    estimate: Estimate | None
    """Of the first candidate, with the translation of the prompt where one is due."""
    ceiling: Money | None
    """Over all candidates, with the translation: nothing dearer is bought."""
    constraints: Constraints
    """Of the first candidate."""
    expires: datetime
    token: str
    others: tuple[Other, ...] = ()
    """To choose from in place of the first candidate, where somebody is asked."""
