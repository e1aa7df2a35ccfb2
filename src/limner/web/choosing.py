"""What a model can do, as it is said beside its name, and which controls it has."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from limner.domain.model_card import MaskKind, ModelCard, ParameterKind, ParameterRule
from limner.domain.request import Operation, Role
from limner.engine.pricing import usual_price
from limner.web import wording
from limner.web.create_views import Draft, Slider
from limner.web.languages import gettext as _
from limner.web.languages import message, number

SLIDERS = (
    ("steps", message("Steps"), "", (1.0, 50.0, 1.0, 28.0)),
    ("guidance", message("CFG scale"), "", (1.0, 20.0, 0.5, 7.0)),
    ("strength", message("Reference strength"), "%", (0.0, 100.0, 1.0, 65.0)),
)
"""The name, the label, the unit; and least, most, step and what is usual, where the model has no such number."""
PER_CENT = 100
WORDS = {
    "text": message("Text"),
    "reference": message("Reference"),
    "mask": message("Mask"),
    "outpaint": message("Outpaint"),
    "upscale": message("Upscale"),
}
"""What a model can be found by, as it is said."""


def unit_price(card: ModelCard) -> str:
    """What one picture costs as the model makes it by default."""
    return wording.price(usual_price(card))


ROLES = {
    Role.SOURCE: message("Start from it"),
    Role.REFERENCE: message("Reference"),
    Role.STYLE: message("Style"),
    Role.CONTROL: message("Control"),
}
"""What a picture that somebody brings may be for, as it is said."""


def references_of(card: ModelCard) -> int:
    """How many pictures it can start from."""
    return card.max_inputs if roles_of(card) else 0


def roles_of(card: ModelCard) -> tuple[Role, ...]:
    """What the pictures that it takes may be for. One that shows a style may go as any other reference."""
    known = set(card.roles)
    if Operation.EDIT not in card.operations:
        known.discard(Role.SOURCE)
    if Role.REFERENCE in known:
        known.add(Role.STYLE)
    if not {Operation.EDIT, Operation.GENERATE} & set(card.operations):
        return ()
    return tuple(role for role in ROLES if role in known) if card.max_inputs else ()


def usual_role(card: ModelCard | None, place: int) -> Role:
    """What the picture at a place is for where nobody has said it: the first is what the new one starts from."""
    if card is None or Role.SOURCE in roles_of(card):
        return Role.REFERENCE if place else Role.SOURCE
    return next((role for role in roles_of(card) if role in card.needs or not card.needs), Role.REFERENCE)


def lacks_roles(card: ModelCard | None) -> str:
    """Which roles it does not take, in words; empty where it takes all, or no picture at all."""
    taken = () if card is None else roles_of(card)
    names = _(", ").join(_(name) for role, name in ROLES.items() if role not in taken)
    if card is None or not taken or not names:
        return ""
    return _("%(model)s takes no pictures as: %(roles)s", model=card.title, roles=names)


def shows_for_nothing(card: ModelCard) -> bool:
    """Whether first looks at a picture, while it is painted, cost nothing."""
    return card.streams and is_free(card)


def is_free(card: ModelCard) -> bool:
    """Whether a picture costs nothing, as the model makes it by default."""
    price = usual_price(card)
    return price is not None and not price


def abilities(card: ModelCard) -> tuple[str, ...]:
    """What it can do, in a word each."""
    return tuple(word for word, has in _abilities(card) if has)


def _abilities(card: ModelCard) -> Iterable[tuple[str, bool]]:
    yield from ((_(WORDS[kind]), has) for kind, has in _kinds(card))
    yield _("Negative"), card.parameter("negative_prompt") is not None
    yield _("Steps"), card.parameter("steps") is not None
    yield _("CFG"), card.parameter("guidance") is not None
    yield _("Seed"), card.parameter("seed") is not None
    yield _("Up to %(count)s", count=number(card.max_count)), card.max_count > 1


def kinds(card: ModelCard) -> str:
    """What it can be found by among others, with blanks between the words."""
    found = {kind for kind, has in _kinds(card) if has}
    return " ".join(sorted(found | ({"free"} if is_free(card) else set())))


def _kinds(card: ModelCard) -> Iterable[tuple[str, bool]]:
    yield "text", Operation.GENERATE in card.operations
    yield "reference", references_of(card) > 0
    yield "mask", card.mask is not MaskKind.NONE
    yield "outpaint", Operation.OUTPAINT in card.operations
    yield "upscale", Operation.UPSCALE in card.operations


def rules(card: ModelCard) -> str:
    """Which controls it has, for the script: a number between two ends, choices, or whether it is there at all."""
    quality = card.parameter("quality")
    found: dict[str, object] = {
        "title": card.title,
        "limit": card.prompt_limit,
        "references": references_of(card),
        "roles": roles_of(card),
        "lacks_roles": lacks_roles(card),
        "negative_prompt": card.parameter("negative_prompt") is not None,
        "seed": card.parameter("seed") is not None,
        "quality": () if quality is None else quality.choices,
        "previews": "" if not card.streams else "free" if shows_for_nothing(card) else "paid",
    }
    for name in (slider[0] for slider in SLIDERS):
        rule = card.parameter(name)
        found[name] = None if rule is None else _ends(rule)
    return orjson.dumps(found).decode()


def sliders(card: ModelCard | None, draft: Draft) -> tuple[Slider, ...]:
    """The numbers of a draft between the ends that the model takes."""
    found = []
    for name, label, unit, usual in SLIDERS:
        rule = None if card is None else card.parameter(name)
        least, most, step, value = usual if rule is None else _ends(rule)
        typed = _number(getattr(draft, name))
        found.append(
            Slider(
                name=name,
                label=_(label),
                least=least,
                most=most,
                step=step,
                value=value if typed is None else typed,
                unit=unit,
                usual=f"{value:g}" if typed is None else "",
            )
        )
    return tuple(found)


def _ends(rule: ParameterRule) -> tuple[float, float, float, float]:
    """Least, most, step and the value that is usual; a share is told in per cent."""
    scale = PER_CENT if rule.name == "strength" else 1
    least, most = (rule.minimum or 0) * scale, (rule.maximum or 1) * scale
    usual = float(rule.default) * scale if isinstance(rule.default, int | float) else (least + most) / 2
    whole = rule.kind is ParameterKind.INTEGER or scale == PER_CENT
    return least, most, 1.0 if whole else 0.5, round(usual) if whole else usual


def _number(text: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
