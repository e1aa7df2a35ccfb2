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
import pytest

from limner.domain.job import JobState
from limner.providers.connecting import connections
from limner.runtime import open_runtime
from limner.server import create_app
from limner.settings import read_settings
from limner.studio import Studio
from limner.testing.replicate_stand_in import SECRET, ReplicateStandIn
from limner.wire.webhooks import signature
from tests.api.served import Site
from tests.shipped import shipped

PUBLIC = "https://limner.example.com"
NATIVE = "/api/v1/webhooks/replicate"
PLACES = ("/webhooks/replicate", "/compat/document1/webhooks/replicate", NATIVE)
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

    async def tell(self, body: bytes, *, secret: str = SECRET, path: str = "/webhooks/replicate") -> int:
        """Sends a signed message; the status of its answer."""
        sent = int(datetime.now(UTC).timestamp())
        headers = {"webhook-id": "m1", "webhook-timestamp": str(sent)}
        headers["webhook-signature"] = signature("m1", sent, body, secret)
        return (await self.client.post(path, content=body, headers=headers)).status_code


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


@pytest.mark.req("S1-080")
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
        assert here.stand_in.orders[0]["webhook"] == f"{PUBLIC}/webhooks/replicate"
        assert here.stand_in.orders[0]["webhook_events_filter"] == ["completed"]


@pytest.mark.req("S1-080")
@pytest.mark.parametrize("path", PLACES)
async def test_only_what_is_signed_is_believed(tmp_path: Path, path: str) -> None:
    async with place(tmp_path) as here:
        asked = len(here.stand_in.log)
        unsigned = await here.client.post(path, content=b'{"id": "p1"}')
        assert unsigned.status_code == 403
        assert len(here.stand_in.log) == asked  # nobody outside makes us ask for anything
        if path != NATIVE:
            assert unsigned.json() == {"success": False, "error": "This message is not signed by the service."}
        wrong = "whsec_" + "QUJD" * 8
        assert await here.tell(b'{"id": "p1"}', secret=wrong, path=path) == 403
        assert await here.tell(b'{"id": "p1"}', path=path) == 204
        assert await here.tell(b"[]", path=path) == 403


@pytest.mark.parametrize(
    ("public", "base", "told"),
    [
        (
            "https://limner.example.com/",
            "https://api.replicate.com/v1",
            "https://limner.example.com/webhooks/replicate",
        ),
        ("http://127.0.0.1:8003", "http://127.0.0.1:9/v1", "http://127.0.0.1:8003/webhooks/replicate"),
        ("http://127.0.0.1:8003", "https://api.replicate.com/v1", None),
        (None, "http://127.0.0.1:9/v1", None),
    ],
)
def test_a_service_is_told_an_address_that_it_can_reach(public: str | None, base: str, told: str | None) -> None:
    cards = shipped().services
    assert connections(cards, {"REPLICATE_BASE_URL": base}, public)["replicate"].webhook == told


@pytest.mark.parametrize("path", PLACES)
def test_word_from_a_service_that_is_not_used_is_refused(site: Site, path: str) -> None:
    assert site.client.post(path, content=b"{}").status_code == 403


def test_services_that_send_no_word_have_no_such_place(site: Site) -> None:
    for path in PLACES:
        for other in ("openai", "nobody"):
            assert site.client.post(path.replace("replicate", other), content=b"{}").status_code == 404
