"""Text calls in the database: a call, its holds and its booking are written together, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, text, tuple_, update

from limner.db import codec, cursors, holds, sums
from limner.db.budgets import covering
from limner.db.database import Database
from limner.db.rates import count
from limner.db.statements import Columns, Statement, insertion
from limner.db.text_tables import text_calls
from limner.db.walls import EVERYBODY
from limner.domain.budgets import Counted, Rate, Scope, tightest
from limner.domain.errors import InvalidRequest, NotFound, Problem
from limner.domain.money import Money
from limner.domain.records import Page
from limner.domain.text_calls import MISSING, NewTextCall, Purpose, TextCall, TextClosing, TextState
from limner.domain.text_models import TextUsage

PERSON = "person"
"""How a charge is known that a person has stated."""

_INSERT = insertion(text_calls)
_INSERT_UNLESS_BEGUN = Statement(
    text(
        """
        INSERT INTO text_calls (id, user_id, project, purpose, provider, model, state, success, worker, created_at,
                                finished_at, held_micro, problem)
        VALUES (:id, :user_id, :project, :purpose, :provider, :model, :state, :success, :worker, :created_at,
                :finished_at, :held_micro, :problem)
        ON CONFLICT (id) DO NOTHING
        """
    )
)
_THIS = text_calls.c.id == bindparam("call")
_LOCKED = Statement(select(text_calls).where(_THIS).with_for_update())
_OWN = Statement(select(text_calls).where(_THIS, text_calls.c.user_id == bindparam("owner")))
_END = Statement(
    update(text_calls)
    .where(_THIS)
    .values(
        state=bindparam("ended"),
        success=bindparam("went_well"),
        finished_at=bindparam("at"),
        duration_ms=bindparam("took"),
        tokens_in=bindparam("asked"),
        tokens_out=bindparam("answered"),
        tokens_cached=bindparam("kept"),
        held_micro=bindparam("held"),
        cost_micro=bindparam("cost"),
        request_id=bindparam("named"),
        problem=bindparam("why"),
    )
)
_DECIDE = Statement(
    update(text_calls)
    .where(_THIS)
    .values(state=bindparam("decided"), held_micro=0, cost_micro=bindparam("cost"), success=bindparam("went_well"))
)
_SENDING = text_calls.c.state == TextState.SENDING.value
_WORKERS = Statement(select(text_calls.c.worker).where(_SENDING).distinct())
_ABANDON = Statement(
    update(text_calls)
    .where(_SENDING, text_calls.c.worker == bindparam("gone"), text_calls.c.created_at <= bindparam("before"))
    .values(state=TextState.AMBIGUOUS.value, finished_at=bindparam("at"))
)


class SqlTextCalls:
    """The `TextCalls` of `domain.text_calls`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def admit(self, rates: Sequence[Rate], at: datetime) -> None:
        """Counts a request of this minute. Raises TooManyRequests; it is not counted then."""
        await self._database.write(lambda connection: count(connection, rates, at), owner=EVERYBODY)

    async def begin(self, new: NewTextCall) -> None:
        """Writes the call down with its hold. Raises BudgetExceeded; nothing is written then."""
        await self._database.write(lambda connection: _begin(connection, new), owner=new.owner)

    async def withdraw(self, new: NewTextCall, at: datetime, problem: Problem) -> None:
        """Ends a call whose beginning nobody waits for any more. It is asked for before it is waited for, so that it
        is carried out even if whoever asks is cancelled again.
        """
        await self._database.write(lambda connection: _withdraw(connection, new, at, problem), owner=new.owner)

    async def close(self, closing: TextClosing) -> TextCall:
        """Ends a call; one that has ended already is left as it is."""
        return await self._database.write(lambda connection: _close(connection, closing), owner=EVERYBODY)

    async def workers(self) -> Sequence[str]:
        """Workers that have calls under way."""
        found = await self._database.read(lambda connection: _WORKERS.rows(connection, {}), owner=EVERYBODY)
        return [row["worker"] for row in found]

    async def abandon(self, worker: str, at: datetime, *, begun_before: datetime | None = None) -> int:
        """Calls under way at a worker, all or those begun before a moment, become ambiguous; their holds stay."""
        values = {"gone": worker, "at": codec.stamp(at), "before": codec.stamp(begun_before or at)}
        return await self._database.write(lambda connection: _ABANDON.run(connection, values), owner=EVERYBODY)

    async def get(self, call_id: str, owner: str) -> TextCall:
        """One person's call. Raises NotFound."""
        return await self._database.read(lambda connection: _call(_own(connection, call_id, owner)), owner=owner)

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[TextCall]:
        """One person's calls, newest first. Raises InvalidRequest for a cursor that is none."""
        return await self._database.read(lambda connection: _page(connection, owner, limit, cursor), owner=owner)

    async def resolve(self, call_id: str, owner: str, *, charged: bool, at: datetime) -> TextCall:
        """Books or frees what an ambiguous call holds; said twice the same way, the second time changes nothing."""
        return await self._database.write(
            lambda connection: _resolve(connection, call_id, owner, charged, at), owner=owner
        )


def _begin(connection: Connection, new: NewTextCall) -> None:
    scopes = _scopes(connection, new)
    if new.hold:  # what costs nothing passes a budget that is overdrawn
        holds.reserve_each(connection, scopes, new)
    _INSERT.many(connection, [_row(new)])
    holds.write_text_holds(connection, scopes, new)


def _withdraw(connection: Connection, new: NewTextCall, at: datetime, problem: Problem) -> None:
    """Its beginning may be carried out only after this, in another thread: it finds its row taken then."""
    closing = TextClosing(call_id=new.id, state=TextState.FAILED, at=at, problem=problem)
    ended = {
        "state": closing.state.value,
        "success": False,
        "finished_at": codec.stamp(at),
        "held_micro": 0,
        "problem": codec.problems().write(problem),
    }
    if not _INSERT_UNLESS_BEGUN.run(connection, {**_row(new), **ended}):
        _close(connection, closing)


def _row(new: NewTextCall) -> Columns:
    return {
        "id": new.id,
        "user_id": new.owner,
        "project": new.project,
        "purpose": new.purpose.value,
        "provider": new.model.partition("/")[0],
        "model": new.model,
        "state": TextState.SENDING.value,
        "success": None,
        "worker": new.worker,
        "created_at": codec.stamp(new.at),
        "finished_at": None,
        "duration_ms": None,
        "tokens_in": None,
        "tokens_out": None,
        "tokens_cached": None,
        "held_micro": new.hold.micro,
        "cost_micro": None,
        "request_id": None,
        "problem": None,
    }


def _scopes(connection: Connection, new: NewTextCall) -> list[Scope]:
    """Every budget of money that a call has to fit into; those of pictures do not count texts."""
    found = [*new.scopes, *covering(connection, new)] if new.hold else list(new.scopes)
    return tightest(scope for scope in found if scope.counted is Counted.USD)


def _close(connection: Connection, closing: TextClosing) -> TextCall:
    row = _LOCKED.row(connection, {"call": closing.call_id})
    if row is None:
        raise NotFound(MISSING)
    if row["state"] != TextState.SENDING:
        return _call(row)
    hold = int(row["held_micro"])
    settled = closing.state is TextState.SETTLED
    charge = None if closing.charge is None else closing.charge.micro
    counted = hold if charge is None else charge
    held = hold if closing.state is TextState.AMBIGUOUS else 0
    usage = closing.usage
    values = {
        "call": closing.call_id,
        "ended": closing.state.value,
        "went_well": settled and closing.problem is None,
        "at": codec.stamp(closing.at),
        "took": round((closing.at - codec.moment(row["created_at"])).total_seconds() * 1000),
        "asked": None if usage is None else usage.input,
        "answered": None if usage is None else usage.output,
        "kept": None if usage is None else usage.cached_input,
        "held": held,
        "cost": charge if settled else None,
        "named": closing.request_id,
        "why": codec.problems().write_optional(closing.problem),
    }
    _END.run(connection, values)
    if settled:
        _book(connection, row, amount=charge, counted=counted, basis=closing.basis, at=closing.at)
    holds.settle_text(connection, closing.call_id, freed=hold - held, spent=counted if settled else 0)
    return _call(_LOCKED.row(connection, {"call": closing.call_id}) or row)


def _resolve(connection: Connection, call_id: str, owner: str, charged: bool, at: datetime) -> TextCall:
    _own(connection, call_id, owner)
    row = _LOCKED.row(connection, {"call": call_id}) or {}
    decided = TextState.SETTLED if charged else TextState.FAILED
    if row["state"] == decided:
        return _call(row)
    if row["state"] != TextState.AMBIGUOUS:
        said = f"Nothing is to be decided about this call: it is {row['state']}."
        raise InvalidRequest(said, field="call", code="not_ambiguous")
    hold = int(row["held_micro"])
    cost = hold if charged else 0
    _DECIDE.run(connection, {"call": call_id, "decided": decided.value, "cost": cost, "went_well": False})
    if charged:
        _book(connection, row, amount=hold, counted=hold, basis=PERSON, at=at)
    holds.settle_text(connection, call_id, freed=hold, spent=cost)
    return _call(_LOCKED.row(connection, {"call": call_id}) or row)


def _book(connection: Connection, row: Columns, *, amount: int | None, counted: int, basis: str, at: datetime) -> None:
    """Writes a booking. A text has no job: its own id stands in its place."""
    entry = {
        "kind": "text",
        "job_id": row["id"],
        "call_id": row["id"],
        "user_id": row["user_id"],
        "project": row["project"],
        "provider": row["provider"],
        "model": row["model"],
        "pictures": 0,
        "amount_micro": amount,
        "counted_micro": counted,
        "basis": basis,
        "created_at": codec.stamp(at),
    }
    sums.book(connection, entry)


def _own(connection: Connection, call_id: str, owner: str) -> Columns:
    row = _OWN.row(connection, {"call": call_id, "owner": owner})
    if row is None:
        raise NotFound(MISSING)
    return row


def _page(connection: Connection, owner: str, limit: int, cursor: str | None) -> Page[TextCall]:
    query = select(text_calls).where(text_calls.c.user_id == owner)
    if cursor is not None:
        place = tuple_(*cursors.unseal(cursor, str, str))
        query = query.where(tuple_(text_calls.c.created_at, text_calls.c.id) < place)
    query = query.order_by(text_calls.c.created_at.desc(), text_calls.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(_call(row) for row in shown), following)


def _call(row: Columns) -> TextCall:
    asked, answered = row["tokens_in"], row["tokens_out"]
    counted = asked is not None and answered is not None
    return TextCall(
        id=row["id"],
        owner=row["user_id"],
        project=row["project"],
        purpose=Purpose(row["purpose"]),
        model=row["model"],
        state=TextState(row["state"]),
        hold=Money(row["held_micro"]),
        created=codec.moment(row["created_at"]),
        finished=codec.optional_moment(row["finished_at"]),
        cost=None if row["cost_micro"] is None else Money(row["cost_micro"]),
        usage=TextUsage(input=asked, output=answered, cached_input=row["tokens_cached"] or 0) if counted else None,
        request_id=row["request_id"],
        problem=codec.problems().read_optional(row["problem"]),
    )
