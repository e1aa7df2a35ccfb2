"""Templates in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select, text

from limner.db import codec
from limner.db.database import Database
from limner.db.statements import Columns, Statement
from limner.db.template_tables import templates
from limner.domain.errors import NotFound
from limner.domain.template import Template

_ADD = Statement(
    text(
        """
        INSERT INTO prompt_templates (id, user_id, name, template, description, use_count, created_at, updated_at)
        VALUES (:id, :user_id, :name, :template, :description, 0, :created_at, :updated_at)
        ON CONFLICT (user_id, name) DO NOTHING
        """
    )
)
_CHANGE = Statement(
    text(
        """
        UPDATE prompt_templates
        SET name = :name, template = :template, description = :description, updated_at = :updated_at
        WHERE id = :id AND user_id = :user_id AND NOT EXISTS (
            SELECT 1 FROM prompt_templates t WHERE t.user_id = :user_id AND t.name = :name AND t.id <> :id)
        """
    )
)
_USE = Statement(
    text(
        """
        UPDATE prompt_templates SET use_count = use_count + 1, last_used_at = :at
        WHERE id = :template AND user_id = :owner
        """
    )
)
_owned = templates.c.user_id == bindparam("owner")
_ALL = Statement(select(templates).where(_owned).order_by(templates.c.name))
_FIND = Statement(
    select(templates)
    .where(_owned, or_(templates.c.id == bindparam("which"), templates.c.name == bindparam("which")))
    .order_by((templates.c.id == bindparam("which")).desc())
)
_REMOVE = Statement(delete(templates).where(_owned, templates.c.id == bindparam("which")))


class SqlTemplates:
    """The `KeepsTemplates` of `domain.template`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, template: Template) -> bool:
        """Writes one down; False where this person has one of this name already."""
        return bool(
            await self._database.write(lambda connection: _ADD.run(connection, _row(template)), owner=template.owner)
        )

    async def all(self, owner: str) -> Sequence[Template]:
        """One person's, by name."""
        found = await self._database.read(lambda connection: _ALL.rows(connection, {"owner": owner}), owner=owner)
        return [_template(row) for row in found]

    async def find(self, which: str, owner: str) -> Template:
        """One by its id or its name. Raises NotFound, for somebody else's too."""
        return await self._database.read(lambda connection: _find(connection, which, owner), owner=owner)

    async def change(self, template: Template) -> bool:
        """Writes name, text and description anew; False where another one has the name. Raises NotFound."""

        def write(connection: Connection) -> bool:
            _find(connection, template.id, template.owner)
            return bool(_CHANGE.run(connection, _row(template)))

        return await self._database.write(write, owner=template.owner)

    async def remove(self, template_id: str, owner: str) -> None:
        """Forgets one. Raises NotFound."""
        values = {"which": template_id, "owner": owner}
        if not await self._database.write(lambda connection: _REMOVE.run(connection, values), owner=owner):
            raise _no_template(template_id)


def note_use(connection: Connection, template_id: str, owner: str, at: datetime) -> None:
    """Counts a job that was made with a template; one that is gone meanwhile counts nothing."""
    _USE.run(connection, {"template": template_id, "owner": owner, "at": codec.stamp(at)})


def _find(connection: Connection, which: str, owner: str) -> Template:
    row = _FIND.row(connection, {"which": which, "owner": owner})
    if row is None:
        raise _no_template(which)
    return _template(row)


def _no_template(which: str) -> NotFound:
    return NotFound(f"There is no template '{which}'. `limner templates list` shows yours.", field="template")


def _row(template: Template) -> Columns:
    return {
        "id": template.id,
        "user_id": template.owner,
        "name": template.name,
        "template": template.text,
        "description": template.description,
        "created_at": codec.stamp(template.created),
        "updated_at": codec.stamp(template.updated),
    }


def _template(row: Columns) -> Template:
    return Template(
        id=row["id"],
        owner=row["user_id"],
        name=row["name"],
        text=row["template"],
        description=row["description"],
        uses=row["use_count"],
        created=codec.moment(row["created_at"]),
        updated=codec.moment(row["updated_at"]),
        used=codec.optional_moment(row["last_used_at"]),
    )
