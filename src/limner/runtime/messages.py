"""Joins what sends messages to webhooks, and what tells this process of news."""

from __future__ import annotations

from collections.abc import Sequence

from limner.db.webhooks import SqlWebhooks
from limner.dispatch.bulletin import LocalBulletin
from limner.dispatch.courier import Courier
from limner.domain.events import Event
from limner.domain.job import Job
from limner.domain.telling import Publish, WorkerLocks
from limner.engine.alerting import Alarm
from limner.engine.delivering import Deliverer
from limner.engine.webhooks import Subscriptions
from limner.runtime.ground import Ground


def courier_of(ground: Ground, worker: str, locks: WorkerLocks) -> Courier:
    """What sends messages to webhooks from this process."""
    webhooks, clock = SqlWebhooks(ground.database, ground.seals), ground.clock
    front = ground.settings.cdn or ground.settings.address
    deliverer = Deliverer(webhooks=webhooks, posts=ground.posts, clock=clock, address=front)
    return Courier(worker=worker, webhooks=webhooks, locks=locks, clock=clock, deliver=deliverer.deliver)


def publisher(bulletin: LocalBulletin, courier: Courier, alarm: Alarm) -> Publish:
    """Tells this process what has been written down: those who listen, and what sends it on."""

    def publish(events: Sequence[Event], ended: Job | None = None) -> None:
        bulletin.publish(events, ended)
        courier.hear(events)
        alarm.hear(events, ended)

    return publish


def subscriptions_of(ground: Ground, courier: Courier) -> Subscriptions:
    """Where messages go, and what became of them."""
    return Subscriptions(
        webhooks=SqlWebhooks(ground.database, ground.seals),
        posts=ground.posts,
        clock=ground.clock,
        ids=ground.ids,
        nudge=courier.nudge,
    )
