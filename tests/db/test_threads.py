"""Transactions in threads: none is lost, none harms another, nobody waits for ever."""

import asyncio
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from subprocess import PIPE

import pytest
from sqlalchemy import Connection

from limner.db.connecting import Deadlines, sqlite_engine, target
from limner.db.database import TOGETHER, Database
from limner.db.seat import Seat
from limner.db.threads import Threads
from limner.domain.errors import BudgetExceeded, StorageError
from tests.db.conftest import Stores
from tests.db.values import a_job, a_scope, new_id

ROOT = Path(__file__).parents[2]
VICTIM = """
import asyncio, sys, time
from limner.db.database import Database

def work(connection):
    connection.exec_driver_sql("INSERT INTO projects VALUES ('ann', 'half', '2026')")
    print("written", flush=True)
    time.sleep(60)

async def main(url):
    database = await Database.open(url)
    await database.write(work)

asyncio.run(main(sys.argv[1]))
"""


def insert(name: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.exec_driver_sql(
            "INSERT INTO projects (user_id, name, created_at) VALUES ('ann', '" + name + "', '2026')"
        )
        return name

    return work


def names(connection: Connection) -> list[str]:
    return [str(row[0]) for row in connection.exec_driver_sql("SELECT name FROM projects ORDER BY name")]


class Gate:
    """Keeps the writing thread busy until it is opened, so that others have to wait together."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, connection: Connection) -> None:
        self.reached.set()
        assert self.opened.wait(10)


async def behind_a_gate(database: Database, *works: Callable[[Connection], object]) -> list[object]:
    """What comes of works that all wait while the only writer is busy."""
    gate = Gate()
    first = asyncio.create_task(database.write(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    waiting = [asyncio.create_task(database.write(work)) for work in works]
    await asyncio.sleep(0)
    gate.opened.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_transactions_that_wait_share_one_commit(lite: Stores) -> None:
    seen: list[str] = []

    def watch(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(seen.append)

    await lite.database.write(watch)
    outcomes = await behind_a_gate(lite.database, *(insert(f"p{number}") for number in range(5)))
    assert outcomes == [f"p{number}" for number in range(5)]
    assert sum(statement.startswith("SAVEPOINT") for statement in seen) == 5
    assert sum(statement == "COMMIT" for statement in seen) == 3  # the watcher's own, the gate's, and one for all


async def test_one_that_fails_takes_no_other_with_it(lite: Stores) -> None:
    def changes_its_mind(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO projects VALUES ('ann', 'never', '2026')")
        raise BudgetExceeded("too dear")

    outcomes = await behind_a_gate(lite.database, insert("a"), changes_its_mind, insert("b"))
    assert outcomes[0] == "a"
    assert isinstance(outcomes[1], BudgetExceeded)
    assert outcomes[2] == "b"
    assert await lite.database.read(names) == ["a", "b"]


async def test_a_database_error_of_one_takes_no_other_with_it(lite: Stores) -> None:
    outcomes = await behind_a_gate(lite.database, insert("a"), insert("a"), insert("b"))
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], StorageError)
    assert await lite.database.read(names) == ["a", "b"]


async def test_more_than_fit_together_are_all_carried_out(lite: Stores) -> None:
    count = TOGETHER * 2 + 3
    outcomes = await behind_a_gate(lite.database, *(insert(f"p{number:03}") for number in range(count)))
    assert outcomes == await lite.database.read(names)


@pytest.mark.req("S4-054")
async def test_a_transaction_is_all_or_nothing(stores: Stores) -> None:
    def half(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO projects VALUES ('ann', 'half', '2026')")
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        await stores.database.write(half)
    assert await stores.database.read(names) == []


@pytest.mark.req("S4-054")
async def test_a_process_that_is_killed_in_the_middle_leaves_nothing(stores: Stores) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", VICTIM, stores.url, stdout=PIPE, cwd=ROOT)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"written\n"
    process.kill()
    await process.wait()
    assert await stores.database.write(insert("after")) == "after"
    assert await stores.database.read(names) == ["after"]


@pytest.mark.req("S4-053")
async def test_connections_are_used_again(stores: Stores) -> None:
    def who(connection: Connection) -> int:
        return id(connection.connection.driver_connection)

    first = await stores.database.read(who)
    assert {await stores.database.read(who) for _ in range(5)} == {first}


@pytest.mark.req("S4-053")
async def test_there_are_never_more_connections_than_allowed(url: str) -> None:
    database = await Database.open(url, readers=2, connections=2)
    busy, most, lock = 0, 0, threading.Lock()

    def work(connection: Connection) -> int:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        connection.exec_driver_sql("SELECT COUNT(*) FROM generation_jobs")
        with lock:
            busy -= 1
        return threading.get_ident()

    threads = set(await asyncio.gather(*(database.read(work) for _ in range(30))))
    assert len(threads) <= 2
    assert most <= 2
    await database.close()


async def test_who_waits_too_long_is_told(lite: Stores) -> None:
    seconds = 0.0
    where = target(lite.url)
    seat = partial(Seat, sqlite_engine(where, Deadlines(), writes=True), where.place)
    threads = Threads("test", seat, size=1, together=1, patience=5.0, clock=lambda: seconds)
    gate = Gate()
    first = asyncio.create_task(threads.run(gate))
    await asyncio.to_thread(gate.reached.wait, 10)
    late = asyncio.create_task(threads.run(insert("late")))
    await asyncio.sleep(0)
    seconds = 5.1
    gate.opened.set()
    await first
    with pytest.raises(StorageError) as refused:
        await late
    assert refused.value.code == "database_slow"
    assert await threads.run(insert("in time")) == "in time"
    assert await lite.database.read(names) == ["in time"]
    await threads.close()


async def test_closing_finishes_what_was_asked_for(url: str) -> None:
    database = await Database.open(url)
    name = new_id("project")
    writing = asyncio.create_task(database.write(insert(name)))
    await asyncio.sleep(0)
    await database.close()
    assert await writing == name
    with pytest.raises(StorageError) as refused:
        await database.read(names)
    assert refused.value.code == "database_closed"


async def test_a_cancelled_writer_still_writes(stores: Stores) -> None:
    scope, new = a_scope(5000), a_job()
    writing = asyncio.create_task(stores.jobs.submit(a_job(scope)))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await stores.jobs.submit(new)
    page = await stores.jobs.page("ann", limit=5, cursor=None, states=frozenset())
    assert len(page.items) == 2
    assert await stores.ledger.check() == []
