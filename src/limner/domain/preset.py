"""Saved styles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A style that can be asked for by name; its `value` joins the prompt."""

    id: str
    name: str
    description: str
    value: str


class KeepsPresets(Protocol):
    """Styles that people have saved themselves, each person's for that person alone."""

    async def add(self, preset: Preset, owner: str) -> bool:
        """Writes one down; False where this person has one of this id already."""
        ...

    async def all(self, owner: str) -> Sequence[Preset]:
        """One person's, by id."""
        ...

    async def change(self, preset: Preset, owner: str) -> None:
        """Writes everything but the id anew. Raises NotFound."""
        ...

    async def remove(self, preset_id: str, owner: str) -> None:
        """Forgets one. Raises NotFound."""
        ...
