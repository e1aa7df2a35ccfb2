"""What the pages of webhooks are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from limner.web.gallery_views import Choice
from limner.web.settings_views import Badge, Frame
from limner.web.views import Shell


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookRow:
    """A webhook among others."""

    id: str
    url: str
    events: tuple[str, ...]
    created: datetime
    state: Badge


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhooksPage:
    """Where word of one's jobs' ends goes, and the form that adds an address."""

    template: ClassVar[str] = "pages/settings_webhooks.html"
    shell: Shell
    frame: Frame
    webhooks: tuple[WebhookRow, ...]
    events: tuple[Choice, ...]
    """What a webhook may be told of; those that are ticked are chosen."""
    url: str
    secret: str = ""
    """Of the webhook that has just been added, shown this once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow:
    """A message and what became of it."""

    id: str
    event: str
    created: datetime
    state: Badge
    said: str
    """How often it was tried and what was answered."""
    job: str
    """The job's page; empty where it is about none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookPage:
    """One webhook and its messages."""

    template: ClassVar[str] = "pages/settings_webhook.html"
    shell: Shell
    frame: Frame
    webhook: WebhookRow
    deliveries: tuple[DeliveryRow, ...]
    older: str
    """Where older messages are; empty where there are none."""
    answered: Badge | None
    """What came of a test; None where none was made now."""
