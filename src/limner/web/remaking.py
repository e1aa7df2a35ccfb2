"""Variations, larger copies, other styles and cut-outs of a picture: each with its price before it is bought, once."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import LimnerError
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.plan import Quote
from limner.domain.prices import Facts
from limner.domain.request import ImageRequest, InputImage
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import composing, showing, wording
from limner.web.able import Able, Look
from limner.web.asking import known_id, renderer_of
from limner.web.editing_form import source_of
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message, number
from limner.web.remaking_form import COUNTS, OPERATIONS, SCALES, Remake, Way
from limner.web.remaking_views import Proposal, RemakePage, StyleChoice, Trial
from limner.web.rendering import shell
from limner.web.signing_in import text_of
from limner.web.styles import shown_styles

TITLES = {
    Way.VARY: message("Vary"),
    Way.UPSCALE: message("Upscale"),
    Way.STYLE: message("Style"),
    Way.CUTOUT: message("Remove the background"),
}
HEADINGS = {**TITLES, Way.CUTOUT: message("Cut out")}
"""Shorter than the title, where that would not fit on a phone."""
BUTTONS = {
    Way.VARY: message("Make variations"),
    Way.UPSCALE: message("Upscale"),
    Way.STYLE: message("Apply the style"),
    Way.CUTOUT: message("Remove the background"),
}

router = APIRouter(include_in_schema=False, prefix="/images/{image_id}")


@router.get("/vary")
@router.get("/upscale")
@router.get("/style")
@router.get("/cutout")
async def remake_page(request: Request, image_id: str) -> Response:
    """What can be made of the picture that way, with which model, for how much."""
    return await _page(request, await _picture(request, image_id), Remake.read(_way(request), request.query_params))


@router.post("/vary")
@router.post("/upscale")
@router.post("/style")
@router.post("/cutout")
async def remake_from_form(request: Request, image_id: str) -> Response:
    """Carries out what was offered, once, and leads to the job."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=0, fields=12) as form:
        token, key, remake = text_of(form, "token"), text_of(form, "key"), Remake.read(_way(request), form)
    picture = await _picture(request, image_id)
    try:
        job = await runtime.engine.confirm(token, principal, key=composing.form_key(key))
    except LimnerError as error:
        return await _page(request, picture, remake, error)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


async def _page(request: Request, picture: Picture, remake: Remake, error: LimnerError | None = None) -> Response:
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    source = await source_of(runtime, picture)
    able = (await Look.by(runtime, principal)).able(OPERATIONS[remake.way], source.size)
    desk = Desk(runtime, principal, source, able)
    styles = await desk.styles() if remake.way is Way.STYLE else ()
    if styles and not remake.preset and not remake.words.strip():
        remake = replace(remake, preset=styles[0].id)
    chosen = able.chosen(remake.model)
    offer: Proposal | None = None
    trials: tuple[Trial, ...] = ()
    try:
        offer, trials = await desk.offer(remake)
    except LimnerError as found:
        error = error or found
    view = RemakePage(
        shell=shell(request, _(TITLES[remake.way]), heading=_(HEADINGS[remake.way]), current="gallery"),
        tile=showing.tile(picture, eager=True),
        back=links.image(picture.id),
        here=links.remake(picture.id, remake.way.value),
        way=remake.way.value,
        button=_(BUTTONS[remake.way]),
        groups=able.groups,
        chosen=chosen,
        able=len(able.options),
        of=able.of,
        counts=tuple(map(str, COUNTS)),
        count=remake.count,
        scales=tuple((str(scale), wording.size(source.width * scale, source.height * scale)) for scale in SCALES),
        scale=remake.scale,
        width=remake.width,
        narrowest=number(source.width + 1),
        widest=number(source.width * SCALES[-1]),
        styles=styles,
        preset=remake.preset,
        words=remake.words,
        strength=remake.strength,
        images=wording.images(int(remake.count)) if remake.way is Way.VARY and offer else wording.images(1),
        offer=offer,
        key=runtime.ids.new(),
        trials=trials,
        error=told(error),
        field="" if error is None else error.field or "",
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


class Desk:
    """One picture and the models that can do one thing with it."""

    def __init__(self, runtime: Runtime, principal: Principal, source: InputImage, able: Able) -> None:
        self._runtime = runtime
        self._principal = principal
        self._source = source
        self._able = able

    async def styles(self) -> tuple[StyleChoice, ...]:
        """Every style that this person may name."""
        shown = await shown_styles(self._runtime.engine.wording, self._principal)
        return tuple(StyleChoice(id=each.id, name=each.name, description=each.description) for each, _own in shown)

    async def offer(self, remake: Remake) -> tuple[Proposal | None, tuple[Trial, ...]]:
        """What it would cost, signed, and cheaper ways to see it first. Raises what keeps it from being made."""
        chosen = self._able.chosen(remake.model)
        if chosen is None:
            return None, ()
        wanted = remake.wanted(self._source, strength=chosen.strength, most=self._runtime.settings.max_pixels)
        wanted = replace(wanted, model=remake.model or chosen.id)
        quote = await self._runtime.engine.estimate(wanted, self._principal)
        first = quote.plan.candidates[0]
        offer = Proposal(
            model=first.title,
            price=_price(quote),
            spends=_("for %(price)s", price=_price(quote)) if _likely(quote) else "",
            seconds=wording.duration(first.seconds),
            receipt=showing.receipt_rows(first.receipt),
            summary=wording.receipt_summary(tuple(line.treatment for line in first.receipt)),
            token=quote.token,
        )
        return offer, await self._trials(wanted, quote) if remake.way is Way.STYLE else ()

    async def _trials(self, wanted: ImageRequest, quote: Quote) -> tuple[Trial, ...]:
        """The same by whoever draws on this machine for nothing, and by its own model as cheaply as that one can."""
        if quote.ceiling is not None and not quote.ceiling:
            return ()
        trials = []
        for option in self._able.options:
            service = self._runtime.catalog.service(option.id.partition("/")[0])
            if option.ready and service.algorithmic:
                drawn = replace(wanted, model=option.id, quality=None)
                trials.append(await self._trial(drawn, message("%(model)s, drawn by rules")))
        cheapest = self._cheapest(wanted)
        if cheapest is not None:
            lowest = message("%(model)s, at its lowest quality, %(quality)s")
            trials.append(await self._trial(replace(wanted, quality=cheapest), lowest))
        return tuple(trials)

    async def _trial(self, wanted: ImageRequest, name: str) -> Trial:
        """A cheaper way, under a name that is still to be said."""
        quote = await self._runtime.engine.estimate(wanted, self._principal)
        first = quote.plan.candidates[0]
        return Trial(
            name=_(name, model=first.title, quality=wanted.quality),
            price=_price(quote),
            seconds=wording.duration(first.seconds),
            token=quote.token,
            key=self._runtime.ids.new(),
        )

    def _cheapest(self, wanted: ImageRequest) -> str | None:
        """The quality at which the model is cheapest, where that is less than usual; None where there is none."""
        card = self._runtime.catalog.find(wanted.model or "")
        rule = card.parameter("quality")
        if rule is None:
            return None
        prices = {}
        for choice in rule.choices:
            facts = Facts(
                operation=wanted.operation,
                count=1,
                size=self._source.size,
                quality=choice,
                prompt=wanted.prompt,
                inputs=1,
                input_areas=(self._source.size.pixels,),
            )
            estimate = card.prices.estimate(facts)
            if estimate is not None:
                prices[choice] = estimate.likely
        least = min(prices, key=lambda choice: prices[choice].micro, default=None)
        usual = prices.get(str(rule.default))
        return least if least is not None and (usual is None or prices[least] < usual) else None


def _price(quote: Quote) -> str:
    return wording.price(_likely(quote))


def _likely(quote: Quote) -> Money | None:
    return None if quote.estimate is None else quote.estimate.likely


def _way(request: Request) -> Way:
    """What the address is for."""
    return Way(request.url.path.rpartition("/")[2])


async def _picture(request: Request, image_id: str) -> Picture:
    """One's own picture. Raises NotFound."""
    return await runtime_of(request).pictures.get(known_id(image_id), principal_of(request).id)
