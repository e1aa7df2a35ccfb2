"""The documents' environment names work as written: keys open their services, addresses lead to them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from limner.domain.errors import FailureCode, NotConfigured
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.runtime import open_runtime
from limner.settings import read_settings
from limner.studio import Studio
from limner.testing.gemini_stand_in import GeminiStandIn
from limner.testing.leonardo_stand_in import LeonardoStandIn
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.replicate_stand_in import ReplicateStandIn
from limner.testing.runware_stand_in import RunwareStandIn
from limner.testing.stability_stand_in import StabilityStandIn
from limner.testing.together_stand_in import TogetherStandIn

KEY = "a-key-of-the-tests-0123456789abcdef"

Server = Callable[..., AbstractAsyncContextManager[Any]]
SERVICES = [
    pytest.param("openai", "OPENAI_API_KEY", OpenAIStandIn, marks=pytest.mark.req("S0-056", "S1-098")),
    pytest.param("replicate", "REPLICATE_API_TOKEN", ReplicateStandIn, marks=pytest.mark.req("S0-054", "S1-098")),
    pytest.param("stability", "STABILITY_API_KEY", StabilityStandIn, marks=pytest.mark.req("S1-094")),
    pytest.param("together", "TOGETHER_API_KEY", TogetherStandIn, marks=pytest.mark.req("S3-069")),
    pytest.param("gemini", "GEMINI_API_KEY", GeminiStandIn, marks=pytest.mark.req("S3-072")),
    pytest.param("leonardo", "LEONARDO_API_KEY", LeonardoStandIn, marks=pytest.mark.req("S4-059")),
    pytest.param("runware", "RUNWARE_API_KEY", RunwareStandIn, marks=pytest.mark.req("S4-060")),
]


@pytest.mark.parametrize(("service", "variable", "stand_in"), SERVICES)
async def test_a_key_in_the_environment_opens_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, variable: str, stand_in: Server
) -> None:
    monkeypatch.delenv(variable, raising=False)
    facts = tmp_path / "catalog.d"
    facts.mkdir()
    (facts / "pace.toml").write_text(f'[service]\nid = "{service}"\nrequests_per_second = 0\npoll_seconds = 0.001\n')
    async with stand_in(key=KEY) as server:
        given = {f"{service.upper()}_BASE_URL": server.base_url}
        for key, state in ((KEY, JobState.SUCCEEDED), ("not-this-one-0123456789abcdef0123", JobState.FAILED)):
            settings = read_settings({**given, variable: key}, tmp_path, data_dir=tmp_path)
            async with open_runtime(settings.model_copy(update={"unpriced_ceiling_usd": Money.usd(1)})) as runtime:
                assert runtime.services.readiness(service).ready
                job = await Studio(runtime).generate("a fox", provider=service)
                assert job.state is state, job.job.problem
                if state is JobState.FAILED:
                    assert job.job.problem is not None
                    assert job.job.problem.code == FailureCode.AUTHENTICATION
    async with open_runtime(read_settings({}, tmp_path, data_dir=tmp_path), work=False) as runtime:
        assert f"set {variable}" in runtime.services.readiness(service).reason


@pytest.mark.req("S1-093", "S1-004")
async def test_the_organization_goes_along_where_it_is_set(tmp_path: Path) -> None:
    async with OpenAIStandIn(key=KEY) as server:
        given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url, "OPENAI_REQUESTS_PER_SECOND": "0"}
        for more in ({}, {"OPENAI_ORG_ID": "org-of-the-tests"}):
            async with open_runtime(read_settings({**given, **more}, tmp_path, data_dir=tmp_path)) as runtime:
                assert (await Studio(runtime).generate("a fox", model="gpt-image-2")).state is JobState.SUCCEEDED
        sent = [entry.headers.get("OpenAI-Organization") for entry in server.log]
    assert sent == [None, "org-of-the-tests"]


@pytest.mark.req("S1-100")
async def test_the_time_of_a_services_calls_can_be_set(tmp_path: Path) -> None:
    settings = read_settings({"REPLICATE_TIMEOUT_SECONDS": "7.5"}, tmp_path, data_dir=tmp_path)
    async with open_runtime(settings, work=False) as runtime:
        models = runtime.catalog.models
        assert {card.timeout for card in models if card.service == "replicate"} == {7.5}
        assert {card.timeout for card in models if card.service == "openai"} == {600}
    for wrong in ("0", "soon", "inf", "-1"):
        with pytest.raises(NotConfigured, match="REPLICATE_TIMEOUT_SECONDS is wrong"):
            async with open_runtime(read_settings({"REPLICATE_TIMEOUT_SECONDS": wrong}, tmp_path, data_dir=tmp_path)):
                pass
