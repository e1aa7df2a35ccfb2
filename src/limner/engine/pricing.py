"""What the price of a call depends on."""

from __future__ import annotations

from limner.domain.call import Call
from limner.domain.model_card import ModelCard
from limner.domain.prices import Facts, Meter, PriceList
from limner.domain.request import Aspect, Role, Size


def facts_of(call: Call, card: ModelCard) -> Facts:
    """The facts about one call that prices look at."""
    return Facts(
        operation=call.operation,
        count=call.count,
        size=_size(call, card),
        quality=call.quality,
        prompt=call.prompt,
        inputs=len(call.inputs),
        steps=call.steps,
        partials=call.partials,
        input_areas=tuple(image.width * image.height for image in call.inputs if image.role is not Role.MASK),
    )


def reads_words(prices: PriceList) -> bool:
    """Whether what a call costs depends on its prompt."""
    return any(rate.meter is Meter.INPUT_TEXT_TOKEN for rate in prices.rates)


def _size(call: Call, card: ModelCard) -> Size | None:
    """The size that is asked for; for a shape about the size that comes, where the model says how large it is."""
    if call.size is not None or call.aspect is None or card.sizes.default is None:
        return call.size
    return card.sizes.nominal(Aspect.parse(call.aspect), call.resolution)
