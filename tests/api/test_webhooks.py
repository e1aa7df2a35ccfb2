"""Services that send word: believed where it is signed, and then only a reason to ask."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from limner.domain.job import JobState
from limner.runtime import open_runtime
from limner.server import create_app
from limner.settings import read_settings
from limner.studio import Studio
from limner.testing.replicate_stand_in import SECRET, ReplicateStandIn
from limner.wire.webhooks import signature
from tests.api.served import Site

PUBLIC = "https://limner.example.com"
SLOW = """
[service]
id = "replicate"
poll_seconds = 600
requests_per_second = 0
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An installation that is told of its calls, and a client in the service's place."""

    studio: Studio
    stand_in: ReplicateStandIn
    client: httpx2.AsyncClient

    async def tell(self, body: bytes, *, secret: str = SECRET) -> int:
        """Sends a signed message; the status of its answer."""
        sent = int(datetime.now(UTC).timestamp())
        headers = {"webhook-id": "m1", "webhook-timestamp": str(sent)}
        headers["webhook-signature"] = signature("m1", sent, body, secret)
        return (await self.client.post("/api/v1/webhooks/replicate", content=body, headers=headers)).status_code


@asynccontextmanager
async def place(folder: Path) -> AsyncIterator[Place]:
    data = folder / "data"
    (data / "catalog.d").mkdir(parents=True)
    (data / "catalog.d" / "slow.toml").write_text(SLOW)
    async with ReplicateStandIn() as stand_in:
        variables = {"REPLICATE_API_TOKEN": "r8_of_the_tests_0123456789", "REPLICATE_BASE_URL": stand_in.base_url}
        settings = read_settings(variables, folder, data_dir=data, public_url=PUBLIC, log_level="error")
        async with open_runtime(settings) as runtime:
            app = create_app(settings, runtime)
            app.state.runtime = runtime
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client:
                yield Place(studio=Studio(runtime), stand_in=stand_in, client=client)


async def test_word_of_a_call_makes_limner_ask_at_once(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        request = await here.studio.request("a red fox", model="replicate/black-forest-labs/flux-schnell")
        job = await here.studio.submit(request)
        while not (found := await here.studio.job(job.id)).job.ended:
            tickets = [str(call.ticket["id"]) for call in found.job.calls if call.ticket is not None]
            for ticket in tickets:
                assert await here.tell(json.dumps({"id": ticket}).encode()) == 204
            await asyncio.sleep(0.01)
        assert found.state is JobState.SUCCEEDED
        assert here.stand_in.orders[0]["webhook"] == f"{PUBLIC}/api/v1/webhooks/replicate"


async def test_only_what_is_signed_is_believed(tmp_path: Path) -> None:
    async with place(tmp_path) as here:
        wrong = "whsec_" + "QUJD" * 8
        assert await here.tell(b'{"id": "p1"}', secret=wrong) == 403
        assert await here.tell(b'{"id": "p1"}') == 204
        assert await here.tell(b"[]") == 403


def test_services_that_send_no_word_have_no_such_place(site: Site) -> None:
    assert site.client.post("/api/v1/webhooks/openai", content=b"{}").status_code == 404
    assert site.client.post("/api/v1/webhooks/nobody", content=b"{}").status_code == 404
