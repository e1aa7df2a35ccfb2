"""What Replicate is sent, and what becomes of its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.prices import Meter
from limner.domain.request import Operation, Role, Size
from limner.providers.replicate import Replicate
from limner.testing.conformance import KEY, settled
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.testing.replicate_stand_in import SECRET, ReplicateStandIn
from limner.wire.connection import Connection
from limner.wire.webhooks import signature
from tests.providers.test_replicate_conformance import CARD, ended

FLUX = Call(
    id="00000000-0000-7000-8000-000000000001",
    model="black-forest-labs/flux-dev",
    operation=Operation.GENERATE,
    prompt="a red fox in snow",
    count=2,
    seed=42,
    timeout=20.0,
    wire={"names": {"prompt": "prompt", "count": "num_outputs", "seed": "seed", "source": "image"}},
)
ESRGAN = replace(
    FLUX,
    model="daanelson/real-esrgan-a100",
    operation=Operation.UPSCALE,
    prompt="",
    count=1,
    seed=None,
    inputs=(input_picture(Role.SOURCE),),
    wire={"version": f"daanelson/real-esrgan-a100:{'4' * 64}", "names": {"source": "image"}},
)


@asynccontextmanager
async def replicate(
    *faults: Fault, webhook: str | None = None
) -> AsyncIterator[tuple[ReplicateStandIn, Replicate, Bench]]:
    async with ReplicateStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, webhook=webhook, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            assert isinstance(bench.provider, Replicate)
            yield stand_in, bench.provider, bench


async def finished(provider: Replicate, call: Call) -> Finished:
    return await settled(provider, await provider.submit(call), provider)


async def failure(provider: Replicate, call: Call) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await finished(provider, call)
    return caught.value


async def test_official_models_go_by_name_and_community_models_by_version() -> None:
    async with replicate() as (stand_in, provider, _):
        await provider.submit(FLUX)
        await provider.submit(ESRGAN)
    assert stand_in.log[0].path == stand_in.log[1].path == "/v1/predictions"
    assert stand_in.log[0].body == {
        "version": "black-forest-labs/flux-dev",
        "input": {"prompt": "a red fox in snow", "num_outputs": 2, "seed": 42},
    }
    assert stand_in.log[1].body["version"] == f"daanelson/real-esrgan-a100:{'4' * 64}"
    assert stand_in.log[0].headers["Authorization"] == f"Bearer {KEY}"
    assert "Prefer" not in stand_in.log[0].headers


@pytest.mark.req("S1-080")
async def test_an_address_for_webhooks_goes_along_where_there_is_one() -> None:
    address = "https://limner.example/webhooks/replicate"
    async with replicate(webhook=address) as (stand_in, provider, _):
        await provider.submit(FLUX)
    sent = stand_in.log[0].body
    assert (sent["webhook"], sent["webhook_events_filter"]) == (address, ["completed"])


async def test_small_pictures_go_along_and_large_ones_are_uploaded_first() -> None:
    small, large = input_picture(Role.SOURCE), input_picture(Role.SOURCE, size=Size(1024, 1024))
    large = replace(large, data=large.data + bytes(250_000))
    async with replicate() as (stand_in, provider, _):
        for image in (small, large):
            await provider.submit(replace(FLUX, operation=Operation.EDIT, inputs=(image,)))
    kinds = [entry.at for entry in stand_in.log]
    assert kinds == [At.PURCHASE, At.UPLOAD, At.PURCHASE]
    given = [entry.body["input"] for entry in stand_in.log if entry.at is At.PURCHASE]
    assert given[0]["image"].startswith("data:image/png;base64,")  # type: ignore[index]  # an object
    assert given[1]["image"] == f"{stand_in.base_url}/files/file0"  # type: ignore[index]  # an object
    assert stand_in.files["file0"] == large.data


TOO_LARGE = {"detail": "Files must be less than 100MB in size"}


@pytest.mark.parametrize(
    "fault, retryable, field",
    [
        (Fault(at=At.UPLOAD, status=503, body={}), True, None),
        (Fault(at=At.UPLOAD, status=413, body=TOO_LARGE), False, "inputs"),
    ],
)
async def test_an_upload_that_fails_buys_nothing(fault: Fault, retryable: bool, field: str | None) -> None:
    large = replace(input_picture(Role.SOURCE), data=bytes(300_000))
    async with replicate(fault) as (stand_in, provider, _):
        error = await failure(provider, replace(FLUX, operation=Operation.EDIT, inputs=(large,)))
    assert (error.spent, error.retryable, stand_in.purchases) == (Spent.NO, retryable, 0)
    assert error.problem().field == field


@pytest.mark.req("S0-034", "S3-009")
async def test_progress_is_read_from_the_logs_and_the_seed_as_well() -> None:
    async with replicate() as (_, provider, _bench):
        pending = await provider.submit(replace(FLUX, seed=None))
        assert (pending.stage, pending.progress) == ("queued", None)
        running = await provider.poll(pending)
        assert isinstance(running, Pending)
        assert (running.stage, running.progress, running.ticket) == ("painting", 0.5, pending.ticket)
        done = await provider.poll(running)
    assert isinstance(done, Finished)
    assert [picture.seed for picture in done.pictures] == [42, 42]
    assert (done.usage, done.served_by, done.request_id) == ({}, FLUX.model, pending.ticket["id"])


async def test_progress_does_not_run_backwards_where_a_model_has_several_bars() -> None:
    again = ended("processing", logs="100%|██████████| 4/4 [00:00<00:00]\n  5%|▌         | 1/20 [00:00<00:01]")
    async with replicate(again) as (_, provider, _bench):
        pending = replace(await provider.submit(FLUX), progress=0.9)
        found = await provider.poll(pending)
    assert isinstance(found, Pending)
    assert found.progress == 0.9


async def test_what_a_model_holds_back_is_told_and_the_rest_is_delivered() -> None:
    async with replicate(Fault(pictures=1)) as (_, provider, _bench):
        done = await finished(provider, FLUX)
    assert len(done.pictures) == 1
    assert done.pictures[0].notes == {"cut_short": "Replicate held back 1 of 2 as unsafe."}


async def test_of_two_pictures_the_one_that_can_be_had_is_delivered() -> None:
    async with replicate(Fault(at=At.DOWNLOAD, status=404)) as (_, provider, _bench):
        done = await finished(provider, FLUX)
    assert len(done.pictures) == 1
    assert done.lost == 1
    assert "no longer has the picture" in str(done.pictures[0].notes["cut_short"])


async def test_where_nobody_tells_what_was_charged_all_that_was_set_aside_is_booked() -> None:
    """A bill without a count would be taken for one picture."""
    async with replicate(ended("succeeded", output=None, data_removed=True)) as (_, provider, _bench):
        error = await failure(provider, FLUX)
    assert (error.code, error.spent, error.bill) == (FailureCode.EXPIRED, Spent.YES, None)


@pytest.mark.parametrize(
    "model, spent", [("black-forest-labs/flux-dev", Spent.NO), ("stability-ai/stable-diffusion-3.5-large", Spent.YES)]
)
async def test_where_nothing_is_let_out_the_call_was_refused(model: str, spent: Spent) -> None:
    call = replace(FLUX, model=model, count=1, wire={"names": {"prompt": "prompt", "seed": "seed"}})
    async with replicate(Fault(pictures=0)) as (_, provider, _bench):
        error = await failure(provider, call)
    assert (error.code, error.spent) == (FailureCode.REFUSED, spent)


async def test_community_models_are_billed_by_the_second_also_where_they_fail() -> None:
    async with replicate() as (_, provider, _bench):
        assert (await finished(provider, ESRGAN)).usage == {Meter.SECOND: Decimal("1.6")}
    async with replicate(ended("failed", error="CUDA out of memory")) as (_, provider, _bench):
        error = await failure(provider, ESRGAN)
    assert (error.code, error.spent) == (FailureCode.FAILED, Spent.YES)
    assert error.bill is not None
    assert error.bill.usage == {Meter.SECOND: Decimal("1.6")}


async def test_a_fresh_prediction_that_is_not_found_is_asked_after_again() -> None:
    missing = Fault(at=At.POLL, status=404, body={"detail": "Not Found", "status": 404})
    async with replicate(missing) as (stand_in, provider, _):
        pending = await provider.submit(FLUX)
        with pytest.raises(ProviderError) as caught:
            await provider.poll(pending)
        assert (caught.value.retryable, caught.value.spent) == (True, Spent.NO)
        assert len((await settled(provider, pending, provider)).pictures) == 2
    assert stand_in.purchases == 1


@pytest.mark.req("S0-004")
async def test_what_is_cancelled_before_it_runs_is_free_and_afterwards_not() -> None:
    async with replicate() as (_, provider, _bench):
        assert await provider.cancel(await provider.submit(FLUX)) is True
        pending = await provider.submit(FLUX)
        await provider.poll(pending)
        with pytest.raises(ProviderError) as caught:
            await provider.cancel(pending)
        assert (caught.value.code, caught.value.spent) == (FailureCode.CANCELLED, Spent.YES)
        done = await provider.submit(FLUX)
        await settled(provider, done, provider)
        assert await provider.cancel(done) is False


@pytest.mark.parametrize("shape", ["text", "list", "object", "deep"])
async def test_addresses_are_found_in_outputs_of_any_shape(shape: str) -> None:
    async with replicate() as (stand_in, provider, _):
        one = stand_in.keep(stand_in.paint(Size(8, 8)))
        outputs: dict[str, object] = {"text": one, "list": [one], "object": {"image": one, "style_id": None}}
        outputs["deep"] = {"images": [{"url": one, "score": 1}], "text": "a fox"}
        stand_in.faults.add(ended("succeeded", output=outputs[shape]))
        done = await finished(provider, FLUX)
    assert len(done.pictures) == 1


@pytest.mark.req("S0-053")
async def test_a_key_is_checked_and_models_are_named() -> None:
    async with replicate() as (stand_in, provider, _):
        account = await provider.check_key()
        assert (account.name, account.balance) == ("acme", None)
        assert "black-forest-labs/flux-schnell" in await provider.list_models()
        sent = datetime(2026, 11, 28, tzinfo=UTC)
        body = b'{"id": "p1", "status": "succeeded"}'
        headers = {"webhook-id": "m1", "webhook-timestamp": str(int(sent.timestamp()))}
        signed = {**headers, "webhook-signature": signature("m1", int(sent.timestamp()), body, SECRET)}
        assert await provider.heard(signed, body, sent) == "p1"
        assert await provider.heard(signed, body + b" ", sent) is None
        assert await provider.heard(headers, body, sent) is None
        stand_in.key = "r8_another_key_0123456789"
        for question in (provider.check_key, provider.list_models):
            with pytest.raises(ProviderError) as caught:
                await question()
            assert caught.value.code == FailureCode.AUTHENTICATION


def test_every_name_of_the_card_leads_to_the_documents_words() -> None:
    assert (CARD.base_url, CARD.base_url_variable) == ("https://api.replicate.com/v1", "REPLICATE_BASE_URL")
    assert CARD.key_variables == ("REPLICATE_API_TOKEN",)
