"""The suite that every provider passes.

Subclass it in a test module and give it a case; pytest does the rest:

class TestMine(HttpProviderConformance):
    case = Case(card=..., takes=..., call=..., stand_in=MyStandIn, rows=(...))
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import pytest

from limner.domain.call import Call, Finished, Landed, Painted, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.model_card import ServiceCard
from limner.domain.ports import Provider, Streams
from limner.domain.request import Operation, Role
from limner.testing.examples import Bench, input_picture, provider_at
from limner.testing.faults import Drop, Fault, Faults
from limner.wire.connection import Connection
from limner.wire.kinds import picture_type
from limner.wire.takes import OPTIONAL, Takes

KEY = "sk-conformance-0123456789abcdef"
POLLS = 20
MARK = "somebody-0001"
PLAIN: tuple[tuple[int, Mapping[str, str], FailureCode, Spent], ...] = (
    (401, {}, FailureCode.AUTHENTICATION, Spent.NO),
    (402, {}, FailureCode.NO_CREDIT, Spent.NO),
    (429, {}, FailureCode.RATE_LIMITED, Spent.NO),
    (429, {"Retry-After": "7"}, FailureCode.RATE_LIMITED, Spent.NO),
    (500, {}, FailureCode.FAILED, Spent.UNKNOWN),
    (503, {}, FailureCode.OVERLOADED, Spent.UNKNOWN),
)
"""Statuses of a purchase whose body says nothing, and what each means for every service."""


class StandIn(Protocol):
    """A local server in a service's place."""

    faults: Faults
    purchases: int

    @property
    def orders(self) -> Sequence[Mapping[str, object]]:
        """Bodies of the requests for pictures that came, refused ones too."""
        ...

    @property
    def base_url(self) -> str:
        """Where it listens."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One way in which the service refuses or fails, and what it must mean."""

    name: str
    fault: Fault
    code: FailureCode
    retryable: bool = False
    spent: Spent = Spent.NO
    field: str | None = None
    retry_after: float | None = None
    words: str = ""
    """Something of the service's that the message must hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """What the suite must know about one provider."""

    card: ServiceCard
    takes: Takes
    call: Call
    """A small purchase that succeeds."""
    values: Mapping[str, object] = field(default_factory=dict)
    """For each optional field that the service takes, a value other than the call's."""
    stand_in: Callable[[], AbstractAsyncContextManager[StandIn]] | None = None
    rows: tuple[Row, ...] = ()
    extra: Mapping[str, object] = field(default_factory=lambda: {"user": MARK})
    """One of the service's own options, with a value that is easily found again."""


def expect(got: object, wanted: object) -> None:
    """Says both sides where they differ: asserts outside of test modules say nothing."""
    if got != wanted:
        raise AssertionError(f"got {got!r}, wanted {wanted!r}")


def changed(call: Call, name: str, value: object) -> Call:
    """The call with one field set to any value."""
    changes: dict[str, Any] = {name: value}
    return replace(call, **changes)


def another(call: Call, number: int) -> Call:
    """The same once more as a call of its own: under one id some services sell only once."""
    return replace(call, id=f"00000000-0000-7000-8000-{0xA0000 + number:012x}")


async def settled(provider: Provider, outcome: Finished | Pending, reopened: Provider) -> Finished:
    """Follows a call to its end; every ticket passes through JSON and to another provider, as after a restart."""
    for _ in range(POLLS):
        if isinstance(outcome, Finished):
            return outcome
        ticket = json.loads(json.dumps(dict(outcome.ticket)))
        provider, reopened = reopened, provider
        outcome = await provider.poll(replace(outcome, ticket=ticket))
    raise AssertionError(f"The call was not finished after {POLLS} polls.")


async def content_of(picture: Painted, bench: Bench) -> bytes:
    """The bytes of a picture, wherever they are."""
    return await bench.blobs.get(picture.content.digest) if isinstance(picture.content, Landed) else picture.content


class ProviderConformance:
    """What holds for every provider, on this machine or elsewhere."""

    case: Case

    def at_home(self) -> AbstractAsyncContextManager[Bench]:
        """The provider without a stand-in."""
        return provider_at(self.case.card, Connection(base_url=self.case.card.base_url, api_key=KEY))

    @pytest.mark.parametrize("name", OPTIONAL)
    async def test_a_field_it_does_not_take_is_refused_unsent(self, name: str) -> None:
        """Nothing is dropped in silence: what cannot be sent is refused."""
        if name in self.case.takes.fields:
            return
        async with self.at_home() as bench:
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(changed(self.case.call, name, "0"))
        problem = caught.value.problem()
        expect((problem.code, problem.field, problem.spent), (FailureCode.BAD_PARAMETER, name, Spent.NO))

    @pytest.mark.parametrize("role", list(Role))
    async def test_an_input_it_does_not_take_is_refused_unsent(self, role: Role) -> None:
        """The same for pictures in a role that the service has no place for."""
        if role in self.case.takes.roles:
            return
        async with self.at_home() as bench:
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(replace(self.case.call, inputs=(input_picture(role),)))
        expect(caught.value.problem().code, FailureCode.BAD_PARAMETER)

    @pytest.mark.parametrize("operation", list(Operation))
    async def test_an_operation_it_does_not_have_is_refused_unsent(self, operation: Operation) -> None:
        """The same for operations."""
        if operation in self.case.takes.operations:
            return
        async with self.at_home() as bench:
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(replace(self.case.call, operation=operation))
        expect(caught.value.problem().field, "operation")

    async def test_options_that_decide_what_is_bought_cannot_be_smuggled_in(self) -> None:
        """The passed-through options cannot raise the number bought."""
        async with self.at_home() as bench:
            for name in self.case.takes.reserved:
                with pytest.raises(ProviderError) as caught:
                    await bench.provider.submit(replace(self.case.call, extra={name: 9}))
                expect(caught.value.problem().field, f"extra.{name}")


class HttpProviderConformance(ProviderConformance):
    """What holds for every provider behind HTTP, shown against its stand-in."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each way of failing and each optional field."""
        if "row" in metafunc.fixturenames:
            metafunc.parametrize("row", self.case.rows, ids=[row.name for row in self.case.rows])
        if "taken" in metafunc.fixturenames:
            metafunc.parametrize("taken", sorted(self.case.takes.fields))

    def open_stand_in(self) -> AbstractAsyncContextManager[StandIn]:
        """The stand-in of the case."""
        if self.case.stand_in is None:
            raise AssertionError("The case of a provider behind HTTP needs a stand-in.")
        return self.case.stand_in()

    def owed(self, spent: Spent) -> Spent:
        """What may have been spent: nothing at a service that paints on this machine or network."""
        return Spent.NO if self.case.card.local else spent

    def at(self, stand_in: StandIn) -> AbstractAsyncContextManager[Bench]:
        """The provider, pointed at a stand-in."""
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, base_url_overridden=True)
        return provider_at(self.case.card, connection)

    async def buy(self, bench: Bench, call: Call) -> Finished:
        """One purchase, to its end."""
        again = bench.services.connected({}).provider(self.case.card.id)
        return await settled(bench.provider, await bench.provider.submit(call), again)

    async def test_a_picture_comes_as_the_service_made_it(self) -> None:
        """One purchase, as many pictures as wanted, each in the object store."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            finished = await self.buy(bench, self.case.call)
            expect(len(finished.pictures), self.case.call.count)
            for picture in finished.pictures:
                expect(bool(picture_type(await content_of(picture, bench))), True)
            expect(stand_in.purchases, 1)
            expect({receiver.state for receiver in bench.blobs.receivers}, {"finished"})

    async def test_a_field_it_takes_reaches_the_service(self, taken: str) -> None:
        """What is sent differs with the field."""
        sent = []
        for value in (None, self.case.values[taken]):
            async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
                await self.buy(bench, changed(self.case.call, taken, value))
                sent.append(stand_in.orders[-1])
        expect(sent[0] != sent[1], True)

    async def test_extra_options_go_along_last(self) -> None:
        """The service's own options are passed through."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            stand_in.faults.add(Fault(status=400, body={}))
            with pytest.raises(ProviderError):
                await bench.provider.submit(replace(self.case.call, extra=self.case.extra))
            expect(MARK in json.dumps(stand_in.orders[-1]), True)

    async def test_a_refusal_or_failure_means_what_the_sheet_says(self, row: Row) -> None:
        """Code, retry, money, field and hint of each way of failing."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            stand_in.faults.add(row.fault)
            with pytest.raises(ProviderError) as caught:
                await self.buy(bench, self.case.call)
            expect(bool(bench.blobs.files), False)
        problem = caught.value.problem()
        expect((problem.code, problem.retryable, problem.spent), (row.code, row.retryable, row.spent))
        expect((problem.field, problem.retry_after), (row.field, row.retry_after))
        expect(problem.provider, self.case.card.id)
        expect(row.words in problem.message, True)

    async def test_a_plain_refusal_means_the_same_everywhere(self) -> None:
        """A wrong key, no credit, too many requests with and without a hint, trouble there: by the status alone."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            for number, (status, headers, code, spent) in enumerate(PLAIN):
                stand_in.faults.add(Fault(status=status, body={}, headers=headers))
                with pytest.raises(ProviderError) as caught:
                    await bench.provider.submit(another(self.case.call, number))
                problem = caught.value.problem()
                expect((status, problem.code, problem.spent), (status, code, self.owed(spent)))
                expect((status, problem.retryable), (status, status == 429))
                if headers:
                    expect(problem.retry_after, 7.0)

    async def test_the_key_is_never_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """Not in a message, a log line or the chain of errors, even if the service repeats it."""
        caplog.set_level(logging.DEBUG)
        echo = {"error": {"message": f"Bad key {KEY}, header Authorization: Bearer {KEY}"}}
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            faults = (
                Fault(status=401, body=echo),
                Fault(status=500, body=f"<pre>{KEY}</pre>"),
                Fault(drop=Drop.BEFORE_READING),
                Fault(drop=Drop.IN_ANSWER),
            )
            for number, fault in enumerate(faults):
                stand_in.faults.add(fault)
                with pytest.raises(ProviderError) as caught:
                    await self.buy(bench, another(self.case.call, number))
                told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.problem())
                expect(KEY in told + caplog.text, False)
                expect(KEY[3:] in told, False)

    async def test_nothing_is_sent_twice(self) -> None:
        """After a broken line, or from a service that is overloaded, the call may have been bought: it stays so."""
        faults = (Fault(drop=Drop.AFTER_READING), Fault(drop=Drop.IN_ANSWER), Fault(status=503, body="busy"))
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            await self.buy(bench, self.case.call)
            for number, fault in enumerate(faults):
                before = len(stand_in.orders)
                stand_in.faults.add(fault)
                with pytest.raises(ProviderError) as caught:
                    await self.buy(bench, another(self.case.call, number))
                expect(caught.value.problem().spent, self.owed(Spent.UNKNOWN))
                expect(caught.value.problem().retryable, False)
                expect(len(stand_in.orders), before + 1)

    async def test_an_unreachable_service_costs_nothing(self) -> None:
        """Where nothing was sent, nothing was spent."""
        async with self.open_stand_in() as stand_in:
            base_url = stand_in.base_url
        connection = Connection(base_url=base_url, api_key=KEY, base_url_overridden=True)
        async with provider_at(self.case.card, connection) as bench:
            with pytest.raises(ProviderError) as caught:
                await bench.provider.submit(self.case.call)
        problem = caught.value.problem()
        expect((problem.code, problem.retryable, problem.spent), (FailureCode.UNREACHABLE, True, Spent.NO))

    async def test_a_late_answer_is_given_up_and_may_have_cost_money(self) -> None:
        """Every wait has a deadline."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            await self.buy(bench, self.case.call)  # so that the line is open, and all of the time is the service's
            stand_in.faults.add(Fault(delay=20.0))
            with pytest.raises(ProviderError) as caught:
                await self.buy(bench, replace(another(self.case.call, 1), timeout=0.3))
        problem = caught.value.problem()
        expect((problem.code, problem.spent), (FailureCode.TIMED_OUT, self.owed(Spent.UNKNOWN)))

    async def test_a_stream_ends_with_the_finished_call(self) -> None:
        """Progress goes forward, and the last item is the result."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            if not isinstance(bench.provider, Streams):
                return
            news = [item async for item in bench.provider.stream(replace(self.case.call, partials=2))]
            expect(isinstance(news[-1], Finished), True)
            expect({type(item) for item in news[:-1]} <= {Partial}, True)
            shares = [item.progress for item in news[:-1] if isinstance(item, Partial) and item.progress is not None]
            expect(shares, sorted(shares))
            expect(stand_in.purchases, 1)

    async def test_a_stream_may_be_left_early(self) -> None:
        """Leaving a stream leaves nothing open."""
        async with self.open_stand_in() as stand_in, self.at(stand_in) as bench:
            if not isinstance(bench.provider, Streams):
                return
            stream = bench.provider.stream(replace(self.case.call, partials=2))
            async with aclosing(stream) as news:  # type: ignore[type-var]  # providers' streams are async generators
                async for _ in news:
                    break
            expect("open" in {receiver.state for receiver in bench.blobs.receivers}, False)
