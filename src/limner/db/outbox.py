"""Messages to webhooks, written down in the transaction in which their job ends: none is lost, whatever comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from sqlalchemy import Connection, bindparam, select

from limner.db import codec
from limner.db.statements import Columns, Statement, insertion
from limner.db.webhook_tables import deliveries, webhooks
from limner.domain.events import Event, EventKind
from limner.domain.job import Job
from limner.domain.webhooks import DeliveryState, event_of, told

# On PostgreSQL they stay until the commit: a webhook that is removed meanwhile must not keep a job from ending.
_WANTED = Statement(
    select(webhooks.c.id, webhooks.c.events)
    .where(webhooks.c.user_id == bindparam("owner"), webhooks.c.disabled_at.is_(None))
    .with_for_update(read=True, key_share=True)
)
_INSERT = insertion(deliveries)


def write(connection: Connection, job: Job, happened: Sequence[Event]) -> None:
    """A message for each webhook that wants this end, where the job's last event is among what happened."""
    end = next((event for event in happened if event.kind is EventKind.FINISHED), None)
    if end is None:
        return
    name = event_of(job).value
    wanted = [
        row["id"] for row in _WANTED.rows(connection, {"owner": job.owner}) if name in codec.words().read(row["events"])
    ]
    if wanted:
        data, at = codec.mappings().write(told(job)), codec.stamp(end.at)
        message = Message(about=f"{job.id} {end.number}", event=name, data=data, at=at, job_id=job.id)
        send(connection, wanted, message)


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What webhooks are told, as it stands in their rows."""

    about: str
    """Of the same for the same webhook there is only ever one message."""
    event: str
    data: str
    at: str
    job_id: str = ""


def send(connection: Connection, webhook_ids: Sequence[str], message: Message) -> None:
    """Writes a message down for each of these webhooks, due at once."""
    _INSERT.many(connection, [_row(webhook_id, message) for webhook_id in webhook_ids])


def _row(webhook_id: str, message: Message) -> Columns:
    return {
        "id": str(uuid5(UUID(webhook_id), message.about)),
        "webhook_id": webhook_id,
        "job_id": message.job_id,
        "event": message.event,
        "data": message.data,
        "created_at": message.at,
        "state": DeliveryState.WAITING.value,
        "tries": 0,
        "worker": None,
        "due_at": message.at,
        "tried_at": None,
        "status": None,
        "problem": "",
    }
