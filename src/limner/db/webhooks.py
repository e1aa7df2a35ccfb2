"""Webhooks and their messages in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_, update

from limner.db import codec, cursors
from limner.db.database import Database
from limner.db.sealed import hold_secret, webhook_context
from limner.db.statements import Columns, Statement, insertion
from limner.db.walls import EVERYBODY
from limner.db.webhook_tables import deliveries, webhooks
from limner.domain.errors import NotFound
from limner.domain.records import Page
from limner.domain.sealing import SealBroken, Seals
from limner.domain.webhooks import Delivery, DeliveryState, DueDelivery, Errand, Verdict, Webhook, WebhookEvent

MOST_DUE = 200
"""Messages that one look finds."""

_OWN = (webhooks.c.id == bindparam("webhook"), webhooks.c.user_id == bindparam("owner"))
_INSERT = insertion(webhooks)
_ALL = Statement(
    select(webhooks).where(webhooks.c.user_id == bindparam("owner")).order_by(webhooks.c.created_at, webhooks.c.id)
)
_ONE = Statement(select(webhooks).where(*_OWN))
_REMOVE = Statement(delete(webhooks).where(*_OWN))
_REPLAY = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.webhook_id == bindparam("webhook"))
    .values(state=DeliveryState.WAITING.value, tries=0, worker=None, due_at=bindparam("at"))
    .returning(deliveries)
)
_places = select(
    deliveries.c.id,
    deliveries.c.webhook_id,
    deliveries.c.worker,
    deliveries.c.due_at,
    func.row_number()
    .over(partition_by=deliveries.c.webhook_id, order_by=(deliveries.c.due_at, deliveries.c.id))
    .label("place"),
).where(deliveries.c.due_at <= bindparam("at"))
_due = _places.subquery()
_DUE = Statement(
    select(_due.c.id, _due.c.webhook_id, _due.c.worker)
    .where(_due.c.place <= bindparam("each"))
    .order_by(_due.c.due_at, _due.c.id)
    .limit(MOST_DUE)
)
_TAKE = Statement(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.due_at <= bindparam("at"),
        deliveries.c.worker.is_not_distinct_from(bindparam("known")),
    )
    .values(worker=bindparam("taker"), tries=deliveries.c.tries + 1, tried_at=bindparam("at"))
    .returning(deliveries)
)
_TARGET = Statement(select(webhooks).where(webhooks.c.id == bindparam("webhook")))
_DISABLE = Statement(
    update(webhooks)
    .where(webhooks.c.id == bindparam("webhook"), webhooks.c.disabled_at.is_(None))
    .values(disabled_at=bindparam("at"), reason=bindparam("why"))
)
_NOTE = Statement(
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.worker == bindparam("taker"),
        deliveries.c.tries == bindparam("count"),
    )
    .values(
        state=bindparam("became"),
        worker=None,
        due_at=bindparam("again"),
        status=bindparam("answer"),
        problem=bindparam("why"),
    )
)
_GIVE_UP = Statement(
    update(deliveries)
    .where(deliveries.c.webhook_id == bindparam("webhook"), deliveries.c.due_at.is_not(None))
    .values(state=DeliveryState.GIVEN_UP.value, worker=None, due_at=None, problem=bindparam("why"))
)


class SqlWebhooks:
    """The `Webhooks` of `domain.webhooks`; their secrets lie sealed in their rows."""

    def __init__(self, database: Database, seals: Seals) -> None:
        self._database = database
        self._seals = seals

    async def add(self, webhook: Webhook, secret: str) -> None:
        """Writes a webhook down, with the secret sealed."""
        row = {
            "id": webhook.id,
            "user_id": webhook.owner,
            "url": webhook.url,
            "events": codec.words().write(tuple(event.value for event in webhook.events)),
            "created_at": codec.stamp(webhook.created),
            "disabled_at": None,
            "reason": webhook.reason,
        }
        context = webhook_context(row)

        def insert(connection: Connection) -> None:
            hold_secret(connection)
            _INSERT.many(connection, [{**row, "secret": self._seals.seal(secret, context=context)}])

        await self._database.write(insert, owner=webhook.owner)

    async def all(self, owner: str) -> Sequence[Webhook]:
        """One person's, oldest first."""
        found = await self._database.read(lambda connection: _ALL.rows(connection, {"owner": owner}), owner=owner)
        return [_webhook(row) for row in found]

    async def get(self, webhook_id: str, owner: str) -> Webhook:
        """One of one person's. Raises NotFound, for somebody else's too."""
        values = {"webhook": webhook_id, "owner": owner}
        row = await self._database.read(lambda connection: _ONE.row(connection, values), owner=owner)
        if row is None:
            raise _no_webhook(webhook_id)
        return _webhook(row)

    async def secret(self, webhook_id: str, owner: str) -> str | None:
        """What signs for one of one person's; None where no secret of the installation opens it. Raises NotFound."""
        values = {"webhook": webhook_id, "owner": owner}
        row = await self._database.read(lambda connection: _ONE.row(connection, values), owner=owner)
        if row is None:
            raise _no_webhook(webhook_id)
        return self._secret(row)

    async def remove(self, webhook_id: str, owner: str) -> None:
        """Forgets a webhook and all its messages. Raises NotFound."""
        values = {"webhook": webhook_id, "owner": owner}
        if not await self._database.write(lambda connection: _REMOVE.run(connection, values), owner=owner):
            raise _no_webhook(webhook_id)

    async def deliveries(self, webhook_id: str, *, limit: int, cursor: str | None) -> Page[Delivery]:
        """The messages of a webhook, newest first."""
        return await self._database.read(
            lambda connection: _page(connection, webhook_id, limit, cursor), owner=EVERYBODY
        )

    async def replay(self, webhook_id: str, delivery_id: str, at: datetime) -> Delivery:
        """Makes a message due once more, with all its tries before it. Raises NotFound."""
        values = {"delivery": delivery_id, "webhook": webhook_id, "at": codec.stamp(at)}
        row = await self._database.write(lambda connection: _REPLAY.row(connection, values), owner=EVERYBODY)
        if row is None:
            raise NotFound(f"This webhook has no delivery {delivery_id}. Look at the list of its deliveries.")
        return _delivery(row)

    async def due(self, at: datetime, *, each: int) -> Sequence[DueDelivery]:
        """What is to be sent now, longest due first, at most `each` of one webhook."""
        values = {"at": codec.stamp(at), "each": each}
        found = await self._database.read(lambda connection: _DUE.rows(connection, values), owner=EVERYBODY)
        return [DueDelivery(id=row["id"], webhook_id=row["webhook_id"], worker=row["worker"]) for row in found]

    async def take(self, due: DueDelivery, worker: str, at: datetime) -> Errand | None:
        """Takes a message over from the process it names and counts a try; None where somebody was quicker."""
        return await self._database.write(lambda connection: self._taken(connection, due, worker, at), owner=EVERYBODY)

    async def note(self, errand: Errand, verdict: Verdict) -> None:
        """Writes down what came of a try; nothing where the message is no longer in this process's hands."""
        await self._database.write(lambda connection: _note(connection, errand, verdict), owner=EVERYBODY)

    def _taken(self, connection: Connection, due: DueDelivery, worker: str, at: datetime) -> Errand | None:
        values = {"delivery": due.id, "known": due.worker, "taker": worker, "at": codec.stamp(at)}
        row = _TAKE.row(connection, values)
        target = None if row is None else _TARGET.row(connection, {"webhook": row["webhook_id"]})
        if row is None or target is None:
            return None
        return Errand(
            id=row["id"],
            worker=worker,
            tries=row["tries"],
            webhook_id=row["webhook_id"],
            url=target["url"],
            secret=self._secret(target),
            event=WebhookEvent(row["event"]),
            created=codec.moment(row["created_at"]),
            data=codec.mappings().read(row["data"]),
        )

    def _secret(self, target: Columns) -> str | None:
        """What signs for a webhook; None where no secret of the installation opens it."""
        try:
            return self._seals.open(target["secret"], context=webhook_context(target))
        except SealBroken:
            return None


def _page(connection: Connection, webhook_id: str, limit: int, cursor: str | None) -> Page[Delivery]:
    query = select(deliveries).where(deliveries.c.webhook_id == webhook_id)
    if cursor is not None:
        place = tuple_(*cursors.unseal(cursor, str, str))
        query = query.where(tuple_(deliveries.c.created_at, deliveries.c.id) < place)
    query = query.order_by(deliveries.c.created_at.desc(), deliveries.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(_delivery(row) for row in shown), following)


def _note(connection: Connection, errand: Errand, verdict: Verdict) -> None:
    # The webhook first and its messages after it, as when it is removed: so two never wait for each other.
    if verdict.disabled is not None:
        why = verdict.answered.problem
        _DISABLE.run(connection, {"webhook": errand.webhook_id, "at": codec.stamp(verdict.disabled), "why": why})
    values = {
        "delivery": errand.id,
        "taker": errand.worker,
        "count": errand.tries,
        "became": verdict.state.value,
        "again": None if verdict.due is None else codec.stamp(verdict.due),
        "answer": verdict.answered.status,
        "why": verdict.answered.problem,
    }
    _NOTE.run(connection, values)
    if verdict.disabled is not None:
        _GIVE_UP.run(connection, {"webhook": errand.webhook_id, "why": verdict.answered.problem})


def _webhook(row: Columns) -> Webhook:
    return Webhook(
        id=row["id"],
        owner=row["user_id"],
        url=row["url"],
        events=tuple(WebhookEvent(name) for name in codec.words().read(row["events"])),
        created=codec.moment(row["created_at"]),
        disabled=codec.optional_moment(row["disabled_at"]),
        reason=row["reason"],
    )


def _delivery(row: Columns) -> Delivery:
    return Delivery(
        id=row["id"],
        webhook_id=row["webhook_id"],
        job_id=row["job_id"],
        event=WebhookEvent(row["event"]),
        created=codec.moment(row["created_at"]),
        state=DeliveryState(row["state"]),
        tries=row["tries"],
        due=codec.optional_moment(row["due_at"]),
        tried=codec.optional_moment(row["tried_at"]),
        status=row["status"],
        problem=row["problem"],
    )


def _no_webhook(webhook_id: str) -> NotFound:
    return NotFound(f"There is no webhook {webhook_id}. Look at the list of webhooks.")
