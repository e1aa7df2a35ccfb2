"""What Leonardo is sent, where its key goes, and what its answers come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pybase64
import pytest

from limner.domain.accounts import Account, ChecksKey, ListsModels
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.ports import Cancels, Provider, Streams
from limner.domain.request import Operation, Role, Size
from limner.testing.conformance import KEY, settled
from limner.testing.examples import CALL, Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.testing.leonardo_stand_in import PHOENIX, LeonardoStandIn
from limner.testing.pictures import grey_mask
from limner.wire.connection import Connection
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("leonardo"), requests_per_second=0.0)
SIZE = Size(512, 384)


@asynccontextmanager
async def leonardo(*faults: Fault, bucket: str = "") -> AsyncIterator[tuple[LeonardoStandIn, Bench]]:
    async with LeonardoStandIn(key=KEY, bucket=bucket) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


def call_of(model: str, **changes: object) -> Call:
    card = CATALOG.find(f"leonardo/{model}")
    plain = replace(CALL, model=card.name, size=SIZE, quality=None, wire=card.wire)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields of Call


async def bought(provider: Provider, call: Call) -> Finished:
    return await settled(provider, await provider.submit(call), provider)


def masked(size: Size = SIZE, mask_size: Size = SIZE) -> Call:
    source = input_picture(Role.SOURCE, size=size)
    mask = replace(input_picture(Role.MASK, size=mask_size), data=grey_mask(mask_size))
    return call_of("sdxl-1.0", operation=Operation.INPAINT, inputs=(mask, source), strength=0.85)


async def test_a_picture_with_a_mask_goes_as_a_canvas() -> None:
    async with leonardo() as (stand_in, bench):
        await bought(bench.provider, masked())
    sent = dict(stand_in.orders[0])
    assert list(stand_in.uploads) == [sent.pop("canvasInitId"), sent.pop("canvasMaskId")]
    assert sent == {
        "prompt": "a red fox in snow",
        "modelId": "16e7060a-803e-4df3-97ee-edcfa5dc9cc8",
        "width": 512,
        "height": 384,
        "num_images": 1,
        "public": False,
        "alchemy": False,
        "canvasRequest": True,
        "canvasRequestType": "INPAINT",
        "init_strength": 0.15,
    }


@pytest.mark.parametrize("call", [masked(Size(500, 384), Size(500, 384)), masked(mask_size=Size(64, 64))])
async def test_a_canvas_that_would_fail_is_refused_unsent(call: Call) -> None:
    async with leonardo() as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call)
    assert (caught.value.problem().field, stand_in.log) == ("inputs", [])


async def test_a_picture_to_start_from_is_kept_by_what_is_not_to_change() -> None:
    call = call_of("anime-xl", operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),), strength=0.3)
    async with leonardo() as (stand_in, bench):
        await bought(bench.provider, call)
        (order,) = stand_in.orders
        assert (order["init_image_id"], order["init_strength"]) == (next(iter(stand_in.uploads)), 0.7)


async def test_references_of_the_second_api_stand_in_objects_the_source_first() -> None:
    inputs = (input_picture(Role.STYLE, number=1), input_picture(Role.SOURCE, size=SIZE))
    async with leonardo() as (stand_in, bench):
        await bought(
            bench.provider, call_of("leonardo-gemini-image-2", operation=Operation.EDIT, inputs=inputs, size=None)
        )
        (order,) = stand_in.orders
        assert list(stand_in.uploads.values()) == [SIZE, Size(64, 48)]
        references = [{"strength": "MID", "image": {"id": id, "type": "UPLOADED"}} for id in stand_in.uploads]
        assert order == {
            "model": "gemini-image-2",
            "public": False,
            "parameters": {
                "prompt": "a red fox in snow",
                "prompt_enhance": "OFF",
                "quantity": 1,
                "guidances": {"image_reference": references},
            },
        }


@pytest.mark.req("S0-018")
async def test_pictures_that_guide_stand_beside_the_one_to_start_from() -> None:
    inputs = (input_picture(Role.STYLE, number=1), input_picture(Role.SOURCE, size=SIZE))
    styled = call_of("kino-xl/style", operation=Operation.EDIT, inputs=inputs)
    async with leonardo() as (stand_in, bench):
        await bought(bench.provider, styled)
        (order,) = stand_in.orders
        source, style = stand_in.uploads
        assert order["init_image_id"] == source
        guide = {"initImageId": style, "initImageType": "UPLOADED", "preprocessorId": 67, "strengthType": "High"}
        assert order["controlnets"] == [guide]
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(styled, style="watercolor"))
        assert (caught.value.problem().field, stand_in.purchases) == ("style", 1)


async def test_the_key_does_not_go_along_with_an_upload() -> None:
    async with LeonardoStandIn() as bucket, leonardo(bucket=f"{bucket.root}/_bucket") as (stand_in, bench):
        bench.wire.guard.trust(bucket.root)
        stand_in.uploads = bucket.uploads
        await bought(bench.provider, masked())
        assert len(bucket.uploaders) == 2
        assert all("Authorization" not in headers for headers in bucket.uploaders)
        assert stand_in.log[-1].headers["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        (Fault(at=At.UPLOAD, status=200, body={"uploadInitImage": {"id": "x"}}), FailureCode.BAD_ANSWER, False),
        (Fault(at=At.UPLOAD, status=400, body={"error": "Invalid file extension"}), FailureCode.BAD_PARAMETER, False),
        (Fault(at=At.UPLOAD, status=503, body="busy"), FailureCode.OVERLOADED, True),
    ],
)
async def test_a_picture_without_a_place_costs_nothing(fault: Fault, code: FailureCode, retryable: bool) -> None:
    call = call_of("anime-xl", operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),))
    async with leonardo(fault) as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call)
        assert (caught.value.code, caught.value.retryable, caught.value.spent) == (code, retryable, Spent.NO)
        assert stand_in.purchases == 0


async def test_an_upload_that_is_refused_may_be_tried_again_with_a_new_slot() -> None:
    for bucket, code in (("http://127.0.0.1:9/_bucket", FailureCode.FAILED), ("/nowhere", FailureCode.FAILED)):
        call = call_of("anime-xl", operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),))
        async with leonardo(bucket=bucket) as (stand_in, bench):
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(call)
            assert (caught.value.code, caught.value.retryable, caught.value.spent) == (code, True, Spent.NO)
            assert stand_in.purchases == 0


async def test_the_stated_cost_is_booked_in_dollars_and_noted_in_credits() -> None:
    async with leonardo() as (stand_in, bench):
        finished = await bought(bench.provider, call_of("phoenix-1.0"))
        assert (finished.cost, dict(finished.pictures[0].notes)) == (Money.usd("0.0147"), {})
        for cost, booked, noted in (
            ({"amount": 24, "unit": "CREDITS"}, None, {"credits": "24"}),
            ({"amount": 0.02, "unit": "DOLLARS"}, Money.usd("0.02"), {}),
            ({"amount": "much", "unit": "DOLLARS"}, None, {}),
            ({}, None, {}),
        ):
            stand_in.cost = cost
            finished = await bought(bench.provider, call_of("phoenix-1.0"))
            assert (finished.cost, dict(finished.pictures[0].notes)) == (booked, noted)


async def test_a_flag_is_noted_with_the_picture_and_a_kept_back_one_is_billed() -> None:
    async with leonardo() as (stand_in, bench):
        pending = await bench.provider.submit(call_of("phoenix-1.0", count=2))
        assert isinstance(pending, Pending)
        shown = {"id": "a", "url": stand_in.keep(stand_in.paint(SIZE)), "nsfw": True}
        hidden = {"id": "b", "url": None, "nsfw": True}
        for images in ([shown, hidden], [hidden]):
            job = {"id": "x", "status": "COMPLETE", "generated_images": images}
            stand_in.faults.add(Fault(at=At.POLL, status=200, body={"generations_by_pk": job}))
        finished = await bench.provider.poll(pending)
        assert isinstance(finished, Finished)
        assert [dict(picture.notes) for picture in finished.pictures] == [{"nsfw": True}]
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(pending)
        assert (caught.value.code, caught.value.spent) == (FailureCode.REFUSED, Spent.YES)
        assert caught.value.bill is not None
        assert caught.value.bill.cost == Money.usd("0.0147")


async def test_a_larger_picture_is_a_variation() -> None:
    source = input_picture(Role.SOURCE, size=SIZE)
    call = call_of("universal-upscaler", operation=Operation.UPSCALE, inputs=(source,), scale=2, prompt="", size=None)
    async with leonardo() as (stand_in, bench):
        pending = await bench.provider.submit(call)
        assert isinstance(pending, Pending)
        assert pending.ticket["answer"] == "variations"
        finished = await settled(bench.provider, pending, bench.provider)
        assert len(finished.pictures) == 1
        order = dict(stand_in.orders[0])
        assert order.pop("initImageId") in stand_in.uploads
        assert order == {"upscaleMultiplier": 2, "upscalerStyle": "GENERAL", "creativityStrength": 5}


async def test_a_cut_out_comes_at_once_wrapped_or_not_as_a_link_or_as_text() -> None:
    source = input_picture(Role.SOURCE, size=SIZE)
    call = call_of("remove-bg", operation=Operation.REMOVE_BACKGROUND, inputs=(source,), prompt="", size=None)
    async with leonardo() as (stand_in, bench):
        finished = await bench.provider.submit(call)
        assert isinstance(finished, Finished)
        assert (len(finished.pictures), finished.cost) == (1, Money.usd("0.0147"))
        text = pybase64.b64encode(stand_in.paint(SIZE)).decode()
        bare = {"id": "j", "cost": {"amount": "7", "unit": "CREDITS"}, "results": [{"dataB64": text}, {}]}
        stand_in.faults.add(Fault(status=200, body=bare), Fault(status=200, body={**bare, "results": []}))
        second = await bench.provider.submit(call)
        assert isinstance(second, Finished)
        assert (second.request_id, second.cost, dict(second.pictures[0].notes)) == ("j", None, {"credits": "7"})
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call)
        assert (caught.value.code, caught.value.spent) == (FailureCode.BAD_ANSWER, Spent.YES)


async def test_a_key_is_checked_and_models_are_listed_at_no_cost() -> None:
    async with leonardo() as (stand_in, bench):
        assert isinstance(bench.provider, ChecksKey)
        assert isinstance(bench.provider, ListsModels)
        assert not isinstance(bench.provider, Streams | Cancels)
        assert await bench.provider.check_key() == Account(name="ink", balance=Decimal(150), unit="credits")
        assert await bench.provider.list_models() == sorted(PHOENIX)
        stand_in.faults.add(Fault(at=At.ACCOUNT, status=200, body={"user_details": []}))
        assert (await bench.provider.check_key()).balance is None
        stand_in.key = "another"
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()
        assert (caught.value.code, stand_in.purchases) == (FailureCode.AUTHENTICATION, 0)
