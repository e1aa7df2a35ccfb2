"""What xAI is sent, and what becomes of its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import ClientSession

from limner.domain.accounts import Account
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.model_card import Status
from limner.domain.money import Money
from limner.domain.request import Operation, Role
from limner.engine.pricing import facts_of
from limner.testing.conformance import KEY, settled
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.testing.xai_stand_in import XAIStandIn
from limner.wire.connection import Connection
from tests.providers.test_xai_conformance import CALL, CARD, CATALOG, GROK, done

SOURCE = input_picture(Role.SOURCE)


@asynccontextmanager
async def xai(*faults: Fault, key: str = KEY) -> AsyncIterator[tuple[XAIStandIn, Bench]]:
    async with XAIStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=key, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


async def bought(bench: Bench, call: Call) -> Finished:
    return await settled(bench.provider, await bench.provider.submit(call), bench.provider)


async def test_a_generation_as_it_is_sent() -> None:
    async with xai() as (stand_in, bench):
        finished = await bought(bench, replace(CALL, count=3, aspect="7:3", resolution="2k", extra={"user": "u-1"}))
    assert stand_in.log[0].path == "/v1/images/generations"
    assert stand_in.log[0].headers["Authorization"] == f"Bearer {KEY}"
    assert stand_in.log[0].body == {
        "model": "grok-imagine-image-2.0",
        "prompt": "a red fox in snow",
        "n": 3,
        "aspect_ratio": "21:9",
        "resolution": "2k",
        "quality": "low",
        "response_format": "url",
        "deferred": True,
        "user": "u-1",
    }
    assert len(finished.pictures) == 3
    assert (finished.cost, finished.served_by) == (Money.usd("0.18"), GROK.name)


@pytest.mark.parametrize(("ours", "theirs"), [("6:13", "9:19.5"), ("13:6", "19.5:9"), ("9:20", "9:20")])
async def test_shapes_go_by_the_words_of_the_service(ours: str, theirs: str) -> None:
    async with xai() as (stand_in, bench):
        await bench.provider.submit(replace(CALL, aspect=ours))
    assert stand_in.log[0].body["aspect_ratio"] == theirs


async def test_an_edit_is_json_with_the_source_first() -> None:
    call = replace(CALL, operation=Operation.EDIT, aspect=None, resolution=None)
    style = input_picture(Role.STYLE, number=2)
    async with xai() as (stand_in, bench):
        one = await bought(bench, replace(call, inputs=(SOURCE,)))
        two = await bought(bench, replace(call, inputs=(style, SOURCE)))
    assert [entry.path for entry in stand_in.log] == ["/v1/images/edits"] * 2
    single, several = stand_in.log[0].body["image"], stand_in.log[1].body["images"]
    assert isinstance(several, list)
    assert several[0] == single
    assert several[1] != single
    assert str(several[0]["url"]).startswith("data:image/png;base64,")
    assert "image" not in stand_in.log[1].body
    assert (one.cost, two.cost) == (Money.usd("0.05"), Money.usd("0.06"))


async def test_a_server_that_defers_nothing_is_read_at_once() -> None:
    item = {"b64_json": "data:image/png;base64,iVBORw0KGgo="}
    body = {"data": [item], "usage": {"cost_in_usd_ticks": 1}}
    async with xai(Fault(status=200, body=body)) as (_, bench):
        finished = await bench.provider.submit(CALL)
    assert isinstance(finished, Finished)
    assert (len(finished.pictures), finished.cost) == (1, Money(1))  # a ten-thousandth of that, rounded up


async def test_what_came_is_delivered_and_what_was_held_back_is_told() -> None:
    async with xai() as (stand_in, bench):
        good = {"url": stand_in.keep(SOURCE.data), "revised_prompt": "a fox"}
        gone = {"url": f"{stand_in.root}/_files/gone.png"}
        stand_in.faults.add(done(good, {"respect_moderation": False}), done(gone, good))
        for words in ("refuses this as unsafe", "no longer has the picture"):
            finished = await bought(bench, replace(CALL, count=2))
            [picture] = finished.pictures
            assert picture.revised_prompt == "a fox"
            assert words in str(picture.notes["cut_short"])
            assert (finished.cost, finished.lost) == (Money.usd("0.04"), 1)


async def test_what_was_held_back_or_is_gone_brings_its_bill() -> None:
    async with xai() as (stand_in, bench):
        gone = {"url": f"{stand_in.root}/_files/gone.png"}
        for items, code in (([{}], FailureCode.REFUSED), ([], FailureCode.REFUSED), ([gone], FailureCode.EXPIRED)):
            stand_in.faults.add(done(*items, ticks=600_000_000))
            with pytest.raises(ProviderError) as caught:
                await bought(bench, CALL)
            assert caught.value.bill is not None
            assert (caught.value.bill.cost, caught.value.spent) == (Money.usd("0.06"), Spent.YES)
            assert caught.value.code == code


async def test_a_picture_that_cannot_be_fetched_now_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.wire.line.PAUSES", (0.0, 0.0))
    async with xai(*[Fault(at=At.DOWNLOAD, status=503, body="")] * 3) as (stand_in, bench):
        pending = await bench.provider.submit(CALL)
        assert isinstance(pending, Pending)
        for _ in range(2):
            assert isinstance(await bench.provider.poll(pending), Pending)
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(pending)
        assert (caught.value.retryable, caught.value.spent) == (True, Spent.NO)
        assert isinstance(await bench.provider.poll(pending), Finished)
    assert stand_in.purchases == 1


@pytest.mark.parametrize("state", ["pending", "processing"])
async def test_a_state_that_is_no_end_is_asked_after_again(state: str) -> None:
    """The document names two ends and none of what comes before them."""
    async with xai() as (stand_in, bench):
        pending = await bench.provider.submit(CALL)
        assert isinstance(pending, Pending)
        stand_in.faults.add(Fault(at=At.POLL, status=200, body={"request_id": "deferred-1", "status": state}))
        assert isinstance(await bench.provider.poll(pending), Pending)
        assert len((await settled(bench.provider, pending, bench.provider)).pictures) == 1


async def test_a_key_is_checked_and_its_models_are_listed() -> None:
    async with xai() as (_, bench):
        assert await bench.provider.check_key() == Account(name="team-1")  # type: ignore[attr-defined]  # xAI does
        names = await bench.provider.list_models()  # type: ignore[attr-defined]  # xAI lists them
    assert names == ["grok-imagine-image-2.0", "grok-imagine-image"]


@pytest.mark.parametrize(
    "body", [{"team_blocked": True}, {"api_key": {"blocked": True}}, {"api_key": {"disabled": True}}]
)
async def test_a_blocked_key_is_refused(body: object) -> None:
    async with xai(Fault(at=At.ACCOUNT, status=200, body=body)) as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()  # type: ignore[attr-defined]  # xAI checks keys
    assert caught.value.code == FailureCode.FORBIDDEN


@pytest.mark.parametrize(("key", "status"), [("xai-wrong-0123456789", 400), ("", 401)])
async def test_a_wrong_key_is_told_whatever_its_status(key: str, status: int) -> None:
    async with xai(key=key) as (stand_in, bench), ClientSession() as session:
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()  # type: ignore[attr-defined]  # xAI checks keys
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with session.get(f"{stand_in.base_url}/me", headers=headers) as answer:
            assert answer.status == status
    assert caught.value.code == FailureCode.AUTHENTICATION


@pytest.mark.parametrize(
    ("changes", "dollars"),
    [
        ({"quality": "low"}, "0.04"),
        ({"quality": "medium"}, "0.06"),
        ({"quality": "low", "resolution": "2k"}, "0.06"),
        ({"quality": "medium", "resolution": "2k", "aspect": "5:2"}, "0.08"),
        ({"operation": Operation.EDIT, "aspect": None, "resolution": None, "inputs": (SOURCE,)}, "0.05"),
        ({"count": 10, "quality": "medium"}, "0.60"),
    ],
)
async def test_the_quote_is_what_the_service_says_it_charged(changes: dict[str, object], dollars: str) -> None:
    call = replace(CALL, **changes)  # type: ignore[arg-type]  # fields of a call
    estimate = GROK.prices.estimate(facts_of(call, GROK))
    assert estimate is not None
    assert estimate.likely == Money.usd(dollars)
    async with xai() as (_, bench):
        assert (await bought(bench, call)).cost == Money.usd(dollars)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("generations", {"size": "1024x1024"}, 400),
        ("generations", {"quality": "high"}, 422),
        ("generations", {"seed": 7}, 422),
        ("generations", {"n": 11}, 422),
        ("generations", {"model": "grok-2-image"}, 404),
        ("generations", {"model": "grok-imagine-image", "quality": "low"}, 400),
        ("generations", {"deferred": True, "response_format": "b64_json"}, 400),
        ("edits", {}, 422),
        ("edits", {"image": {"url": "iVBORw0KGgo="}}, 400),
        ("edits", {"images": [{"url": "data:image/png;base64,AAAA"}]}, 400),
    ],
)
async def test_the_stand_in_refuses_what_the_service_refuses(path: str, body: dict[str, object], status: int) -> None:
    whole = {"model": GROK.name, "prompt": "fox", **body}
    async with XAIStandIn() as stand_in, ClientSession() as session:
        async with session.post(f"{stand_in.base_url}/images/{path}", json=whole) as answer:
            assert answer.status == status
        async with session.post(f"{stand_in.base_url}/images/edits", data={"prompt": "fox"}) as answer:
            assert answer.status == 415
    assert stand_in.purchases == 0


@pytest.mark.req("S2-003")
def test_models_of_the_documents_lead_to_their_heirs() -> None:
    assert CATALOG.service("GROK").id == "xai"
    for name in ("grok-2-image", "grok-2-image-1212", "grok-imagine-image-quality-latest", "grok-imagine-image-pro"):
        card = CATALOG.find(name)
        assert (card.status, card.successor) == (Status.RETIRED, "xai/grok-imagine-image-2.0")


@pytest.mark.req("S2-009")
def test_there_is_little_to_set_beside_the_prompt() -> None:
    assert {rule.name for card in CATALOG.models if card.service == "xai" for rule in card.parameters} == {"quality"}
