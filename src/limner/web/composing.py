"""The composer: what it offers, what stands in its fields, and the request that its fields make."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from starlette.datastructures import FormData

from limner.domain.budgets import Counted, Kind, Standing
from limner.domain.errors import InvalidRequest, LimnerError, UnknownModel
from limner.domain.job import Job
from limner.domain.model_card import ModelCard, Status
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.ports import Services
from limner.domain.prices import Facts
from limner.domain.request import DEFAULT_PROJECT, Aspect, ImageRequest, Operation
from limner.runtime import Runtime
from limner.web import wording
from limner.web.views import Composer, Draft, KeyHint, ModelGroup, ModelOption

SHAPES = ("1:1", "3:2", "2:3", "16:9", "9:16")
COUNTS = (1, 2, 3, 4, 6, 8)
IDEAS = (
    "Pines on a misty moor, loose watercolour, cold morning",
    "A striped lighthouse at nightfall, beam over the sea, flat poster",
    "Karst peaks in mist, ink wash, one red sun",
)


def draft_from_form(form: FormData) -> Draft:
    """What stood in the fields, as it was typed."""
    count = _text(form, "count")
    return Draft(
        prompt=_text(form, "idea") or _text(form, "prompt"),
        negative_prompt=_text(form, "negative_prompt"),
        model=_text(form, "model"),
        shape=_text(form, "shape") or SHAPES[0],
        count=int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1,
        seed=_text(form, "seed").strip(),
    )


def draft_from_job(job: Job) -> Draft:
    """The fields of a request that was made before."""
    request = job.request
    return Draft(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt or "",
        model=request.model or job.model,
        shape=str(request.aspect) if request.aspect else SHAPES[0],
        count=request.count,
        seed="" if request.seed is None else str(request.seed),
    )


def request_from(draft: Draft) -> ImageRequest:
    """The request that the fields make. Raises InvalidRequest, naming the field."""
    if draft.seed and not (draft.seed.isascii() and draft.seed.isdigit() and len(draft.seed) <= 19):
        raise InvalidRequest("A seed is a whole number. Leave it empty for a new one.", field="seed")
    try:
        aspect = Aspect.parse(draft.shape)
    except ValueError as error:
        raise InvalidRequest(str(error), field="shape") from None
    return ImageRequest(
        prompt=draft.prompt.replace("\r\n", "\n"),
        negative_prompt=draft.negative_prompt.strip() or None,
        model=draft.model or None,
        aspect=aspect,
        count=draft.count,
        seed=int(draft.seed) if draft.seed else None,
    )


async def composer(runtime: Runtime, principal: Principal, draft: Draft, error: LimnerError | None = None) -> Composer:
    """The composer with these fields, priced."""
    groups = model_groups(runtime, await runtime.services_for(principal))
    options = [option for group in groups for option in group.options]
    known = _known(runtime, draft.model)
    chosen = next((option for option in options if option.id == known), None) or next(
        (option for option in options if option.ready), None
    )
    left_micro, left = await _left(runtime, principal)
    return Composer(
        draft=draft,
        groups=groups,
        chosen=chosen,
        shapes=SHAPES if draft.shape in SHAPES else (*SHAPES, draft.shape),
        counts=COUNTS if draft.count in COUNTS else (*COUNTS, draft.count),
        key=runtime.ids.new(),
        price_line=await _price_line(runtime, principal, chosen, draft.count),
        left=left,
        left_micro=left_micro,
        error="" if error is None else error.message,
        field="" if error is None else error.field or "",
    )


def form_key(value: object) -> str | None:
    """The key that a form sent along; none where it is not one of ours."""
    try:
        return f"form-{UUID(str(value))}"
    except ValueError:
        return None


def model_groups(
    runtime: Runtime, services: Services, operation: Operation = Operation.GENERATE
) -> tuple[ModelGroup, ...]:
    """Every model that can do this, by service; those that are ready come first."""
    groups = []
    for service in runtime.catalog.services:
        cards = [
            card
            for card in runtime.catalog.models
            if card.service == service.id and card.status is Status.LIVE and operation in card.operations
        ]
        options = tuple(
            ModelOption(
                id=card.id,
                label=f"{card.title} · {wording.price(unit_price(card))} · {wording.duration(card.seconds)}{mark}",
                note=why
                or f"{service.name} · {wording.price(unit_price(card))} · about {wording.duration(card.seconds)}",
                ready=not why,
                local=service.local,
            )
            for card, (mark, why) in ((card, _hindrance(runtime, services, card)) for card in cards)
        )
        if options:
            groups.append(ModelGroup(name=service.name, options=options))
    return tuple(sorted(groups, key=lambda group: not group.options[0].ready))


def _hindrance(runtime: Runtime, services: Services, card: ModelCard) -> tuple[str, str]:
    """What keeps a model from painting now, as the end of its label and in a sentence; empty where nothing does."""
    readiness = services.readiness(card.service)
    if not readiness.ready:
        return " · switched off" if readiness.code == "switched_off" else " · add a key", readiness.reason
    obstacle = runtime.health.obstacle(card, services.credentials(card.service))
    return ("", "") if obstacle is None else (" · keeps failing", obstacle.why)


def key_hints(runtime: Runtime, services: Services) -> tuple[KeyHint, ...]:
    """What each service that is not of this machine needs."""
    hints = []
    for service in runtime.catalog.services:
        if not service.local:
            readiness = services.readiness(service.id)
            hints.append(KeyHint(name=service.name, ready=readiness.ready, reason=readiness.reason))
    return tuple(hints)


def readiness_badge(runtime: Runtime, services: Services) -> str:
    """How many services outside this machine can be used."""
    ready = sum(hint.ready for hint in key_hints(runtime, services))
    if not ready:
        return "No keys yet"
    return "1 provider ready" if ready == 1 else f"{ready} providers ready"


def _known(runtime: Runtime, name: str) -> str:
    """The id of the model that a name means; empty for none."""
    try:
        return runtime.catalog.find(name).id if name else ""
    except UnknownModel:
        return ""


def unit_price(card: ModelCard) -> Money | None:
    """What one picture costs as the model makes it by default; None where nobody knows."""
    quality = card.parameter("quality")
    default = quality.default if quality is not None else None
    facts = Facts(
        operation=Operation.GENERATE,
        count=1,
        size=card.sizes.default,
        quality=default if isinstance(default, str) else None,
        prompt="",
        inputs=0,
    )
    estimate = card.prices.estimate(facts)
    return None if estimate is None else estimate.likely


async def _price_line(runtime: Runtime, principal: Principal, chosen: ModelOption | None, count: int) -> str:
    """The line beside the button, for a prompt of usual length; the script asks again as the fields change."""
    if chosen is None:
        return "No model is ready"
    try:
        wanted = ImageRequest(prompt="a picture", model=chosen.id, count=count)
        _, plan = await runtime.engine.plan_for(wanted, principal)
    except LimnerError:
        # The form itself says what is wrong with its fields when it is sent.
        return wording.images(count)
    first = plan.candidates[0]
    return wording.price_line(count, first.estimate.likely if first.estimate else None, first.seconds)


async def _left(runtime: Runtime, principal: Principal) -> tuple[int | None, str]:
    """The micro-dollars left under the tightest budget, and that in words, with the pictures left; empty for none."""
    covering = [
        standing
        for standing in await runtime.budgeting.covering(principal)
        if standing.kind is not Kind.PROJECT or standing.name == DEFAULT_PROJECT
    ]
    money = _tightest(covering, Counted.USD)
    words = [wording.left(standing) for standing in (money, _tightest(covering, Counted.PICTURES)) if standing]
    return None if money is None else money.left, " \u00b7 ".join(words)


def _tightest(standings: Sequence[Standing], counted: Counted) -> Standing | None:
    return min((each for each in standings if each.counted is counted), key=lambda each: each.left, default=None)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
