"""What Google is sent, and what becomes of its answers."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from aiohttp import ClientSession

from limner.domain.call import Finished, Landed, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.prices import Meter
from limner.domain.request import Aspect, Operation, Role, Size
from limner.engine.pricing import facts_of
from limner.runtime import open_runtime
from limner.settings import Settings
from limner.studio import Studio
from limner.testing.conformance import KEY
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import Fault
from limner.testing.gemini_stand_in import GeminiStandIn
from limner.wire.connection import Connection
from tests.providers.test_gemini_conformance import CALL, CATALOG, NANO, ended

CARD = CATALOG.service("gemini")


@asynccontextmanager
async def gemini(*faults: Fault, key: str = KEY, page: int = 1000) -> AsyncIterator[tuple[GeminiStandIn, Bench]]:
    async with GeminiStandIn(key=KEY, page=page) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=key, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


async def test_a_generation_as_it_is_sent() -> None:
    call = replace(
        CALL,
        aspect="7:3",
        resolution="4K",
        quality="high",
        seed=7,
        extra={"temperature": 0.5, "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]},
    )
    async with gemini() as (stand_in, bench):
        await bench.provider.submit(call)
    assert stand_in.log[0].path == "/v1beta/models/gemini-nano-banana-2.1:generateContent"
    assert stand_in.log[0].headers["x-goog-api-key"] == KEY
    assert stand_in.log[0].body == {
        "contents": [{"role": "user", "parts": [{"text": "a red fox in snow"}]}],
        "generationConfig": {
            "responseModalities": ["IMAGE"],
            "imageConfig": {"aspectRatio": "21:9", "imageSize": "4K"},
            "thinkingConfig": {"thinkingLevel": "HIGH"},
            "seed": 7,
            "temperature": 0.5,
        },
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    }


async def test_an_edit_sends_the_words_and_then_the_picture_to_change() -> None:
    inputs = (input_picture(Role.STYLE, number=2), input_picture(Role.SOURCE, size=Size(32, 16)))
    async with gemini() as (stand_in, bench):
        finished = await bench.provider.submit(replace(CALL, operation=Operation.EDIT, inputs=inputs))
    assert isinstance(finished, Finished)
    assert finished.usage[Meter.INPUT_IMAGE_TOKEN] == 1120
    parts = stand_in.log[0].body["contents"][0]["parts"]  # type: ignore[index]  # JSON
    assert [list(part) for part in parts] == [["text"], ["inlineData"], ["inlineData"]]
    assert parts[1]["inlineData"]["data"] != parts[2]["inlineData"]["data"]
    assert parts[1]["inlineData"]["mimeType"] == "image/png"


async def test_thoughts_are_no_pictures_but_cost_money() -> None:
    async with gemini() as (stand_in, bench):
        finished = await bench.provider.submit(replace(CALL, quality="high"))
        assert isinstance(finished, Finished)
        [picture] = finished.pictures
        assert isinstance(picture.content, Landed)
        assert bench.blobs.files[picture.content.digest] == stand_in.maker.png(Size(256, 256), 2)
    assert finished.usage == {
        Meter.INPUT_TEXT_TOKEN: Decimal(4),
        Meter.INPUT_IMAGE_TOKEN: Decimal(0),
        Meter.OUTPUT_IMAGE_TOKEN: Decimal(1120),
        Meter.OUTPUT_TEXT_TOKEN: Decimal(420),
    }
    assert (finished.request_id, finished.served_by) == ("response-1", NANO.name)
    charge = NANO.prices.charge(finished.usage, facts_of(CALL, NANO))
    assert charge == Money.usd("0.036756")  # 4 * 1.50 + 1,120 * 30 + 420 * 7.50 dollars a million


async def test_several_pictures_and_words_in_a_reply_are_all_delivered() -> None:
    text = {"text": "Two foxes."}
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    usage = {"promptTokenCount": 4, "candidatesTokenCount": 2250}
    body = {"candidates": [{"content": {"parts": [text, picture, picture]}}], "usageMetadata": usage}
    async with gemini(Fault(status=200, body=body)) as (_, bench):
        finished = await bench.provider.submit(CALL)
    assert isinstance(finished, Finished)
    assert [picture.notes for picture in finished.pictures] == [{"said": "Two foxes."}] * 2
    assert finished.usage[Meter.OUTPUT_IMAGE_TOKEN] == 2250
    assert finished.usage[Meter.OUTPUT_TEXT_TOKEN] == 0


async def test_a_blocked_picture_brings_its_bill() -> None:
    async with gemini(ended("IMAGE_SAFETY", tokens=1000)) as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(CALL)
    assert caught.value.bill is not None
    assert NANO.prices.charge(caught.value.bill.usage, facts_of(CALL, NANO)) == Money.usd("0.009")


@pytest.mark.req("S1-070")
async def test_a_blocked_picture_is_booked_at_what_was_counted(tmp_path: Path) -> None:
    async with GeminiStandIn(key=KEY) as stand_in:
        stand_in.faults.add(ended("IMAGE_PROHIBITED_CONTENT", tokens=1000))
        settings = Settings(data_dir=tmp_path, variables={"GEMINI_BASE_URL": stand_in.base_url, "GOOGLE_API_KEY": KEY})
        async with open_runtime(settings) as runtime:
            studio = Studio(runtime)
            job = (await studio.paint(await studio.request("a fox", model="gemini"))).job
    assert (job.state, job.cost, job.held) == (JobState.REFUSED, Money.usd("0.009"), Money())


async def test_the_list_of_models_has_those_that_make_pictures() -> None:
    async with gemini(page=2) as (_, bench):
        names = await bench.provider.list_models()  # type: ignore[attr-defined]  # Google lists them
    assert names == ["gemini-nano-banana-2.1", "gemini-3-pro-image", "gemini-3.1-flash-lite-image"]


@pytest.mark.parametrize(
    ("key", "code"), [("AIza-wrong-0123456789", FailureCode.AUTHENTICATION), ("", FailureCode.FORBIDDEN)]
)
async def test_a_key_is_checked_by_listing_models(key: str, code: FailureCode) -> None:
    async with gemini(key=key) as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.list_models()  # type: ignore[attr-defined]  # Google lists them
    assert (caught.value.code, caught.value.spent) == (code, Spent.NO)


async def test_no_call_goes_on_there() -> None:
    async with gemini() as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(Pending(ticket={"id": "x"}, poll_after=1.0))
    assert caught.value.code == FailureCode.EXPIRED


@pytest.mark.parametrize(("resolution", "dollars"), [("1K", "0.0336"), ("2K", "0.0504"), ("4K", "0.0756")])
@pytest.mark.parametrize("aspect", ["1:1", "16:9", "1:8"])
def test_the_price_follows_the_resolution_whatever_the_shape(resolution: str, dollars: str, aspect: str) -> None:
    estimate = NANO.prices.estimate(facts_of(replace(CALL, resolution=resolution, aspect=aspect), NANO))
    assert estimate is not None
    painted = Money.usd(dollars)
    assert painted <= estimate.likely <= painted + Money.usd("0.001")
    assert estimate.ceiling >= painted


@pytest.mark.req("S2-007")
def test_the_shapes_of_the_documents_are_there() -> None:
    wanted = {Aspect.parse(text) for text in ("1:1", "16:9", "9:16", "4:3", "3:2")}
    for card in CATALOG.models:
        if card.service == "gemini":
            assert wanted <= set(card.sizes.aspects)


@pytest.mark.req("S2-002", "S4-003")
@pytest.mark.parametrize(
    ("name", "heir"),
    [
        ("imagen-4.0-generate-001", "gemini-nano-banana-2.1"),
        ("imagen-3.0-generate-002", "gemini-nano-banana-2.1"),
        ("imagen-3.0-fast-generate-001", "gemini-nano-banana-2.1"),
        ("imagen-4.0-ultra-generate-001", "gemini-3-pro-image"),
        ("gemini-2.5-flash-image", "gemini-nano-banana-2.1"),
        ("imagen-4", "gemini-nano-banana-2.1"),
    ],
)
def test_models_of_the_documents_lead_to_their_heirs(name: str, heir: str) -> None:
    assert CATALOG.find(f"GOOGLE_IMAGEN/{name}").successor == f"gemini/{heir}"


async def test_the_stand_in_takes_names_in_both_ways_as_google_does() -> None:
    """What its own SDK sends (google-genai 3.6.1): a picture with snake_case names and URL-safe base64."""
    data = base64.urlsafe_b64encode(input_picture(Role.SOURCE).data).decode()
    parts = [{"text": "night"}, {"inlineData": {"mime_type": "image/png", "data": data}}]
    body = {"contents": [{"role": "user", "parts": parts}], "generationConfig": {"responseModalities": ["IMAGE"]}}
    async with GeminiStandIn() as stand_in, ClientSession() as session:
        address = f"{stand_in.base_url}/v1beta/models/gemini-3-pro-image:generateContent"
        async with session.post(address, json=body) as answer:
            assert answer.status == 200
        refused: list[dict[str, object]] = [
            {"candidate_count": 2},
            {"image_config": {"aspect_ratio": "1:8"}},
            {"response_modalities": ["TEXT"]},
        ]
        for wrong in refused:
            config = {"generationConfig": {"responseModalities": ["IMAGE"], **wrong}}
            async with session.post(address, json={**body, **config}) as answer:
                assert answer.status == 400
    assert stand_in.purchases == 1
