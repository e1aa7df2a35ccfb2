"""What stands in the composer's fields, the request that they make, and the models to choose from."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from starlette.datastructures import FormData

from limner.domain.errors import FailureCode, InvalidRequest
from limner.domain.job import Job
from limner.domain.model_card import ModelCard, Status
from limner.domain.money import Money
from limner.domain.ports import Services
from limner.domain.request import DEFAULT_PROJECT, Aspect, ImageRequest, InputImage, Operation, Role
from limner.engine.pricing import usual_price
from limner.runtime import Runtime
from limner.web import choosing, showing, wording
from limner.web.attaching import named_pictures
from limner.web.create_views import Draft, KeyHint
from limner.web.failures import headline, in_short, told_of
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext
from limner.web.services import called
from limner.web.views import ModelGroup, ModelOption

SHAPES = ("1:1", "3:2", "2:3", "16:9", "9:16")
COUNTS = (1, 2, 3, 4, 6, 8)
NO_NUMBER = {
    "steps": message("steps is a number. Leave it empty for what the model makes of it."),
    "guidance": message("guidance is a number. Leave it empty for what the model makes of it."),
    "strength": message("strength is a number. Leave it empty for what the model makes of it."),
}
REFERENCES = 8
"""Pictures that a form may bring at once."""
Value = TypeVar("Value")
IDEAS = (
    "Pines on a misty moor, loose watercolour, cold morning",
    "A striped lighthouse at nightfall, beam over the sea, flat poster",
    "Karst peaks in mist, ink wash, one red sun",
)


def draft_from_form(form: FormData) -> Draft:
    """What stood in the fields, as it was typed; a number that nobody has moved is the model's choice."""
    count, references = _text(form, "count"), named_pictures(form)
    moved = {name: _moved(form, name) for name in ("steps", "guidance", "strength")}
    return Draft(
        prompt=_text(form, "idea") or _text(form, "prompt"),
        negative_prompt=_text(form, "negative_prompt"),
        model=_text(form, "model"),
        shape=_text(form, "shape") or SHAPES[0],
        count=int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1,
        seed=_text(form, "seed").strip(),
        preset=_text(form, "preset"),
        quality=_text(form, "quality"),
        format=_text(form, "format"),
        project=_text(form, "project"),
        previews=_text(form, "previews") == "yes",
        references=references,
        roles=tuple(_text(form, f"role-{each}") for each in references),
        **moved,
    )


def fields_of(draft: Draft) -> tuple[tuple[str, str], ...]:
    """The composer's fields but for the model, as a form sends them."""
    plain = ("prompt", "negative_prompt", "shape", "seed", "preset", "quality", "format", "project")
    found = [(name, str(getattr(draft, name))) for name in (*plain, "steps", "guidance", "strength", "count")]
    for place, each in enumerate(draft.references):
        found += [("reference", each), (f"role-{each}", draft.role_of(place))]
    return (*found, ("previews", "yes" if draft.previews else ""))


def draft_from_job(job: Job, *, vary: bool = False) -> Draft:
    """The fields of a request that was made before; to vary it is to leave its seed."""
    request = job.request
    kept = [(image.image_id, image.role) for image in request.inputs if image.image_id and image.role is not Role.MASK]
    return Draft(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt or "",
        model=request.model or job.model,
        shape=_shape_of(request),
        count=request.count,
        seed="" if request.seed is None or vary else str(request.seed),
        preset=request.presets[0] if request.presets else "",
        steps=_plain(request.steps),
        guidance=_plain(request.guidance),
        strength="" if request.strength is None else f"{request.strength * choosing.PER_CENT:g}",
        quality=request.quality or "",
        format=request.format or "",
        project="" if request.project == DEFAULT_PROJECT else request.project,
        previews=request.previews > 0,
        references=tuple(name for name, _role in kept),
        roles=tuple(
            "" if role is choosing.usual_role(None, place) else role for place, (_name, role) in enumerate(kept)
        ),
    )


def _shape_of(request: ImageRequest) -> str:
    """The shape that was asked for, also where that was done in pixels: the composer knows shapes alone."""
    if request.aspect:
        return str(request.aspect)
    return SHAPES[0] if request.size is None else str(Aspect.of(request.size))


def request_from(draft: Draft, inputs: tuple[InputImage, ...] = (), previews: int = 0) -> ImageRequest:
    """The request that the fields make, with so many first looks. Raises InvalidRequest, naming the field."""
    if draft.seed and not (draft.seed.isascii() and draft.seed.isdigit() and len(draft.seed) <= 19):
        raise InvalidRequest(_("A seed is a whole number. Leave it empty for a new one."), field="seed")
    try:
        aspect = Aspect.parse(draft.shape)
    except ValueError as error:
        raise InvalidRequest(str(error), field="shape") from None
    strength = _amount(draft.strength, "strength")
    steps = _amount(draft.steps, "steps")
    return ImageRequest(
        prompt=draft.prompt.replace("\r\n", "\n"),
        operation=Operation.EDIT if any(each.role is Role.SOURCE for each in inputs) else Operation.GENERATE,
        negative_prompt=draft.negative_prompt.strip() or None,
        inputs=inputs,
        model=draft.model or None,
        aspect=aspect,
        count=draft.count,
        presets=(draft.preset,) if draft.preset else (),
        seed=int(draft.seed) if draft.seed else None,
        steps=None if steps is None else int(steps),
        guidance=_amount(draft.guidance, "guidance"),
        strength=None if strength is None or not inputs else strength / choosing.PER_CENT,
        quality=draft.quality or None,
        format=draft.format or None,
        project=draft.project.strip() or DEFAULT_PROJECT,
        previews=previews,
    )


def money_from(text: str) -> Money | None:
    """An amount of dollars that a form sent along; none where there is none. Raises InvalidRequest."""
    try:
        return Money.usd(text) if text else None
    except ValueError as error:
        raise InvalidRequest(str(error), field="most") from None


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
        options = tuple(_option(runtime, services, card) for card in cards)
        if options:
            note = _("offline, nothing leaves this machine") if service.algorithmic else ""
            groups.append(
                ModelGroup(name=called(service), colour=showing.colour(options[0].id), note=note, options=options)
            )
    return tuple(sorted(groups, key=lambda group: not group.options[0].ready))


def _option(runtime: Runtime, services: Services, card: ModelCard) -> ModelOption:
    service, (short, brief, why) = runtime.catalog.service(card.service), _hindrance(runtime, services, card)
    price, seconds = choosing.unit_price(card), wording.duration(card.seconds)
    each = wording.price_each(usual_price(card))
    return ModelOption(
        id=card.id,
        title=card.title,
        label=" · ".join(filter(None, (card.title, price, seconds, brief))),
        note=why or _("%(service)s · %(price)s · about %(time)s", service=called(service), price=each, time=seconds),
        ready=not why,
        short=short,
        local=service.local,
        price=price.capitalize() if choosing.is_free(card) else price,
        seconds=seconds,
        abilities=choosing.abilities(card),
        kinds=choosing.kinds(card),
        rules=choosing.rules(card),
    )


def _hindrance(runtime: Runtime, services: Services, card: ModelCard) -> tuple[str, str, str]:
    """What keeps a model from painting now: in two words, at the end of a line, in a sentence; empty for nothing."""
    readiness = services.readiness(card.service)
    if not readiness.ready:
        return *wording.not_ready(readiness), in_short(readiness.code, readiness.reason)
    obstacle = runtime.health.obstacle(card, services.credentials(card.service))
    if obstacle is None:
        return "", "", ""
    return _("Breaker open"), _("breaker open"), in_short(FailureCode.UNAVAILABLE, obstacle.why)


def key_hints(runtime: Runtime, services: Services) -> tuple[KeyHint, ...]:
    """What each service that is not of this machine needs."""
    hints = []
    for service in runtime.catalog.services:
        if not service.local:
            readiness = services.readiness(service.id)
            reason = told_of(headline(readiness.code), readiness.reason)
            hints.append(KeyHint(name=called(service), ready=readiness.ready, reason=reason))
    return tuple(hints)


def readiness_badge(hints: tuple[KeyHint, ...]) -> str:
    """How many services outside this machine can be used."""
    ready = sum(hint.ready for hint in hints)
    if not ready:
        return _("No keys yet")
    return ngettext("%(num)s provider ready", "%(num)s providers ready", ready)


def with_own(usual: tuple[Value, ...], own: Value) -> tuple[Value, ...]:
    """The usual choices, and the one that is made already."""
    return usual if own in usual else (*usual, own)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _moved(form: FormData, name: str) -> str:
    """A number of a slider; empty where it stands as it stood."""
    value = _text(form, name).strip()
    return "" if value == _text(form, f"{name}_usual") else value


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _amount(text: str, field: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise InvalidRequest(_(NO_NUMBER[field]), field=field) from None
