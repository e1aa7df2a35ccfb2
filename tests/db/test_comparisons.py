"""Rounds as they are written down: whole or not at all, for one person; votes once, and what they say together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from limner.db.comparisons import SqlComparisons
from limner.domain.comparisons import Ballot, Comparison, NewComparison, NewContender, Outcome, Result
from limner.domain.errors import BudgetExceeded, IdempotencyConflict, InvalidRequest, NotFound, QuoteRefused
from limner.domain.job import Job
from limner.domain.leaderboards import By
from limner.domain.money import Estimate, Money
from limner.domain.records import NewJob
from limner.domain.request import Aspect, ImageRequest
from tests.db.conftest import Stores, count_rows
from tests.db.values import a_job, a_scope, later, new_id

PRICE = Estimate(floor=Money(1), likely=Money(2), ceiling=Money(3))
MODELS = ("acme/one", "bolt/one", "cyan/one", "dawn/one")
SKIPPED, EQUAL, NONE = (Ballot(Outcome(said)) for said in ("skipped", "equal", "none"))


def best(place: int) -> Ballot:
    return Ballot(Outcome.BEST, place)


def a_round(
    *models: str, prompts: Sequence[str] = (), jobs: Sequence[NewJob] = (), at: float = 0, **given: str
) -> NewComparison:
    """A round of these models, each with its own words where some are given."""
    words = prompts or ["a fox"] * len(models)
    owner = given.pop("owner", "ann")
    made = jobs or [a_job(owner=owner, request=ImageRequest(prompt=each)) for each in words]
    return NewComparison(
        id=new_id("round"),
        owner=owner,
        shape=Aspect(3, 2),
        estimate=PRICE,
        at=later(at),
        contenders=tuple(
            NewContender(place=place, model=model, title=model.title(), job=job)
            for place, (model, job) in enumerate(zip(models, made, strict=True))
        ),
        key=given.get("key"),
        fingerprint=given.get("fingerprint", ""),
    )


def painted(*places: int, cost: int = 40_000, seconds: float = 2.5) -> list[Result]:
    return [Result(place=each, picture_id=f"p{each}", cost=Money(cost), seconds=seconds) for each in places]


@pytest.fixture
def rounds(stores: Stores) -> SqlComparisons:
    return SqlComparisons(stores.database, stores.listener)


async def begun(rounds: SqlComparisons, new: NewComparison) -> Comparison:
    told: list[Job] = []
    name = await rounds.begin(new, deliver=told.append)
    assert (name, len(told)) == (new.id, len(new.contenders))
    return await rounds.get(name, new.owner)


async def voted(
    rounds: SqlComparisons, ballot: Ballot, *models: str, prompts: Sequence[str] = (), owner: str = "ann"
) -> None:
    found = await begun(rounds, a_round(*models, prompts=prompts, owner=owner))
    assert await rounds.decide(found, ballot, painted(*range(len(models))), later(9))


async def test_a_round_is_kept_with_its_jobs(stores: Stores, rounds: SqlComparisons) -> None:
    new = a_round(*MODELS[:3])
    found = await begun(rounds, new)
    assert (found.number, found.shape, found.estimate, found.created) == (1, Aspect(3, 2), PRICE, later(0))
    assert (found.ballot, found.decided, found.prompts) == (None, None, ["a fox"])
    assert [(each.letter, each.model, each.title, each.result) for each in found.contenders] == [
        ("A", "acme/one", "Acme/One", None),
        ("B", "bolt/one", "Bolt/One", None),
        ("C", "cyan/one", "Cyan/One", None),
    ]
    for contender, written in zip(found.contenders, new.contenders, strict=True):
        assert contender.job_id == written.job.id
        assert (await stores.jobs.get(contender.job_id, "ann")).id == written.job.id
    assert {event.job_id for event in stores.listener.heard} == {each.job.id for each in new.contenders}


async def test_where_one_job_is_refused_nothing_of_the_round_is_written(stores: Stores, rounds: SqlComparisons) -> None:
    scope = a_scope(2500)
    jobs = [a_job(scope, holds=(1000,)) for _ in range(3)]
    before = await stores.database.read(count_rows)
    with pytest.raises(BudgetExceeded):
        await rounds.begin(a_round(*MODELS[:3], jobs=jobs))
    assert await stores.database.read(count_rows) == before
    assert await stores.held(scope) == (Money(), Money())
    await begun(rounds, a_round(*MODELS[:2], jobs=jobs[:2]))
    assert await stores.held(scope) == (Money(2000), Money())


async def test_a_quote_begins_one_round(rounds: SqlComparisons, stores: Stores) -> None:
    def quoted() -> NewComparison:
        return a_round(*MODELS[:2], jobs=[replace(a_job(), quote_id="q"), a_job()])

    await begun(rounds, quoted())
    before = await stores.database.read(count_rows)
    with pytest.raises(QuoteRefused):
        await rounds.begin(quoted())
    assert await stores.database.read(count_rows) == before


async def test_the_same_key_is_the_same_round(rounds: SqlComparisons) -> None:
    first = await begun(rounds, a_round(*MODELS[:2], key="k", fingerprint="f"))
    again = a_round(*MODELS[:2], key="k", fingerprint="f")
    assert await rounds.begin(again) == first.id
    assert await rounds.remembered("ann", "k", "f") == first.id
    assert await rounds.remembered("bob", "k", "f") is None
    for other in (rounds.begin(a_round(*MODELS[:2], key="k", fingerprint="g")), rounds.remembered("ann", "k", "g")):
        with pytest.raises(IdempotencyConflict):
            await other


async def test_of_two_at_the_same_moment_one_begins(stores: Stores, other: Stores) -> None:
    both = [SqlComparisons(each.database, each.listener) for each in (stores, other)]
    told: list[Job] = []
    found = await asyncio.gather(*(each.begin(a_round(*MODELS[:2], key="k"), deliver=told.append) for each in both))
    assert (len(set(found)), len(told)) == (1, 2)


async def test_a_round_is_its_owners_alone(rounds: SqlComparisons) -> None:
    found = await begun(rounds, a_round(*MODELS[:2]))
    with pytest.raises(NotFound):
        await rounds.get(found.id, "bob")
    assert (await rounds.page("bob", limit=9, cursor=None)).items == ()


async def test_rounds_are_numbered_and_paged(rounds: SqlComparisons) -> None:
    names = [(await begun(rounds, a_round(*MODELS[:2], at=place))).id for place in range(5)]
    await begun(rounds, a_round(*MODELS[:2], at=2.5, owner="bob"))
    page = await rounds.page("ann", limit=3, cursor=None)
    rest = await rounds.page("ann", limit=3, cursor=page.next)
    assert [each.id for each in (*page.items, *rest.items)] == names[::-1]
    assert [each.number for each in (*page.items, *rest.items)] == [5, 4, 3, 2, 1]
    assert rest.next is None
    with pytest.raises(InvalidRequest):
        await rounds.page("ann", limit=3, cursor="nonsense")


async def test_a_vote_is_written_once(rounds: SqlComparisons) -> None:
    found = await begun(rounds, a_round(*MODELS[:3]))
    results = [*painted(0, 2), Result(place=1, picture_id=None, cost=Money(), seconds=None)]
    assert await rounds.decide(found, best(2), results, later(9))
    assert not await rounds.decide(found, best(0), painted(0, 1, 2), later(10))
    again = await rounds.get(found.id, "ann")
    assert (again.ballot, again.decided) == (best(2), later(9))
    assert [each.result for each in again.contenders] == sorted(results, key=lambda each: each.place)


async def test_of_two_votes_at_the_same_moment_one_counts(stores: Stores, other: Stores) -> None:
    both = [SqlComparisons(each.database, each.listener) for each in (stores, other)]
    found = await begun(both[0], a_round(*MODELS[:2]))
    said = await asyncio.gather(
        *(each.decide(found, best(place), painted(0, 1), later(9)) for place, each in enumerate(both))
    )
    assert sorted(said) == [False, True]
    assert (await both[0].get(found.id, "ann")).ballot == best(said.index(True))


async def test_the_best_of_a_round_has_met_each_other_one(rounds: SqlComparisons) -> None:
    await voted(rounds, best(0), *MODELS)
    board = await rounds.board("ann", By.MODEL)
    assert board.votes == 1
    assert [(each.name, each.points, each.meetings, each.votes) for each in board.scores] == [
        ("acme/one", 3.0, 3, 1),
        *((name, 0.0, 1, 1) for name in MODELS[1:]),
    ]


async def test_what_votes_say_together(rounds: SqlComparisons) -> None:
    for _ in range(9):
        await voted(rounds, best(0), "acme/one", "bolt/one")
    await voted(rounds, best(1), "acme/one", "bolt/one")
    await voted(rounds, best(0), "cyan/one", "bolt/one")  # it won all that it ever did, and that is little
    await voted(rounds, EQUAL, "acme/one", "bolt/one")
    for counts_nowhere in (NONE, SKIPPED):
        await voted(rounds, counts_nowhere, "acme/one", "bolt/one")
    await begun(rounds, a_round("acme/one", "bolt/one"))
    board = await rounds.board("ann", By.MODEL)
    assert board.votes == 12
    assert [(each.name, each.points, each.meetings) for each in board.scores] == [
        ("acme/one", 9.5, 11),
        ("cyan/one", 1.0, 1),
        ("bolt/one", 1.5, 12),
    ]
    first = board.scores[0]
    assert (first.title, first.cost, first.seconds) == ("Acme/One", Money(40_000), 2.5)


async def test_who_could_not_paint_meets_nobody(rounds: SqlComparisons) -> None:
    found = await begun(rounds, a_round(*MODELS[:3]))
    lost = Result(place=2, picture_id=None, cost=Money(70_000), seconds=9.0)
    await rounds.decide(found, best(0), [*painted(0, 1), lost], later(9))
    assert [each.name for each in (await rounds.board("ann", By.MODEL)).scores] == ["acme/one", "bolt/one"]


@pytest.mark.req("S1-128")
async def test_prompts_meet_on_the_same_model_and_models_on_the_same_prompt(rounds: SqlComparisons) -> None:
    words = ["a fox", "a fox at dawn"]
    await voted(rounds, best(1), "acme/one", "acme/one", prompts=words)
    assert (await rounds.board("ann", By.MODEL)).scores == []
    board = await rounds.board("ann", By.PROMPT)
    assert [(each.name, each.title, each.won) for each in board.scores] == [
        ("a fox at dawn", "a fox at dawn", 1.0),
        ("a fox", "a fox", 0.0),
    ]
    # Of four, the best met the one with its words, the one of its model, and not the one that differs in both.
    await voted(rounds, best(0), "acme/one", "bolt/one", "acme/one", "bolt/one", prompts=["x", "x", "y", "y"])
    models = await rounds.board("ann", By.MODEL)
    assert [(each.name, each.points, each.meetings) for each in models.scores] == [
        ("acme/one", 1.0, 1),
        ("bolt/one", 0.0, 1),
    ]


async def test_everybodys_votes_are_all_of_them(rounds: SqlComparisons) -> None:
    await voted(rounds, best(0), *MODELS[:2])
    await voted(rounds, best(1), *MODELS[:2], owner="bob")
    assert (await rounds.board("ann", By.MODEL)).scores[0].name == "acme/one"
    assert (await rounds.board("bob", By.MODEL)).scores[0].name == "bolt/one"
    everybody = await rounds.board(None, By.MODEL)
    assert (everybody.votes, [each.won for each in everybody.scores]) == (2, [0.5, 0.5])
    assert (await rounds.board("cal", By.MODEL)).votes == 0
