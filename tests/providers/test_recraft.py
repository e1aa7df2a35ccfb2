"""What Recraft is sent, and what becomes of its answers."""

import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openai
import pytest
from PIL import Image

from limner.domain.accounts import Account, ChecksKey, ListsModels
from limner.domain.call import Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.request import Margins, Operation, Role, Size
from limner.runtime import open_runtime
from limner.settings import Settings
from limner.studio import Studio
from limner.testing.conformance import KEY
from limner.testing.examples import Bench, provider_at
from limner.testing.faults import At, Fault
from limner.testing.pictures import PictureMaker
from limner.testing.recraft_stand_in import RecraftStandIn
from limner.wire.connection import Connection
from tests.providers.test_recraft_conformance import CARD, call_of


@asynccontextmanager
async def recraft(*faults: Fault) -> AsyncIterator[tuple[RecraftStandIn, Bench]]:
    async with RecraftStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


@asynccontextmanager
async def studio(folder: Path) -> AsyncIterator[tuple[RecraftStandIn, Studio]]:
    async with RecraftStandIn(key=KEY) as stand_in:
        variables = {"RECRAFT_API_KEY": KEY, "RECRAFT_BASE_URL": stand_in.base_url}
        async with open_runtime(Settings(data_dir=folder, variables=variables)) as runtime:
            yield stand_in, Studio(runtime)


async def test_the_openai_client_generates_with_the_stand_in() -> None:
    async with (
        RecraftStandIn(key=KEY) as stand_in,
        openai.AsyncOpenAI(api_key=KEY, base_url=stand_in.base_url, max_retries=0) as client,
    ):
        answer = await client.images.generate(
            model="recraftv4_1",
            prompt="fox",
            n=2,
            size="1536x768",
            response_format="b64_json",
            extra_body={"image_format": "png"},
        )
    assert answer.data is not None
    images = [Image.open(io.BytesIO(base64.b64decode(item.b64_json or ""))) for item in answer.data]
    assert [(image.size, image.format) for image in images] == [((1536, 768), "PNG")] * 2


async def test_words_go_as_json_and_the_units_are_what_it_cost() -> None:
    call = replace(call_of("recraftv4_1"), count=2, size=Size(1536, 768), seed=7, format="png")
    async with recraft() as (stand_in, bench):
        finished = await bench.provider.submit(replace(call, extra={"controls": {"no_text": True}}))
    assert stand_in.log[0].path == "/v1/images/generations"
    assert stand_in.log[0].headers["Authorization"] == f"Bearer {KEY}"
    assert stand_in.log[0].body == {
        "prompt": "a red fox in snow",
        "model": "recraftv4_1",
        "n": 2,
        "size": "1536x768",
        "random_seed": 7,
        "image_format": "png",
        "controls": {"no_text": True},
        "response_format": "b64_json",
    }
    assert isinstance(finished, Finished)
    assert (len(finished.pictures), finished.cost) == (2, Money.usd("0.07"))


async def test_a_picture_at_an_address_is_fetched() -> None:
    async with recraft() as (stand_in, bench):
        address = stand_in.keep(stand_in.paint(Size(64, 64)))
        stand_in.faults.add(
            Fault(status=200, body={"credits": 4, "image": {"image_id": "1", "url": address}}),
            Fault(status=200, body={"credits": 80, "data": [{"url": address}, {"url": f"{address}-gone"}]}),
            Fault(status=200, body={"credits": 40, "data": [{"url": f"{address}-gone"}]}),
        )
        tool = call_of("crispUpscale", Operation.UPSCALE, Role.SOURCE)
        finished = await bench.provider.submit(replace(tool, prompt=""))
        several = await bench.provider.submit(replace(call_of("recraftv3"), count=2))
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call_of("recraftv3"))
    assert isinstance(finished, Finished)
    assert isinstance(several, Finished)
    assert (len(finished.pictures), finished.cost) == (1, Money(4000))
    assert several.lost == 1
    assert (len(several.pictures), "no longer" in str(several.pictures[0].notes["cut_short"])) == (1, True)
    assert (caught.value.code, caught.value.spent) == (FailureCode.EXPIRED, Spent.YES)
    assert caught.value.bill is not None
    assert caught.value.bill.cost == Money.usd("0.04")


async def test_a_picture_that_cannot_be_read_does_not_take_the_other_with_it() -> None:
    async with recraft(Fault(garbage="?")) as (_, bench):
        finished = await bench.provider.submit(replace(call_of("recraftv3"), count=2))
    assert isinstance(finished, Finished)
    assert len(finished.pictures) == 1


async def test_what_would_be_refused_is_not_sent() -> None:
    grown = call_of("recraftv3/outpaint", Operation.OUTPAINT, Role.SOURCE)
    large = replace(grown.inputs[0], data=PictureMaker().png(Size(64, 64), length=10_000_000))
    async with recraft() as (stand_in, bench):
        for call, field in (
            (replace(grown, margins=Margins(left=4096)), "margins"),
            (replace(grown, margins=Margins(left=8), inputs=(large,)), "inputs"),
            (replace(grown, operation=Operation.UPSCALE), "operation"),
        ):
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(call)
            assert (caught.value.field, caught.value.spent) == (field, Spent.NO)
        assert stand_in.log == []


async def test_nothing_goes_on_there_afterwards() -> None:
    async with recraft() as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(Pending(ticket={"id": "1"}, poll_after=1.0))
    assert caught.value.code == FailureCode.EXPIRED


async def test_the_account_tells_its_units_and_the_models_are_listed() -> None:
    async with recraft() as (stand_in, bench):
        assert isinstance(bench.provider, ChecksKey)
        assert isinstance(bench.provider, ListsModels)
        assert await bench.provider.check_key() == Account(name="Ada", balance=Decimal(1234), unit="units")
        names = await bench.provider.list_models()
        assert "recraftv4_1_pro" in names
        assert "recraftv4_1_vector" not in names
        stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=f"request unauthorized: {KEY}"))
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()
    assert caught.value.code == FailureCode.AUTHENTICATION
    assert KEY not in caught.value.message


async def test_soft_masks_go_out_black_and_white(tmp_path: Path) -> None:
    soft = Image.linear_gradient("L").resize((64, 48))
    out = io.BytesIO()
    soft.save(out, "png")
    async with studio(tmp_path) as (stand_in, house):
        source = PictureMaker().png(Size(64, 48), 1)
        job = await house.edit(source, "a hat", mask=out.getvalue(), provider="recraft")
        assert (job.state, job.job.model) == (JobState.SUCCEEDED, "recraft/recraftv3/inpaint")
        assert job.cost == Money.usd("0.04")
    assert stand_in.purchases == 1


async def test_an_enlarged_picture_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    async with studio(tmp_path) as (_, house):
        job = await house.upscale(PictureMaker().png(Size(64, 48), 1), provider="recraft", scale=2)
    picture = job.images[0].picture
    assert (picture.original.width, picture.file.width, picture.file.height) == (256, 128, 96)
    assert job.cost == Money.usd("0.004")
