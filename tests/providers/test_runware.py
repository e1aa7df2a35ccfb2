"""What Runware is sent, how a task is found again, and what mixed answers come to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from limner.domain.abilities import Finds
from limner.domain.accounts import Account, ChecksKey, ListsModels
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.ports import Cancels, Provider, Streams
from limner.domain.request import Margins, Operation, Role, Size
from limner.providers.runware import QUIET
from limner.providers.runware.tasks import task_id, with_fitting_margins
from limner.testing.conformance import KEY, settled
from limner.testing.examples import CALL, Bench, input_picture, provider_at
from limner.testing.faults import At, Drop, Fault
from limner.testing.pictures import grey_mask
from limner.testing.runware_stand_in import RunwareStandIn
from limner.wire.connection import Connection
from tests.shipped import shipped

CATALOG = shipped()
CARD = replace(CATALOG.service("runware"), requests_per_second=0.0)
SIZE = Size(512, 384)


@asynccontextmanager
async def runware(*faults: Fault) -> AsyncIterator[tuple[RunwareStandIn, Bench]]:
    async with RunwareStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


def call_of(model: str = "runware:101@1", **changes: object) -> Call:
    card = CATALOG.find(f"runware/{model}")
    plain = replace(CALL, model=card.name, size=SIZE, quality=None, wire=card.wire)
    return replace(plain, **changes)  # type: ignore[arg-type]  # the fields of Call


async def bought(provider: Provider, call: Call) -> Finished:
    return await settled(provider, await provider.submit(call), provider)


async def found(bench: Bench, call: Call) -> Finished | Pending | None:
    assert isinstance(bench.provider, Finds)
    return await bench.provider.find(call)


async def test_a_task_as_it_is_sent() -> None:
    source = input_picture(Role.SOURCE, size=SIZE)
    mask = replace(input_picture(Role.MASK, size=SIZE), data=grey_mask(SIZE))
    async with runware() as (stand_in, bench):
        call = call_of(operation=Operation.INPAINT, inputs=(source, mask), strength=0.5, extra={"maskMargin": 64})
        finished = await bought(bench.provider, call)
        assert [entry.path for entry in stand_in.log] == ["/v1"] * 4
    sent = dict(stand_in.orders[0])
    inputs = sent.pop("inputs")
    assert isinstance(inputs, dict)
    assert {name: value[:22] for name, value in inputs.items()} == {
        "seedImage": "data:image/png;base64,",
        "maskImage": "data:image/png;base64,",
    }
    assert sent == {
        "taskType": "imageInference",
        "taskUUID": task_id(call.id),
        "model": "runware:101@1",
        "deliveryMethod": "async",
        "includeCost": True,
        "outputType": "URL",
        "positivePrompt": "a red fox in snow",
        "width": 512,
        "height": 384,
        "numberResults": 1,
        "strength": 0.5,
        "maskMargin": 64,
    }
    assert (finished.cost, finished.request_id) == (Money.usd("0.0013"), task_id(call.id))


@pytest.mark.req("S0-018")
async def test_a_control_picture_stands_beside_the_model_that_reads_it() -> None:
    call = call_of("control/flux-dev-depth", inputs=(input_picture(Role.CONTROL, size=SIZE),))
    own = {"weight": 0.8, "startStepPercentage": 10, "scheduler": "Euler"}
    async with runware() as (stand_in, bench):
        await bought(bench.provider, replace(call, extra=own))
        (order,) = stand_in.orders
    assert (order["model"], order["scheduler"]) == ("runware:101@1", "Euler")
    controls = order["controlNet"]
    assert isinstance(controls, list)
    (control,) = controls
    assert str(control.pop("guideImage")).startswith("data:image/png;base64,")
    assert control == {"model": "runware:27@1", "weight": 0.8, "startStepPercentage": 10}
    assert not {"weight", "startStepPercentage"} & order.keys()


@pytest.mark.parametrize(
    ("model", "own", "field"),
    [
        ("runware:101@1", {"weight": 0.8}, "extra.weight"),
        ("control/flux-dev-canny", {"startStep": 1, "startStepPercentage": 5}, "inputs"),
    ],
)
async def test_options_of_a_control_picture_are_refused_in_its_name(
    model: str, own: dict[str, object], field: str
) -> None:
    inputs = (input_picture(Role.CONTROL, size=SIZE),) if model.startswith("control/") else ()
    async with runware() as (stand_in, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(call_of(model, inputs=inputs, extra=own))
        assert (caught.value.code, caught.value.field) == (FailureCode.BAD_PARAMETER, field)
        assert (caught.value.spent, stand_in.purchases) == (Spent.NO, 0)


def test_the_id_of_a_task_follows_from_that_of_the_call() -> None:
    four = "a770f077-f413-47de-9dac-be0b26a35da6"
    assert task_id(four) == four
    for id in (CALL.id, "no uuid at all"):
        assert UUID(task_id(id)).version == 4
        assert task_id(id) == task_id(id)
    assert task_id(CALL.id) != task_id("no uuid at all")


@pytest.mark.parametrize(
    ("size", "wanted", "fitted"),
    [
        (Size(640, 384), Margins(left=64, right=64), Margins(left=64, right=64)),
        (Size(640, 448), Margins(left=60, right=60, top=60), Margins(left=60, right=68, top=60, bottom=4)),
        (Size(576, 384), Margins(left=70, right=10), Margins(left=64)),
        (Size(576, 384), Margins(left=80), Margins(left=64)),
        (Size(448, 384), Margins(left=64, right=64), None),
        (Size(512, 320), Margins(top=64), None),
    ],
)
def test_margins_take_up_what_rounding_the_size_changed(size: Size, wanted: Margins, fitted: Margins | None) -> None:
    source = input_picture(Role.SOURCE, size=SIZE)
    call = with_fitting_margins(call_of(inputs=(source,), margins=wanted, size=size))
    assert (call and call.margins) == fitted


async def test_an_outpaint_is_of_the_final_size_or_not_sent() -> None:
    source = input_picture(Role.SOURCE, size=Size(500, 384))
    call = call_of(operation=Operation.OUTPAINT, inputs=(source,), margins=Margins(left=64), size=Size(576, 384))
    async with runware() as (stand_in, bench):
        await bought(bench.provider, call)
        assert stand_in.orders[0]["outpaint"] == {"left": 64, "top": 0, "right": 12, "bottom": 0}
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(call, size=Size(448, 384)))
    assert (caught.value.problem().field, len(stand_in.orders)) == ("margins", 1)


@pytest.mark.req("S1-100")
async def test_a_purchase_whose_answer_was_lost_is_found_and_not_bought_again() -> None:
    for drop in (Drop.AFTER_READING, Drop.IN_ANSWER):
        async with runware(Fault(drop=drop)) as (stand_in, bench):
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(call_of())
            assert caught.value.problem().spent is Spent.UNKNOWN
            outcome = await found(bench, call_of())
            assert outcome is not None
            assert len((await settled(bench.provider, outcome, bench.provider)).pictures) == 1
            assert stand_in.purchases == 1


async def test_a_call_that_never_arrived_is_not_found() -> None:
    unknown = {"code": "invalidTaskUUID", "message": "No.", "parameter": "taskUUID"}
    async with runware(Fault(drop=Drop.BEFORE_READING)) as (stand_in, bench):
        with pytest.raises(ProviderError):
            await bench.provider.submit(call_of())
        assert await found(bench, call_of()) is None
        for status, body in ((400, {"errors": [unknown]}), (200, {"errors": [unknown]}), (200, {"data": []})):
            stand_in.faults.add(Fault(at=At.POLL, status=status, body=body))
            assert await found(bench, call_of()) is None
        stand_in.faults.add(Fault(at=At.POLL, status=500, body={}))
        with pytest.raises(ProviderError) as caught:
            await found(bench, call_of())
        assert caught.value.retryable
        refused = {"code": "promptBlocked", "message": "No."}
        stand_in.faults.add(Fault(at=At.POLL, status=200, body={"errors": [refused]}))
        with pytest.raises(ProviderError) as caught:
            await found(bench, call_of())
        assert (caught.value.code, caught.value.spent) == (FailureCode.REFUSED, Spent.NO)


async def test_a_task_that_is_there_already_is_not_bought_again() -> None:
    async with runware() as (stand_in, bench):
        first, again = await bench.provider.submit(call_of()), await bench.provider.submit(call_of())
        assert isinstance(first, Pending)
        assert isinstance(again, Pending)
        assert (first.ticket, stand_in.purchases) == (again.ticket, 1)
        error = {"code": "duplicateTaskUUID", "message": "It exists.", "parameter": "taskUUID"}
        stand_in.faults.add(Fault(status=200, body={"errors": [error]}))
        assert await bench.provider.submit(call_of(id="another")) == replace(
            again, ticket={**again.ticket, "taskUUID": task_id("another")}
        )


async def test_pictures_and_errors_may_be_mixed() -> None:
    error = {"code": "providerError", "message": "The second one failed."}
    async with runware() as (stand_in, bench):
        pending = await bench.provider.submit(call_of(count=2))
        assert isinstance(pending, Pending)
        picture = {"status": "success", "imageURL": stand_in.keep(stand_in.paint(SIZE)), "cost": 0.002, "seed": 3}
        early = {"data": [picture, {"status": "processing", "progress": 60}]}
        stand_in.faults.add(Fault(at=At.POLL, status=200, body=early))
        on = await bench.provider.poll(pending)
        assert isinstance(on, Pending)
        assert on.progress == 0.6
        flagged = {**picture, "NSFWContent": True}
        stand_in.faults.add(Fault(at=At.POLL, status=200, body={"data": [flagged], "errors": [error]}))
        finished = await bench.provider.poll(on)
    assert isinstance(finished, Finished)
    (painted,) = finished.pictures
    assert (painted.seed, painted.notes["nsfw"], finished.cost) == (3, True, Money.usd("0.002"))
    assert "The second one failed." in str(painted.notes["cut_short"])


async def test_fewer_pictures_than_asked_for_are_delivered_in_the_end() -> None:
    async with runware() as (stand_in, bench):
        outcome = await bench.provider.submit(call_of(count=2))
        picture = {"status": "success", "imageURL": stand_in.keep(stand_in.paint(SIZE))}
        polls = 0
        while isinstance(outcome, Pending):
            stand_in.faults.add(Fault(at=At.POLL, status=200, body={"data": [picture]}))
            outcome = await bench.provider.poll(outcome)
            polls += 1
    assert (len(outcome.pictures), outcome.cost, polls) == (1, None, QUIET + 1)


async def test_an_answer_that_comes_at_once_is_taken() -> None:
    async with runware() as (stand_in, bench):
        picture = {"imageURL": stand_in.keep(stand_in.paint(SIZE)), "cost": 0.01}
        stand_in.faults.add(Fault(status=200, body={"data": [picture]}))
        finished = await bench.provider.submit(call_of())
    assert isinstance(finished, Finished)
    assert finished.cost == Money.usd("0.01")


async def test_a_key_is_checked_and_models_are_listed_at_no_cost() -> None:
    async with runware() as (stand_in, bench):
        assert isinstance(bench.provider, ChecksKey)
        assert isinstance(bench.provider, ListsModels)
        assert not isinstance(bench.provider, Streams | Cancels)
        assert await bench.provider.check_key() == Account(name="Ink & Co", balance=Decimal("12.3"))
        assert await bench.provider.list_models() == ["runware:101@1", "acme:7@1"]
        stand_in.faults.add(Fault(at=At.ACCOUNT, status=200, body={"data": []}))
        assert await bench.provider.check_key() == Account()
        stand_in.key = "another"
        with pytest.raises(ProviderError) as caught:
            await bench.provider.check_key()
        assert (caught.value.code, stand_in.purchases) == (FailureCode.AUTHENTICATION, 0)
