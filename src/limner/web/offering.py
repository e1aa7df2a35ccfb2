"""Prices to be agreed to before anything is bought, and who makes more of a prompt for how much."""

from __future__ import annotations

from collections.abc import Iterator

from limner.domain.errors import LimnerError
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.plan import Constraints
from limner.domain.request import ImageRequest
from limner.runtime import Runtime
from limner.web import composing, showing, wording
from limner.web.composer import Composing
from limner.web.create_views import Draft, Offer
from limner.web.languages import gettext as _
from limner.web.languages import ngettext
from limner.web.services import called
from limner.web.views import Fact

MOST_FOR_WORDS = Money.usd("0.02")
"""What making more of a prompt may cost."""
SIZES = 6
"""So many are named."""


async def costs(who: Composing, wanted: ImageRequest) -> bool:
    """Whether a request costs money, or may: what is free needs nobody's word. Raises what planning raises."""
    plan = (await who.runtime.engine.plan_for(wanted, who.principal))[1]
    ceiling = plan.ceiling(wanted.count)
    return ceiling is None or bool(ceiling)


async def offered(who: Composing, draft: Draft, changed: str) -> Offer:
    """A draft, priced and signed. Raises what keeps it from being painted."""
    runtime = who.runtime
    wanted = await who.wanted(draft)
    quote = await runtime.engine.estimate(wanted, who.principal)
    first = quote.plan.candidates[0]
    service = showing.service_of(runtime.catalog, first.model)
    size = first.calls[0].size if first.calls else None
    pixels = "" if size is None else wording.apart(str(size))
    likely = None if quote.estimate is None else quote.estimate.likely
    return Offer(
        title=first.title,
        provider=called(service) if service else first.model.partition("/")[0],
        colour=showing.colour(first.model),
        button=button(wanted.count, quote.ceiling),
        line=wording.price_line(wanted.count, likely, first.seconds),
        prompt=wanted.prompt,
        chips=tuple(filter(None, (first.title, wanted.quality or "", pixels))),
        constraints=tuple(_constraints(quote.constraints)),
        alternatives=await who.others(draft, first.model),
        fields=composing.fields_of(draft),
        token=quote.token,
        key=runtime.ids.new(),
        changed=changed,
    )


def button(count: int, ceiling: Money | None) -> str:
    """What a button says that agrees to so many pictures for at most so much."""
    if ceiling is None:
        return ngettext("Generate Image, price unknown", "Generate %(num)s Images, price unknown", count)
    if not ceiling:
        return ngettext("Generate Image for nothing", "Generate %(num)s Images for nothing", count)
    price = said(ceiling)
    if count == 1:
        return _("Generate Image for %(price)s", price=price)
    return ngettext("Generate %(num)s Image for %(price)s", "Generate %(num)s Images for %(price)s", count, price=price)


def said(money: Money) -> str:
    """An amount that is agreed to: always four decimals."""
    return wording.dollars(f"{money.dollars:.4f}")


def _constraints(found: Constraints) -> Iterator[Fact]:
    sizes = [str(size) for size in found.sizes.fixed]
    shapes = [str(aspect) for aspect in found.sizes.aspects]
    if found.sizes.grid is not None:
        grid = found.sizes.grid
        yield Fact(name=_("Max size"), value=wording.apart(f"{grid.max_edge}x{grid.max_edge}"))
    yield Fact(name=_("Supported sizes"), value=", ".join(map(wording.apart, (sizes or shapes)[:SIZES])) or _("any"))
    yield Fact(name=_("Style support"), value=", ".join(found.styles) or _("in the prompt"))
    yield Fact(name=_("Formats"), value=", ".join(found.formats))


async def wordsmith(runtime: Runtime, principal: Principal) -> tuple[str, Money | None]:
    """Who makes more of a prompt, and what it may cost at most; None where it costs nothing."""
    try:
        choice = await runtime.texts.buyer.choose(None, principal, sees=False)
    except LimnerError:
        # Without a text model that can be asked, Ollama or the phrasebook does it.
        return "Limner", None
    return choice.card.title, None if choice.card.local else MOST_FOR_WORDS
