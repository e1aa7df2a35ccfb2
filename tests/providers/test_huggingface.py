"""What the router is sent for each provider, and what becomes of its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.request import Operation, Role
from limner.testing.conformance import KEY
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.testing.huggingface_stand_in import HuggingFaceStandIn
from limner.wire.connection import Connection
from tests.providers.test_huggingface_conformance import CALL, CARD, CATALOG, FLUX, KONTEXT

FULL = replace(CALL, steps=20, guidance=3.5, seed=7, negative_prompt="blurred")
PICTURE = input_picture(Role.SOURCE)
EDIT = replace(CALL, model=KONTEXT.name, wire=KONTEXT.wire, operation=Operation.EDIT, size=None, inputs=(PICTURE,))


@asynccontextmanager
async def huggingface(
    *providers: str, faults: tuple[Fault, ...] = (), key: str = KEY
) -> AsyncIterator[tuple[HuggingFaceStandIn, Bench]]:
    async with HuggingFaceStandIn(key=KEY, providers=providers or ("hf-inference",)) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=key, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


@pytest.mark.parametrize(
    ("provider", "call", "path", "body"),
    [
        (
            "hf-inference",
            FULL,
            "/hf-inference/models/black-forest-labs/FLUX.1-dev",
            {
                "inputs": "a red fox in snow",
                "parameters": {
                    "width": 512,
                    "height": 512,
                    "num_inference_steps": 20,
                    "guidance_scale": 3.5,
                    "seed": 7,
                    "negative_prompt": "blurred",
                },
            },
        ),
        (
            "together",
            FULL,
            "/together/v1/images/generations",
            {
                "model": "own/flux.1-dev",
                "prompt": "a red fox in snow",
                "width": 512,
                "height": 512,
                "steps": 20,
                "guidance_scale": 3.5,
                "seed": 7,
                "negative_prompt": "blurred",
                "response_format": "base64",
            },
        ),
        (
            "nscale",
            replace(CALL, seed=7),
            "/nscale/v1/images/generations",
            {
                "model": "own/flux.1-dev",
                "prompt": "a red fox in snow",
                "size": "512x512",
                "seed": 7,
                "response_format": "b64_json",
            },
        ),
        (
            "fal-ai",
            FULL,
            "/fal-ai/own/flux.1-dev",
            {
                "prompt": "a red fox in snow",
                "image_size": {"width": 512, "height": 512},
                "num_inference_steps": 20,
                "guidance_scale": 3.5,
                "seed": 7,
                "negative_prompt": "blurred",
            },
        ),
    ],
)
async def test_a_call_is_written_as_its_provider_wants_it(
    provider: str, call: Call, path: str, body: dict[str, object]
) -> None:
    async with huggingface(provider) as (stand_in, bench):
        finished = await bench.provider.submit(call)
    assert isinstance(finished, Finished)
    assert len(finished.pictures) == 1
    [order] = stand_in.log
    assert (order.path, order.body) == (path, body)
    assert order.headers["Authorization"] == f"Bearer {KEY}"
    assert finished.pictures[0].seed == (7 if provider == "fal-ai" else None)


async def test_an_edit_goes_to_a_provider_that_edits() -> None:
    async with huggingface("fal-ai", "hf-inference") as (stand_in, bench):
        await bench.provider.submit(EDIT)
    async with huggingface("fal-ai", "together") as (other, bench):
        await bench.provider.submit(EDIT)
    assert stand_in.log[0].body["parameters"] == {"prompt": "a red fox in snow"}
    text = str(stand_in.log[0].body["inputs"])
    assert other.log[0].body["image_url"] == f"data:image/png;base64,{text}"


async def test_the_first_provider_that_can_carry_out_the_call_is_taken() -> None:
    async with huggingface("wavespeed", "nscale", "fal-ai") as (stand_in, bench):
        await bench.provider.submit(CALL)
        await bench.provider.submit(FULL)
    assert [entry.path.split("/")[1] for entry in stand_in.log] == ["nscale", "fal-ai"]


async def test_what_no_provider_can_carry_out_is_refused_unsent() -> None:
    async with huggingface("nscale") as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(FULL)
    assert (caught.value.code, caught.value.field) == (FailureCode.BAD_PARAMETER, "steps")
    assert stand_in.log == []


async def test_providers_may_be_named_by_keys() -> None:
    mapping = {"nscale": {"providerId": "own/flux.1-dev", "status": "live", "task": "text-to-image"}}
    for entry, code in (({}, None), ({"status": "error"}, "model_gone"), ({"task": "text-to-video"}, "model_gone")):
        body = {"inferenceProviderMapping": {"nscale": {**mapping["nscale"], **entry}}}
        async with huggingface("fal-ai", faults=(Fault(at=At.ACCOUNT, status=200, body=body),)) as (stand_in, bench):
            if code is None:
                await bench.provider.submit(CALL)
                assert stand_in.log[0].path.startswith("/nscale/")
                continue
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(CALL)
            assert caught.value.code == code


async def test_a_picture_that_a_checker_blackened_is_a_refusal() -> None:
    async with huggingface("fal-ai") as (stand_in, bench):
        stand_in.unsafe = True
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(CALL)
    assert (caught.value.code, caught.value.spent) == (FailureCode.REFUSED, Spent.YES)


async def test_a_token_is_checked_and_models_are_listed() -> None:
    async with huggingface() as (_, bench):
        assert await bench.provider.check_key() == Account(name="fox")  # type: ignore[attr-defined]  # the Hub tells
        names = await bench.provider.list_models()  # type: ignore[attr-defined]  # and lists them
    assert FLUX.name in names
    assert KONTEXT.name not in names
    async with huggingface(key="hf_wrong0123456789") as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()  # type: ignore[attr-defined]  # the Hub tells
    assert caught.value.code == FailureCode.AUTHENTICATION


async def test_no_call_goes_on_there() -> None:
    async with huggingface() as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(Pending(ticket={"id": "x"}, poll_after=1.0))
    assert caught.value.code == FailureCode.EXPIRED


def test_no_price_is_known() -> None:
    cards = [card for card in CATALOG.models if card.service == "huggingface"]
    assert cards
    assert not any(card.prices.rates or card.prices.free for card in cards)
