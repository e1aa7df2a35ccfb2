"""The form of a profile: what it offers for a provider and a model, and the parameters that its fields make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from limner.domain.errors import InvalidRequest
from limner.domain.model_card import ModelCard, ParameterKind, ParameterRule
from limner.engine.admission import PRICED
from limner.engine.profile_options import ALIASES
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_views import Control
from limner.web.signing_in import text_of

SHAPES = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16")
"""What is offered where a model takes any size."""
OPTIONS = ("quality", "style", "background", "format", "steps", "guidance")
"""Those of a request that have a field where the model has them, in their order."""
WORDS = {
    "size": message("Size or shape"),
    "negative_prompt": message("Negative prompt"),
    "quality": message("Quality"),
    "style": message("Style"),
    "background": message("Background"),
    "format": message("Format"),
    "steps": message("Steps"),
    "guidance": message("Guidance"),
}
FOLDED = message("This model has no negative prompt. Limner will fold it into the prompt.")
NEVER = PRICED | {"scale"}
"""What is said with each request: a service's own word for what a price depends on, and how much larger."""
PREFIX = "option."
"""How the fields of options are called, so that none is mistaken for one of the profile's own."""
LONGEST = 4000


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileFields:
    """What stood in the fields, as it was typed."""

    name: str = ""
    service: str = ""
    key: str = ""
    model: str = ""
    base_url: str = ""
    is_default: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    """By the names of their fields."""


def fields_from(form: FormData) -> ProfileFields:
    """What stands in a form that was sent."""
    return ProfileFields(
        name=text_of(form, "name"),
        service=text_of(form, "service")[:200],
        key=text_of(form, "key")[:64],
        model=text_of(form, "model")[:400],
        base_url=text_of(form, "base_url"),
        is_default=text_of(form, "default") == "on",
        options={
            name.removeprefix(PREFIX): str(value)[:LONGEST] for name, value in form.items() if name.startswith(PREFIX)
        },
    )


def options_of(parameters: Mapping[str, object]) -> dict[str, str]:
    """The parameters of a profile as its form shows them."""
    found = {}
    for name, value in parameters.items():
        known = ALIASES.get(name, name)
        shown = "size" if known == "aspect" else known
        found[shown] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return found


def parameters_from(card: ModelCard, fields: ProfileFields, before: Mapping[str, object]) -> dict[str, object]:
    """The parameters that the fields make; what a profile says besides is left. Raises InvalidRequest."""
    shown = {control.name for control in controls_of(card, {})}
    known = {name: ALIASES.get(name, name) for name in before}
    made = {
        name: value
        for name, value in before.items()
        if known[name] not in shown and not (known[name] == "aspect" and "size" in shown)
    }
    for name, text in fields.options.items():
        if name in shown and text.strip():
            made["aspect" if name == "size" and ":" in text else name] = _value(
                card.parameter(name), name, text.strip()
            )
    return made


def controls_of(card: ModelCard, options: Mapping[str, str]) -> tuple[Control, ...]:
    """A field for everything that a profile can say about this model."""
    own = [rule for name in OPTIONS if (rule := card.parameter(name)) is not None]
    more = [
        rule
        for rule in card.parameters
        if rule.name not in WORDS and rule.name not in NEVER and rule.kind in {ParameterKind.CHOICE, ParameterKind.FLAG}
    ]
    lacks = card.parameter("negative_prompt") is None
    leave_out = Control(
        name="negative_prompt",
        label=_(WORDS["negative_prompt"]),
        kind="text",
        value=options.get("negative_prompt", ""),
        hint=_(FOLDED) if lacks else "",
    )
    size = () if not _sizes(card) else (_size_control(card, options.get("size", "")),)
    return (*size, *(_control(rule, options.get(rule.name, "")) for rule in (*own, *more)), leave_out)


def _size_control(card: ModelCard, value: str) -> Control:
    sizes = _sizes(card)
    entries = sizes if not value or value in sizes else (*sizes, value)
    usual = "" if card.sizes.default is None else str(card.sizes.default).replace("x", " \N{MULTIPLICATION SIGN} ")
    choices = tuple(Choice(value=each, name=each.replace("x", " \N{MULTIPLICATION SIGN} ")) for each in entries)
    return Control(name="size", label=_(WORDS["size"]), kind="choice", value=value, choices=choices, usual=usual)


def _sizes(card: ModelCard) -> tuple[str, ...]:
    """What can be asked for: the model's own sizes and shapes, and the usual shapes where it takes any."""
    own = (*map(str, card.sizes.fixed), *map(str, card.sizes.aspects))
    return tuple(dict.fromkeys((*own, *(SHAPES if card.sizes.grid is not None else ()))))


def _control(rule: ParameterRule, value: str) -> Control:
    if rule.kind is ParameterKind.CHOICE:
        known = rule.choices if not value or value in rule.choices else (*rule.choices, value)
        choices = tuple(Choice(value=each, name=each) for each in known)
        kind = "choice"
    elif rule.kind is ParameterKind.FLAG:
        choices, kind = (Choice(value="yes", name=_("Yes")), Choice(value="no", name=_("No"))), "choice"
    else:
        choices, kind = (), "text" if rule.kind is ParameterKind.TEXT else "number"
    return Control(
        name=rule.name,
        label=_(WORDS[rule.name]) if rule.name in WORDS else rule.name.replace("_", " ").capitalize(),
        kind=kind,
        value=value,
        choices=choices,
        minimum="" if rule.minimum is None else f"{rule.minimum:g}",
        maximum="" if rule.maximum is None else f"{rule.maximum:g}",
        step="1" if rule.kind is ParameterKind.INTEGER else "any",
        usual=_usual(rule.default),
    )


def _usual(default: str | float | bool | None) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return _("Yes") if default else _("No")
    return default if isinstance(default, str) else f"{default:g}"


def _value(rule: ParameterRule | None, name: str, text: str) -> object:
    """What a field's text means. Raises InvalidRequest for what is no number where one is needed."""
    if rule is None or rule.kind in {ParameterKind.CHOICE, ParameterKind.TEXT}:
        return text
    if rule.kind is ParameterKind.FLAG:
        return text == "yes"
    try:
        return int(text) if rule.kind is ParameterKind.INTEGER else float(text)
    except ValueError:
        raise InvalidRequest(_("That is no number as this field wants it."), field=f"parameters.{name}") from None
