"""OpenAI's moderation model as what looks at requests, against the stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from limner.domain.errors import FailureCode, NotConfigured, ProviderError, Spent
from limner.domain.moderation import Judges, Shown, Stage
from limner.domain.request import Size
from limner.providers.services import ConfiguredServices
from limner.testing.examples import CARD
from limner.testing.fakes import MemoryBlobs
from limner.testing.faults import At, Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.pictures import PictureMaker
from limner.wire.client import Wire
from limner.wire.connection import Connection

KEY = "sk-test-moderation"
PICTURE = Shown(media_type="image/png", data=PictureMaker().png(Size(16, 16), 1))


@asynccontextmanager
async def judge_at(stand_in: OpenAIStandIn, key: str = KEY) -> AsyncIterator[Judges]:
    connection = Connection(base_url=stand_in.base_url, api_key=key)
    async with Wire(MemoryBlobs()) as wire:
        yield ConfiguredServices([CARD], {"openai": connection}, wire, plugins=()).judge("openai")


@pytest.mark.req("S3-086")
async def test_words_and_each_picture_are_asked_about_by_themselves() -> None:
    async with OpenAIStandIn(key=KEY) as stand_in, judge_at(stand_in) as judge:
        assert list(await judge.judge("a boat", [PICTURE, PICTURE])) == []
        asked = [entry.body["input"] for entry in stand_in.log]
        kinds = [part["type"] for parts in asked for part in parts]  # type: ignore[attr-defined]  # JSON
        assert kinds == ["text", "image_url", "image_url"]
        assert stand_in.purchases == 0


async def test_what_is_flagged_is_named() -> None:
    async with OpenAIStandIn() as stand_in, judge_at(stand_in) as judge:
        (verdict,) = await judge.judge("a gruesome boat", [PICTURE])
    assert (verdict.stage, verdict.categories, verdict.by) == (
        Stage.PROMPT,
        ("violence/graphic",),
        "OpenAI's moderation",
    )
    assert len(stand_in.log) == 1


async def test_without_words_only_pictures_are_asked_about() -> None:
    async with OpenAIStandIn() as stand_in, judge_at(stand_in) as judge:
        assert list(await judge.judge(" ", [PICTURE])) == []
        assert len(stand_in.log) == 1


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        (Fault(at=At.MODERATION, status=429, body={"error": {"message": "slow down"}}), FailureCode.RATE_LIMITED, True),
        (Fault(at=At.MODERATION, status=503), FailureCode.OVERLOADED, True),
        (Fault(at=At.MODERATION, status=200, body={"results": []}), FailureCode.BAD_ANSWER, False),
        (Fault(at=At.MODERATION, status=200, body={"results": [{"flagged": None}]}), FailureCode.BAD_ANSWER, False),
    ],
)
async def test_an_answer_without_a_verdict_is_an_error(fault: Fault, code: FailureCode, retryable: bool) -> None:
    async with OpenAIStandIn() as stand_in, judge_at(stand_in) as judge:
        stand_in.faults.add(fault)
        with pytest.raises(ProviderError) as caught:
            await judge.judge("a boat", [])
    assert (caught.value.code, caught.value.retryable, caught.value.spent) == (code, retryable, Spent.NO)


async def test_a_wrong_key_is_told_without_it() -> None:
    async with OpenAIStandIn(key=KEY) as stand_in, judge_at(stand_in, "sk-wrong-key-0123456789") as judge:
        with pytest.raises(ProviderError) as caught:
            await judge.judge("a boat", [])
    assert caught.value.code == FailureCode.AUTHENTICATION
    assert "0123456789" not in caught.value.message


async def test_without_a_key_it_says_what_is_missing() -> None:
    async with Wire(MemoryBlobs()) as wire:
        services = ConfiguredServices([replace(CARD, base_url="https://api.openai.com/v1")], {}, wire, plugins=())
        with pytest.raises(
            NotConfigured, match=r"LIMNER_MODERATION=openai cannot be used\. Needs a key: set OPENAI_API_KEY"
        ):
            services.judge("openai")
