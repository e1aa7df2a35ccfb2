"""What Black Forest Labs is sent, where its key goes, and what its answers come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from limner.domain.accounts import Account, ChecksKey
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.ports import Cancels, Provider, Streams
from limner.domain.prices import Facts
from limner.domain.request import Margins, Operation, Role, Size
from limner.testing.bfl_stand_in import BlackForestLabsStandIn
from limner.testing.conformance import KEY, settled
from limner.testing.examples import CALL, Bench, input_picture, provider_at
from limner.testing.faults import At, Fault
from limner.testing.pictures import grey_mask
from limner.wire.connection import Connection
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("bfl"), requests_per_second=0.0)
SIZE = Size(64, 48)


@asynccontextmanager
async def lab(*faults: Fault) -> AsyncIterator[tuple[BlackForestLabsStandIn, Bench]]:
    async with BlackForestLabsStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


def call_of(model: str, **changes: object) -> Call:
    card = CATALOG.find(f"bfl/{model}")
    plain = replace(CALL, model=card.name, size=None, quality=None, wire=card.wire)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields of Call


async def bought(provider: Provider, call: Call) -> Finished:
    return await settled(provider, await provider.submit(call), provider)


async def test_several_pictures_go_under_numbered_names_the_source_first() -> None:
    inputs = tuple(input_picture(role, number=n) for n, role in enumerate((Role.REFERENCE, Role.SOURCE, Role.STYLE)))
    async with lab() as (stand_in, bench):
        await bought(bench.provider, call_of("flux-2-pro", operation=Operation.EDIT, inputs=inputs, seed=5))
        sent = stand_in.orders[0]
        await bought(bench.provider, call_of("flux-3-image", operation=Operation.EDIT, inputs=inputs, aspect="3:2"))
    assert list(sent) == ["prompt", "seed", "input_image", "input_image_2", "input_image_3"]
    assert [sent["input_image"], sent["input_image_2"]] != [sent["input_image_2"], sent["input_image"]]
    pictures = stand_in.orders[1]["images"]
    assert pictures == [sent["input_image"], sent["input_image_2"], sent["input_image_3"]]


@pytest.mark.parametrize("changes", [{"seed": 7}, {"size": Size(1024, 1024)}])
async def test_flux_3_is_never_sent_what_it_refuses(changes: dict[str, object]) -> None:
    async with lab() as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call_of("flux-3-image", **changes))
    assert caught.value.problem().field == next(iter(changes))
    assert stand_in.orders == []


async def test_the_tools_are_sent_masks_and_margins() -> None:
    source = input_picture(Role.SOURCE, size=SIZE)
    mask = replace(input_picture(Role.MASK, size=SIZE), data=grey_mask(SIZE))
    masked, wider = (source, mask), Margins(left=8, top=4, right=16)
    async with lab() as (stand_in, bench):
        for call in (
            call_of("flux-pro-1.0-fill", operation=Operation.INPAINT, inputs=masked, steps=20, guidance=30.0),
            call_of("flux-tools/erase-v1", operation=Operation.INPAINT, inputs=masked, prompt=""),
            call_of("flux-pro-1.0-expand", operation=Operation.OUTPAINT, inputs=(source,), margins=wider),
            call_of(
                "flux-tools/outpainting-v1",
                operation=Operation.OUTPAINT,
                inputs=(source,),
                margins=Margins(left=20, top=16),
                size=Size(84, 64),
            ),
        ):
            await bought(bench.provider, call)
    fill, erase, expand, canvas = stand_in.orders
    assert list(fill) == ["prompt", "steps", "guidance", "image", "mask"]
    assert list(erase) == ["image", "mask"]
    assert {name: expand[name] for name in ("left", "top", "right", "bottom")} == {
        "left": 8,
        "top": 4,
        "right": 16,
        "bottom": 0,
    }
    assert (canvas["width"], canvas["height"]) == (84, 64)
    assert (canvas["reference_offset_x"], canvas["reference_offset_y"]) == (20, 16)


async def test_a_canvas_that_is_not_the_picture_and_its_margins_is_refused_unsent() -> None:
    call = call_of(
        "flux-tools/outpainting-v1",
        operation=Operation.OUTPAINT,
        inputs=(input_picture(Role.SOURCE, size=SIZE),),
        margins=Margins(left=20),
        size=Size(64, 64),
    )
    async with lab() as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call)
    assert (caught.value.problem().field, stand_in.orders) == ("margins", [])


async def test_the_stated_cost_is_in_cents_and_the_newest_statement_counts() -> None:
    async with lab() as (stand_in, bench):
        first = await bought(bench.provider, call_of("flux-2-pro", seed=5))
        assert (first.cost, first.pictures[0].seed) == (Money.usd("0.03"), 5)
        sample = stand_in.keep(stand_in.paint(SIZE))
        ready = {"id": "t", "status": "Ready", "cost": 4.5, "result": {"sample": sample}}
        stand_in.faults.add(Fault(at=At.POLL, status=200, body=ready))
        assert (await bought(bench.provider, call_of("flux-2-pro"))).cost == Money.usd("0.045")
        unpriced = {"id": "t", "polling_url": f"{stand_in.root}/v1/get_result?id=t"}
        stand_in.faults.add(Fault(status=200, body=unpriced))
        stand_in.faults.add(Fault(at=At.POLL, status=200, body={**ready, "cost": None}))
        assert (await bought(bench.provider, call_of("flux-2-pro"))).cost is None


async def test_polls_go_to_the_address_that_was_named_else_to_the_base_url() -> None:
    async with lab() as (stand_in, bench):
        done = await bench.provider.submit(call_of("flux-2-pro"))
        assert isinstance(done, Pending)
        stand_in.faults.add(Fault(status=200, body={"id": "task-0"}))
        nameless = await bench.provider.submit(call_of("flux-2-pro"))
        assert isinstance(nameless, Pending)
        assert nameless.ticket["polling_url"] is None
        finished = await settled(bench.provider, nameless, bench.provider)
        assert len(finished.pictures) == 1
        assert {entry.path for entry in stand_in.log if entry.at is At.POLL} == {"/v1/get_result?id=task-0"}


async def test_the_key_does_not_follow_an_address_to_a_foreign_host() -> None:
    async with lab() as (_, bench), BlackForestLabsStandIn(key=KEY) as foreign:
        bench.wire.guard.trust(foreign.root)
        ticket = {"id": "task-0", "polling_url": f"{foreign.root}/v1/get_result?id=task-0"}
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(Pending(ticket=ticket, poll_after=1.0))
        assert caught.value.problem().code == FailureCode.AUTHENTICATION
        assert foreign.log == []


async def test_what_it_says_in_between_is_passed_on() -> None:
    thinking = {"id": "t", "status": "Reasoning", "result": None, "progress": 0.9}
    earlier = {"id": "t", "status": "Generating", "progress": 0.4}
    async with lab(*(Fault(at=At.POLL, status=200, body=body) for body in (thinking, earlier))) as (_, bench):
        pending = await bench.provider.submit(call_of("flux-3-image"))
        assert isinstance(pending, Pending)
        first = await bench.provider.poll(pending)
        assert isinstance(first, Pending)
        assert (first.stage, first.progress) == ("reasoning", 0.9)
        second = await bench.provider.poll(first)
        assert isinstance(second, Pending)
        assert (second.stage, second.progress) == ("generating", 0.9)


async def test_a_key_is_checked_at_no_cost() -> None:
    async with lab() as (stand_in, bench):
        assert isinstance(bench.provider, ChecksKey)
        assert not isinstance(bench.provider, Streams | Cancels)
        assert await bench.provider.check_key() == Account(balance=Decimal("1234.5"), unit="credits")
        stand_in.faults.add(Fault(at=At.ACCOUNT, status=200, body={}))
        assert (await bench.provider.check_key()).balance is None
        stand_in.key = "another"
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()
        assert (caught.value.problem().code, caught.value.problem().spent) == (FailureCode.AUTHENTICATION, Spent.NO)
        assert stand_in.purchases == 0


@pytest.mark.parametrize(
    ("size", "inputs", "dollars"),
    [
        (Size(1024, 1024), (), "0.03"),
        (Size(1536, 1024), (), "0.045"),
        (Size(2048, 2048), (), "0.075"),
        (Size(1024, 1024), (1024 * 1024, 2000 * 1500), "0.09"),
    ],
)
def test_flux_2_is_priced_by_megapixels_in_and_out(size: Size, inputs: tuple[int, ...], dollars: str) -> None:
    facts = Facts(
        operation=Operation.EDIT if inputs else Operation.GENERATE,
        count=1,
        size=size,
        quality=None,
        prompt="",
        inputs=len(inputs),
        input_areas=inputs,
    )
    estimate = CATALOG.find("bfl/flux-2-pro").prices.estimate(facts)
    assert estimate is not None
    assert estimate.likely == Money.usd(dollars)
