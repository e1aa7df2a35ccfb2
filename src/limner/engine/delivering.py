"""One message to one webhook: what it says, and what follows from the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from limner.domain.ports import Clock
from limner.domain.webhooks import Answered, DeliveryState, Errand, Posts, Verdict, Webhooks

PAUSES = (5, 20, 120, 600, 1800, 3600, 7200, 14_400, 25_200, 32_400)
"""Seconds between two tries: twice again within 45 seconds, then ever slower, and given up after a day."""
DEADLINE = 10.0
"""Seconds that a target has for its answer."""
FILE = "/api/v1/images/{id}/file"
"""Where a picture is fetched, below the server's own address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deliverer:
    """Sends messages and notes what came of it. `address` is where the pictures are fetched."""

    webhooks: Webhooks
    posts: Posts
    clock: Clock
    address: str

    async def deliver(self, errand: Errand) -> None:
        """Tries once. Raises StorageError where the outcome cannot be written down: then it is sent once more."""
        body = message(errand, self.address)
        answered = await self.posts.post(errand, body, at=self.clock.now(), deadline=DEADLINE)
        await self.webhooks.note(errand, verdict_on(answered, errand.tries, self.clock.now()))


def message(errand: Errand, address: str) -> bytes:
    """The body: the same bytes in every try from the same address."""
    images = errand.data.get("images")
    placed = {"images": [_placed(image, address) for image in images]} if isinstance(images, list) else {}
    data = {**errand.data, **placed}
    body = {"type": errand.event.value, "timestamp": errand.created.isoformat(), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _placed(image: Mapping[str, object], address: str) -> Mapping[str, object]:
    return {**image, "url": address + FILE.format(id=image["id"])}


def verdict_on(answered: Answered, tries: int, now: datetime) -> Verdict:
    """What follows from the answer to the try with this number, from 1.

    Any 2xx is a success; 410 says that nothing is wanted there any more; everything else is tried again.
    """
    if answered.status is not None and 200 <= answered.status < 300:
        return Verdict(state=DeliveryState.DELIVERED, answered=answered)
    if answered.status == HTTPStatus.GONE:
        return Verdict(state=DeliveryState.GIVEN_UP, answered=answered, disabled=now)
    if tries > len(PAUSES):
        return Verdict(state=DeliveryState.GIVEN_UP, answered=answered)
    return Verdict(state=DeliveryState.WAITING, answered=answered, due=now + timedelta(seconds=PAUSES[tries - 1]))
