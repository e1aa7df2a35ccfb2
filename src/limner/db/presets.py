"""Styles of one's own in the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, text

from limner.db import codec
from limner.db.database import Database
from limner.db.statements import Columns, Statement
from limner.db.template_tables import presets
from limner.domain.errors import NotFound
from limner.domain.preset import Preset

_ADD = Statement(
    text(
        """
        INSERT INTO style_presets (user_id, id, name, description, value, created_at)
        VALUES (:owner, :id, :name, :description, :value, :at) ON CONFLICT (user_id, id) DO NOTHING
        """
    )
)
_CHANGE = Statement(
    text(
        """
        UPDATE style_presets SET name = :name, description = :description, value = :value
        WHERE user_id = :owner AND id = :id
        """
    )
)
_ALL = Statement(select(presets).where(presets.c.user_id == bindparam("owner")).order_by(presets.c.id))
_REMOVE = Statement(delete(presets).where(presets.c.user_id == bindparam("owner"), presets.c.id == bindparam("preset")))


class SqlPresets:
    """The `KeepsPresets` of `domain.preset`."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    async def add(self, preset: Preset, owner: str) -> bool:
        """Writes one down; False where this person has one of this id already."""
        values = {**_row(preset, owner), "at": codec.stamp(self._now())}
        return bool(await self._database.write(lambda connection: _ADD.run(connection, values), owner=owner))

    async def all(self, owner: str) -> Sequence[Preset]:
        """One person's, by id."""
        found = await self._database.read(lambda connection: _ALL.rows(connection, {"owner": owner}), owner=owner)
        return [
            Preset(id=row["id"], name=row["name"], description=row["description"], value=row["value"]) for row in found
        ]

    async def change(self, preset: Preset, owner: str) -> None:
        """Writes everything but the id anew. Raises NotFound."""
        values = _row(preset, owner)
        if not await self._database.write(lambda connection: _CHANGE.run(connection, values), owner=owner):
            raise _no_preset(preset.id)

    async def remove(self, preset_id: str, owner: str) -> None:
        """Forgets one. Raises NotFound."""
        values = {"owner": owner, "preset": preset_id}
        if not await self._database.write(lambda connection: _REMOVE.run(connection, values), owner=owner):
            raise _no_preset(preset_id)


def _row(preset: Preset, owner: str) -> Columns:
    return {
        "owner": owner,
        "id": preset.id,
        "name": preset.name,
        "description": preset.description,
        "value": preset.value,
    }


def _no_preset(preset_id: str) -> NotFound:
    return NotFound(f"You have no preset of your own called '{preset_id}'.", field="preset")
