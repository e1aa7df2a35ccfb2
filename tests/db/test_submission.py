"""Writing down a new job: everything or nothing, and never more than a budget has."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import pytest

from limner.domain.call import CallInput
from limner.domain.errors import BudgetExceeded, IdempotencyConflict, NotFound, QuoteRefused
from limner.domain.events import EventKind
from limner.domain.job import CallState, JobState
from limner.domain.money import Money
from limner.domain.request import ImageRequest, Role
from tests.db.conftest import Stores, count_rows
from tests.db.values import a_job, a_scope, new_id

ROOT = Path(__file__).parents[2]
SUBMITTER = """
import asyncio, sys
from limner.db.database import Database
from limner.db.jobs import SqlJobs
from limner.domain.errors import BudgetExceeded
from tests.db.values import a_job, a_scope
from dataclasses import replace

async def main(url, scope, limit, mine):
    database = await Database.open(url)
    jobs = SqlJobs(database, lambda events, ended=None: None)

    async def one(number):
        new = a_job(a_scope(limit, name=scope), holds=(100,))
        call = replace(new.calls[0], call=replace(new.calls[0].call, id=f"{mine}-call-{number}"))
        try:
            await jobs.submit(replace(new, id=f"{mine}-{number}", calls=(call,)))
        except BudgetExceeded:
            return 0
        return 1

    print(sum(await asyncio.gather(*(one(number) for number in range(20)))))
    await database.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
"""


@pytest.mark.req("S4-048")
async def test_a_submitted_job_is_read_back_whole(stores: Stores) -> None:
    scope = a_scope(5000)
    new = a_job(scope, holds=(700, 800), worker="w1")

    job, fresh = await stores.jobs.submit(new)

    assert fresh
    assert job == await stores.jobs.get(new.id, "ann")
    assert (job.state, job.attempt, job.worker, job.held) == (JobState.QUEUED, 0, "w1", Money(1500))
    assert [(call.number, call.state, call.hold) for call in job.calls] == [
        (0, CallState.QUEUED, Money(700)),
        (1, CallState.QUEUED, Money(800)),
    ]
    assert await stores.held(scope) == (Money(1500), Money(0))
    assert [(event.number, event.kind) for event in stores.listener.heard] == [(1, EventKind.QUEUED)]
    assert await stores.ledger.check() == []


async def test_somebody_elses_job_does_not_exist(stores: Stores) -> None:
    new = a_job(owner="ann")
    await stores.jobs.submit(new)
    with pytest.raises(NotFound) as theirs:
        await stores.jobs.get(new.id, "bob")
    with pytest.raises(NotFound) as nobodys:
        await stores.jobs.get("nothing", "bob")
    assert theirs.value.message.replace(new.id, "nothing") == nobodys.value.message


async def test_input_bytes_are_never_stored(stores: Stores) -> None:
    new = a_job()
    image = CallInput(role=Role.SOURCE, digest="b" * 64, media_type="image/png", width=4, height=4, data=b"\x89PNG")
    loaded = replace(new.calls[0], call=replace(new.calls[0].call, inputs=(image,)))
    plan = replace(new.plan, candidates=(replace(new.plan.candidates[0], calls=(loaded.call,)),))
    await stores.jobs.submit(replace(new, calls=(loaded,), plan=plan))
    stored = await stores.jobs.get(new.id)
    assert stored.calls[0].call.inputs == (replace(image, data=b""),)
    assert stored.plan.candidates[0].calls[0].inputs == (replace(image, data=b""),)


async def test_the_same_key_and_body_give_the_same_job(stores: Stores) -> None:
    scope, key = a_scope(5000), new_id("key")
    first = replace(a_job(scope), key=key, fingerprint="f1")
    again = replace(a_job(scope), key=key, fingerprint="f1")
    job, _ = await stores.jobs.submit(first)
    known, fresh = await stores.jobs.submit(again)
    assert (known, fresh) == (job, False)
    assert await stores.jobs.remembered("ann", key, "f1") == job
    assert await stores.held(scope) == (Money(1000), Money(0))
    assert [event.job_id for event in stores.listener.heard] == [first.id]


async def test_the_same_key_with_another_body_is_a_conflict(stores: Stores) -> None:
    key = new_id("key")
    await stores.jobs.submit(replace(a_job(), key=key, fingerprint="f1"))
    with pytest.raises(IdempotencyConflict):
        await stores.jobs.submit(replace(a_job(), key=key, fingerprint="f2"))
    with pytest.raises(IdempotencyConflict):
        await stores.jobs.remembered("ann", key, "f2")


async def test_keys_belong_to_their_owner(stores: Stores) -> None:
    key = new_id("key")
    await stores.jobs.submit(replace(a_job(owner="ann"), key=key, fingerprint="f1"))
    _, fresh = await stores.jobs.submit(replace(a_job(owner="bob"), key=key, fingerprint="f2"))
    assert fresh
    assert await stores.jobs.remembered("eve", key, "f1") is None


async def test_of_racing_submitters_with_one_key_one_makes_a_job(stores: Stores, other: Stores) -> None:
    scope, key = a_scope(10**6), new_id("key")
    outcomes = await asyncio.gather(
        *(
            side.jobs.submit(replace(a_job(scope), key=key, fingerprint="f1"))
            for _ in range(8)
            for side in (stores, other)
        )
    )
    assert len({job.id for job, _ in outcomes}) == 1
    assert sum(fresh for _, fresh in outcomes) == 1
    assert await stores.held(scope) == (Money(1000), Money(0))


async def test_a_quote_is_used_once(stores: Stores) -> None:
    quote = new_id("quote")
    await stores.jobs.submit(replace(a_job(), quote_id=quote))
    refused = replace(a_job(), quote_id=quote)
    with pytest.raises(QuoteRefused):
        await stores.jobs.submit(refused)
    with pytest.raises(NotFound):
        await stores.jobs.get(refused.id)


async def test_a_budget_admits_what_fits_and_says_what_does_not(stores: Stores) -> None:
    scope = a_scope(2500)
    await stores.jobs.submit(a_job(scope))
    await stores.jobs.submit(a_job(scope))
    with pytest.raises(BudgetExceeded, match=scope.name):
        await stores.jobs.submit(a_job(scope))
    await stores.jobs.submit(a_job(scope, holds=(500,)))
    assert await stores.held(scope) == (Money(2500), Money(0))


async def test_a_limit_of_nothing_admits_only_what_costs_nothing(stores: Stores) -> None:
    scope = a_scope(0)
    with pytest.raises(BudgetExceeded):
        await stores.jobs.submit(a_job(scope, holds=(1,)))
    _, fresh = await stores.jobs.submit(a_job(scope, holds=(0,)))
    assert fresh


async def test_what_costs_nothing_passes_a_budget_that_is_overdrawn(stores: Stores) -> None:
    wide = a_scope(1000)
    await stores.jobs.submit(a_job(wide))
    _, fresh = await stores.jobs.submit(a_job(replace(wide, limit=10), holds=(0,)))
    assert fresh


async def test_a_refusal_leaves_nothing_behind(stores: Stores) -> None:
    wide, narrow = a_scope(10_000, name=new_id("a")), a_scope(10, name=new_id("b"))
    before = await stores.database.read(count_rows)
    request = ImageRequest(prompt="a boat", project="harbour")
    with pytest.raises(BudgetExceeded, match=narrow.name):
        await stores.jobs.submit(
            replace(a_job(wide, narrow, request=request), key=new_id("key"), fingerprint="f", quote_id=new_id("quote"))
        )
    assert await stores.database.read(count_rows) == before
    assert await stores.held(wide) == (Money(0), Money(0))
    assert stores.listener.heard == []


async def test_racing_submitters_never_overdraw_a_budget(stores: Stores, other: Stores) -> None:
    scopes = (a_scope(1000), a_scope(700))

    async def one(side: Stores) -> int:
        try:
            await side.jobs.submit(a_job(*scopes, holds=(100,)))
        except BudgetExceeded:
            return 0
        return 1

    admitted = await asyncio.gather(*(one(side) for _ in range(12) for side in (stores, other)))
    assert sum(admitted) == 7
    for scope in scopes:
        assert await stores.held(scope) == (Money(700), Money(0))
    assert await stores.ledger.check() == []


async def test_two_processes_never_overdraw_a_budget(stores: Stores) -> None:
    scope = a_scope(1500)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", SUBMITTER, stores.url, scope.name, "1500", mine, stdout=PIPE, cwd=ROOT
        )
        for mine in ("first", "second")
    ]
    printed = [(await process.communicate())[0] for process in processes]
    assert sum(int(text) for text in printed) == 15
    assert await stores.held(scope) == (Money(1500), Money(0))
    assert await stores.ledger.check() == []


@pytest.mark.req("S4-051")
async def test_a_project_is_noted_once(stores: Stores) -> None:
    for _ in range(2):
        await stores.jobs.submit(a_job(request=ImageRequest(prompt="a boat", project="harbour")))
    await stores.jobs.submit(a_job())
    rows = await stores.database.read(
        lambda connection: connection.exec_driver_sql("SELECT user_id, name FROM projects").all()
    )
    assert [tuple(row) for row in rows] == [("ann", "harbour")]
