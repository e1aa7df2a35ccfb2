"""Jobs found by their recipes, and jobs that take the pictures of an earlier one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from limner.domain.errors import IdempotencyConflict
from limner.domain.events import EventKind
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.records import Ending, Lease, NewJob, OpenJob, PicturesGone, Reused
from limner.domain.request import ImageRequest
from tests.db.conftest import Stores, count_rows, explained
from tests.db.values import NOON, a_job, a_picture, a_plan, later, new_id, news, settled

RECIPE = "r" * 64
WEEK = timedelta(days=7)
HIDDEN = {
    "trash": "image_trash (image_id, user_id, made_at, trashed_at) SELECT id, user_id, created_at, created_at",
    "withheld": "withheld_images (image_id, why, created_at) SELECT id, 'violence', created_at",
}
"""What is written where a picture may be given to nobody."""


async def made(
    stores: Stores, *, owner: str = "ann", recipe: str = RECIPE, count: int = 1, state: JobState = JobState.SUCCEEDED
) -> NewJob:
    """A job that ended, with all its pictures or all but the last one."""
    new = replace(a_job(owner=owner, holds=(1000,) * count, worker="w1"), recipe=recipe)
    await stores.jobs.submit(new)
    taken = await stores.jobs.take(OpenJob(new.id, "w1"), "w1", NOON)
    assert taken is not None
    lease = Lease(taken.id, taken.attempt)
    kept = count if state is JobState.SUCCEEDED else count - 1
    for number in range(kept):
        await stores.jobs.close_call(lease, settled(new, number), [])
    await stores.jobs.finish(lease, Ending(state=state, at=NOON), [news(EventKind.FINISHED)])
    return new


def again(earlier: NewJob, **changes: object) -> NewJob:
    """A job that takes the pictures of an earlier one."""
    new = NewJob(
        id=new_id("job"),
        owner=earlier.owner,
        request=ImageRequest(prompt="a lighthouse at dusk", reuse=True),
        plan=a_plan("openai/painter-1"),
        calls=(),
        scopes=(),
        worker=None,
        at=later(60),
    )
    pictures = tuple(replace(a_picture(new, call.call.id, number=call.number, cost=0)) for call in earlier.calls)
    told = (news(EventKind.REUSED, job=earlier.id), news(EventKind.FINISHED, state="succeeded"))
    reused = Reused(earlier=earlier.id, pictures=pictures, news=told)
    return replace(new, reused=reused, **changes)  # type: ignore[arg-type]  # tests name fields as they are


async def found(stores: Stores, *, owner: str = "ann", recipe: str = RECIPE, count: int = 1) -> str | None:
    job = await stores.jobs.made_before(owner, recipe, since=NOON - WEEK, count=count)
    return None if job is None else job.id


@pytest.mark.req("S1-073")
async def test_a_job_is_found_by_its_recipe_and_the_newest_first(stores: Stores) -> None:
    await made(stores)
    newest = await made(stores)
    await made(stores, recipe="s" * 64)
    assert await found(stores) == newest.id
    job = await stores.jobs.made_before("ann", RECIPE, since=NOON - WEEK, count=1)
    assert job == await stores.jobs.get(newest.id)


async def test_nobody_elses_and_no_other_recipe_is_found(stores: Stores) -> None:
    await made(stores, owner="bob")
    assert await found(stores) is None
    assert await found(stores, owner="bob", recipe="s" * 64) is None
    assert await found(stores, owner="bob") is not None


async def test_every_try_of_ones_own_is_told_newest_first_whatever_came_of_it(stores: Stores) -> None:
    first = await made(stores, state=JobState.AMBIGUOUS)
    second = await made(stores)
    await made(stores, owner="bob")
    await made(stores, recipe="s" * 64)
    tries = await stores.jobs.tries("ann", RECIPE, limit=5)
    assert [(one.job_id, one.state) for one in tries] == [
        (second.id, JobState.SUCCEEDED),
        (first.id, JobState.AMBIGUOUS),
    ]
    assert all(one.created == NOON and one.finished is not None for one in tries)
    assert [one.job_id for one in await stores.jobs.tries("ann", RECIPE, limit=1)] == [second.id]


@pytest.mark.parametrize("state", [JobState.PARTIAL, JobState.AMBIGUOUS, JobState.CANCELLED])
async def test_only_a_job_that_succeeded_counts(stores: Stores, state: JobState) -> None:
    await made(stores, count=2, state=state)
    assert await found(stores, count=2) is None
    assert await found(stores, count=1) is None


@pytest.mark.req("S1-074")
async def test_pictures_of_more_than_seven_days_ago_do_not_count(stores: Stores) -> None:
    new = await made(stores)
    for seconds, is_found in ((-1, True), (0, False), (1, False)):
        since = NOON + timedelta(seconds=seconds)
        assert (await stores.jobs.made_before("ann", RECIPE, since=since, count=1) is not None) is is_found
    # What counts is when the pictures were made, as document 1 reads it, not when the job was asked for.
    await stores.database.write(
        lambda connection: connection.execute(text("UPDATE generated_images SET created_at = '2026-11-01T00:00:00Z'"))
    )
    assert await found(stores) is None
    assert (await stores.jobs.get(new.id)).created == NOON


async def test_a_job_of_which_a_picture_was_deleted_does_not_count(stores: Stores) -> None:
    new = await made(stores, count=2)
    assert await found(stores, count=2) == new.id
    await stores.database.write(
        lambda connection: connection.execute(text("DELETE FROM generated_images WHERE number = 1"))
    )
    assert await found(stores, count=2) is None


@pytest.mark.req("S1-073")
async def test_a_job_that_reuses_ends_as_it_begins_and_holds_nothing(stores: Stores) -> None:
    earlier = await made(stores, count=2)
    new = again(earlier)
    job, fresh = await stores.jobs.submit(new)
    assert fresh
    assert job == await stores.jobs.get(new.id, "ann")
    assert (job.state, job.cost, job.held, job.calls) == (JobState.SUCCEEDED, Money(), Money(), ())
    assert (job.started, job.finished, job.attempt) == (later(60), later(60), 0)
    assert [picture.file for picture in job.pictures] == [
        picture.file for picture in (await stores.jobs.get(earlier.id)).pictures
    ]
    events = await stores.events.after(new.id, 0)
    assert [(event.number, event.kind) for event in events] == [(1, EventKind.REUSED), (2, EventKind.FINISHED)]
    assert stores.listener.heard[-2:] == list(events)
    assert await stores.jobs.open_jobs() == []
    assert await stores.ledger.check() == []
    # It has no recipe of its own: a week is a week from when the pictures were made.
    assert await found(stores, count=2) == earlier.id


async def test_deleting_the_earlier_pictures_leaves_the_later_ones(stores: Stores) -> None:
    earlier = await made(stores)
    new = again(earlier)
    await stores.jobs.submit(new)
    await stores.database.write(
        lambda connection: connection.execute(
            text("DELETE FROM generated_images WHERE job_id = :job"), {"job": earlier.id}
        )
    )
    assert (await stores.jobs.get(earlier.id)).pictures == ()
    assert len((await stores.jobs.get(new.id)).pictures) == 1


async def hide(stores: Stores, job: str, how: str) -> None:
    """Puts a job's pictures into the trash, or withholds them."""
    await stores.database.write(
        lambda connection: connection.execute(
            text(f"INSERT INTO {HIDDEN[how]} FROM generated_images WHERE job_id = :job"), {"job": job}
        )
    )


@pytest.mark.parametrize("how", list(HIDDEN))
async def test_what_is_in_the_trash_or_withheld_is_not_found(stores: Stores, how: str) -> None:
    new = await made(stores, count=2)
    assert await found(stores, count=2) == new.id
    await hide(stores, new.id, how)
    assert await found(stores, count=2) is None


@pytest.mark.parametrize("how", list(HIDDEN))
async def test_what_was_put_away_meanwhile_is_not_given(stores: Stores, how: str) -> None:
    earlier = await made(stores)
    new = again(earlier, key="k1", fingerprint="f1", quote_id="q1")
    await hide(stores, earlier.id, how)
    before = await stores.database.read(count_rows)
    with pytest.raises(PicturesGone):
        await stores.jobs.submit(new)
    assert await stores.database.read(count_rows) == before


async def test_a_file_of_somebody_else_that_is_withheld_is_nothing_to_ones_own(stores: Stores) -> None:
    hers, his = await made(stores, owner="ann"), await made(stores, owner="bob")
    await hide(stores, his.id, "withheld")
    assert await found(stores, owner="ann") == hers.id
    assert await found(stores, owner="bob") is None


async def test_pictures_that_were_deleted_meanwhile_are_not_reused(stores: Stores) -> None:
    earlier = await made(stores)
    new = again(earlier, key="k1", fingerprint="f1", quote_id="q1")
    await stores.database.write(lambda connection: connection.execute(text("DELETE FROM generated_images")))
    before = await stores.database.read(count_rows)
    with pytest.raises(PicturesGone):
        await stores.jobs.submit(new)
    assert await stores.database.read(count_rows) == before


async def test_a_key_gives_the_same_reuse_again(stores: Stores) -> None:
    earlier = await made(stores)
    job, _ = await stores.jobs.submit(again(earlier, key="k1", fingerprint="f1"))
    same, fresh = await stores.jobs.submit(again(earlier, key="k1", fingerprint="f1"))
    assert (same, fresh) == (job, False)
    with pytest.raises(IdempotencyConflict):
        await stores.jobs.submit(again(earlier, key="k1", fingerprint="f2"))


async def test_the_recipe_is_looked_up_by_its_index(stores: Stores) -> None:
    await made(stores)
    query = "SELECT job_id FROM generation_recipes WHERE user_id = 'ann' AND recipe = 'x' ORDER BY job_id DESC"
    plan = await stores.database.write(lambda connection: explained(connection, query))
    assert "PRIMARY KEY" in plan or "pk_generation_recipes" in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan
