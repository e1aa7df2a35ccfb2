"""A program that takes in webhooks: notes what came, and answers as it is told."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from limner.testing.stand_in import StandInServer


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One request as it came, with the names of its headers in lower case."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """What it says, checked by the official package. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, dict(self.headers))


class Receiver(StandInServer):
    """`faults` say how it answers; 204 where there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []
        self._news = threading.Condition()

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/hook", self._take)]

    @property
    def url(self) -> str:
        return f"{self.root}/hook"

    @property
    def place(self) -> str:
        """As it stands in LIMNER_FETCH_ALLOWLIST."""
        return f"127.0.0.1:{self.port}"

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        with self._news:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.messages.append(Message(headers=headers, body=body))
            self._news.notify_all()
        fault = self.faults.next()
        if fault.drop is not None and request.transport is not None:
            request.transport.abort()
        await asyncio.sleep(fault.delay)
        return web.Response(status=fault.status or 204, headers=fault.headers, text=str(fault.body or ""))

    def wait(self, count: int) -> list[Message]:
        """The messages, once there are so many. Blocks; raises TimeoutError."""
        with self._news:
            if not self._news.wait_for(lambda: len(self.messages) >= count, 20):
                raise TimeoutError(f"{len(self.messages)} of {count} messages came")
            return list(self.messages)

    async def came(self, count: int) -> list[Message]:
        """The messages, once there are so many."""
        return await asyncio.to_thread(self.wait, count)
