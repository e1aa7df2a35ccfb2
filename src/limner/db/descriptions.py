"""Descriptions of pictures in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select, text

from limner.db import codec
from limner.db.database import Database
from limner.db.statements import Statement
from limner.db.text_tables import descriptions
from limner.db.walls import EVERYBODY
from limner.domain.describing import MISSING, Described
from limner.domain.errors import NotFound
from limner.domain.money import Money

# The picture may be deleted while a model looks at it: then there is nothing to write.
_KEEP = Statement(
    text(
        """
        INSERT INTO image_descriptions
            (image_id, user_id, described_by, call_id, description, alt_text, cost_micro, created_at)
        SELECT i.id, i.user_id, CAST(:by AS TEXT), CAST(:call AS TEXT), CAST(:description AS TEXT),
            CAST(:alt AS TEXT), CAST(:cost AS BIGINT), CAST(:at AS TEXT)
        FROM generated_images i WHERE i.id = :image AND i.user_id = :owner
        ON CONFLICT (image_id) DO UPDATE SET
            described_by = excluded.described_by, call_id = excluded.call_id, description = excluded.description,
            alt_text = excluded.alt_text, cost_micro = excluded.cost_micro, created_at = excluded.created_at
        """
    )
)
_GET = Statement(select(descriptions).where(descriptions.c.image_id == bindparam("image")))


class SqlDescriptions:
    """The `Descriptions` of `domain.describing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, image_id: str, owner: str, described: Described) -> None:
        """Writes one down in place of an earlier one; nothing where the picture is gone, or somebody else's."""
        values = {
            "image": image_id,
            "owner": owner,
            "by": described.by,
            "call": described.call_id,
            "description": codec.descriptions().write(described.description),
            "alt": described.description.alt_text,
            "cost": None if described.cost is None else described.cost.micro,
            "at": codec.stamp(described.at),
        }
        await self._database.write(lambda connection: _KEEP.run(connection, values), owner=owner)

    async def get(self, image_id: str) -> Described:
        """The newest of a picture. Raises NotFound."""
        row = await self._database.read(lambda connection: _GET.row(connection, {"image": image_id}), owner=EVERYBODY)
        if row is None:
            raise NotFound(MISSING)
        return Described(
            description=codec.descriptions().read(row["description"]),
            by=row["described_by"],
            why="",
            cost=None if row["cost_micro"] is None else Money(row["cost_micro"]),
            at=codec.moment(row["created_at"]),
            call_id=row["call_id"],
        )

    async def without(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of these pictures that have none, in their order."""
        query = select(descriptions.c.image_id).where(descriptions.c.image_id.in_(ids))
        found = await self._database.read(lambda connection: set(connection.execute(query).scalars()), owner=EVERYBODY)
        return [image_id for image_id in ids if image_id not in found]
