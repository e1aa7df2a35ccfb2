"""The shapes of answers about webhooks."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import EXAMPLE_ID, Answer
from limner.domain.webhooks import DeliveryState, WebhookEvent


class WebhookAnswer(Answer):
    """An address that is told how your jobs end."""

    id: str = Field(examples=[EXAMPLE_ID])
    url: str
    events: list[WebhookEvent]
    created: datetime
    disabled: datetime | None = Field(description="Since when nothing is sent there any more.")
    reason: str = Field(description="Why not.")


class NewWebhookAnswer(WebhookAnswer):
    """A new webhook with the secret that signs what is sent there; it is shown only now."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookList(Answer):
    """Your webhooks, oldest first."""

    items: list[WebhookAnswer]


class DeliveryAnswer(Answer):
    """One message and what became of it."""

    id: str = Field(examples=[EXAMPLE_ID], description="The `webhook-id`: the same in every try.")
    webhook_id: str
    job_id: str
    event: WebhookEvent
    state: DeliveryState
    tries: int
    created: datetime
    tried: datetime | None
    due: datetime | None = Field(description="When it is tried next; null where it is over.")
    status: int | None = Field(description="What the target answered last; null where no answer came.")
    problem: str = Field(description="What was wrong with the last try.")


class DeliveryPage(Answer):
    """Messages, newest first; `next` is the cursor of the next page."""

    items: list[DeliveryAnswer]
    next: str | None
