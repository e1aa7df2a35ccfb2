"""What fal is sent, where the key goes, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from aiohttp import web

from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.request import Operation, Role, Size
from limner.providers.fal import Fal
from limner.testing.conformance import KEY, settled
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.fal_stand_in import FalStandIn
from limner.testing.faults import At, Drop, Fault
from limner.wire.connection import Connection
from tests.providers.test_fal_conformance import CARD

FLUX = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="fal-ai/flux/dev",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=2,
    size=Size(1024, 768),
    timeout=20.0,
    wire={
        "names": {
            "prompt": "prompt",
            "count": "num_images",
            "size": ["image_size.width", "image_size.height"],
            "source": "image_urls[]",
            "reference": "image_urls[]",
        }
    },
)


@asynccontextmanager
async def fal(*faults: Fault) -> AsyncIterator[tuple[FalStandIn, Fal, Bench]]:
    async with FalStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            assert isinstance(bench.provider, Fal)
            yield stand_in, bench.provider, bench


async def test_a_call_goes_to_the_path_of_its_model_and_is_asked_after_where_the_answer_says() -> None:
    async with fal() as (stand_in, provider, _):
        pending = await provider.submit(FLUX)
    assert stand_in.log[0].path == "/fal-ai/flux/dev"
    assert stand_in.log[0].headers["Authorization"] == f"Key {KEY}"
    assert stand_in.log[0].body == {
        "prompt": "a red fox in snow",
        "num_images": 2,
        "image_size": {"width": 1024, "height": 768},
    }
    assert pending.ticket["status"] == f"{stand_in.root}/fal-ai/flux/requests/{pending.ticket['id']}/status"


async def test_several_pictures_go_along_in_their_order() -> None:
    inputs = (input_picture(Role.SOURCE), input_picture(Role.REFERENCE, number=1))
    async with fal() as (stand_in, provider, _):
        await provider.submit(replace(FLUX, operation=Operation.EDIT, inputs=inputs))
    sent = stand_in.log[0].body["image_urls"]
    assert isinstance(sent, list)
    assert len(set(sent)) == 2
    assert all(picture.startswith("data:image/png;base64,") for picture in sent)


async def test_the_key_does_not_follow_to_hosts_that_are_not_fals() -> None:
    seen: list[str | None] = []

    async def stranger(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.json_response({"status": "IN_PROGRESS"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", stranger)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with fal() as (stand_in, provider, bench):
            stand_in.elsewhere = f"http://127.0.0.1:{runner.addresses[0][1]}"
            bench.wire.guard.trust(stand_in.elsewhere)
            pending = await provider.submit(FLUX)
            await provider.poll(pending)
            await provider.cancel(pending)
    finally:
        await runner.cleanup()
    assert seen == [None] * 3


async def test_stages_and_progress() -> None:
    async with fal() as (_, provider, _bench):
        outcome: Finished | Pending = await provider.submit(FLUX)
        told = []
        while isinstance(outcome, Pending):
            told.append((outcome.stage, outcome.progress))
            outcome = await provider.poll(outcome)
    assert told == [("queued", None), ("queued", None), ("painting", 0.5)]
    assert [picture.seed for picture in outcome.pictures] == [5, 5]


async def test_a_blackened_picture_is_left_out_and_told() -> None:
    async with fal(Fault(pictures=1)) as (_, provider, bench):
        done = await settled(provider, await provider.submit(FLUX), provider)
        assert len(done.pictures) == len(bench.blobs.files) == 1
    assert done.pictures[0].notes == {"cut_short": "fal blackened 1 of 2 as unsafe."}
    assert done.lost == 1


async def test_of_two_pictures_the_one_that_can_be_had_is_delivered() -> None:
    async with fal(Fault(at=At.DOWNLOAD, status=404)) as (_, provider, _bench):
        done = await settled(provider, await provider.submit(FLUX), provider)
    assert len(done.pictures) == 1
    assert "no longer has the picture" in str(done.pictures[0].notes["cut_short"])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(at=At.RESULT, status=502, body="<html>Bad gateway</html>"),
        Fault(at=At.RESULT, status=429, body={"detail": "Too many"}),
        Fault(at=At.RESULT, drop=Drop.IN_ANSWER),
    ],
    ids=["gateway", "too many", "dropped"],
)
async def test_a_result_that_gets_lost_on_the_way_is_asked_for_again(fault: Fault) -> None:
    async with fal(fault) as (stand_in, provider, _):
        pending: Finished | Pending = await provider.submit(FLUX)
        for _ in range(2):
            assert isinstance(pending, Pending)
            pending = await provider.poll(pending)
        assert isinstance(pending, Pending)
        with pytest.raises(ProviderError) as caught:
            await provider.poll(pending)
        assert (caught.value.retryable, caught.value.spent) == (True, Spent.NO)
        assert len((await settled(provider, pending, provider)).pictures) == 2
    assert stand_in.purchases == 1


@pytest.mark.req("S0-004")
async def test_a_call_can_be_taken_out_of_the_queue_but_not_stopped() -> None:
    async with fal() as (_, provider, _bench):
        assert await provider.cancel(await provider.submit(FLUX)) is True
        pending: Finished | Pending = await provider.submit(FLUX)
        for _ in range(2):
            assert isinstance(pending, Pending)
            pending = await provider.poll(pending)
        assert isinstance(pending, Pending)
        assert await provider.cancel(pending) is False
        assert len((await settled(provider, pending, provider)).pictures) == 2
        assert await provider.cancel(pending) is False


@pytest.mark.req("S0-053")
async def test_a_key_is_checked_and_models_are_named() -> None:
    async with fal() as (stand_in, provider, _):
        account = await provider.check_key()
        assert (account.name, account.balance, account.unit) == ("acme", Decimal("12.5"), "USD")
        assert list(await provider.list_models()) == ["fal-ai/flux/dev", "fal-ai/flux/schnell"]
        stand_in.key = "another:key-0123456789"
        for question in (provider.check_key, provider.list_models):
            with pytest.raises(ProviderError) as caught:
                await question()
            assert caught.value.code == FailureCode.AUTHENTICATION


async def test_a_key_that_may_not_see_the_balance_is_accepted_all_the_same() -> None:
    class Plain(FalStandIn):
        async def _billing(self, request: web.Request) -> web.StreamResponse:
            body = {"error": {"type": "authorization_error", "message": "Needs an admin key"}}
            return web.json_response(body, status=403)

    async with Plain(key=KEY) as stand_in:
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            assert isinstance(bench.provider, Fal)
            assert (await bench.provider.check_key()).balance is None


def test_what_the_key_may_be_sent_to() -> None:
    assert (CARD.base_url, CARD.base_url_variable) == ("https://queue.fal.run", "FAL_BASE_URL")
    assert set(CARD.trusted_hosts) == {"queue.fal.run", "queue.falrun.com", "api.fal.ai"}
