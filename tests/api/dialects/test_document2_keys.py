"""Keys on document 2's surface: which models they open, whether services take them, whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from limner.domain.accounts import Asks
from limner.domain.errors import NotConfigured, NotFound
from limner.domain.people import LOCAL, Principal
from limner.domain.vault import Access, StoredKey
from limner.runtime import Runtime, open_runtime
from limner.server import create_app
from limner.settings import read_settings
from limner.testing.gemini_stand_in import GeminiStandIn
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.stand_in import StandInServer
from limner.testing.xai_stand_in import XAIStandIn
from tests.api.dialects.document2 import NOBODY, faults, said

GOOD = "sk-the-right-key-0123456789"
CANARY = "sk-canary-9876543210"
"""A key that no answer may hold."""
MODELS = "/api/image-profiles/models"
VALIDATE = "/api/image-profiles/validate-key"


@dataclass(frozen=True)
class Keys:
    """Stored keys; a test says what each is."""

    asking: Any
    """What tries a key that is not kept."""
    kept: dict[str, tuple[StoredKey, str | None]] = field(default_factory=dict)

    def keep(self, service: str, key: str | None, *, owner: str = LOCAL.id) -> str:
        """A key's id; None is one that cannot be opened any more."""
        key_id = NOBODY[:-2] + f"{len(self.kept) + 20}"
        stored = StoredKey(
            id=key_id,
            owner=owner,
            service=service,
            label="My key",
            last_four="6789",
            shared=False,
            created=datetime.now(UTC),
            changed=datetime.now(UTC),
        )
        self.kept[key_id] = stored, key
        return key_id

    async def get(self, key_id: str, principal: Principal) -> StoredKey:
        stored, _ = self.kept.get(key_id, (None, None))
        if stored is None or stored.owner != principal.id:
            raise NotFound("There is no such key.", field="key")
        return stored

    async def asks(self, key_id: str, principal: Principal) -> Asks:
        stored, key = await self.get(key_id, principal), self.kept[key_id][1]
        if key is None:
            raise NotConfigured("It was sealed with another secret.")
        return self.asks_with(stored.service, key)

    def asks_with(self, service: str, api_key: str) -> Asks:
        asks: Asks = self.asking(service, api_key)
        return asks


@dataclass(frozen=True)
class Desk:
    """An installation with stored keys, and a client of it."""

    client: httpx2.AsyncClient
    runtime: Runtime
    keys: Keys
    services: dict[str, StandInServer]

    async def profile(self, **fields: object) -> dict[str, Any]:
        body = {"name": "Keyed", "provider": "OPENAI", "modelName": "gpt-image-2", **fields}
        answer = await self.client.post("/api/image-profiles", json=body)
        assert answer.status_code == 201, answer.text
        profile: dict[str, Any] = answer.json()
        return profile


@asynccontextmanager
async def opened_desk(tmp_path: Path, *, kept: bool) -> AsyncIterator[Desk]:
    """With keys that a test says, or with those that are `kept` in the installation."""
    async with OpenAIStandIn(key=GOOD) as openai, XAIStandIn(key=GOOD) as xai, GeminiStandIn(key=GOOD) as gemini:
        variables = {
            "OPENAI_BASE_URL": openai.base_url,
            "XAI_BASE_URL": xai.base_url,
            "GEMINI_BASE_URL": gemini.base_url,
            "OPENAI_API_KEY": GOOD,
        }
        settings = read_settings(variables, tmp_path, data_dir=tmp_path / "data", log_level="error")
        async with open_runtime(settings) as opened:
            keys = Keys(opened.profiles.keys.asks_with)
            profiles = replace(opened.profiles, keys=keys)
            said_by_test = replace(opened, profiles=profiles, engine=replace(opened.engine, profiles=profiles))
            runtime = opened if kept else said_by_test
            app = create_app(settings, runtime)
            async with app.router.lifespan_context(app):
                transport = httpx2.ASGITransport(app=app)
                async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
                    yield Desk(client, runtime, keys, {"OPENAI": openai, "GROK": xai, "GOOGLE_IMAGEN": gemini})


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened_desk(tmp_path, kept=False) as desk:
        yield desk


@pytest.mark.req("S2-046", "S2-047", "S2-049", "S2-001", "S2-002", "S2-003")
@pytest.mark.parametrize(
    ("word", "documented"),
    [
        ("OPENAI", ["gpt-image-1", "dall-e-3", "dall-e-2"]),
        ("GOOGLE_IMAGEN", ["imagen-4.0-generate-001", "imagen-3.0-generate-002", "imagen-3.0-fast-generate-001"]),
        ("GROK", ["grok-2-image"]),
    ],
)
async def test_without_a_key_the_models_are_those_that_are_known(desk: Desk, word: str, documented: list[str]) -> None:
    answer = await desk.client.get(MODELS, params={"provider": word})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"provider", "models", "supportedModels"}
    assert body["provider"] == word
    assert body["models"] == body["supportedModels"]
    assert set(documented) < set(body["models"])


@pytest.mark.req("S2-048", "S2-049", "S2-010")
@pytest.mark.parametrize(
    ("word", "service", "listed"),
    [
        ("OPENAI", "openai", "gpt-image-2"),
        ("GROK", "xai", "grok-imagine-image"),
        ("GOOGLE_IMAGEN", "gemini", "gemini-3-pro-image"),
    ],
)
async def test_with_a_key_the_models_are_those_that_the_service_lists(
    desk: Desk, word: str, service: str, listed: str
) -> None:
    query = {"provider": word, "apiKeyId": desk.keys.keep(service, GOOD)}
    body = (await desk.client.get(MODELS, params=query)).json()
    assert listed in body["models"]
    assert "dall-e-2" not in body["models"]

    query["apiKeyId"] = desk.keys.keep(service, CANARY)
    status, refused = said(await desk.client.get(MODELS, params=query))
    assert (status, refused["error"]) == (500, "Failed to fetch models")
    assert refused["details"].startswith("Invalid API key")
    assert CANARY not in str(refused)


@pytest.mark.req("S2-050", "S2-051", "S2-052", "S2-010")
@pytest.mark.parametrize(("word", "service"), [("OPENAI", "openai"), ("GROK", "xai"), ("GOOGLE_IMAGEN", "gemini")])
async def test_a_key_is_tried_at_the_service(desk: Desk, word: str, service: str) -> None:
    for body in ({"apiKey": f" {GOOD} "}, {"apiKeyId": desk.keys.keep(service, GOOD)}):
        status, found = said(await desk.client.post(VALIDATE, json={"provider": word, **body}))
        assert (status, found["valid"], found["message"]) == (200, True, "API key is valid")
        assert found["models"]
        assert set(found) == {"valid", "message", "models"}
    for body in ({"apiKey": CANARY}, {"apiKeyId": desk.keys.keep(service, CANARY)}):
        status, found = said(await desk.client.post(VALIDATE, json={"provider": word, **body}))
        assert (status, found["valid"], found["models"]) == (200, False, [])
        assert found["message"].startswith("Invalid API key")
        assert CANARY not in str(found)
    assert not desk.services[word].orders


async def test_what_cannot_be_asked_is_not_called_valid(desk: Desk) -> None:
    found = (await desk.client.post(VALIDATE, json={"provider": "SKETCH", "apiKey": "x"})).json()
    assert (found["valid"], found["message"].startswith("The key could not be checked.")) == (False, True)


@pytest.mark.req("S2-047", "S2-051", "S2-085")
async def test_bodies_and_queries_are_checked(desk: Desk) -> None:
    missing = [("invalid_type", "Required", ["provider"])]
    assert faults(await desk.client.get(MODELS)) == missing
    assert faults(await desk.client.post(VALIDATE, json={"apiKey": "x"})) == missing
    neither = await desk.client.post(VALIDATE, json={"provider": "OPENAI"})
    assert faults(neither) == [("custom", "Either apiKeyId or apiKey is required", ["apiKey"])]
    strange = await desk.client.get(MODELS, params={"provider": "MIDJOURNEY"})
    assert faults(strange)[0][2] == ["provider"]


@pytest.mark.req("S2-082", "S2-084", "S2-088", "S2-059")
async def test_keys_have_to_be_ones_own_and_of_the_provider(desk: Desk) -> None:
    foreign, missing = desk.keys.keep("openai", GOOD, owner="somebody"), (404, {"error": "API key not found"})
    for key_id in (foreign, NOBODY, "uuid-of-stored-key"):
        body = {"provider": "OPENAI", "apiKeyId": key_id}
        assert said(await desk.client.get(MODELS, params=body)) == missing
        assert said(await desk.client.post(VALIDATE, json=body)) == missing
        profile = {"name": "Foreign", "provider": "OPENAI", "modelName": "dall-e-3", "apiKeyId": key_id}
        assert said(await desk.client.post("/api/image-profiles", json=profile)) == missing
    other = desk.keys.keep("xai", GOOD)
    mixed = {"provider": "OPENAI", "apiKeyId": other}
    assert faults(await desk.client.get(MODELS, params=mixed))[0][2] == ["apiKeyId"]
    profile = {"name": "Mixed", "provider": "OPENAI", "modelName": "dall-e-3", "apiKeyId": other}
    assert faults(await desk.client.post("/api/image-profiles", json=profile))[0][2] == ["apiKeyId"]


@pytest.mark.req("S2-030")
async def test_a_key_that_cannot_be_opened_is_invalid(desk: Desk) -> None:
    body = {"provider": "OPENAI", "apiKeyId": desk.keys.keep("openai", None)}
    for answer in (await desk.client.get(MODELS, params=body), await desk.client.post(VALIDATE, json=body)):
        status, refused = said(answer)
        assert (status, refused["details"].startswith("Invalid API key")) == (500, True)


@pytest.mark.req("S2-039", "S2-055", "S2-059")
async def test_a_profile_names_a_key_and_never_shows_it(tmp_path: Path) -> None:
    async with opened_desk(tmp_path, kept=True) as desk:
        await _names_a_key(desk)


async def _names_a_key(desk: Desk) -> None:
    stored = await desk.client.post("/api/keys", json={"provider": "OPENAI", "label": "My key", "apiKey": GOOD})
    assert stored.status_code == 201, stored.text
    key_id = stored.json()["id"]
    profile = await desk.profile(apiKeyId=key_id, baseUrl=f"{desk.services['OPENAI'].base_url}/")
    assert profile["apiKey"] == {"id": key_id, "label": "My key", "provider": "OPENAI"}
    assert GOOD not in str(profile)
    answer = await desk.client.post("/api/images/generate", json={"prompt": "a moor", "profileId": profile["id"]})
    assert answer.status_code == 200, answer.text
    picture = await desk.runtime.pictures.get(answer.json()["data"][0]["id"])
    job = await desk.runtime.jobs.get(picture.job_id)
    address = desk.services["OPENAI"].base_url
    assert job.request.access == Access(key=key_id, base_url=address, may_be_private=True)
    assert job.request.profile == "Keyed"
    assert (await desk.client.delete(f"/api/keys/{key_id}")).status_code in (200, 204)
    shown = (await desk.client.get(f"/api/image-profiles/{profile['id']}")).json()
    assert shown["apiKey"] is None
    cleared = await desk.client.put(f"/api/image-profiles/{profile['id']}", json={"apiKeyId": None, "baseUrl": None})
    assert (cleared.json()["apiKeyId"], cleared.json()["baseUrl"]) == (None, None)
