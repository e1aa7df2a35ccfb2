"""What Ideogram is sent, and what becomes of its answers."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image

from limner.domain.accounts import Account, ChecksKey
from limner.domain.call import Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.prices import Meter
from limner.domain.request import Margins, Operation, Role, Size
from limner.runtime import open_runtime
from limner.settings import Settings
from limner.studio import Studio
from limner.testing.conformance import KEY, settled
from limner.testing.examples import Bench, provider_at
from limner.testing.faults import At, Fault
from limner.testing.ideogram_stand_in import IdeogramStandIn
from limner.testing.pictures import PictureMaker, grey_mask
from limner.wire.connection import Connection
from tests.providers.test_ideogram_conformance import CARD, WITHHELD, call_of, done


@asynccontextmanager
async def ideogram(*faults: Fault, waits: int = 0) -> AsyncIterator[tuple[IdeogramStandIn, Bench]]:
    async with IdeogramStandIn(key=KEY, waits=waits) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


@asynccontextmanager
async def studio(folder: Path) -> AsyncIterator[tuple[IdeogramStandIn, Studio]]:
    facts = folder / "catalog.d"
    facts.mkdir()
    (facts / "pace.toml").write_text('[service]\nid = "ideogram"\nrequests_per_second = 0\npoll_seconds = 0.001\n')
    async with IdeogramStandIn(key=KEY) as stand_in:
        variables = {"IDEOGRAM_API_KEY": KEY, "IDEOGRAM_BASE_URL": stand_in.base_url}
        settings = Settings(data_dir=folder, variables=variables, unpriced_ceiling_usd=Money.usd(1))
        async with open_runtime(settings) as runtime:
            yield stand_in, Studio(runtime)


async def bought(bench: Bench, outcome: Finished | Pending) -> Finished:
    return await settled(bench.provider, outcome, bench.provider)


async def test_words_go_as_json_and_are_asked_after() -> None:
    call = replace(call_of("ideogram-4-5"), count=2, size=Size(2560, 1440), quality="low", seed=7)
    async with ideogram() as (stand_in, bench):
        pending = await bench.provider.submit(replace(call, extra={"magic_prompt": "off"}))
        assert isinstance(pending, Pending)
        assert (pending.poll_after, dict(pending.ticket)) == (
            3.0,
            {"generation": "xtdZiqPwRxqY1Y7NExF1", "timeout": 20.0},
        )
        finished = await bought(bench, pending)
    assert stand_in.log[0].path == "/v2/image/generate/ideogram-4-5"
    assert stand_in.log[0].headers["Api-Key"] == KEY
    assert stand_in.log[0].body == {
        "prompt": "a red fox in snow",
        "num_images": 2,
        "size": "2560x1440",
        "quality": "low",
        "seed": 7,
        "magic_prompt": "off",
        "async": True,
    }
    assert finished.usage == {Meter.IMAGE: Decimal(2)}
    assert (finished.pictures[0].seed, finished.pictures[0].revised_prompt) == (7, "a red fox in snow, finely lit")


async def test_one_withheld_picture_is_charged_like_the_others() -> None:
    call = replace(call_of("ideogram-4-5"), count=2)
    async with ideogram() as (stand_in, bench):
        address = stand_in.keep(stand_in.paint(Size(64, 64)))
        stand_in.faults.add(
            done({"url": address, "is_image_safe": True, "seed": 3}, WITHHELD, usage_cost_usd_micros=120_000)
        )
        finished = await bought(bench, await bench.provider.submit(call))
    assert len(finished.pictures) == 1
    assert "unsafe" in str(finished.pictures[0].notes["cut_short"])
    assert (finished.usage, finished.cost) == ({Meter.IMAGE: Decimal(2)}, Money(120_000))


async def test_the_bill_comes_with_a_refusal() -> None:
    async with ideogram(done(WITHHELD, usage_cost_usd_micros=60_000)) as (_, bench):
        pending = await bench.provider.submit(call_of("ideogram-4-5"))
        assert isinstance(pending, Pending)
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(pending)
    assert (caught.value.code, caught.value.spent) == (FailureCode.REFUSED, Spent.YES)
    assert caught.value.bill is not None
    assert caught.value.bill.cost == Money(60_000)


async def test_one_picture_that_is_gone_does_not_take_the_other_with_it() -> None:
    call = replace(call_of("ideogram-4-5"), count=2)
    async with ideogram(Fault(at=At.DOWNLOAD, status=404)) as (_, bench):
        finished = await bought(bench, await bench.provider.submit(call))
    assert len(finished.pictures) == 1
    assert "no longer has the picture" in str(finished.pictures[0].notes["cut_short"])


async def test_pictures_that_come_at_once_are_taken_at_once() -> None:
    call = call_of("ideogram-4-5")
    async with ideogram() as (_, bench):
        finished = await bench.provider.submit(replace(call, wire={**call.wire, "always_by_ticket": True}))
    assert isinstance(finished, Finished)
    assert len(finished.pictures) == 1


async def test_strength_is_their_weight_the_other_way_round() -> None:
    call = call_of("remix/ideogram-3", Operation.VARIATIONS, Role.SOURCE)
    async with ideogram() as (stand_in, bench):
        for strength in (0.0, 0.3, 1.0):
            await bench.provider.submit(replace(call, strength=strength))
    assert [body["image_weight"] for body in stand_in.orders] == ["100", "70", "1"]


async def test_what_would_be_refused_is_not_sent() -> None:
    heavy = call_of("precise-edit/ideogram-4-5", Operation.EDIT, Role.SOURCE)
    large = replace(heavy.inputs[0], data=PictureMaker().png(Size(64, 64), length=25_000_100))
    async with ideogram() as (stand_in, bench):
        for call, field in (
            (replace(heavy, inputs=(large,)), "inputs"),
            (replace(heavy, operation=Operation.UPSCALE), "operation"),
            (replace(heavy, strength=0.5), "strength"),
        ):
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(call)
            assert (caught.value.field, caught.value.spent) == (field, Spent.NO)
        assert stand_in.log == []


async def test_a_key_is_checked_by_asking_for_a_price() -> None:
    async with ideogram() as (stand_in, bench):
        assert isinstance(bench.provider, ChecksKey)
        assert await bench.provider.check_key() == Account()
        assert stand_in.purchases == 0
        assert stand_in.log[0].path == "/v2/image/generate/ideogram-4-5?dry_run=true"
        stand_in.key = "another"
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()
    assert caught.value.code == FailureCode.AUTHENTICATION


async def test_masks_are_black_where_something_changes_and_white_for_removal(tmp_path: Path) -> None:
    source, mask = PictureMaker().png(Size(64, 48), 1), grey_mask(Size(64, 48))
    async with studio(tmp_path) as (stand_in, house):
        job = await house.edit(source, "a hat", mask=mask, provider="ideogram")
        assert (job.state, job.job.model) == (JobState.SUCCEEDED, "ideogram/precise-edit/ideogram-4-5")
        await house.outpaint(source, "more", margins=Margins(left=16), provider="ideogram")
    inner, grown = (Image.open(io.BytesIO(data)).convert("L") for data in stand_in.masks)
    assert [inner.getpixel(place) for place in ((32, 2), (32, 46))] == [0, 255]
    assert grown.size == (80, 48)
    assert [grown.getpixel(place) for place in ((4, 24), (60, 24))] == [0, 255]


@pytest.mark.req("S0-018")
async def test_a_picture_that_is_reframed_comes_in_the_size_that_was_sent(tmp_path: Path) -> None:
    async with studio(tmp_path) as (stand_in, house):
        model = "ideogram/reframe/ideogram-3"
        job = await house.outpaint(PictureMaker().png(Size(64, 48), 1), aspect="16:9", model=model)
    assert [body["resolution"] for body in stand_in.orders] == ["1312x736"]
    assert (job.state, Image.open(io.BytesIO(job.images[0].data)).size) == (JobState.SUCCEEDED, (1312, 736))
