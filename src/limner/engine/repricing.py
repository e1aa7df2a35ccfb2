"""What a call costs when it is sent, beside what was set aside for it when it was confirmed."""

from __future__ import annotations

from limner.domain.errors import Problem
from limner.domain.job import CallRecord, Job
from limner.domain.model_card import ModelCard
from limner.domain.money import Money
from limner.engine.mishaps import NotSent
from limner.engine.pricing import facts_of

PRICE_RISEN = "price_risen"


def check_price(job: Job, record: CallRecord, card: ModelCard) -> None:
    """A job may wait while its queue is paused, or its process is gone, and the price list change meanwhile.

    Raises NotSent where a picture may now cost more than is set aside for it. What has no price is as it was: unknown.
    """
    held, now = job.plan.unit_ceiling(job.request.count), _unit_now(job, record, card)
    if held is None or now is None or now <= held:
        return
    raise NotSent(
        Problem(
            code=PRICE_RISEN,
            message=(
                f"A picture of {card.title} may now cost up to {now}, more than the {held} that was confirmed. "
                "Nothing was sent. Retry the job to see and confirm its new price."
            ),
            provider=card.service,
        )
    )


def _unit_now(job: Job, record: CallRecord, card: ModelCard) -> Money | None:
    """What a picture of this candidate may cost now; the same division as for what is held."""
    total = 0
    for call in job.plan.candidates[record.candidate].calls:
        estimate = card.prices.estimate(facts_of(call, card))
        if estimate is None:
            return None
        total += estimate.ceiling.micro
    return Money(-(-total // job.request.count))
