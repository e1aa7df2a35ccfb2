"""What the price of a call depends on."""

from __future__ import annotations

from limner.domain.call import Call, CallInput
from limner.domain.model_card import MEGAPIXEL, ModelCard
from limner.domain.money import Money
from limner.domain.prices import Facts, Meter, PriceList
from limner.domain.request import Aspect, Operation, Role, Size


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
        input_areas=tuple(_area(image, call) for image in call.inputs if image.role is not Role.MASK),
    )


def usual_price(card: ModelCard) -> Money | None:
    """What one picture of a model costs as it makes it by default; None where nobody knows."""
    quality = card.parameter("quality")
    default = quality.default if quality is not None else None
    operation = Operation.GENERATE if Operation.GENERATE in card.operations else next(iter(card.operations))
    steps = card.parameter("steps")
    wanted = steps.default if steps is not None else None
    facts = Facts(
        operation=operation,
        count=1,
        size=card.sizes.default,
        quality=default if isinstance(default, str) else None,
        prompt="",
        inputs=0 if operation is Operation.GENERATE else 1,
        steps=int(wanted) if isinstance(wanted, int | float) else None,
        input_areas=() if operation is Operation.GENERATE else (MEGAPIXEL,),
    )
    estimate = card.prices.estimate(facts)
    return None if estimate is None else estimate.likely


def reads_words(prices: PriceList) -> bool:
    """Whether what a call costs depends on its prompt."""
    return any(rate.meter is Meter.INPUT_TEXT_TOKEN for rate in prices.rates)


def _area(image: CallInput, call: Call) -> int:
    """The pixels of what goes in: of a source that is put on a larger canvas, to be inpainted, those of the canvas."""
    grown = call.margins
    if grown is None or call.operation is not Operation.INPAINT or image.role is not Role.SOURCE:
        return image.width * image.height
    canvas = Size(image.width + grown.left + grown.right, image.height + grown.top + grown.bottom)
    return (call.size or canvas).pixels


def _size(call: Call, card: ModelCard) -> Size | None:
    """The size that is asked for; for a shape about the size that comes, where the model says how large it is."""
    if call.size is not None or call.aspect is None or card.sizes.default is None:
        return call.size
    return card.sizes.nominal(Aspect.parse(call.aspect), call.resolution)
