"""What Stability AI is sent, and what becomes of its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from limner.domain.accounts import Account, ChecksKey
from limner.domain.call import Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.job import JobState
from limner.domain.request import Margins, Operation, Role, Size
from limner.runtime import open_runtime
from limner.settings import Settings
from limner.studio import Studio
from limner.testing.conformance import KEY, settled
from limner.testing.examples import Bench, provider_at
from limner.testing.faults import At, Fault
from limner.testing.pictures import PictureMaker
from limner.testing.stability_stand_in import StabilityStandIn
from limner.wire.connection import Connection
from tests.providers.test_stability_conformance import CARD, call_of


@asynccontextmanager
async def stability(*faults: Fault, waits: int = 1) -> AsyncIterator[tuple[StabilityStandIn, Bench]]:
    async with StabilityStandIn(key=KEY, waits=waits) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


async def test_words_alone_go_as_a_form_and_the_picture_itself_comes_back() -> None:
    async with stability() as (stand_in, bench):
        finished = await bench.provider.submit(replace(call_of("stable-image-core"), aspect="7:3", seed=7))
    sent = stand_in.log[0]
    assert sent.path == "/v2beta/stable-image/generate/core"
    assert sent.body == {"prompt": "a red fox in snow", "aspect_ratio": "21:9", "seed": "7"}
    assert sent.headers["Content-Type"].startswith("multipart/form-data")
    assert (sent.headers["Accept"], sent.headers["Authorization"]) == ("image/*", f"Bearer {KEY}")
    assert isinstance(finished, Finished)
    assert (finished.pictures[0].seed, finished.request_id) == (7, "req_1")


async def test_the_seed_that_was_used_is_told() -> None:
    async with stability(Fault(headers={"seed": "none"})) as (_, bench):
        unknown = await bench.provider.submit(call_of("stable-image-core"))
        known = await bench.provider.submit(call_of("stable-image-core"))
    assert isinstance(unknown, Finished)
    assert isinstance(known, Finished)
    assert (unknown.pictures[0].seed, known.pictures[0].seed) == (None, 343_940_597)


async def test_a_picture_is_painted_over_in_a_mode_of_its_own() -> None:
    call = replace(call_of("sd3.5-large", Operation.EDIT, Role.SOURCE), strength=0.6, guidance=4.5)
    async with stability() as (stand_in, bench):
        await bench.provider.submit(call)
    assert stand_in.log[0].body == {
        "prompt": "a red fox in snow",
        "model": "sd3.5-large",
        "mode": "image-to-image",
        "strength": "0.6",
        "cfg_scale": "4.5",
        "image": f"source-0.png image/png {len(call.inputs[0].data)}",
    }


async def test_a_picture_grows_by_margins_on_each_side() -> None:
    call = replace(
        call_of("outpaint", Operation.OUTPAINT, Role.SOURCE), margins=Margins(left=1, top=2, right=3, bottom=4)
    )
    async with stability() as (stand_in, bench):
        await bench.provider.submit(replace(call, prompt=""))
        sent = stand_in.log[0].body
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(call, margins=Margins(top=2001)))
    assert {name: sent.get(name) for name in ("left", "up", "right", "down", "prompt")} == {
        "left": "1",
        "up": "2",
        "right": "3",
        "down": "4",
        "prompt": None,
    }
    problem = caught.value.problem()
    assert (problem.field, problem.spent, "2000 pixels" in problem.message) == ("margins", Spent.NO, True)
    assert len(stand_in.log) == 1


async def test_more_than_ten_mebibytes_are_not_sent() -> None:
    call = call_of("control-style-transfer", Operation.STYLE_TRANSFER, Role.SOURCE, Role.STYLE)
    heavy = tuple(
        replace(image, data=PictureMaker().png(Size(64, 64), number, length=length))
        for number, (image, length) in enumerate(zip(call.inputs, (6_000_000, 4_486_000), strict=True))
    )
    async with stability() as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(call, inputs=heavy))
        assert stand_in.log == []
        lighter = (heavy[0], replace(heavy[1], data=PictureMaker().png(Size(64, 64), 1, length=4_480_000)))
        await bench.provider.submit(replace(call, inputs=lighter))
    problem = caught.value.problem()
    assert (problem.code, problem.field, problem.spent) == (FailureCode.BAD_PARAMETER, "inputs", Spent.NO)
    assert "10 MiB" in problem.message


async def test_the_one_scale_of_a_path_does_not_go_along_and_no_other_is_taken() -> None:
    call = replace(call_of("upscale-fast", Operation.UPSCALE, Role.SOURCE), prompt="")
    async with stability() as (stand_in, bench):
        await bench.provider.submit(replace(call, scale=4))
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(call, scale=2))
    assert list(stand_in.log[0].body) == ["image"]
    assert caught.value.problem().field == "scale"


async def test_a_picture_blurred_at_the_end_is_a_refusal_that_may_have_cost_money() -> None:
    async with stability(Fault(at=At.POLL, headers={"finish-reason": "CONTENT_FILTERED"}), waits=0) as (_, bench):
        pending = await bench.provider.submit(call_of("upscale-creative", Operation.UPSCALE, Role.SOURCE))
        assert isinstance(pending, Pending)
        assert (pending.poll_after, list(pending.ticket)) == (10.0, ["id"])
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(pending)
        assert not bench.blobs.files
    problem = caught.value.problem()
    assert (problem.code, problem.spent, problem.retryable) == (FailureCode.REFUSED, Spent.UNKNOWN, False)


async def test_what_goes_on_is_asked_after_again_whatever_the_status_says() -> None:
    going_on = Fault(at=At.POLL, status=200, body={"id": "a" * 64, "status": "in-progress"})
    async with stability(going_on, waits=0) as (stand_in, bench):
        pending = await bench.provider.submit(call_of("upscale-creative", Operation.UPSCALE, Role.SOURCE))
        assert isinstance(pending, Pending)
        assert isinstance(await bench.provider.poll(pending), Pending)
        assert isinstance(await bench.provider.poll(pending), Finished)
    assert stand_in.purchases == 1


async def test_a_subject_gets_a_background_from_a_reference() -> None:
    call = call_of("replace-background-and-relight", Operation.EDIT, Role.SOURCE, Role.REFERENCE)
    async with stability() as (stand_in, bench):
        finished = await settled(bench.provider, await bench.provider.submit(call), bench.provider)
    assert len(finished.pictures) == 1
    assert set(stand_in.orders[0]) == {"background_prompt", "subject_image", "background_reference"}


async def test_the_account_tells_its_credits_and_a_wrong_key_is_told() -> None:
    async with stability() as (stand_in, bench):
        assert isinstance(bench.provider, ChecksKey)
        assert await bench.provider.check_key() == Account(balance=Decimal("42.5"), unit="credits")
        assert stand_in.log[0].headers["Accept"] == "application/json"
        echo = {"id": "1", "name": "unauthorized", "message": f"Incorrect API key provided: {KEY}"}
        stand_in.faults.add(Fault(at=At.ACCOUNT, status=401, body=echo))
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()
    assert caught.value.problem().code == FailureCode.AUTHENTICATION
    assert KEY not in caught.value.message


@pytest.mark.req("S1-010")
async def test_twice_as_large_is_made_exact_from_four_times(tmp_path: Path) -> None:
    async with StabilityStandIn(key=KEY) as stand_in:
        variables = {"STABILITY_API_KEY": KEY, "STABILITY_BASE_URL": stand_in.base_url}
        async with open_runtime(Settings(data_dir=tmp_path, variables=variables)) as runtime:
            studio = Studio(runtime)
            source = PictureMaker().png(Size(64, 48), 1)
            job = await studio.upscale(source, provider="stability", scale=2)
    assert (job.state, job.job.model) == (JobState.SUCCEEDED, "stability/upscale-fast")
    picture = job.images[0].picture
    assert (picture.original.width, picture.file.width, picture.file.height) == (256, 128, 96)
    assert [line.sent for line in job.receipt if line.field == "scale"] == ["4"]
    assert job.cost is not None
    assert str(job.cost) == "$0.02"
