"""Joins what saved words need."""

from __future__ import annotations

from collections.abc import Mapping

from limner.db.presets import SqlPresets
from limner.db.templates import SqlTemplates
from limner.domain.preset import Preset
from limner.engine.wording import Wording
from limner.runtime.ground import Ground


def wording_of(ground: Ground, built_in: Mapping[str, Preset]) -> Wording:
    """Keeps templates and styles, and writes them into requests."""
    return Wording(
        templates=SqlTemplates(ground.database),
        presets=SqlPresets(ground.database, ground.clock.now),
        built_in=built_in,
        clock=ground.clock,
        ids=ground.ids,
    )
