"""What people do with their webhooks: add, look at, remove, send again."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from limner.domain.errors import InvalidRequest, PolicyError
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page
from limner.domain.webhooks import Answered, Delivery, Errand, Posts, Webhook, WebhookEvent, Webhooks
from limner.engine.delivering import DEADLINE

MOST = 20
"""Webhooks that one person may have: each is one more row for every end of a job."""
LONGEST = 2000
"""Signs of an address."""
SECRET_BYTES = 32
TEST = "webhook.test"
"""The type of a message that only tries whether messages come through; nobody subscribes to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriptions:
    """The webhooks of everybody, each person's for that person alone."""

    webhooks: Webhooks
    posts: Posts
    clock: Clock
    ids: Ids
    nudge: Callable[[], None]
    """Says that a message is due."""

    async def add(self, url: str, events: Sequence[WebhookEvent], principal: Principal) -> tuple[Webhook, str]:
        """A new webhook and its new secret, which is shown only now; no events are all events.

        Raises InvalidRequest for an address that nothing may be sent to, and where there are too many already.
        """
        if len(url) > LONGEST:
            raise InvalidRequest(f"The address is longer than {LONGEST} characters. Give a shorter one.", field="url")
        await self.posts.check(url)
        if len(await self.webhooks.all(principal.id)) >= MOST:
            raise InvalidRequest(f"There are {MOST} webhooks already. Remove one first.", code="too_many_webhooks")
        webhook = Webhook(
            id=self.ids.new(),
            owner=principal.id,
            url=url,
            events=tuple(dict.fromkeys(events or WebhookEvent)),
            created=self.clock.now(),
        )
        secret = f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
        await self.webhooks.add(webhook, secret)
        return webhook, secret

    async def all(self, principal: Principal) -> Sequence[Webhook]:
        """One person's, oldest first."""
        return await self.webhooks.all(principal.id)

    async def remove(self, webhook_id: str, principal: Principal) -> None:
        """Forgets a webhook; what was still to be sent there is not sent. Raises NotFound."""
        await self.webhooks.remove(webhook_id, principal.id)

    async def test(self, webhook_id: str, principal: Principal) -> Answered:
        """Sends a signed message of the type `webhook.test`, once, and gives what came of it; it is not written down.

        Raises NotFound.
        """
        webhook = await self.webhooks.get(webhook_id, principal.id)
        now = self.clock.now()
        errand = Errand(
            id=self.ids.new(),
            worker="",
            tries=1,
            webhook_id=webhook.id,
            url=webhook.url,
            secret=await self.webhooks.secret(webhook.id, principal.id),
            event=webhook.events[0],
            created=now,
            data={},
        )
        said = {"type": TEST, "timestamp": now.isoformat(), "data": {"webhook_id": webhook.id}}
        return await self.posts.post(errand, json.dumps(said).encode(), at=now, deadline=DEADLINE)

    async def deliveries(
        self, webhook_id: str, principal: Principal, *, limit: int, cursor: str | None
    ) -> Page[Delivery]:
        """What was sent to a webhook and what became of it, newest first. Raises NotFound."""
        webhook = await self.webhooks.get(webhook_id, principal.id)
        return await self.webhooks.deliveries(webhook.id, limit=limit, cursor=cursor)

    async def replay(self, webhook_id: str, delivery_id: str, principal: Principal) -> Delivery:
        """Sends a message once more under the same id, whatever became of it. Raises NotFound.

        Raises PolicyError for a webhook that its target has ended.
        """
        webhook = await self.webhooks.get(webhook_id, principal.id)
        if webhook.disabled is not None:
            raise PolicyError(
                f"This webhook is disabled: {webhook.reason} Add a new one where messages are wanted again.",
                code="webhook_disabled",
            )
        delivery = await self.webhooks.replay(webhook.id, delivery_id, self.clock.now())
        self.nudge()
        return delivery
