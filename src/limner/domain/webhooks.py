"""Word of a job's end for other programs: where it goes, what it says, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from limner.domain.alerts import Alert
from limner.domain.job import Job
from limner.domain.records import Page


class WebhookEvent(StrEnum):
    """What a webhook may be told of: each end that a job can come to, and alerts."""

    SUCCEEDED = "job.succeeded"
    PARTIAL = "job.partial"
    FAILED = "job.failed"
    REFUSED = "job.refused"
    CANCELLED = "job.cancelled"
    AMBIGUOUS = "job.ambiguous"
    ALERT = "alert.raised"
    """Only for administrators."""


def event_of(job: Job) -> WebhookEvent:
    """What the end of a job is called. Raises ValueError for a job that goes on."""
    return WebhookEvent(f"job.{job.state.value}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """An address of somebody's own program that is told how their jobs end."""

    id: str
    owner: str
    url: str
    events: tuple[WebhookEvent, ...]
    created: datetime
    disabled: datetime | None = None
    """Since when nothing is sent there any more."""
    reason: str = ""
    """Why not."""


class DeliveryState(StrEnum):
    """What became of one message."""

    WAITING = "waiting"
    """It is still to be sent, or sent again."""
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    """It was sent again and again, and is not any more; only a person sends it once more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One message to one webhook; its id is the `webhook-id`, the same in every try."""

    id: str
    webhook_id: str
    job_id: str
    event: WebhookEvent
    created: datetime
    state: DeliveryState
    tries: int = 0
    due: datetime | None = None
    """When it is tried next; None where it is over."""
    tried: datetime | None = None
    status: int | None = None
    """What the target answered last; None where no answer came."""
    problem: str = ""
    """What was wrong with the last try."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DueDelivery:
    """A message that is to be sent now, and the process that has it in hand."""

    id: str
    webhook_id: str
    worker: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """A message in this process's hands, with all that it takes to send it; `tries` counts this one."""

    id: str
    worker: str
    tries: int
    webhook_id: str
    url: str
    secret: str | None = field(repr=False)
    """Signs the message; None where it was sealed under another secret of the installation."""
    event: WebhookEvent
    created: datetime
    data: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What came of one try."""

    status: int | None = None
    """None where no answer came."""
    problem: str = ""
    """What was wrong; empty for a 2xx."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What follows from one try."""

    state: DeliveryState
    answered: Answered
    due: datetime | None = None
    disabled: datetime | None = None
    """The target wants nothing more: the webhook and all that waits for it end with this."""


def told(job: Job) -> Mapping[str, object]:
    """What a message says about a job that has ended, but for the addresses of its pictures, in plain JSON values."""
    problem = job.problem
    return {
        "id": job.id,
        "state": job.state.value,
        "model": job.model,
        "project": job.request.project,
        "created": job.created.isoformat(),
        "finished": None if job.finished is None else job.finished.isoformat(),
        "cost": None if job.cost is None else {"micro_usd": job.cost.micro, "usd": job.cost.text},
        "problem": None if problem is None else {"code": str(problem.code), "message": problem.message},
        "images": [
            {
                "id": picture.id,
                "number": picture.number,
                "width": picture.file.width,
                "height": picture.file.height,
                "media_type": picture.file.media_type,
            }
            for picture in job.pictures
        ],
    }


def told_of_alert(alert: Alert) -> Mapping[str, object]:
    """What a message says about an alert."""
    return {
        "id": alert.id,
        "kind": alert.kind.value,
        "subject": alert.subject,
        "message": alert.message,
        "raised": alert.raised.isoformat(),
    }


class Webhooks(Protocol):
    """Webhooks and their messages as they are written down; the messages themselves are written as their jobs end."""

    async def add(self, webhook: Webhook, secret: str) -> None:
        """Writes a webhook down, with the secret that signs its messages: whsec_ and 32 bytes in base64."""
        ...

    async def all(self, owner: str) -> Sequence[Webhook]:
        """One person's, oldest first."""
        ...

    async def get(self, webhook_id: str, owner: str) -> Webhook:
        """One of one person's. Raises NotFound."""
        ...

    async def secret(self, webhook_id: str, owner: str) -> str | None:
        """What signs for one of one person's; None where no secret of the installation opens it. Raises NotFound."""
        ...

    async def remove(self, webhook_id: str, owner: str) -> None:
        """Forgets a webhook and all its messages. Raises NotFound."""
        ...

    async def deliveries(self, webhook_id: str, *, limit: int, cursor: str | None) -> Page[Delivery]:
        """The messages of a webhook, newest first."""
        ...

    async def replay(self, webhook_id: str, delivery_id: str, at: datetime) -> Delivery:
        """Makes a message due once more, with all its tries before it. Raises NotFound."""
        ...

    async def due(self, at: datetime, *, each: int) -> Sequence[DueDelivery]:
        """What is to be sent now, longest due first; at most `each` of one webhook, so that none keeps others back."""
        ...

    async def take(self, due: DueDelivery, worker: str, at: datetime) -> Errand | None:
        """Takes a message over from the process it names and counts a try; None where somebody was quicker."""
        ...

    async def note(self, errand: Errand, verdict: Verdict) -> None:
        """Writes down what came of a try; nothing where the message is no longer in this process's hands."""
        ...


class Posts(Protocol):
    """What carries messages out of the house."""

    async def check(self, url: str) -> None:
        """Raises InvalidRequest for an address that nothing may be sent to."""
        ...

    async def post(self, errand: Errand, body: bytes, *, at: datetime, deadline: float) -> Answered:
        """Sends a message once, signed; whatever goes wrong is in the answer. `deadline` is in seconds."""
        ...
