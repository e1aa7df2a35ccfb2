"""Saved styles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """A style that can be asked for by name; its `value` joins the prompt."""

    id: str
    name: str
    description: str
    value: str
