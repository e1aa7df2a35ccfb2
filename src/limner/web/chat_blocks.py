"""From a tool call of a chat to document 3's block, as the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from limner.domain.chats import PictureState, ToolPart
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.plan import Quote
from limner.domain.ports import Catalog
from limner.domain.queue import held_by_a_pause
from limner.domain.request import Size
from limner.engine.offering import offer_of
from limner.engine.tiers import tier_in
from limner.web import showing, wording
from limner.web.chat_views import BlockView
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.links import Links
from limner.web.services import called
from limner.web.views import Another, Fact

CUT = 150
"""Characters of a prompt that is shown at once (document 3)."""
LEAST = Decimal("0.0001")
"""What costs something never looks as if it did not."""
WITHHELD = message("The picture is withheld: moderation found something in it.")


def four(money: Money | None) -> str:
    """An amount with the block's four decimals; nobody's guess where it is unknown."""
    if money is None:
        return wording.price(None)
    rounded = money.dollars.quantize(LEAST, ROUND_HALF_UP)
    return wording.dollars(str(max(rounded, LEAST) if money else rounded))


def block_of(part: ToolPart, catalog: Catalog, links: Links, *, paused: bool) -> BlockView:
    """The block of a tool call; `paused` is its person's queue."""
    prompt = str(part.arguments.get("prompt", ""))
    quote, job = part.quote, part.job
    model = _model(quote, job)
    service = showing.service_of(catalog, model) if model else None
    pictures = () if job is None else tuple(each for each in job.pictures if each.withheld is None)
    offer = None if quote is None else offer_of(quote, catalog)
    return BlockView(
        id=part.id,
        state=part.state,
        provider=model.partition("/")[0] if service is None else called(service),
        colour=showing.colour(model),
        chips=_chips(part, pictures, tier_in(prompt)[0], catalog),
        prompt=prompt,
        short=f"{prompt[:CUT].rstrip()}…" if len(prompt) > CUT else "",
        price="" if offer is None else four(offer.cost),
        agreed="" if quote is None or quote.ceiling is None else quote.ceiling.text,
        terms="" if quote is None else terms_of(quote),
        limits=()
        if offer is None
        else (
            Fact(name=_("Max size"), value=_measured(offer.largest) or _("any")),
            Fact(
                name=_("Supported sizes"), value=_(", ").join(map(_measured, offer.sizes)) or _("any up to the largest")
            ),
            Fact(name=_("Style support"), value=_("yes") if offer.styled else _("no")),
        ),
        alternatives=()
        if offer is None
        else tuple(
            Another(
                model=each.model,
                name=name_of(each.model, catalog),
                price=_alternative(each.cost, available=each.available),
                ready=each.available,
            )
            for each in offer.alternatives
        ),
        fallback=job is not None and bool(pictures) and job.fallback is not None,
        tiles=tuple(showing.tile(picture, eager=True) for picture in pictures),
        call=() if job is None or not pictures else _call(job, pictures[0]),
        error=_error(part, pictures),
        buys=part.state is PictureState.ERROR and quote is not None and not _lost(job),
        job=links.job(job.id) if job is not None and _lost(job) else "",
        held=paused and job is not None and held_by_a_pause(job),
        ratio=_ratio(part, pictures),
    )


def terms_of(quote: Quote) -> str:
    """How many, how soon, and what a fallback might cost more: the line below the button."""
    first = quote.plan.candidates[0]
    cost = None if first.estimate is None else first.estimate.ceiling
    said = [wording.images(quote.request.count), _("about %(time)s", time=wording.duration(first.seconds))]
    if cost is not None and quote.ceiling is not None and quote.ceiling > cost:
        said.append(_("at most %(price)s if another provider takes over", price=four(quote.ceiling)))
    return " · ".join(said)


def name_of(model: str, catalog: Catalog) -> str:
    """Together AI · FLUX.1 schnell."""
    service = showing.service_of(catalog, model)
    return f"{model.partition('/')[0] if service is None else called(service)} · {_title(model, catalog)}"


def _title(model: str, catalog: Catalog) -> str:
    """What the model is called; its name at its service where the catalog no longer has it."""
    title = showing.model_title(catalog, model)
    return model.partition("/")[2] if title == model else title


def _alternative(cost: Money | None, *, available: bool) -> str:
    price = wording.price(cost) if cost is not None and not cost else four(cost)
    return price if available else _("%(price)s, not available now", price=price)


def _model(quote: Quote | None, job: Job | None) -> str:
    if job is not None:
        return job.model
    return "" if quote is None else quote.plan.candidates[0].model


def _chips(part: ToolPart, pictures: Sequence[Picture], tier: str, catalog: Catalog) -> tuple[str, ...]:
    """Model, quality and size while there is nothing yet; model, size and cost of what there is."""
    job, model = part.job, _title(_model(part.quote, part.job), catalog)
    if pictures and job is not None:
        size = wording.size(pictures[0].file.width, pictures[0].file.height)
        return tuple(filter(None, (model, size, four(job.cost))))
    count = part.quote.request.count if part.quote is not None else 1
    chips = (model, tier if model else "", _measured(_size(part)))
    return tuple(filter(None, (*chips, wording.images(count) if count > 1 else "")))


def _measured(size: Size | None) -> str:
    return "" if size is None else wording.size(size.width, size.height)


def _size(part: ToolPart) -> Size | None:
    if part.quote is None:
        return None
    first = part.quote.plan.candidates[0]
    return (first.calls[0].size if first.calls else None) or part.quote.request.size


def _ratio(part: ToolPart, pictures: Sequence[Picture]) -> float:
    size = Size(pictures[0].file.width, pictures[0].file.height) if pictures else _size(part)
    return 1.0 if size is None else round(min(max(size.ratio, 0.5), 2.5), 4)


def _lost(job: Job | None) -> bool:
    """Whether nobody knows if it was bought: buying it again might be buying it twice."""
    return job is not None and job.state is JobState.AMBIGUOUS


def _error(part: ToolPart, pictures: Sequence[Picture]) -> str:
    job = part.job
    if job is not None and (_lost(job) or job.state is JobState.CANCELLED):
        return wording.explanation(job)
    if part.trouble is not None:
        return told(part.trouble)
    return _(WITHHELD) if part.state is PictureState.COMPLETE and not pictures else ""


def _call(job: Job, picture: Picture) -> tuple[Fact, ...]:
    """The call as LLM Info shows it."""
    begun, ended = job.started or job.created, job.finished or job.created
    provider, model = job.model.partition("/")[::2]
    call = next((record.call for record in job.calls if record.id == picture.call_id), None)
    rows = {
        _("Call"): f"img_gen_{UUID(job.id).int}",
        _("Type"): "image_generation",
        _("Provider"): provider,
        _("Model"): model,
        _("When"): wording.moment(job.created),
        _("Time"): wording.duration((ended - begun).total_seconds()),
        _("Cost"): four(job.cost),
        _("Size"): f"{picture.file.width}x{picture.file.height}",
        _("Quality"): None if call is None else call.quality,
        _("Style"): job.request.style,
    }
    return showing.facts(rows)
