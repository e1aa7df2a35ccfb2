"""What Together is sent, what becomes of its answers, and what its steps cost."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal

import pytest
from aiohttp import ClientSession

from limner.domain.accounts import Account, ChecksKey, ListsModels
from limner.domain.call import Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.model_card import Status
from limner.domain.money import MICRO, Money
from limner.domain.request import ImageRequest, Operation, Role, Size
from limner.engine.pricing import facts_of
from limner.engine.translation import translate
from limner.testing.conformance import KEY
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.testing.together_stand_in import TogetherStandIn
from limner.wire.connection import Connection
from tests.providers.test_together_conformance import CALL, CARD, CATALOG, KONTEXT, XL

SCHNELL = CATALOG.find("together/black-forest-labs/FLUX.1-schnell")
DEV = CATALOG.find("together/black-forest-labs/FLUX.1-dev")


@asynccontextmanager
async def together(*faults: Fault, key: str = KEY) -> AsyncIterator[tuple[TogetherStandIn, Bench]]:
    async with TogetherStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=key, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


async def test_a_generation_as_it_is_sent() -> None:
    call = replace(
        CALL,
        count=2,
        steps=12,
        guidance=7.5,
        seed=7,
        negative_prompt="blurred",
        format="png",
        extra={"disable_safety_checker": True},
    )
    async with together() as (stand_in, bench):
        finished = await bench.provider.submit(call)
    assert stand_in.log[0].path == "/v1/images/generations"
    assert stand_in.log[0].headers["Authorization"] == f"Bearer {KEY}"
    assert stand_in.log[0].body == {
        "model": "stabilityai/stable-diffusion-xl-base-1.0",
        "prompt": "a red fox in snow",
        "n": 2,
        "width": 512,
        "height": 512,
        "steps": 12,
        "guidance_scale": 7.5,
        "seed": 7,
        "negative_prompt": "blurred",
        "output_format": "png",
        "response_format": "base64",
        "disable_safety_checker": True,
    }
    assert isinstance(finished, Finished)
    assert (len(finished.pictures), finished.request_id, finished.served_by) == (2, "together-1", XL.name)
    assert (finished.usage, finished.cost) == ({}, None)


async def test_pictures_go_by_the_field_of_their_model() -> None:
    flux = CATALOG.find("together/black-forest-labs/FLUX.2-pro")
    source, style = input_picture(Role.SOURCE), input_picture(Role.STYLE, number=2)
    edit = replace(CALL, operation=Operation.EDIT)
    async with together() as (stand_in, bench):
        await bench.provider.submit(replace(edit, model=KONTEXT.name, wire=KONTEXT.wire, inputs=(source,)))
        await bench.provider.submit(replace(edit, model=flux.name, wire=flux.wire, inputs=(style, source)))
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(edit, inputs=(source,)))
    one, several = stand_in.log[0].body["image_url"], stand_in.log[1].body["reference_images"]
    assert isinstance(several, list)
    assert several[0] == one
    assert len(several) == 2
    assert (caught.value.code, caught.value.field) == (FailureCode.BAD_PARAMETER, "source picture")
    assert stand_in.purchases == 2


async def test_fewer_pictures_than_asked_are_delivered() -> None:
    async with together(Fault(pictures=1), Fault(garbage="!!")) as (_, bench):
        for _ in range(2):
            finished = await bench.provider.submit(replace(CALL, count=2))
            assert isinstance(finished, Finished)
            assert len(finished.pictures) == 1


async def test_addresses_in_the_place_of_pictures_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.wire.line.PAUSES", (0.0, 0.0))
    async with together() as (stand_in, bench):
        good, gone = stand_in.keep(input_picture(Role.SOURCE).data), f"{stand_in.root}/_files/gone.png"
        for addresses in ([good, good], [gone, good], [gone]):
            stand_in.faults.add(Fault(status=200, body={"id": "t", "data": [{"url": each} for each in addresses]}))
        both = await bench.provider.submit(replace(CALL, count=2))
        one = await bench.provider.submit(replace(CALL, count=2))
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(CALL)
    assert isinstance(both, Finished)
    assert isinstance(one, Finished)
    assert [len(finished.pictures) for finished in (both, one)] == [2, 1]
    assert "no longer has the picture" in str(one.pictures[0].notes["cut_short"])
    assert (caught.value.code, caught.value.spent) == (FailureCode.EXPIRED, Spent.YES)


@pytest.mark.parametrize(("card", "per_megapixel", "usual"), [(SCHNELL, "0.0027", 4), (DEV, "0.025", 28)])
@pytest.mark.parametrize("more", [1, 2, 3])
def test_a_picture_costs_its_megapixels_times_its_steps(
    card: object, per_megapixel: str, usual: int, more: int
) -> None:
    model = SCHNELL if card is SCHNELL else DEV
    for size in model.sizes.fixed:
        steps = min(usual * more, 12 if model is SCHNELL else 50)
        call = replace(CALL, model=model.name, size=size, steps=steps, count=3)
        estimate = model.prices.estimate(facts_of(call, model))
        assert estimate is not None
        exact = Decimal(per_megapixel) * size.pixels / MICRO * steps / usual * 3
        assert estimate.floor == estimate.ceiling
        assert 0 <= estimate.likely.micro - int((exact * MICRO).to_integral_value(ROUND_CEILING)) <= 1


def test_fewer_steps_than_the_usual_number_would_cost_the_same_and_are_not_sent() -> None:
    for wanted, sent in ((1, 4), (8, 8), (50, 12)):
        [call] = translate(ImageRequest(prompt="a fox", steps=wanted), SCHNELL).calls
        assert call.steps == sent


def test_models_by_the_megapixel_follow_the_size() -> None:
    for size, dollars in ((Size(1024, 1024), "0.041944"), (Size(512, 512), "0.010486")):
        estimate = KONTEXT.prices.estimate(facts_of(replace(CALL, size=size), KONTEXT))
        assert estimate is not None
        assert estimate.ceiling == Money.usd(dollars)


async def test_the_list_of_models_and_the_owner_of_the_key() -> None:
    async with together() as (_, bench):
        names = await bench.provider.list_models()  # type: ignore[attr-defined]  # Together lists them
        account = await bench.provider.check_key()  # type: ignore[attr-defined]  # and tells whose key it is
    assert SCHNELL.name in names
    assert "meta-llama/Llama-4" not in names
    assert account == Account(name="Foxes Ltd.")


async def test_a_wrong_key_is_told() -> None:
    async with together(key="tgp-wrong-0123456789") as (_, bench):
        provider = bench.provider
        assert isinstance(provider, ListsModels)
        assert isinstance(provider, ChecksKey)
        questions: tuple[Callable[[], Awaitable[object]], ...] = (provider.list_models, provider.check_key)
        for question in questions:
            with pytest.raises(ProviderError) as caught:
                await question()
            assert caught.value.code == FailureCode.AUTHENTICATION


async def test_no_call_goes_on_there() -> None:
    async with together(Fault(at=At.ACCOUNT)) as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(Pending(ticket={"id": "x"}, poll_after=1.0))
    assert caught.value.code == FailureCode.EXPIRED


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"width": 1000, "height": 1001}, "height"),
        ({"n": 5}, "n"),
        ({"model": "stabilityai/stable-diffusion-2-1"}, "model"),
        ({"image_url": "https://example.com/a.png"}, "image_url"),
        ({"response_format": "b64_json"}, "response_format"),
        ({"quality": "hd"}, "quality"),
    ],
)
async def test_the_stand_in_refuses_what_the_service_refuses(body: dict[str, object], param: str) -> None:
    async with TogetherStandIn() as stand_in, ClientSession() as session:
        whole = {"model": XL.name, "prompt": "fox", **body}
        async with session.post(f"{stand_in.base_url}/images/generations", json=whole) as answer:
            assert answer.status in {400, 404}
            assert (await answer.json())["error"]["param"] == param
        async with session.post(f"{stand_in.base_url}/images/generations", json={**whole, "n": None}) as answer:
            assert answer.status == 400
    assert stand_in.purchases == 0


@pytest.mark.req("S3-008")
def test_the_models_of_the_documents_are_there_or_lead_to_their_heirs() -> None:
    assert {"standard", "fast"} <= set(XL.tiers)
    estimate = XL.prices.estimate(facts_of(CALL, XL))
    assert estimate is not None
    assert estimate.ceiling <= Money.usd("0.003")
    for name in ("stabilityai/stable-diffusion-2-1", "playgroundai/playground-v2.5-1024px-aesthetic"):
        card = CATALOG.find(f"together/{name}")
        assert (card.status, card.successor) == (Status.RETIRED, XL.id)
