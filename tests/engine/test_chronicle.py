"""The log has a line for each picture, in document 1's words, and one for each call that brought none."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from limner.api.journal import JsonLines
from limner.domain.errors import FailureCode, Problem, ProviderError, Spent
from limner.domain.money import Money
from limner.testing.fakes import FakeProvider
from tests.engine.house import facts, house

ACME = facts("acme", usd="0.04", parameters='parameters.quality = { choices = ["low", "high"], default = "low" }')
LONG = "a lighthouse at dusk " * 20


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """What stands in the log about generations, as the server writes it."""
    return [json.loads(JsonLines().format(one)) for one in caplog.records if one.name == "limner.generations"]


@pytest.mark.req("S1-115", "S1-106", "S3-094")
async def test_each_picture_has_its_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "limner")
    provider = FakeProvider()
    provider.script(replace(provider.finished(2), cost=Money.usd("0.08")))
    async with house(tmp_path, {"acme": provider}, ACME) as here:
        job = await here.paint(LONG, model="acme/one", count=2, quality="high")
    told = lines(caplog)
    assert [line.pop("image_id") for line in told] == [picture.id for picture in job.pictures]
    for line in told:
        assert line.pop("timestamp")
        assert line == {
            "event": "Image generated successfully",
            "level": "info",
            "logger": "limner.generations",
            "userId": "local",
            "provider": "acme",
            "model": "acme/one",
            "prompt": LONG[:100],
            "generationTime": 0,
            "cost": 0.04,
            "success": True,
            "metadata": {"size": "64x64", "quality": "high", "style": None},
            "job_id": job.id,
        }


@pytest.mark.req("S2-087", "S3-094", "S1-106", "S0-082")
@pytest.mark.parametrize("spent", [Spent.NO, Spent.YES, Spent.UNKNOWN])
async def test_each_call_that_brought_nothing_has_its_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spent: Spent
) -> None:
    caplog.set_level(logging.INFO, "limner")
    lost = ProviderError(Problem(code=FailureCode.FAILED, message="It broke.", spent=spent))
    async with house(tmp_path, {"acme": FakeProvider(lost)}, ACME) as here:
        job = await here.paint(model="acme/one", size=None)
    (line,) = lines(caplog)
    assert {name: line[name] for name in ("event", "level", "code", "reason", "spent", "success", "userId")} == {
        "event": "Image generation failed",
        "level": "warning",
        "code": "provider_failed",
        "reason": "It broke.",
        "spent": spent.value,
        "success": False,
        "userId": "local",
    }
    assert (line["job_id"], line["prompt"]) == (job.id, "a fox")
