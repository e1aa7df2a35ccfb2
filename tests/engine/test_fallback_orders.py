"""Whatever the order of candidates, their prices and their failures: never more than was confirmed, nothing twice."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from limner.catalog.layers import Source
from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import (
    ConfirmationRequired,
    FailureCode,
    NotConfigured,
    PriceUnknown,
    Problem,
    ProviderError,
    Spent,
)
from limner.domain.health import BreakerRules
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

BEFORE_MIDNIGHT = 12 * 3600 - 300
"""Seconds from the clock's beginning to five minutes before the next day."""
NAMES = ("acme", "zen", "oak", "elm")
OUTCOMES = ("paints", "short", "unpaid", "refused", "paid", "lost", "ticket", "lost ticket")
"""What may become of one call. After `unpaid` alone somebody else may be asked."""


def failure(code: FailureCode, spent: Spent) -> ProviderError:
    return ProviderError(Problem(code=code, message=f"{code} happened.", spent=spent))


ERRORS = {
    "unpaid": failure(FailureCode.OVERLOADED, Spent.NO),
    "refused": failure(FailureCode.REFUSED, Spent.NO),
    "paid": failure(FailureCode.BAD_ANSWER, Spent.YES),
    "lost": failure(FailureCode.LINE_DROPPED, Spent.UNKNOWN),
}


class Scripted(FakeProvider):
    """A service that names no price, so that its list is booked; a ticket is answered for by its call."""

    def __init__(self, outcomes: tuple[str, ...]) -> None:
        super().__init__()
        self._told = list(outcomes)
        self._picture = super().finished(1).pictures[0].content

    async def submit(self, call: Call) -> Finished | Pending:
        told = self._told.pop(0) if self._told else "unpaid"
        if told in ERRORS:
            self.script(ERRORS[told])
        elif told.endswith("ticket"):
            self.script(Pending(ticket={"count": call.count, "lost": told.startswith("lost")}, poll_after=0.0))
        else:
            self.script(self.finished(max(1, call.count - (told == "short"))))
        return await super().submit(call)

    async def poll(self, pending: Pending) -> Finished | Pending:
        if pending.ticket["lost"]:
            raise ERRORS["lost"]
        return self.finished(int(str(pending.ticket["count"])))

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        return Finished(pictures=(Painted(content=self._picture),) * count)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One candidate."""

    micro: int
    """What a picture costs."""
    at_once: int
    """Pictures of one call."""
    outcomes: tuple[str, ...]
    priced: bool = True
    """Whether anybody knows that; else it runs under what an administrator allows."""


shops = st.lists(
    st.builds(
        Shop,
        micro=st.integers(min_value=1, max_value=200_001),
        at_once=st.integers(min_value=1, max_value=4),
        outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=6).map(tuple),
        priced=st.sampled_from((True, True, False)),
    ),
    min_size=1,
    max_size=4,
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is asked for, and what becomes of the plan before it is confirmed."""

    count: int
    dearest: int
    """The shop whose price is the most that may be paid."""
    retired: int = 0
    """The place of the heir of the model that is named; 0 names a tier instead."""
    ends: bool = False
    """Whether the named model is shut down between quote and yes, else before both."""
    micro: int = 1
    """What the named model costs, while it is there."""
    unpriced: int | None = None
    """What an administrator allows for a picture whose price nobody knows."""


wishes = st.builds(
    Wish,
    count=st.integers(min_value=1, max_value=6),
    dearest=st.integers(min_value=0, max_value=3),
    retired=st.integers(min_value=0, max_value=4),
    ends=st.booleans(),
    micro=st.integers(min_value=1, max_value=200_001),
    unpriced=st.none() | st.integers(min_value=1, max_value=200_001),
)


async def carried(here: House, wish: Wish, allowed: Money) -> tuple[Job, Money] | None:
    """A job by its quote, and what may be paid: no more than was confirmed with that, nor than is allowed at all.

    None where nothing may be bought.
    """
    request = ImageRequest(prompt="a fox", count=wish.count, max_cost=allowed)
    named = replace(request, model="old/one", fallback=True) if wish.retired else replace(request, tier="high")
    here.clock.advance(BEFORE_MIDNIGHT if wish.ends else 2 * BEFORE_MIDNIGHT)
    try:
        quote = await here.engine.estimate(named, LOCAL)
        assert quote.ceiling is not None
        here.clock.advance(600)
        job = await here.engine.confirm(quote.token, LOCAL)
    except (ConfirmationRequired, NotConfigured, PriceUnknown):
        return None
    assert "old/one" not in [one.model for one in job.plan.candidates]
    confirmed = min(quote.ceiling, allowed)
    assert job.held <= confirmed
    return await here.engine.wait(job.id, LOCAL, timeout=20), confirmed


def catalog_of(named: Mapping[str, Shop], order: list[int], wish: Wish) -> list[Source]:
    """The services, and one whose model ends at midnight."""
    sources = [
        facts(
            name,
            usd=f"{shop.micro / 1_000_000:.6f}",
            count=shop.at_once,
            rank=order[place] + 1,
            priced=shop.priced,
        )
        for place, (name, shop) in enumerate(named.items())
    ]
    heir = list(named)[(wish.retired - 1) % len(named)]
    end = f'status = "deprecated"\nshutdown = 2026-11-22\nsuccessor = "{heir}/one"'
    return [*sources, facts("old", usd=f"{wish.micro / 1_000_000:.6f}", end=end)]


async def booked(here: House) -> Money:
    """What the ledger has: where a price is unknown, what was set aside for it."""
    bookings = await here.ledger.spent(LOCAL.id, here.clock.now() - timedelta(days=2))
    return sum((each.cost for each in bookings), Money())


async def bought_as_confirmed(found: list[Shop], order: list[int], wish: Wish, folder: Path) -> None:
    named = dict(zip(NAMES, found, strict=False))
    providers = {name: Scripted(shop.outcomes) for name, shop in named.items()}
    most = found[wish.dearest % len(found)]
    allowed = Money((most.micro if most.priced else wish.unpriced or 1) * wish.count)
    async with house(
        folder,
        {**providers, "old": Scripted(("paints",))},
        *catalog_of(named, order, wish),
        rules=BreakerRules(failures=10**6),
        unpriced=None if wish.unpriced is None else Money(wish.unpriced),
    ) as here:
        done = await carried(here, wish, allowed)
        bought = [call for provider in providers.values() for call in provider.bought]
        if done is None:
            assert not bought
            assert await booked(here) == Money()
            return
        job, confirmed = done
        assert len({call.id for call in bought}) == len(bought)
        assert sum(call.count for call in bought) <= wish.count
        assert len(job.pictures) <= wish.count
        assert await booked(here) + job.held <= confirmed
        assert bool(job.held) is (job.state is JobState.AMBIGUOUS)
        await here.books_are_right()
        for call in job.calls:
            if call.state is CallState.AMBIGUOUS:
                job = await here.engine.resolve(call.id, LOCAL, charged=True)
        assert await booked(here) <= confirmed
        assert job.held == Money()
        await here.books_are_right()


CHEAP, DEAR = Shop(micro=1000, at_once=1, outcomes=("paints",)), Shop(micro=9000, at_once=1, outcomes=("unpaid",))
NOBODY_KNOWS = Shop(micro=1, at_once=2, outcomes=("paints", "lost"), priced=False)
IN_ORDER = [0, 1, 2, 3]


@pytest.mark.timeout(240)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(found=shops, order=st.permutations(range(len(NAMES))), wish=wishes)
@example([DEAR, NOBODY_KNOWS, CHEAP], IN_ORDER, Wish(count=2, dearest=0, unpriced=8000))
@example([NOBODY_KNOWS], IN_ORDER, Wish(count=3, dearest=0, unpriced=5000))
@example([NOBODY_KNOWS, CHEAP], IN_ORDER, Wish(count=1, dearest=1))
@example([DEAR, CHEAP], IN_ORDER, Wish(count=1, dearest=0, retired=1, ends=True, micro=500))
@example([DEAR, CHEAP], IN_ORDER, Wish(count=1, dearest=0, retired=1, ends=True, micro=2000))
@example([DEAR, CHEAP], IN_ORDER, Wish(count=1, dearest=0, retired=1))
async def test_never_more_than_was_confirmed_and_nothing_twice(found: list[Shop], order: list[int], wish: Wish) -> None:
    """Among the candidates are models without a price, models that end meanwhile, and dearer ones after these."""
    with tempfile.TemporaryDirectory() as folder:
        await bought_as_confirmed(found, order, wish, Path(folder))


async def test_a_dearer_heir_asks_again_and_a_cheaper_one_paints(tmp_path: Path) -> None:
    """Of a model that ends between the quote and the yes."""
    for heirs, micro, wanted in (([DEAR], 8999, None), ([DEAR, CHEAP], 8999, "elm"), ([CHEAP], 1000, "acme")):
        folder = tmp_path / f"{len(heirs)} {micro}"
        folder.mkdir()
        named = dict(zip(("acme", "elm"), heirs, strict=False))
        wish = Wish(count=1, dearest=0, retired=1, ends=True, micro=micro)
        providers = {name: Scripted(("paints",)) for name in (*named, "old")}
        async with house(folder, providers, *catalog_of(named, IN_ORDER, wish)) as here:
            done = await carried(here, wish, Money(9000))
            assert (done and done[0].model.partition("/")[0]) == wanted
            assert not providers["old"].bought
