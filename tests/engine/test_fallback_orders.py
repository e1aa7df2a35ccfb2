"""Whatever the order of candidates, their prices and their failures: never more than was confirmed, nothing twice."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.domain.call import Call, Finished, Painted, Pending
from limner.domain.errors import FailureCode, Problem, ProviderError, Spent
from limner.domain.health import BreakerRules
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

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


shops = st.lists(
    st.builds(
        Shop,
        micro=st.integers(min_value=1, max_value=200_001),
        at_once=st.integers(min_value=1, max_value=4),
        outcomes=st.lists(st.sampled_from(OUTCOMES), max_size=6).map(tuple),
    ),
    min_size=1,
    max_size=4,
)


async def carried(here: House, count: int, allowed: Money | None) -> tuple[Job, Money]:
    """A job by its quote, and what was confirmed with that."""
    request = ImageRequest(prompt="a fox", tier="high", count=count, max_cost=allowed)
    quote = await here.engine.estimate(request, LOCAL)
    assert quote.ceiling is not None
    job = await here.engine.confirm(quote.token, LOCAL)
    return await here.engine.wait(job.id, LOCAL, timeout=20), quote.ceiling


def spent(job: Job) -> Money:
    assert job.cost is not None
    return job.cost


async def bought_as_confirmed(found: list[Shop], order: list[int], count: int, dearest: int, folder: Path) -> None:
    named = dict(zip(NAMES, found, strict=False))
    providers = {name: Scripted(shop.outcomes) for name, shop in named.items()}
    sources = [
        facts(name, usd=f"{shop.micro / 1_000_000:.6f}", count=shop.at_once, rank=order[place] + 1)
        for place, (name, shop) in enumerate(named.items())
    ]
    allowed = Money(found[dearest % len(found)].micro * count)
    async with house(folder, providers, *sources, rules=BreakerRules(failures=10**6)) as here:
        job, confirmed = await carried(here, count, allowed)
        assert confirmed <= allowed
        bought = [call for provider in providers.values() for call in provider.bought]
        assert len({call.id for call in bought}) == len(bought)
        assert sum(call.count for call in bought) <= count
        assert len(job.pictures) <= count
        assert spent(job) + job.held <= confirmed
        assert bool(job.held) is (job.state is JobState.AMBIGUOUS)
        await here.books_are_right()
        for call in job.calls:
            if call.state is CallState.AMBIGUOUS:
                job = await here.engine.resolve(call.id, LOCAL, charged=True)
        assert spent(job) <= confirmed
        assert job.held == Money()
        await here.books_are_right()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    found=shops,
    order=st.permutations(range(len(NAMES))),
    count=st.integers(min_value=1, max_value=6),
    dearest=st.integers(min_value=0, max_value=3),
)
async def test_never_more_than_was_confirmed_and_nothing_twice(
    found: list[Shop], order: list[int], count: int, dearest: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await bought_as_confirmed(found, order, count, dearest, Path(folder))
