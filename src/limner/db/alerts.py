"""Alerts in the database, with the messages that tell administrators of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, or_, select, text, tuple_

from limner.db import codec, cursors, outbox
from limner.db.alert_tables import alerts, signs
from limner.db.database import Database
from limner.db.people_tables import users
from limner.db.statements import Columns, Statement, insertion
from limner.db.walls import EVERYBODY
from limner.db.webhook_tables import webhooks
from limner.domain.alerts import Alert, AlertKind, Sign
from limner.domain.people import ADMINISTRATORS, LOCAL
from limner.domain.records import Page
from limner.domain.webhooks import WebhookEvent, told_of_alert

KEPT = timedelta(days=1)
"""Older signs count for nothing any more."""

_RAISE = Statement(
    text(
        """
        INSERT INTO alerts (id, kind, subject, message, created_at) VALUES (:id, :kind, :subject, :message, :at)
        ON CONFLICT (id) DO NOTHING
        """
    )
)
_administrators = select(users.c.id).where(or_(*(users.c.role == role.value for role in sorted(ADMINISTRATORS))))
_HEARING = Statement(
    select(webhooks.c.id, webhooks.c.events)
    .where(
        webhooks.c.disabled_at.is_(None),
        or_(webhooks.c.user_id == LOCAL.id, webhooks.c.user_id.in_(_administrators)),
    )
    .with_for_update(read=True, key_share=True, of=webhooks)
)
_SIGN = insertion(signs)
_OF = signs.c.user_id == bindparam("person")
_COUNT = Statement(
    select(func.count().label("found"))
    .select_from(signs)
    .where(_OF, signs.c.sign == bindparam("sign"), signs.c.created_at > bindparam("since"))
)
_FORGET = Statement(delete(signs).where(_OF, signs.c.created_at < bindparam("before")))


class SqlAlerts:
    """The `Alerts` of `domain.alerts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def raise_(self, alert: Alert) -> bool:
        """Writes it down, with a message for each webhook of an administrator that wants it; False if it is there."""
        return await self._database.write(lambda connection: _raise(connection, alert), owner=EVERYBODY)

    async def count(self, person: str, sign: Sign, at: datetime, since: datetime) -> int:
        """Notes one more sign, and says how many there were since a moment."""

        def counted(connection: Connection) -> int:
            _FORGET.run(connection, {"person": person, "before": codec.stamp(at - KEPT)})
            _SIGN.many(connection, [{"user_id": person, "sign": sign.value, "created_at": codec.stamp(at)}])
            values = {"person": person, "sign": sign.value, "since": codec.stamp(since)}
            return int((_COUNT.row(connection, values) or {"found": 0})["found"])

        return await self._database.write(counted, owner=person)

    async def page(self, *, limit: int, cursor: str | None, kind: AlertKind | None = None) -> Page[Alert]:
        """The newest first; of one kind only where that is given."""
        return await self._database.read(lambda connection: _page(connection, limit, cursor, kind), owner=EVERYBODY)


def _raise(connection: Connection, alert: Alert) -> bool:
    at = codec.stamp(alert.raised)
    row = {"id": alert.id, "kind": alert.kind.value, "subject": alert.subject, "message": alert.message, "at": at}
    if not _RAISE.run(connection, row):
        return False
    name = WebhookEvent.ALERT.value
    hearing = [row["id"] for row in _HEARING.rows(connection, {}) if name in codec.words().read(row["events"])]
    data = codec.mappings().write(told_of_alert(alert))
    outbox.send(connection, hearing, outbox.Message(about=alert.id, event=name, data=data, at=at))
    return True


def _page(connection: Connection, limit: int, cursor: str | None, kind: AlertKind | None) -> Page[Alert]:
    query = select(alerts)
    if kind is not None:
        query = query.where(alerts.c.kind == kind.value)
    if cursor is not None:
        query = query.where(tuple_(alerts.c.created_at, alerts.c.id) < tuple_(*cursors.unseal(cursor, str, str)))
    query = query.order_by(alerts.c.created_at.desc(), alerts.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(map(_alert, shown)), following)


def _alert(row: Columns) -> Alert:
    return Alert(
        kind=AlertKind(row["kind"]),
        subject=row["subject"],
        message=row["message"],
        raised=codec.moment(row["created_at"]),
    )
