"""Services in Python: all of them, the one that paints by default, and those that a program brings along."""

from __future__ import annotations

from pathlib import Path

import pytest

import limner
from limner.domain.errors import NotConfigured, UnknownModel
from limner.domain.job import JobState
from limner.testing.fakes import FakeProvider
from limner.wire.line import Line
from tests.engine.house import facts

PARAMETERS = 'parameters.quality = { choices = ["low", "high"], default = "low" }'


def facts_of(name: str) -> str:
    """A service with one model and an adapter of its own, as a catalog file says it."""
    text = facts(name, usd="0.01", parameters=PARAMETERS).text
    return text.replace('adapter = "openai"', f'adapter = "{name}"')


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with keys for services that nobody has heard of."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ACME", "BOLT"):
        monkeypatch.setenv(f"{name}_API_KEY", "k" * 20)
    return tmp_path / "data"


@pytest.mark.req("S0-001", "S0-002", "S0-011", "S0-012", "S0-013", "S0-072", "S4-005")
async def test_a_service_of_ones_own_is_registered_found_and_paints(here: Path) -> None:
    provider, lines = FakeProvider(), list[Line]()

    def make(line: Line) -> FakeProvider:
        lines.append(line)
        return provider

    async with limner.open(data_dir=here) as studio:
        assert "acme" not in studio.services
        assert (await studio.service()).id == "sketch"
    own = limner.OwnService(facts=facts_of("acme"), make=make)
    async with limner.open(data_dir=here, services=[own]) as studio:
        assert {"acme", "openai", "replicate", "sketch"} <= set(studio.services)
        assert (await studio.service("acme")).name == "Acme"
        assert (await studio.service("dalle3")).id == "openai"
        assert (await studio.service()).id == "acme"
        job = await studio.generate("a fox", size="64x64", count=2)
        assert (job.state, job.job.model, len(job.images)) == (JobState.SUCCEEDED, "acme/one", 2)
        (call,) = provider.submits
        assert (call.prompt, call.count, call.quality) == ("a fox", 2, "low")
        assert lines[0].connection.api_key == "k" * 20
        with pytest.raises(UnknownModel):
            await studio.service("nobody")


@pytest.mark.req("S0-007")
async def test_each_model_says_its_defaults_and_they_are_what_is_sent(here: Path) -> None:
    provider = FakeProvider()
    own = limner.OwnService(facts=facts_of("acme"), make=lambda _: provider)
    async with limner.open(data_dir=here, services=[own]) as studio:
        card = studio.runtime.catalog.find("acme/one")
        assert (dict(card.defaults), str(card.sizes.default)) == ({"quality": "low"}, "64x64")
        await studio.generate("a fox", model="acme/one")
        await studio.generate("a fox", model="acme/one", quality="high")
        assert [call.quality for call in provider.submits] == [card.defaults["quality"], "high"]


@pytest.mark.req("S1-004", "S0-013")
async def test_the_default_service_is_the_one_that_is_set(here: Path) -> None:
    acme, bolt = FakeProvider(), FakeProvider()
    own = [
        limner.OwnService(facts=facts_of("acme"), make=lambda _: acme),
        limner.OwnService(facts=facts_of("bolt").replace("0.01", "0.09"), make=lambda _: bolt),
    ]
    async with limner.open(data_dir=here, services=own) as studio:
        assert (await studio.service()).id == "acme"
    async with limner.open(data_dir=here, services=own, default_provider="bolt") as studio:
        assert (await studio.service()).id == "bolt"
        assert (await studio.generate("a fox")).job.model == "bolt/one"
    off = {"ENABLE_IMAGE_GENERATION_BOLT": "false"}
    with pytest.MonkeyPatch.context() as patched:
        for name, value in off.items():
            patched.setenv(name, value)
        async with limner.open(data_dir=here, services=own, default_provider="bolt") as studio:
            assert (await studio.service()).id == "acme"
    with pytest.raises(NotConfigured, match="LIMNER_DEFAULT_PROVIDER"):
        async with limner.open(data_dir=here, default_provider="nobody"):
            pass


@pytest.mark.parametrize("text", ["[service", "[[model]]\nname = 'x'", "service = 1"])
async def test_facts_that_are_none_are_said(here: Path, text: str) -> None:
    with pytest.raises(NotConfigured) as refusal:
        async with limner.open(data_dir=here, services=[limner.OwnService(facts=text, make=lambda _: FakeProvider())]):
            pass
    assert refusal.value.code == "catalog_invalid"
