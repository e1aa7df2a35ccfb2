"""Daily sums and the documents' views, in both databases."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import Connection

from limner.db import schema
from limner.db.database import Database
from limner.db.marking import SqlMarks
from limner.db.statistics import SqlStatistics
from limner.db.statistics_tables import VIEWS
from limner.db.templates import SqlTemplates
from limner.domain.errors import StorageError
from limner.domain.job import CallState, JobState
from limner.domain.marking import Action, Change
from limner.domain.money import Money
from limner.domain.records import Ending
from limner.domain.request import ImageRequest
from limner.domain.reviews import Decision
from limner.domain.statistics import Tally
from tests.db.conftest import Stores, plain_connection, stores_of
from tests.db.test_leases import taken
from tests.db.test_pictures import kept
from tests.db.test_reviews import a_report, a_ruling
from tests.db.test_saved_words import a_template
from tests.db.values import NOON, a_job, closed, later, settled

TODAY = NOON.date()


async def made(
    stores: Stores, *, owner: str = "ann", sent: float = 0, ended: float = 4, charge: int | None = 600
) -> None:
    """A call that was sent and brought a picture."""
    new = a_job(owner=owner, worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.mark_submitting(lease, new.calls[0].call.id, later(sent))
    await stores.jobs.close_call(lease, settled(new, charge=charge, at=later(ended)), [])


async def failed(stores: Stores, state: CallState = CallState.FAILED, charge: int = 0) -> str:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, closed(new, 0, state, charge=charge), [])
    return new.calls[0].call.id


def rows(connection: Connection, query: str) -> list[dict[str, object]]:
    return [dict(row) for row in connection.exec_driver_sql(query).mappings()]


@pytest.mark.req("S1-063", "S1-070")
async def test_calls_are_counted_by_day_service_and_person(stores: Stores) -> None:
    await made(stores)
    await made(stores, sent=2, ended=4)
    await made(stores, ended=24 * 3600 + 7, charge=None)
    await made(stores, owner="bob")
    await failed(stores)
    await failed(stores, charge=50)
    await failed(stores, CallState.CANCELLED)
    await failed(stores, CallState.AMBIGUOUS)
    sums = SqlStatistics(stores.database)
    (newer, older) = await sums.by_day("ann", TODAY)
    assert newer == (
        TODAY + timedelta(days=1),
        Tally(succeeded=1, failed=0, images=1, cost=Money(), unpriced=1, seconds=24 * 3600 + 7),
    )
    assert older == (TODAY, Tally(succeeded=2, failed=2, images=2, cost=Money(1250), unpriced=0, seconds=3.0))
    assert older[1].success_rate == 0.5
    assert [service for service, _ in await sums.by_service("ann", TODAY)] == ["openai"]
    assert await sums.by_service("ann", date(2027, 1, 1)) == []
    assert [tally.images for _, tally in await sums.by_service("bob", TODAY)] == [1]


async def test_a_lost_purchase_counts_when_somebody_has_decided(stores: Stores) -> None:
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, closed(new, 0, CallState.AMBIGUOUS), [])
    await stores.jobs.finish(lease, Ending(state=JobState.AMBIGUOUS, at=later(1)), [])
    sums = SqlStatistics(stores.database)
    assert await sums.by_day("ann", TODAY) == []
    for _ in range(2):
        await stores.jobs.resolve(new.calls[0].call.id, "ann", charged=True, at=later(9))
    ((_, tally),) = await sums.by_day("ann", TODAY)
    assert tally == Tally(succeeded=0, failed=1, images=0, cost=Money(1000), unpriced=0, seconds=None)


@pytest.mark.req("S1-064", "S1-065", "S1-111", "S1-112", "S1-113")
async def test_views_say_who_made_how_much_and_how_well_services_do(stores: Stores) -> None:
    await made(stores)
    await made(stores, owner="bob")
    await failed(stores)
    query = "SELECT * FROM user_generation_summary ORDER BY user_id"
    ann, bob = await stores.database.read(lambda connection: rows(connection, query))
    assert (ann["user_id"], ann["total_images"], ann["failed"], bob["failed"]) == ("ann", 1, 1, 0)
    assert float(str(ann["total_cost_usd"])) == pytest.approx(0.0006)
    (provider,) = await stores.database.read(lambda found: rows(found, "SELECT * FROM provider_performance"))
    assert (provider["provider"], provider["total_calls"]) == ("openai", 3)
    assert float(str(provider["success_rate"])) == pytest.approx(2 / 3)
    assert float(str(provider["average_seconds"])) == pytest.approx(4.0)


@pytest.mark.req("S1-066")
async def test_a_view_has_the_templates_that_are_used_most_first(stores: Stores) -> None:
    templates = SqlTemplates(stores.database)
    often, once, never = a_template("often"), a_template("once"), a_template("never")
    for template, uses in ((once, 1), (often, 2), (never, 0)):
        await templates.add(template)
        for _ in range(uses):
            await stores.jobs.submit(a_job(request=ImageRequest(prompt="a fox", template=template.id)))
    found = await stores.database.read(lambda connection: rows(connection, "SELECT * FROM popular_prompt_templates"))
    assert [(row["name"], row["use_count"]) for row in found] == [("often", 2), ("once", 1)]


@pytest.mark.req("S4-050")
async def test_images_are_listed_with_their_provider_and_project(stores: Stores) -> None:
    await made(stores)
    (image,) = await stores.database.read(lambda connection: rows(connection, "SELECT * FROM images"))
    assert (image["provider"], image["project_id"], image["size"]) == ("openai", "default", "64x48")


async def test_what_was_made_before_there_were_sums_is_counted(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        schema.upgrade(connection, "0004")
        connection.commit()
        for statement in OLD:
            connection.exec_driver_sql(statement)
        connection.commit()
    database = await Database.open(empty_url)
    found = await SqlStatistics(stores_of(database, empty_url).database).by_service("ann", date(2020, 1, 1))
    await database.close()
    tally = Tally(succeeded=1, failed=1, images=2, cost=Money(80), unpriced=0, seconds=None)
    assert found == [("openai", tally)]


OLD = (
    """
    INSERT INTO generation_jobs (id, user_id, project, state, attempt, candidate, created_at, held_micro, cost_micro,
                                 cancel_requested, last_event)
    VALUES ('job', 'ann', 'default', 'partial', 1, 0, '2026-11-21T12:00:00.000000Z', 0, 80, FALSE, 1)
    """,
    """
    INSERT INTO generation_calls (id, job_id, candidate, number, model, state, call, hold_micro, cost_micro)
    VALUES ('one', 'job', 0, 0, 'openai/painter-1', 'settled', '{}', 100, 80),
           ('two', 'job', 0, 1, 'openai/painter-1', 'failed', '{}', 100, 0),
           ('three', 'job', 0, 2, 'openai/painter-1', 'cancelled', '{}', 100, 0)
    """,
    """
    INSERT INTO ledger_entries (job_id, call_id, user_id, project, provider, model, pictures, amount_micro,
                                counted_micro, basis, created_at)
    VALUES ('job', 'one', 'ann', 'default', 'openai', 'openai/painter-1', 2, 80, 80, 'list',
            '2026-11-21T12:00:01.000000Z')
    """,
)


async def test_somebody_elses_view_is_left_alone(empty_url: str) -> None:
    with plain_connection(empty_url) as connection:
        connection.exec_driver_sql("CREATE VIEW images AS SELECT 1 AS id")
        connection.commit()
    with pytest.raises(StorageError, match="images"):
        await Database.open(empty_url)


@pytest.mark.req("S1-067", "S1-059")
async def test_recent_pictures_are_listed_with_their_marks(stores: Stores) -> None:
    liked, hidden, thrown, _ = await kept(stores, "liked", "hidden", "thrown", "plain")
    marks = SqlMarks(stores.database)
    await marks.apply("ann", (liked.id,), Change(action=Action.FAVORITE), NOON)
    await marks.apply("ann", (thrown.id,), Change(action=Action.TRASH), NOON)
    report = a_report(hidden)
    await stores.reports.add(report)
    await stores.reports.rule(a_ruling(report, Decision.WITHHOLD))
    found = await stores.database.read(lambda connection: rows(connection, "SELECT * FROM recent_generations"))
    assert [(row["prompt"], bool(row["is_favorite"])) for row in found] == [("plain", False), ("liked", True)]


async def test_every_view_can_be_read(stores: Stores) -> None:
    for name in VIEWS:
        assert await stores.database.read(partial(rows, query=f"SELECT * FROM {name}")) == []
