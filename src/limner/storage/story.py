"""What a signed file says about its making, and what is found out about a signed file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

RECIPE = "org.limner.recipe"
"""The label under which a recipe stands in a manifest."""

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC's words for where a picture comes from."""


class Source(StrEnum):
    """Where a picture comes from, in IPTC's words."""

    TRAINED = "trainedAlgorithmicMedia"
    """A trained model made it."""
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
    """A trained model changed somebody's own picture."""
    ALGORITHMIC = "algorithmicMedia"
    """A program made it that learnt from nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Something Limner did to the picture after it was painted."""

    action: str
    """A C2PA action such as `c2pa.resized`."""
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """How a picture came to be, as far as the file shall say."""

    title: str
    model: str
    """`service/name`."""
    source: Source | None
    """None says nothing about where it comes from: somebody brought it."""
    created: datetime
    steps: tuple[Step, ...] = ()
    recipe: Mapping[str, object] | None = None
    """None leaves prompt and recipe out of the file."""


def manifest_of(story: Story, media_type: str, *, version: str, parent: str | None) -> dict[str, object]:
    """The manifest that tells a story; `parent` is the label of the ingredient with the provider's own manifest."""
    first: dict[str, object] = {
        "action": "c2pa.opened" if parent else "c2pa.created",
        "when": story.created.isoformat(),
    }
    if story.source is not None:
        first |= {"digitalSourceType": SOURCE_TYPES + story.source, "softwareAgent": {"name": story.model}}
    if parent:
        first["parameters"] = {"ingredientIds": [parent]}
    limner = {"name": "limner", "version": version}
    steps = [{"action": step.action, "softwareAgent": limner, "description": step.description} for step in story.steps]
    assertions: list[dict[str, object]] = [{"label": "c2pa.actions.v2", "data": {"actions": [first, *steps]}}]
    if story.recipe is not None:
        assertions.append({"label": RECIPE, "kind": "Json", "data": dict(story.recipe)})
    return {
        "claim_generator_info": [limner],
        "title": story.title,
        "format": media_type,
        "assertions": assertions,
    }


class Wholeness(StrEnum):
    """What verifying a file found."""

    WHOLE = "whole"
    """Signed, and nothing was changed since."""
    BROKEN = "broken"
    """Signed, and changed since, or the signature itself is not in order."""
    UNSIGNED = "unsigned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ingredient:
    """A file that a signed file was made from."""

    title: str
    relationship: str
    signer: str | None = None
    generator: str | None = None
    source_type: str | None = None
    whole: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a file says about its making, and whether it can be believed."""

    state: Wholeness
    ours: bool = False
    """Whether this very installation signed it. A name alone proves nothing: anybody can write it."""
    signer: str | None = None
    generator: str | None = None
    agent: str | None = None
    """Who painted it: the model."""
    source_type: str | None = None
    """IPTC's word, such as trainedAlgorithmicMedia."""
    actions: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    recipe: Mapping[str, object] | None = None
    """Only from a file that is whole."""
    problems: tuple[str, ...] = field(default=())


def verdict_of(report: Mapping[str, object]) -> Verdict:
    """What a reader's report says; `report` is the JSON of c2pa's reader."""
    manifests = _mapping(report.get("manifests"))
    active = _mapping(manifests.get(_text(report.get("active_manifest")) or ""))
    state = report.get("validation_state")
    whole = state in ("Valid", "Trusted")
    actions = _actions(active)
    recipe = next(
        (_mapping(item.get("data")) for item in _items(active, "assertions") if item.get("label") == RECIPE), None
    )
    return Verdict(
        state=Wholeness.WHOLE if whole else Wholeness.BROKEN,
        ours=state == "Trusted",
        signer=_signer(active),
        generator=_generator(active),
        agent=_first(_text(_mapping(action.get("softwareAgent")).get("name")) for action in actions),
        source_type=_source_type(actions),
        actions=tuple(_text(action.get("action")) or "" for action in actions),
        ingredients=tuple(_ingredient(item, manifests) for item in _items(active, "ingredients")),
        recipe=recipe if whole else None,
        problems=() if whole else _problems(report),
    )


def _ingredient(item: Mapping[str, object], manifests: Mapping[str, object]) -> Ingredient:
    own = _mapping(manifests.get(_text(item.get("active_manifest")) or ""))
    results = _mapping(_mapping(item.get("validation_results")).get("activeManifest"))
    return Ingredient(
        title=_text(item.get("title")) or "",
        relationship=_text(item.get("relationship")) or "",
        signer=_signer(own),
        generator=_generator(own),
        source_type=_source_type(_actions(own)),
        whole=all(str(failure.get("code")) == UNTRUSTED for failure in _items(results, "failure")),
    )


UNTRUSTED = "signingCredential.untrusted"
"""Not a flaw: the signer is simply not this installation."""


def _problems(report: Mapping[str, object]) -> tuple[str, ...]:
    """What is wrong, in the validator's words."""
    found = [item for item in _items(report, "validation_status") if item.get("code") != UNTRUSTED]
    return tuple(_text(item.get("explanation")) or str(item.get("code")) for item in found)


def _signer(manifest: Mapping[str, object]) -> str | None:
    """Organisation and name in the signing certificate."""
    info = _mapping(manifest.get("signature_info"))
    names = [name for name in (_text(info.get("issuer")), _text(info.get("common_name"))) if name]
    return ", ".join(dict.fromkeys(names)) or None


def _generator(manifest: Mapping[str, object]) -> str | None:
    """Name and version of the program that wrote the manifest."""
    for item in _items(manifest, "claim_generator_info"):
        words = [_text(item.get("name")), _text(item.get("version"))]
        return " ".join(word for word in words if word) or None
    return _text(manifest.get("claim_generator"))


def _actions(manifest: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [
        action
        for item in _items(manifest, "assertions")
        if str(item.get("label")).startswith("c2pa.actions")
        for action in _items(_mapping(item.get("data")), "actions")
    ]


def _source_type(actions: Sequence[Mapping[str, object]]) -> str | None:
    stated = _first(_text(action.get("digitalSourceType")) for action in actions)
    return stated.rpartition("/")[2] if stated else None


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _items(parent: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """The objects in a list of an object; none where there is no such list."""
    value = parent.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
