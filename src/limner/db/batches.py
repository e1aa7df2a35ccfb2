"""Batches in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    not_,
    null,
    or_,
    select,
    text,
    tuple_,
    update,
)

from limner.db import batch_again, batch_standing, codec, cursors
from limner.db.batch_tables import batch_rows, batches
from limner.db.database import Database
from limner.db.idempotency import Keys
from limner.db.statements import Columns, Statement, insertion, one_of
from limner.db.tables import jobs
from limner.db.walls import EVERYBODY
from limner.domain.batches import Batch, HeldBatch, NewBatch, NewRow, OpenBatch, OpenRow, RowState, Standing
from limner.domain.errors import NotFound, Problem
from limner.domain.job import OPEN_STATES
from limner.domain.money import Money
from limner.domain.records import Page

_INSERT = Statement(
    text(
        """
        INSERT INTO batches (
            id, user_id, token, address, name, concurrency, ceiling_micro, key, fingerprint, attempt, created_at,
            delay_ms
        ) VALUES (
            :id, :owner, :token, :address, :name, :concurrency, :ceiling, :key, :fingerprint, 0, :at, :delay
        ) ON CONFLICT (user_id, key) DO NOTHING
        """
    )
)
_INSERT_ROWS = insertion(batch_rows)
_KEYS = Keys(batches, batches.c.id, "batch")
_ONE = Statement(select(batches).where(batches.c.id == bindparam("batch"), batches.c.user_id == bindparam("owner")))
_job_of = jobs.c.id == batch_rows.c.job_id
_OPEN = Statement(
    select(batches.c.id, batches.c.worker)
    .where(batches.c.ended_at.is_(None), batches.c.paused_at.is_(None))
    .order_by(batches.c.created_at, batches.c.id)
)
_TAKE = Statement(
    update(batches)
    .where(
        batches.c.id == bindparam("batch"),
        batches.c.ended_at.is_(None),
        batches.c.paused_at.is_(None),
        batches.c.worker.is_not_distinct_from(bindparam("known")),
    )
    .values(worker=bindparam("taker"), attempt=batches.c.attempt + 1)
    .returning(batches)
)
_OPEN_ROWS = Statement(
    select(batch_rows)
    .select_from(batch_rows.outerjoin(jobs, _job_of))
    .where(
        batch_rows.c.batch_id == bindparam("batch"),
        one_of(batch_rows.c.state, (RowState.WAITING.value, RowState.BEGUN.value)),
        or_(
            batch_rows.c.job_id.is_(None),
            batch_rows.c.again.is_not(None),
            one_of(jobs.c.state, (state.value for state in OPEN_STATES)),
        ),
    )
    .order_by(batch_rows.c.state, batch_rows.c.number)
)
_cancelled = exists(select(batches.c.id).where(batches.c.id == bindparam("batch"), batches.c.cancelled_at.is_not(None)))
_held = exists(select(batches.c.id).where(batches.c.id == bindparam("batch"), batches.c.attempt == bindparam("count")))
_paused = exists(select(batches.c.id).where(batches.c.id == bindparam("batch"), batches.c.paused_at.is_not(None)))
_row = and_(batch_rows.c.batch_id == bindparam("batch"), batch_rows.c.number == bindparam("place"), _held)
_BEGIN = Statement(
    update(batch_rows)
    .where(_row, not_(_paused), one_of(batch_rows.c.state, (RowState.WAITING.value, RowState.BEGUN.value)))
    .values(state=RowState.BEGUN.value)
)
_PUT_BACK = Statement(
    update(batch_rows)
    .where(_row)
    .values(
        state=case((_cancelled, RowState.CANCELLED.value), else_=RowState.WAITING.value),
        again=case((_cancelled, null()), else_=batch_rows.c.again),
    )
)
# A row's first job is its own; one that buys what that did not bring is found by it.
_NOTE_JOB = Statement(
    update(batch_rows).where(_row).values(job_id=func.coalesce(batch_rows.c.job_id, bindparam("job")))
)
_NOTE_BOUGHT = Statement(update(batch_rows).where(_row).values(again=null(), again_micro=null()))
_NOTE_FAILED = Statement(update(batch_rows).where(_row).values(state=RowState.FAILED.value, problem=bindparam("why")))
_END = Statement(
    update(batches)
    .where(
        batches.c.id == bindparam("batch"),
        batches.c.attempt == bindparam("count"),
        batches.c.paused_at.is_(None),
    )
    .values(ended_at=bindparam("at"), worker=null(), address=null())
)
_CANCEL = Statement(
    update(batches)
    .where(batches.c.id == bindparam("batch"), batches.c.ended_at.is_(None), batches.c.cancelled_at.is_(None))
    .values(cancelled_at=bindparam("at"), paused_at=null())
)
_PAUSE = Statement(
    update(batches)
    .where(
        batches.c.id == bindparam("batch"),
        batches.c.ended_at.is_(None),
        batches.c.cancelled_at.is_(None),
        batches.c.paused_at.is_(None),
    )
    .values(paused_at=bindparam("at"))
)
_RESUME = Statement(update(batches).where(batches.c.id == bindparam("batch")).values(paused_at=null()))
_IS_PAUSED = Statement(select(batches.c.id).where(batches.c.id == bindparam("batch"), batches.c.paused_at.is_not(None)))
_CANCEL_ROWS = Statement(
    update(batch_rows)
    .where(batch_rows.c.batch_id == bindparam("batch"), batch_rows.c.state == RowState.WAITING.value)
    .values(state=RowState.CANCELLED.value, again=null(), again_micro=null())
)


class SqlBatches:
    """The `Batches` of `domain.batch_store`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: NewBatch) -> str:
        """Writes a batch and its rows down; its id, or that of the batch which its key already has."""
        return await self._database.write(lambda connection: _add(connection, new), owner=new.owner)

    async def remembered(self, owner: str, key: str, fingerprint: str) -> str | None:
        """The batch that an Idempotency-Key already has. Raises IdempotencyConflict for another body."""
        return await self._database.read(
            lambda connection: _KEYS.known(connection, owner, key, fingerprint), owner=owner
        )

    async def get(self, batch_id: str, owner: str) -> Batch:
        """One of one person's. Raises NotFound."""
        return await self._database.read(lambda connection: _get(connection, batch_id, owner), owner=owner)

    async def rows(self, batch_id: str) -> Sequence[Standing]:
        """Its rows in order."""
        return await self._database.read(lambda connection: batch_standing.rows(connection, batch_id), owner=EVERYBODY)

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[Batch]:
        """One person's, newest first."""
        return await self._database.read(lambda connection: _page(connection, owner, limit, cursor), owner=owner)

    async def cancel(self, batch_id: str, owner: str, at: datetime) -> None:
        """Takes out what was not begun. Raises NotFound; nothing happens to a batch that is over."""
        await self._database.write(lambda connection: _cancel(connection, batch_id, owner, at), owner=owner)

    async def pause(self, batch_id: str, owner: str, at: datetime) -> None:
        """From now on no row is begun. Raises NotFound; nothing happens to a batch that is over or was cancelled."""
        values = {"batch": batch_id, "at": codec.stamp(at)}
        await self._database.write(lambda connection: _change(connection, _PAUSE, values, owner), owner=owner)

    async def resume(self, batch_id: str, owner: str) -> None:
        """Lets it go on. Raises NotFound; nothing happens to a batch that is not paused."""
        values = {"batch": batch_id}
        await self._database.write(lambda connection: _change(connection, _RESUME, values, owner), owner=owner)

    async def unpainted(self, batch_id: str, owner: str) -> Sequence[NewRow]:
        """Rows that failed before they became jobs, and could be tried again. Raises NotFound."""

        def unpainted(connection: Connection) -> list[NewRow]:
            _get(connection, batch_id, owner)
            return batch_again.unpainted(connection, batch_id)

        return await self._database.read(unpainted, owner=owner)

    async def reopen(self, batch_id: str, owner: str, rows: Sequence[NewRow]) -> None:
        """Lets failed rows wait again, those without a job with their request as it is now, the others for what their
        job did not bring; once, whoever comes too. Raises NotFound.
        """

        def reopen(connection: Connection) -> None:
            _get(connection, batch_id, owner)
            batch_again.reopen(connection, batch_id, rows)

        await self._database.write(reopen, owner=owner)

    async def is_paused(self, held: HeldBatch) -> bool:
        """Whether no row is to be begun for now."""
        values = {"batch": held.id}
        found = await self._database.read(lambda connection: _IS_PAUSED.row(connection, values), owner=EVERYBODY)
        return found is not None

    async def open(self) -> Sequence[OpenBatch]:
        """What is not over and not paused, oldest first."""
        found = await self._database.read(lambda connection: _OPEN.rows(connection, {}), owner=EVERYBODY)
        return [OpenBatch(row["id"], row["worker"]) for row in found]

    async def take(self, batch: OpenBatch, worker: str) -> HeldBatch | None:
        """Takes a batch over from the process it names; None where somebody was quicker, or it is over."""
        values = {"batch": batch.id, "known": batch.worker, "taker": worker}
        row = await self._database.write(lambda connection: _TAKE.row(connection, values), owner=EVERYBODY)
        if row is None:
            return None
        return HeldBatch(
            id=row["id"],
            owner=row["user_id"],
            token=row["token"],
            address=row["address"],
            concurrency=row["concurrency"],
            attempt=row["attempt"],
            delay_ms=row["delay_ms"],
        )

    async def open_rows(self, held: HeldBatch) -> Sequence[OpenRow]:
        """Rows that are not over, begun ones first."""
        found = await self._database.read(
            lambda connection: _OPEN_ROWS.rows(connection, {"batch": held.id}), owner=EVERYBODY
        )
        return [
            OpenRow(
                number=row["number"],
                service=row["service"],
                request=codec.requests().read(row["request"]),
                job_id=row["job_id"],
                again=row["again"],
                most=None if row["again_micro"] is None else Money(row["again_micro"]),
            )
            for row in found
        ]

    async def begin(self, held: HeldBatch, number: int) -> bool:
        """Takes a waiting row in hand; False where it was taken out, or the batch paused, or by another process."""
        return await self._write_row(_BEGIN, held, number) == 1

    async def put_back(self, held: HeldBatch, number: int) -> None:
        """Lets a row wait again that could not become a job yet; it is taken out where its batch was cancelled."""
        await self._write_row(_PUT_BACK, held, number)

    async def note_job(self, held: HeldBatch, number: int, job_id: str) -> None:
        """Writes down which job a row has become."""
        await self._write_row(_NOTE_JOB, held, number, job=job_id)

    async def note_bought(self, held: HeldBatch, number: int) -> None:
        """Writes down that the job which bought the rest of an earlier one has ended."""
        await self._write_row(_NOTE_BOUGHT, held, number)

    async def note_failed(self, held: HeldBatch, number: int, problem: Problem) -> None:
        """Writes down why a row becomes no job, or why no job buys what its job did not bring."""
        await self._write_row(_NOTE_FAILED, held, number, why=codec.problems().write(problem))

    async def end(self, held: HeldBatch, at: datetime) -> None:
        """Writes down that nothing is left to do; not of a batch that is paused."""
        values = {"batch": held.id, "count": held.attempt, "at": codec.stamp(at)}
        await self._database.write(lambda connection: _END.run(connection, values), owner=EVERYBODY)

    async def _write_row(self, statement: Statement, held: HeldBatch, number: int, **values: object) -> int:
        whole = {"batch": held.id, "count": held.attempt, "place": number, **values}
        return await self._database.write(lambda connection: statement.run(connection, whole), owner=EVERYBODY)


def _add(connection: Connection, new: NewBatch) -> str:
    if _INSERT.run(connection, _batch_row(new)):
        _INSERT_ROWS.many(connection, [_new_row(new, row) for row in new.rows])
        return new.id
    return _KEYS.known(connection, new.owner, new.key, new.fingerprint) or new.id


def _batch_row(new: NewBatch) -> Columns:
    return {
        "id": new.id,
        "owner": new.owner,
        "token": new.token,
        "address": new.address,
        "name": new.name,
        "concurrency": new.concurrency,
        "ceiling": None if new.ceiling is None else new.ceiling.micro,
        "key": new.key,
        "fingerprint": new.fingerprint,
        "at": codec.stamp(new.at),
        "delay": new.delay_ms,
    }


def _new_row(new: NewBatch, row: NewRow) -> Columns:
    state = RowState.WAITING if row.problem is None else RowState.FAILED
    return {
        "batch_id": new.id,
        "number": row.number,
        "line": row.line,
        "state": state.value,
        "service": row.service,
        "prompt": row.prompt,
        "request": None if row.request is None else codec.requests().write(row.request),
        "job_id": None,
        "problem": codec.problems().write_optional(row.problem),
        "again": None,
        "again_micro": None,
    }


def _get(connection: Connection, batch_id: str, owner: str) -> Batch:
    row = _ONE.row(connection, {"batch": batch_id, "owner": owner})
    if row is None:
        raise NotFound("There is no batch with this id.")
    return batch_standing.batch(connection, row)


def _page(connection: Connection, owner: str, limit: int, cursor: str | None) -> Page[Batch]:
    query: Select[tuple[object, ...]] = select(batches).where(batches.c.user_id == owner)
    if cursor is not None:
        query = query.where(tuple_(batches.c.created_at, batches.c.id) < tuple_(*cursors.unseal(cursor, str, str)))
    query = query.order_by(batches.c.created_at.desc(), batches.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(batch_standing.batch(connection, row) for row in shown), following)


def _change(connection: Connection, change: Statement, values: Columns, owner: str) -> None:
    if _ONE.row(connection, {"batch": values["batch"], "owner": owner}) is None:
        raise NotFound("There is no batch with this id.")
    change.run(connection, values)


def _cancel(connection: Connection, batch_id: str, owner: str, at: datetime) -> None:
    if _ONE.row(connection, {"batch": batch_id, "owner": owner}) is None:
        raise NotFound("There is no batch with this id.")
    if _CANCEL.run(connection, {"batch": batch_id, "at": codec.stamp(at)}):
        _CANCEL_ROWS.run(connection, {"batch": batch_id})


def cancel_all(connection: Connection, owner: str, at: datetime) -> None:
    """Stops all batches of somebody: rows that wait are taken out."""
    query = select(batches.c.id).where(batches.c.user_id == owner, batches.c.ended_at.is_(None)).order_by(batches.c.id)
    for batch_id in connection.execute(query).scalars().all():
        _cancel(connection, batch_id, owner, at)
