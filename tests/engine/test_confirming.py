"""Two phases: what was quoted is what is paid at most, whoever paints in the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from limner.domain.call import Finished
from limner.domain.errors import ConfirmationRequired, FailureCode, NotConfigured, Problem, ProviderError
from limner.domain.events import EventKind
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest, Size
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

OVERLOADED = ProviderError(Problem(code=FailureCode.OVERLOADED, message="Overloaded."))
DEAR = facts("dear", usd="0.12", rank=1)
MIDDLE = facts("middle", usd="0.04", rank=2)
CHEAP = facts("cheap", usd="0.003", rank=3)


class ByTheList(FakeProvider):
    """A fake that leaves the charge to the price list."""

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        return replace(super().finished(count, size=size, seed=seed), cost=None)


def services(*names: str) -> dict[str, ByTheList]:
    return {name: ByTheList() for name in names or ("dear", "middle", "cheap")}


async def test_an_estimate_sends_and_spends_nothing_and_a_yes_buys_what_was_quoted(tmp_path: Path) -> None:
    found = services()
    async with house(tmp_path, found, DEAR, MIDDLE, CHEAP) as here:
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", tier="high", count=2), LOCAL)
        assert quote.ceiling == Money.usd("0.24")
        assert [one.model for one in quote.plan.candidates] == ["dear/one", "middle/one", "cheap/one"]
        assert not any(one.submits for one in found.values())
        assert not await here.ledger.spent(LOCAL.id, here.clock.now())
        job = await here.engine.confirm(quote.token, LOCAL)
        job = await here.engine.wait(job.id, LOCAL, timeout=20)
        assert (job.model, job.cost, job.fallback) == ("dear/one", Money.usd("0.24"), None)


@pytest.mark.req("S3-004")
async def test_who_can_paint_is_looked_up_again_and_a_cheaper_one_stands_in(tmp_path: Path) -> None:
    async with house(tmp_path, services(), DEAR, MIDDLE, CHEAP) as here:
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", tier="high"), LOCAL)
        here.services.unready["dear"] = "Needs a key."
        job = await here.engine.confirm(quote.token, LOCAL)
        job = await here.engine.wait(job.id, LOCAL, timeout=20)
        assert (job.state, job.model, job.cost) == (JobState.SUCCEEDED, "middle/one", Money.usd("0.04"))
        assert job.fallback is not None
        assert (job.fallback.original, "Needs a key" in job.fallback.why) == ("dear/one", True)
        assert EventKind.FALLBACK in [event.kind for event in await here.story(job)]


async def test_it_asks_again_where_only_something_dearer_is_left(tmp_path: Path) -> None:
    async with house(tmp_path, services(), DEAR, MIDDLE, CHEAP) as here:
        here.services.unready["dear"] = "Needs a key."
        quote = await here.engine.estimate(ImageRequest(prompt="a fox", tier="high"), LOCAL)
        assert quote.ceiling == Money.usd("0.04")
        del here.services.unready["dear"]
        here.services.unready |= {"middle": "Needs a key.", "cheap": "Needs a key."}
        with pytest.raises(ConfirmationRequired, match="quoted"):
            await here.engine.confirm(quote.token, LOCAL)
        here.services.unready.clear()
        job = await here.engine.confirm(quote.token, LOCAL)
        assert job.model == "middle/one"
        assert all(one.model != "dear/one" for one in job.plan.candidates)
        assert job.held == Money.usd("0.04")


async def test_the_quoted_model_paints_although_it_is_anothers_turn_by_now(tmp_path: Path) -> None:
    twins = [facts(name, usd="0.01", rank=1) for name in ("one", "two")]
    async with house(tmp_path, services("one", "two"), *twins) as here:
        quotes = [await here.engine.estimate(ImageRequest(prompt="a fox", tier="high"), LOCAL) for _ in range(3)]
        jobs = [await here.engine.confirm(quote.token, LOCAL) for quote in quotes]
        assert {(job.model, job.fallback) for job in jobs} == {("one/one", None)}


async def test_a_quote_under_max_cost_holds_what_it_may_cost_at_most(tmp_path: Path) -> None:
    async with house(tmp_path, services(), DEAR, MIDDLE, CHEAP) as here:
        wish = ImageRequest(prompt="a fox", tier="high", max_cost=Money.usd("0.05"))
        quote = await here.engine.estimate(wish, LOCAL)
        assert (quote.plan.candidates[0].model, quote.ceiling) == ("middle/one", Money.usd("0.04"))
        assert (await here.engine.confirm(quote.token, LOCAL)).model == "middle/one"


# --- whatever happens in between ---------------------------------------------------------------------

SERVICES = st.lists(
    st.tuples(
        st.integers(1, 200),
        st.sampled_from(["paints", "fails", "fails after one"]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)
"""For each its price in thousandths, its fate, and whether it is away when it is quoted and when it is confirmed."""


@given(found=SERVICES, count=st.integers(1, 3))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_no_order_of_fallbacks_ever_books_more_than_was_confirmed(
    found: list[tuple[int, str, bool, bool]], count: int
) -> None:
    names = [f"s{number}" for number in range(len(found))]
    sources = [
        facts(name, usd=f"0.{price:03}", rank=rank + 1, count=1)
        for rank, (name, (price, *_)) in enumerate(zip(names, found, strict=True))
    ]
    with TemporaryDirectory() as folder:
        async with house(Path(folder), services(*names), *sources) as here:
            set_away(here, names, [away for _, _, away, _ in found])
            try:
                quote = await here.engine.estimate(ImageRequest(prompt="a fox", tier="high", count=count), LOCAL)
            except NotConfigured:
                return
            assert quote.ceiling is not None
            set_away(here, names, [away for _, _, _, away in found])
            script(here, names, [fate for _, fate, _, _ in found])
            try:
                job = await here.engine.confirm(quote.token, LOCAL)
            except (ConfirmationRequired, NotConfigured):
                return
            assert job.held <= quote.ceiling
            job = await here.engine.wait(job.id, LOCAL, timeout=20)
            assert job.cost is not None
            assert job.cost <= quote.ceiling
            assert job.held == Money()
            await here.books_are_right()


def script(here: House, names: list[str], fates: list[str]) -> None:
    for name, fate in zip(names, fates, strict=True):
        provider = here.services._providers[name]
        assert isinstance(provider, FakeProvider)
        if fate != "paints":
            provider.script(*([provider.finished(1)] if fate == "fails after one" else []), *[OVERLOADED] * 3)


def set_away(here: House, names: list[str], away: list[bool]) -> None:
    here.services.unready.clear()
    here.services.unready |= {name: "Needs a key." for name, gone in zip(names, away, strict=True) if gone}
