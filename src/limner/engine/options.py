"""One option of a request against one model's rule for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from limner.domain.model_card import ModelCard, ParameterKind, ParameterRule
from limner.domain.plan import ReceiptLine, Treatment

Value = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The value to send, and its line on the receipt where the caller asked for something."""

    value: Value
    line: ReceiptLine | None = None


def choose(wanted: Value, name: str, card: ModelCard) -> Choice:
    """What to send for one option: as given, in the model's own words, moved into its range, or not at all."""
    rule = card.parameter(name)
    if wanted is None:
        return Choice(value=None if rule is None else _typed(rule.default, rule))
    if rule is None:
        why = f"{card.title} has no {name.replace('_', ' ')}."
        return Choice(
            value=None, line=ReceiptLine(field=name, treatment=Treatment.IGNORED, wanted=str(wanted), why=why)
        )
    if rule.kind is ParameterKind.CHOICE:
        return _from_choices(str(wanted), rule, card)
    if rule.kind in (ParameterKind.INTEGER, ParameterKind.NUMBER) and not isinstance(wanted, str):
        return _into_range(wanted, rule, card)
    return Choice(value=wanted, line=_used(name, wanted))


def enlarge(wanted: Value, name: str, card: ModelCard) -> Choice:
    """How many times larger to ask for: where the model lacks the one that is wanted, the next one that it has.

    The picture is brought to the exact size here when it has come.
    """
    rule = card.parameter(name)
    if wanted is None or (rule is not None and str(wanted) in rule.choices):
        return choose(wanted, name, card)
    scales = sorted(int(word) for word in rule.choices) if rule is not None else []
    sent = next((scale for scale in scales if scale > int(wanted)), scales[-1] if scales else None)
    asked = "one fixed scale" if sent is None else f"{sent} times"
    why = f"{card.title} enlarges to {asked}; the exact size is made on this machine."
    line = ReceiptLine(field=name, treatment=Treatment.MAPPED, wanted=str(wanted), sent=_text(sent), why=why)
    return Choice(value=sent, line=line)


def knows(word: str | None, name: str, card: ModelCard) -> bool:
    """Whether a model has an option, and, where that is a choice, this word or another one for it."""
    rule = card.parameter(name)
    if rule is None or rule.kind is not ParameterKind.CHOICE or word is None:
        return rule is not None
    plain = word.strip().lower()
    return plain in rule.choices or plain in rule.aliases


def without_picture(choice: Choice) -> Choice:
    """An option about the source, where there is none: it is not sent, whatever the model makes of it otherwise."""
    if choice.line is None:
        return Choice(value=None)
    why = "There is no picture for it to work on."
    return Choice(value=None, line=replace(choice.line, treatment=Treatment.IGNORED, sent=None, why=why))


def _used(name: str, wanted: Value) -> ReceiptLine:
    return ReceiptLine(field=name, treatment=Treatment.USED, wanted=str(wanted), sent=str(wanted))


def _from_choices(wanted: str, rule: ParameterRule, card: ModelCard) -> Choice:
    word = wanted.strip().lower()
    if word in rule.choices:
        return Choice(value=_typed(word, rule), line=_used(rule.name, wanted))
    if word in rule.aliases:
        sent = rule.aliases[word]
        why = f"What {card.title} calls it."
        line = ReceiptLine(field=rule.name, treatment=Treatment.MAPPED, wanted=wanted, sent=sent, why=why)
        return Choice(value=_typed(sent, rule), line=line)
    why = f"{card.title} knows {', '.join(rule.choices)}."
    line = ReceiptLine(field=rule.name, treatment=Treatment.IGNORED, wanted=wanted, sent=_text(rule.default), why=why)
    return Choice(value=_typed(rule.default, rule), line=line)


def _typed(word: Value, rule: ParameterRule) -> Value:
    """A choice among numbers, such as a scale, goes out as a number."""
    return int(word) if rule.name == "scale" and word is not None else word


def _into_range(wanted: float, rule: ParameterRule, card: ModelCard) -> Choice:
    value = wanted
    if rule.minimum is not None:
        value = max(value, rule.minimum)
    if rule.maximum is not None:
        value = min(value, rule.maximum)
    if rule.kind is ParameterKind.INTEGER:
        value = int(value)
    if value == wanted:
        return Choice(value=value, line=_used(rule.name, wanted))
    why = f"{card.title} takes {_text(rule.minimum)} to {_text(rule.maximum)}."
    line = ReceiptLine(field=rule.name, treatment=Treatment.ROUNDED, wanted=str(wanted), sent=_text(value), why=why)
    return Choice(value=value, line=line)


def _text(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
