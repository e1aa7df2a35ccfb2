"""Comparing: all of it or nothing, nobody knows whose until the vote, and then everything is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from limner.db.comparisons import SqlComparisons
from limner.db.database import Database
from limner.domain.call import Call, Finished
from limner.domain.comparisons import LETTERS, Ballot, Outcome, Round, RoundState
from limner.domain.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    Forbidden,
    IdempotencyConflict,
    InvalidRequest,
    LimnerError,
    NotFound,
    PolicyError,
    Problem,
    ProviderError,
    QuoteRefused,
    UnknownModel,
)
from limner.domain.job import JobState
from limner.domain.leaderboards import By
from limner.domain.money import Money
from limner.domain.people import LOCAL, Principal, Role
from limner.domain.plan import Treatment
from limner.domain.request import Aspect, ImageRequest, Size
from limner.engine.comparing import Comparing, Entrant, NotNow, RoundWish
from limner.engine.quotes import HmacSealer
from limner.testing.fakes import FakeProvider
from tests.engine.house import House, facts, house

ANN = Principal(id="ann", name="Ann", administrator=True)
BEN = Principal(id="ben", name="Ben")
SERVICES = ("acme", "bolt", "cyan")
SOURCES = (facts("acme", usd="0.04"), facts("bolt", usd="0.01"), facts("cyan", usd=None, local=True))
SKIP = Ballot(Outcome.SKIPPED)


class AtListPrice(FakeProvider):
    """Says nothing of what a call cost: it is booked at the price list's."""

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        return replace(super().finished(count, size=size, seed=seed), cost=None)


@dataclass(frozen=True)
class Table:
    """Comparisons over a small installation."""

    here: House
    comparing: Comparing
    providers: Mapping[str, FakeProvider]

    async def begun(self, *models: str, **options: object) -> Round:
        quote = await self.comparing.quote(wish(*models, **options), ANN)  # type: ignore[arg-type]  # options of a wish
        return await self.comparing.begin(quote.token, ANN)

    async def ended(self, found: Round) -> Round:
        for job in found.jobs.values():
            await self.here.engine.follower.wait(job, 20)
        return await self.comparing.look(found.comparison.id, ANN)

    @property
    def purchases(self) -> int:
        return sum(provider.purchases for provider in self.providers.values())


def wish(*models: str, prompts: tuple[str, ...] = (), **options: object) -> RoundWish:
    request = ImageRequest(prompt="a fox", **options)  # type: ignore[arg-type]  # fields of a request
    words = prompts or (None,) * len(models)
    entrants = [Entrant(model=f"{model}/one", prompt=each) for model, each in zip(models, words, strict=True)]
    return RoundWish(request=request, entrants=entrants)


def best(place: int) -> Ballot:
    return Ballot(Outcome.BEST, place)


@pytest_asyncio.fixture
async def table(tmp_path: Path) -> AsyncIterator[Table]:
    providers = {name: AtListPrice() for name in SERVICES}
    async with house(tmp_path, providers, *SOURCES, daily=Money.usd("0.20")) as here:
        database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
        comparing = Comparing(
            engine=here.engine,
            comparisons=SqlComparisons(database, lambda events, ended=None: None),
            sealer=HmacSealer(b"s" * 32, "comparison"),
            chance=Random(5),
        )
        yield Table(here, comparing, providers)
        await database.close()


async def test_the_whole_round_has_one_price(table: Table) -> None:
    quote = await table.comparing.quote(wish(*SERVICES), ANN)
    assert quote.estimate is not None
    assert (quote.estimate.likely, quote.estimate.ceiling) == (Money.usd("0.05"), Money.usd("0.05"))
    assert [entrant.candidate.model for entrant in quote.entrants] == ["acme/one", "bolt/one", "cyan/one"]
    assert (quote.shape, quote.seconds) == (Aspect(1, 1), 5.0)
    assert table.purchases == 0
    assert (await table.comparing.page(ANN, limit=9)).items == ()


@pytest.mark.req("S3-112")
async def test_a_round_is_blind_until_somebody_votes(table: Table) -> None:
    found = await table.begun(*SERVICES)
    assert (found.state, found.is_blind, len(found.jobs)) == (RoundState.PAINTING, True, 3)
    found = await table.ended(found)
    assert (found.state, found.is_blind, found.waiting, list(found.shown)) == (RoundState.VOTING, True, 0, [0, 1, 2])
    assert table.purchases == 3
    cheap = next(each.place for each in found.comparison.contenders if each.model == "bolt/one")
    told = await table.comparing.vote(found.comparison.id, best(cheap), ANN)
    assert (told.state, told.is_blind) == (RoundState.DECIDED, False)
    costs = {each.model: told.result(each.place).cost for each in told.comparison.contenders}
    assert costs == {"acme/one": Money.usd("0.04"), "bolt/one": Money.usd("0.01"), "cyan/one": Money()}
    board = await table.comparing.board(ANN)
    assert (board.scores[0].name, board.scores[0].points, board.votes) == ("bolt/one", 2.0, 1)
    await table.here.books_are_right()


async def test_the_places_are_drawn_by_lot(table: Table) -> None:
    orders = set()
    for number in range(8):
        found = await table.begun("cyan", "cyan", prompts=(f"a fox {number}", "an owl"))
        orders.add([each.prompt for each in found.comparison.contenders].index("an owl"))
    assert orders == {0, 1}


async def test_all_are_begun_or_none_is(table: Table) -> None:
    rich = wish("acme", "bolt")
    await table.here.paint("a lake", model="acme/one", count=4)  # $0.16 of the day's $0.20
    before = await table.here.jobs.page("ann", limit=9, cursor=None, states=frozenset())
    quote = await table.comparing.quote(rich, LOCAL)
    with pytest.raises(BudgetExceeded):
        await table.comparing.begin(quote.token, LOCAL)
    assert (await table.here.jobs.page("ann", limit=9, cursor=None, states=frozenset())) == before
    assert (await table.comparing.page(LOCAL, limit=9)).items == ()
    assert table.purchases == 1
    await table.here.books_are_right()


async def test_a_quote_begins_one_round_and_a_key_gives_it_again(table: Table) -> None:
    quote = await table.comparing.quote(wish("acme", "bolt"), ANN)
    first = await table.comparing.begin(quote.token, ANN, key="k")
    again = await table.comparing.begin(quote.token, ANN, key="k")
    assert again.comparison.id == first.comparison.id
    for key in (None, "other"):
        with pytest.raises(QuoteRefused, match="already used"):
            await table.comparing.begin(quote.token, ANN, key=key)
    other = await table.comparing.quote(wish("acme", "cyan"), ANN)
    with pytest.raises(IdempotencyConflict):
        await table.comparing.begin(other.token, ANN, key="k")
    await table.ended(first)
    assert table.purchases == 2


async def test_a_round_without_a_quote_is_priced_all_the_same(table: Table) -> None:
    wanted = wish("acme", "bolt")
    with pytest.raises(ConfirmationRequired, match=r"up to \$0.05, more than the \$0.04"):
        await table.comparing.submit(wanted, ANN, key="k", most=Money.usd("0.04"))
    first = await table.comparing.submit(wanted, ANN, key="k", most=Money.usd("0.05"))
    again = await table.comparing.submit(wanted, ANN, key="k", most=Money.usd("0.05"))
    assert again.comparison.id == first.comparison.id
    with pytest.raises(IdempotencyConflict):
        await table.comparing.submit(wish("acme", "cyan"), ANN, key="k")


async def test_quotes_of_others_and_old_ones_and_other_ones_begin_nothing(table: Table) -> None:
    quote = await table.comparing.quote(wish("acme", "bolt"), ANN)
    with pytest.raises(QuoteRefused) as caught:
        await table.comparing.begin(quote.token, BEN)
    assert caught.value.code == "quote_foreign"
    job = await table.here.engine.estimate(ImageRequest(prompt="a fox", model="acme/one"), ANN)
    with pytest.raises(QuoteRefused, match="not issued here"):
        await table.comparing.begin(job.token, ANN)
    with pytest.raises(QuoteRefused, match="not issued here"):
        await table.here.engine.confirm(quote.token, ANN)
    table.here.clock.advance(timedelta(minutes=15).total_seconds())
    with pytest.raises(QuoteRefused) as caught:
        await table.comparing.begin(quote.token, ANN)
    assert caught.value.code == "quote_expired"
    assert table.purchases == 0


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (wish("acme"), InvalidRequest, "2 to 4"),
        (wish("acme", "bolt", "cyan", "acme", "bolt"), InvalidRequest, "2 to 4"),
        (wish("acme", "bolt", "acme"), InvalidRequest, "Acme One would paint the same words twice"),
        (wish("acme", "nobody"), UnknownModel, "nobody"),
        (wish("acme", "bolt", prompts=("a fox", "")), InvalidRequest, "Prompt"),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    table: Table, wanted: RoundWish, error: type[LimnerError], said: str
) -> None:
    with pytest.raises(error, match=said):
        await table.comparing.quote(wanted, ANN)


async def test_who_could_not_paint_is_told_after_the_vote(table: Table) -> None:
    said = Problem(code="bad_parameter", message="Bolt does not paint foxes.")
    table.providers["bolt"].script(ProviderError(said))
    found = await table.ended(await table.begun(*SERVICES))
    gone = next(each.place for each in found.comparison.contenders if each.model == "bolt/one")
    assert (found.state, sorted({0, 1, 2} - {gone})) == (RoundState.VOTING, list(found.shown))
    with pytest.raises(InvalidRequest, match="There are"):
        await table.comparing.vote(found.comparison.id, best(gone), ANN)
    with pytest.raises(NotFound):
        await table.comparing.picture(found.comparison.id, LETTERS[gone], ANN)
    told = await table.comparing.vote(found.comparison.id, best(next(iter(found.shown))), ANN)
    assert told.result(gone).picture_id is None
    problem = told.jobs[gone].problem
    assert problem is not None
    assert problem.message == said.message


async def test_where_fewer_than_two_paint_there_is_nothing_to_compare(table: Table) -> None:
    table.providers["bolt"].script(ProviderError(Problem(code="bad_parameter", message="No.")))
    found = await table.ended(await table.begun("acme", "bolt"))
    assert (found.state, found.is_blind) == (RoundState.VOID, False)
    with pytest.raises(NotNow) as caught:
        await table.comparing.vote(found.comparison.id, Ballot(Outcome.NONE), ANN)
    assert caught.value.code == "round_void"


async def test_nobody_votes_before_all_have_come(table: Table) -> None:
    go_on = asyncio.Event()

    async def late(call: Call) -> Finished:
        await go_on.wait()
        return table.providers["acme"].paint(call)

    table.providers["acme"].script(late)
    found = await table.begun("acme", "cyan")
    quick = next(each.place for each in found.comparison.contenders if each.model == "cyan/one")
    await table.here.engine.follower.wait(found.jobs[quick], 20)
    found = await table.comparing.look(found.comparison.id, ANN)
    # The one that is there already is not shown: being the first would tell who painted it.
    assert (found.state, found.waiting, found.shown) == (RoundState.PAINTING, 1, {})
    with pytest.raises(NotNow):
        await table.comparing.vote(found.comparison.id, Ballot(Outcome.EQUAL), ANN)
    with pytest.raises(NotFound):
        await table.comparing.picture(found.comparison.id, "A", ANN)
    told = await table.comparing.vote(found.comparison.id, SKIP, ANN)
    assert (told.state, told.waiting) == (RoundState.DECIDED, 1)
    assert (await table.comparing.board(ANN)).votes == 0
    go_on.set()
    found = await table.ended(found)
    assert len(found.shown) == 2
    assert None not in {found.result(place).picture_id for place in (0, 1)}  # it goes on, and is told as it ends


async def test_a_vote_is_given_once(table: Table) -> None:
    found = await table.ended(await table.begun("acme", "cyan"))
    name = found.comparison.id
    first = await table.comparing.vote(name, best(1), ANN)
    assert (await table.comparing.vote(name, best(1), ANN)).comparison == first.comparison
    for other in (best(0), Ballot(Outcome.EQUAL), SKIP):
        with pytest.raises(NotNow) as caught:
            await table.comparing.vote(name, other, ANN)
        assert caught.value.code == "already_voted"


async def test_all_get_the_same_shape_and_the_receipt_says_where_one_could_not(table: Table) -> None:
    found = await table.ended(await table.begun("acme", "bolt", size=Size(100, 50)))
    assert found.comparison.shape == Aspect(2, 1)
    for job in found.jobs.values():
        [line] = [each for each in job.receipt if each.field == "size"]
        assert line.treatment is not Treatment.USED  # these models paint in steps of 16
    assert len({(each.file.width, each.file.height) for each in found.shown.values()}) == 1


@pytest.mark.req("S1-128")
async def test_two_prompts_are_compared_on_one_model(table: Table) -> None:
    found = await table.ended(await table.begun("acme", "acme", prompts=("a fox", "a fox at dawn")))
    assert found.comparison.prompts == ["a fox", "a fox at dawn"]
    second = next(each.place for each in found.comparison.contenders if each.prompt == "a fox at dawn")
    await table.comparing.vote(found.comparison.id, best(second), ANN)
    board = await table.comparing.board(ANN, By.PROMPT)
    assert [each.name for each in board.scores] == ["a fox at dawn", "a fox"]
    assert (await table.comparing.board(ANN)).scores == []


async def test_what_costs_more_by_now_is_not_bought(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    quote = await table.comparing.quote(wish("acme", "bolt"), ANN)
    entrants = [
        replace(each, ceiling=Money.usd("0.001")) if each.candidate.model == "bolt/one" else each
        for each in quote.entrants
    ]
    token = table.comparing._sealed(replace(quote, entrants=entrants), ANN)
    with pytest.raises(ConfirmationRequired, match="Bolt One now costs more than was quoted"):
        await table.comparing.begin(token, ANN)
    assert table.purchases == 0


async def test_whoever_may_only_look_begins_and_votes_nothing(table: Table) -> None:
    viewer = replace(ANN, role=Role.VIEWER)
    quote = await table.comparing.quote(wish("acme", "cyan"), viewer)
    found = await table.ended(await table.begun("acme", "cyan"))
    tries: list[Callable[[], object]] = [
        lambda: table.comparing.begin(quote.token, viewer),
        lambda: table.comparing.vote(found.comparison.id, SKIP, viewer),
    ]
    for each in tries:
        with pytest.raises(Forbidden):
            await each()  # type: ignore[misc]  # coroutines
    assert (await table.comparing.look(found.comparison.id, viewer)).state is RoundState.VOTING


async def test_everybodys_votes_are_for_administrators(table: Table) -> None:
    found = await table.ended(await table.begun("acme", "cyan"))
    await table.comparing.vote(found.comparison.id, best(0), ANN)
    assert (await table.comparing.board(BEN)).votes == 0
    with pytest.raises(PolicyError, match="everybody's votes"):
        await table.comparing.board(BEN, everybody=True)
    assert (await table.comparing.board(ANN, everybody=True)).votes == 1


async def test_what_was_cleared_away_is_still_told_as_it_was(table: Table) -> None:
    found = await table.ended(await table.begun("acme", "cyan"))
    await table.comparing.vote(found.comparison.id, best(0), ANN)
    [listed] = (await table.comparing.page(ANN, limit=9)).items
    assert (listed.jobs, listed.state) == ({}, RoundState.DECIDED)
    assert listed.result(0) == found.result(0)
    assert all(job.state is JobState.SUCCEEDED for job in found.jobs.values())
