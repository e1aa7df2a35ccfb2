"""Administrators switch services, and say how often and how fast they are asked; every process does so."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from limner.catalog.texts import load_texts
from limner.db.audit import SqlAudit
from limner.db.database import Database
from limner.db.steering import SqlServiceConfigs
from limner.domain.audit import Act
from limner.domain.errors import InvalidRequest, PolicyError, StorageError, UnknownModel
from limner.domain.job import JobState
from limner.domain.people import LOCAL, Principal
from limner.domain.request import ImageRequest
from limner.domain.steering import Configs, ServiceChange
from limner.domain.turns import Rank
from limner.engine.steering import FRESH, Steering
from limner.testing.fakes import CountingIds, FakeProvider
from tests.engine.house import House, facts, house

OFF, ON = ServiceChange(enabled=False), ServiceChange(enabled=True)
ANN = Principal(id="ann", name="Ann")
TWO = (facts("acme", usd="0.04"), facts("bolt", usd="0.05"))


async def said_elsewhere(folder: Path, here: House, change: ServiceChange) -> None:
    """Another process of the same installation says something about acme."""
    database = await Database.open(f"sqlite:///{folder / 'limner.db'}")
    other = Steering(
        catalog=here.engine.router.catalog,
        texts=load_texts(),
        store=SqlServiceConfigs(database),
        steered=(),
        audit=SqlAudit(database, here.clock, CountingIds(9_000)),
        clock=here.clock,
    )
    await other.change("acme", change, LOCAL)
    await database.close()


@pytest.mark.req("S4-049", "S1-003")
async def test_a_service_that_is_switched_off_is_asked_nothing_until_it_is_on_again(tmp_path: Path) -> None:
    acme, bolt = FakeProvider(), FakeProvider()
    async with house(tmp_path, {"acme": acme, "bolt": bolt}, *TWO) as here:
        steering = here.doors.steering
        await steering.change("acme", OFF, LOCAL)
        assert (await here.paint()).model == "bolt/one"
        job = await here.paint(model="acme/one", fallback=True)
        assert (job.model, job.fallback and job.fallback.original) == ("bolt/one", "acme/one")
        assert acme.purchases == 0
        await steering.change("acme", ON, LOCAL)
        assert (await here.paint(model="acme/one")).state is JobState.SUCCEEDED
        page = await here.budgeting.audit.page(limit=10, cursor=None, act=Act.SERVICE_CHANGED)
        assert [(one.deed.subject, one.deed.detail, one.deed.name) for one in page.items] == [
            ("acme", "on", "You"),
            ("acme", "off", "You"),
        ]


@pytest.mark.req("S4-049")
async def test_what_another_process_says_holds_for_the_next_plan(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "bolt": FakeProvider()}, *TWO) as here:
        assert (await here.paint()).model == "acme/one"
        here.clock.advance(FRESH)
        await said_elsewhere(tmp_path, here, OFF)
        assert (await here.paint()).model == "bolt/one"


class WaitingTurn:
    """A turn that comes when the test says so."""

    def __init__(self) -> None:
        self.asked, self.free = asyncio.Event(), asyncio.Event()

    async def enter(self, rank: Rank | None = None) -> None:
        self.asked.set()
        await self.free.wait()

    def leave(self) -> None:
        return


async def test_what_waits_for_its_turn_is_not_sent_once_the_service_is_off(tmp_path: Path) -> None:
    acme, bolt, turn = FakeProvider(), FakeProvider(), WaitingTurn()
    async with house(tmp_path, {"acme": acme, "bolt": bolt}, *TWO) as here:
        here.services.turns["acme"] = turn
        job = await here.engine.submit(ImageRequest(prompt="a fox"), LOCAL)
        await turn.asked.wait()
        here.clock.advance(FRESH)
        await said_elsewhere(tmp_path, here, OFF)
        turn.free.set()
        ended = await here.engine.wait(job.id, LOCAL, timeout=20)
        assert (ended.state, acme.purchases, bolt.purchases) == (JobState.SUCCEEDED, 0, 1)
        assert ended.fallback is not None
        assert "Switched off" in ended.fallback.why
        await here.books_are_right()


async def test_weights_share_the_work_and_are_as_usual_again(tmp_path: Path) -> None:
    equals = (facts("acme", usd="0.04", rank=1), facts("bolt", usd="0.04", rank=1))
    async with house(
        tmp_path, {"acme": FakeProvider(), "bolt": FakeProvider()}, *equals, weights={"acme": 0.5}
    ) as here:
        steering, card = here.doors.steering, here.engine.router.catalog.find("acme/one")
        balance = here.engine.router.balance
        assert balance.weight(card) == 0.5
        await steering.change("acme", ServiceChange(weight=3.0), LOCAL)
        assert balance.weight(card) == 3.0
        models = [(await here.paint(tier="high")).model for _ in range(8)]
        assert models.count("acme/one") == 6
        await steering.change("acme", ServiceChange(usual=frozenset({"weight"})), LOCAL)
        assert balance.weight(card) == 0.5


async def test_nobody_else_may_and_nonsense_is_named(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider()}, facts("acme", usd="0.04")) as here:
        steering = here.doors.steering
        with pytest.raises(PolicyError, match="Only an administrator"):
            await steering.change("acme", OFF, ANN)
        with pytest.raises(UnknownModel):
            await steering.change("nobody", OFF, LOCAL)
        for change, field in (
            (ServiceChange(weight=0.0), "weight"),
            (ServiceChange(weight=float("nan")), "weight"),
            (ServiceChange(requests_per_second=-1.0), "requests_per_second"),
        ):
            with pytest.raises(InvalidRequest) as refusal:
                await steering.change("acme", change, LOCAL)
            assert refusal.value.field == field
        page = await here.budgeting.audit.page(limit=10, cursor=None)
        assert page.items == ()
        assert steering.of("acme").enabled


class Away:
    """A database that cannot be reached."""

    async def all(self) -> Configs:
        raise StorageError("It is away.")

    async def change(self, service: str, step: object) -> object:
        raise StorageError("It is away.")


async def test_a_database_that_is_away_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "bolt": FakeProvider()}, *TWO) as here:
        steering = here.doors.steering
        await steering.change("acme", OFF, LOCAL)
        here.clock.advance(FRESH)
        steering._store = Away()  # type: ignore[assignment]  # the store, gone away
        await steering.renew()
        assert not steering.of("acme").enabled
        assert not here.services.readiness("acme").ready


async def test_of_many_who_ask_at_once_after_a_while_none_goes_by_what_was_known_before(tmp_path: Path) -> None:
    async with house(tmp_path, {"acme": FakeProvider(), "bolt": FakeProvider()}, *TWO, work=False) as here:
        await here.doors.steering.renew()
        await said_elsewhere(tmp_path, here, OFF)
        here.clock.advance(3600)
        steering = here.doors.steering

        async def look() -> bool:
            await steering.renew()
            return steering.of("acme").enabled

        assert set(await asyncio.gather(*(look() for _ in range(10)))) == {False}
