"""What administrators say about services: kept, shared, changed by one at a time."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from limner.db.database import Database
from limner.db.steering import SqlServiceConfigs
from limner.db.steering_rows import peek
from limner.domain.steering import ServiceConfig
from tests.db.conftest import Stores
from tests.db.values import NOON

WHOLE = ServiceConfig(
    service="acme", enabled=False, weight=2.5, requests_per_second=0.0, changed=NOON, changed_by="Ada"
)


@pytest.mark.req("S4-049")
async def test_what_is_said_comes_back_equal(stores: Stores) -> None:
    configs = SqlServiceConfigs(stores.database)
    assert await configs.all() == {}
    assert await configs.change("acme", lambda before: replace(before, changed_by="Bob")) == ServiceConfig(
        service="acme", changed_by="Bob"
    )
    assert await configs.change("acme", lambda _: WHOLE) == WHOLE
    await configs.change("other", lambda before: before)
    assert await configs.all() == {"acme": WHOLE, "other": ServiceConfig(service="other")}


async def test_changes_at_the_same_moment_in_several_processes_are_all_there(stores: Stores) -> None:
    other = await Database.open(stores.url)
    shared = [SqlServiceConfigs(database) for database in (stores.database, other)]

    def heavier(before: ServiceConfig) -> ServiceConfig:
        return replace(before, weight=(before.weight or 0) + 1)

    await asyncio.gather(*(shared[number % 2].change("acme", heavier) for number in range(20)))
    assert (await shared[0].all())["acme"].weight == 20
    await other.close()


async def test_a_look_at_a_file_finds_the_same_and_makes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "limner.db"
    assert peek(file) == {}
    assert not file.exists()
    database = await Database.open(f"sqlite:///{file}")
    await SqlServiceConfigs(database).change("acme", lambda _: WHOLE)
    await database.close()
    assert peek(file) == {"acme": WHOLE}
