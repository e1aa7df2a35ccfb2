"""Making a picture again with another model: the settings as that one takes them, and the difference in price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.errors import LimnerError
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.request import ImageRequest
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.web import composing, showing, wording
from limner.web.asking import known_id, renderer_of
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.lightbox_views import Offer, RerunPage
from limner.web.rendering import shell
from limner.web.signing_in import text_of
from limner.web.views import ModelGroup, ModelOption

router = APIRouter(include_in_schema=False, prefix="/images/{image_id}/rerun")


@router.get("")
async def rerun_page(request: Request, image_id: str, model: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The models that could make it, and what the chosen one would make of its settings, for how much."""
    return await _page(request, image_id, model)


@router.post("")
async def rerun_from_form(request: Request, image_id: str) -> Response:
    """Carries out what was offered, once, and leads to the job."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with request.form(max_files=0, max_fields=4) as form:
        token, key, model = text_of(form, "token"), text_of(form, "key"), text_of(form, "model")
    await runtime.pictures.get(known_id(image_id), principal.id)
    try:
        job = await runtime.engine.confirm(token, principal, key=composing.form_key(key))
    except LimnerError as error:
        return await _page(request, image_id, model[:200], error)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


async def _page(request: Request, image_id: str, model: str, error: LimnerError | None = None) -> Response:
    runtime, principal = runtime_of(request), principal_of(request)
    picture = await runtime.pictures.get(known_id(image_id), principal.id)
    job = await runtime.jobs.get(picture.job_id, principal.id)
    await runtime.health.renew()
    groups = composing.model_groups(runtime, await runtime.services_for(principal), picture.operation)
    groups = await Labels(runtime, principal, picture, job).of(groups)
    offer = None
    if model and error is None:
        try:
            offer = await _offer(request, picture, again(picture, job, model))
        except LimnerError as found:
            error = found
    view = RerunPage(
        shell=shell(request, _("Re-run on another model"), heading=_("Re-run"), current="gallery"),
        tile=showing.tile(picture, eager=True),
        back=renderer_of(request).links.image(picture.id),
        groups=groups,
        chosen=model,
        made=_made(showing.Story(picture, job, runtime.catalog).title, picture.cost),
        offer=offer,
        key=runtime.ids.new(),
        error=told(error),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


@dataclass(frozen=True, slots=True)
class Labels:
    """What models are called in the list: with what they would take for this picture, not for a usual one."""

    runtime: Runtime
    principal: Principal
    picture: Picture
    job: Job

    async def of(self, groups: tuple[ModelGroup, ...]) -> tuple[ModelGroup, ...]:
        """The same groups, so labelled."""
        found = []
        for group in groups:
            options = [replace(option, label=await self._label(option)) for option in group.options]
            found.append(replace(group, options=tuple(options)))
        return tuple(found)

    async def _label(self, option: ModelOption) -> str:
        """GPT Image 2 · $0.042 · 20 s; without a price for who cannot paint it now."""
        price = await self._price(option.id) if option.ready else ""
        return " \u00b7 ".join(filter(None, (option.title, price, option.seconds, option.short)))

    async def _price(self, model: str) -> str:
        """What it would take; empty where it cannot make this one, which it says when it is chosen."""
        try:
            plan = (await self.runtime.engine.plan_for(again(self.picture, self.job, model), self.principal))[1]
        except LimnerError:
            return ""
        estimate = plan.candidates[0].estimate
        return wording.price(None if estimate is None else estimate.likely)


def again(picture: Picture, job: Job, model: str) -> ImageRequest:
    """The request of one picture for another model: its words and settings, without what named the first one."""
    asked = job.request
    return replace(
        asked,
        model=model,
        provider=None,
        profile=None,
        access=None,
        tier=None,
        fallback=False,
        without=(),
        max_cost=None,
        count=1,
        seed=picture.seed if asked.seed is None else asked.seed,
    )


async def _offer(request: Request, picture: Picture, wanted: ImageRequest) -> Offer:
    """Priced and signed. Raises what keeps the model from making it."""
    quote = await runtime_of(request).engine.estimate(wanted, principal_of(request))
    first = quote.plan.candidates[0]
    likely = None if quote.estimate is None else quote.estimate.likely
    return Offer(
        model=first.title,
        price=wording.price(likely),
        button=_("Run it for %(price)s", price=wording.price(likely)) if likely else _("Run it"),
        difference=difference(likely, picture.cost),
        seconds=wording.duration(first.seconds),
        receipt=showing.receipt_rows(first.receipt),
        summary=wording.receipt_summary(tuple(line.treatment for line in first.receipt)),
        token=quote.token,
    )


def _made(model: str, cost: Money | None) -> str:
    """Who made the picture there is, and for how much."""
    if cost is None:
        return _("%(model)s made this one. The original is kept.", model=model)
    if not cost:
        return _("%(model)s made this one for nothing. The original is kept.", model=model)
    return _("%(model)s made this one for %(price)s. The original is kept.", model=model, price=wording.price(cost))


def difference(price: Money | None, charged: Money | None) -> str:
    """How much dearer or cheaper it is than the picture there is; empty where either price is unknown."""
    if price is None or charged is None:
        return ""
    if price == charged:
        return _("as much as this picture cost")
    if price > charged:
        return _("%(price)s more than this picture cost", price=wording.price(price - charged))
    return _("%(price)s less than this picture cost", price=wording.price(charged - price))
