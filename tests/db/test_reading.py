"""Lists of jobs."""

import pytest
from sqlalchemy import Connection

from limner.db.reading import jobs_page
from limner.domain.errors import InvalidRequest
from limner.domain.job import JobState
from limner.domain.records import Ending
from tests.db.conftest import Stores
from tests.db.test_leases import taken
from tests.db.values import NOON, a_job, later, settled

ALL: frozenset[JobState] = frozenset()


async def test_pages_show_every_job_once_newest_first(stores: Stores) -> None:
    jobs = [a_job(at=later(number // 2)) for number in range(7)]
    for new in jobs:
        await stores.jobs.submit(new)
    await stores.jobs.submit(a_job(owner="bob"))
    ids: list[str] = []
    cursor = None
    for _ in range(4):
        page = await stores.jobs.page("ann", limit=2, cursor=cursor, states=ALL)
        ids += [job.id for job in page.items]
        cursor = page.next
    assert cursor is None
    assert ids == [new.id for new in reversed(jobs)]


async def test_a_page_has_the_pictures_of_its_jobs(stores: Stores) -> None:
    made = []
    for _ in range(3):
        new = a_job(holds=(10, 10), worker="w1")
        lease = await taken(stores, new)
        for number in (1, 0):
            await stores.jobs.close_call(lease, settled(new, number, charge=10), [])
        made.append(new.id)
    page = await stores.jobs.page("ann", limit=5, cursor=None, states=ALL)
    assert [job.id for job in page.items] == list(reversed(made))
    assert [[picture.number for picture in job.pictures] for job in page.items] == [[0, 1]] * 3
    assert page.items[0].pictures == (await stores.jobs.get(made[-1])).pictures


async def test_jobs_are_listed_by_state(stores: Stores) -> None:
    waiting, running, failed = a_job(), a_job(worker="w1"), a_job(worker="w1")
    await stores.jobs.submit(waiting)
    await taken(stores, running)
    await stores.jobs.finish(await taken(stores, failed), Ending(state=JobState.FAILED, at=NOON), [])
    states = frozenset({JobState.FAILED, JobState.QUEUED})
    page = await stores.jobs.page("ann", limit=5, cursor=None, states=states)
    assert {job.id for job in page.items} == {waiting.id, failed.id}


async def test_a_damaged_cursor_is_refused(stores: Stores) -> None:
    with pytest.raises(InvalidRequest):
        await stores.jobs.page("ann", limit=5, cursor="bm90aGluZw", states=ALL)


@pytest.mark.req("S4-052")
async def test_a_page_takes_as_many_statements_however_long_it_is(lite: Stores) -> None:
    for _ in range(6):
        new = a_job(worker="w1")
        await lite.jobs.close_call(await taken(lite, new), settled(new), [])
    counts = []

    def watch(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        for limit in (1, 6):
            seen: list[str] = []
            driver.set_trace_callback(seen.append)
            jobs_page(connection, "ann", limit=limit, cursor=None, states=ALL)
            counts.append(len(seen))
        driver.set_trace_callback(None)

    await lite.database.read(watch)
    assert counts == [2, 2]
