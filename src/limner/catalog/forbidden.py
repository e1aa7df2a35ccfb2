"""What no prompt may ask for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from limner.domain.moderation import WordRule, plain_words

OWN = "blocked words"
"""The category of an administrator's own words."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    category: str
    groups: tuple[tuple[str, ...], ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rule: tuple[_Rule, ...]


def load_word_rules(own: Iterable[str] = ()) -> tuple[WordRule, ...]:
    """The rules that come with Limner, and one of the administrator's own words where there are any."""
    text = files("limner.catalog").joinpath("forbidden.toml").read_text(encoding="utf-8")
    rules = [
        WordRule(category=rule.category, groups=rule.groups) for rule in _File.model_validate(tomllib.loads(text)).rule
    ]
    words = tuple(filter(None, map(plain_words, own)))
    return (*rules, WordRule(category=OWN, groups=(words,))) if words else tuple(rules)
