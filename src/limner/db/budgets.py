"""Budgets that somebody has set up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, text, update

from limner.db import codec
from limner.db.audit import write
from limner.db.database import Database
from limner.db.statements import Columns, Statement
from limner.db.tables import budgets, counters
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.budgets import MISSING, Budget, Counted, Kind, Scope, Use, Window
from limner.domain.errors import NotFound
from limner.domain.records import NewJob
from limner.domain.request import DEFAULT_PROJECT
from limner.domain.text_calls import NewTextCall

_ADD = Statement(
    text(
        """
        INSERT INTO budgets (id, kind, name, per, counted, most, created_at, created_by)
        VALUES (:id, :kind, :name, :per, :counted, :most, :created_at, :created_by)
        ON CONFLICT (kind, name, per, counted) DO NOTHING
        """
    )
)
_THIS = budgets.c.id == bindparam("budget")
_GET = Statement(select(budgets).where(_THIS))
_REMOVE = Statement(delete(budgets).where(_THIS).returning(budgets))
_CHANGE = Statement(update(budgets).where(_THIS).values(most=bindparam("limit")).returning(budgets))
_IN_ORDER = (budgets.c.kind, budgets.c.name, budgets.c.per, budgets.c.counted)
_ALL = Statement(select(budgets).order_by(*_IN_ORDER))
_COVERING = Statement(
    select(budgets).where(
        or_(
            and_(budgets.c.kind == Kind.EVERYONE.value, budgets.c.name == ""),
            and_(budgets.c.kind == Kind.USER.value, budgets.c.name == bindparam("owner")),
            and_(budgets.c.kind == Kind.PROJECT.value, budgets.c.name == bindparam("project")),
            and_(budgets.c.kind == Kind.PROFILE.value, budgets.c.name == bindparam("profile")),
            and_(budgets.c.kind == Kind.TOKEN.value, budgets.c.name == bindparam("token")),
        )
    )
)
_OF_PERSON = Statement(
    text(
        """
        SELECT b.* FROM budgets b
        WHERE b.kind = 'everyone' OR (b.kind = 'user' AND b.name = :owner) OR (b.kind = 'token' AND b.name = :token)
           OR (b.kind = 'project' AND (b.name = :project OR EXISTS (
                   SELECT 1 FROM projects p WHERE p.user_id = :owner AND p.name = b.name)))
           OR (b.kind = 'profile' AND EXISTS (
                   SELECT 1 FROM image_profiles i WHERE i.user_id = :owner AND i.name = b.name))
        ORDER BY b.kind, b.name, b.per, b.counted
        """
    )
)
_USED = Statement(
    select(counters.c.held, counters.c.spent).where(
        counters.c.scope == bindparam("scope"), counters.c.period == bindparam("period")
    )
)


# SQLite has one writer at a time. On PostgreSQL money is set aside and a budget set up or changed one after the other
# because of this lock, of which two transactions that set money aside take no notice.
_ROOM = 0x6C696D62
"""Of these locks; those of queues and workers have keys of another kind."""
_SPEND = Statement(text("SELECT pg_advisory_xact_lock_shared(:room, 0)"))
_SET_UP = Statement(text("SELECT pg_advisory_xact_lock(:room, 0)"))

REMEMBERED = 1000
"""Budgets that are held in memory as they are in this hour: those that covered a job last."""


class SqlBudgets:
    """The `Budgets` of `domain.stores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, budget: Budget, record: Record | None = None) -> bool:
        """Writes it down, and with it who did so; False where there is one for the same already.

        What is set aside after this was answered fits into it.
        """
        row = {
            "id": budget.id,
            "kind": budget.kind.value,
            "name": budget.name,
            "per": budget.window.value,
            "counted": budget.counted.value,
            "most": budget.limit,
            "created_at": codec.stamp(budget.created),
            "created_by": budget.created_by,
        }

        def add(connection: Connection) -> bool:
            _lock(connection, _SET_UP)
            added = bool(_ADD.run(connection, row))
            if added:
                write(connection, record)
            return added

        return await self._database.write(add, owner=EVERYBODY)

    async def change(
        self, budget_id: str, limit: int, telling: Callable[[Budget, Budget], Record] | None = None
    ) -> Budget:
        """Gives it another limit, and writes down who did so; its sums go on. Raises NotFound.

        What is set aside after this was answered fits into the new limit, and at no moment is there none.
        """

        def change(connection: Connection) -> Budget:
            _lock(connection, _SET_UP)
            before = _known(_GET.row(connection, {"budget": budget_id}))
            after = _known(_CHANGE.row(connection, {"budget": budget_id, "limit": limit}))
            write(connection, None if telling is None else telling(before, after))
            return after

        return await self._database.write(change, owner=EVERYBODY)

    async def remove(self, budget_id: str, telling: Callable[[Budget], Record] | None = None) -> Budget:
        """Forgets it, and writes down who did so; its sums stay, because jobs may hold on to them. Raises NotFound."""

        def remove(connection: Connection) -> Budget:
            removed = _known(_REMOVE.row(connection, {"budget": budget_id}))
            write(connection, None if telling is None else telling(removed))
            return removed

        return await self._database.write(remove, owner=EVERYBODY)

    async def get(self, budget_id: str) -> Budget:
        """One budget. Raises NotFound."""
        return _known(
            await self._database.read(lambda connection: _GET.row(connection, {"budget": budget_id}), owner=EVERYBODY)
        )

    async def all(self) -> Sequence[Budget]:
        """All budgets, in the order of what they are for."""
        return [
            _budget(row)
            for row in await self._database.read(lambda connection: _ALL.rows(connection, {}), owner=EVERYBODY)
        ]

    async def covering(self, owner: str, token: str | None) -> Sequence[Budget]:
        """Those of everyone, of this person, of their projects and profiles, and of the token they came with."""
        values = {"owner": owner, "token": token, "project": DEFAULT_PROJECT}
        return [
            _budget(row) for row in await self._database.read(lambda found: _OF_PERSON.rows(found, values), owner=owner)
        ]

    async def used(self, scopes: Sequence[Scope]) -> Sequence[Use]:
        """How much of each is taken in its period."""
        return await self._database.read(
            lambda connection: [use(connection, scope) for scope in scopes], owner=EVERYBODY
        )


def covering(connection: Connection, new: NewJob | NewTextCall) -> list[Scope]:
    """What a new job or text has to fit into beside the limits of the settings.

    To the end of the transaction nobody sets up or changes a budget: whoever does waits for its end.
    """
    _lock(connection, _SPEND)
    values = {
        "owner": new.owner,
        "project": new.request.project if isinstance(new, NewJob) else new.project,
        "profile": new.request.profile if isinstance(new, NewJob) else None,
        "token": new.token,
    }
    hour = new.at.replace(minute=0, second=0, microsecond=0)
    return [_scope(hour, **row) for row in _COVERING.rows(connection, values)]


@lru_cache(maxsize=REMEMBERED)
def _scope(hour: datetime, **row: str | int) -> Scope:
    """What a budget is in an hour. It follows from its row alone."""
    return _budget(row).scope(hour)


def _lock(connection: Connection, statement: Statement) -> None:
    if connection.dialect.name == "postgresql":
        statement.row(connection, {"room": _ROOM})


def use(connection: Connection, scope: Scope) -> Use:
    """How much of one is taken."""
    row = _USED.row(connection, {"scope": scope.name, "period": scope.period})
    return Use(0, 0) if row is None else Use(int(row["held"]), int(row["spent"]))


def _known(row: Columns | None) -> Budget:
    if row is None:
        raise NotFound(MISSING)
    return _budget(row)


def _budget(row: Columns) -> Budget:
    return Budget(
        id=row["id"],
        kind=Kind(row["kind"]),
        name=row["name"],
        window=Window(row["per"]),
        counted=Counted(row["counted"]),
        limit=int(row["most"]),
        created=codec.moment(row["created_at"]),
        created_by=row["created_by"],
    )
