"""The built-in styles."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from limner.domain.preset import Preset


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    description: str
    value: str
    aliases: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    preset: tuple[_Entry, ...]


def load_presets() -> Mapping[str, Preset]:
    """Every built-in style by its id and its aliases, in the order in which they are shown."""
    text = files("limner.catalog").joinpath("presets.toml").read_text(encoding="utf-8")
    presets: dict[str, Preset] = {}
    for entry in _File.model_validate(tomllib.loads(text)).preset:
        preset = Preset(id=entry.id, name=entry.name, description=entry.description, value=entry.value)
        presets |= dict.fromkeys((entry.id, *entry.aliases), preset)
    return presets
