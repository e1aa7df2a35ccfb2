"""Jobs by what decides how their pictures look, and jobs that take the pictures of an earlier one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, select

from limner.db import codec, keeping, outbox, reading, rows
from limner.db.leases import write_events
from limner.db.review_tables import withheld
from limner.db.statements import Statement, insertion
from limner.db.tables import images, jobs, plans, recipes
from limner.domain.events import Event
from limner.domain.job import Job, JobState
from limner.domain.records import NewJob, PicturesGone, Reused, Try

# A file that is withheld under one name of its owner's is not given again under another.
_same = images.alias("same")
_IS_WITHHELD = (
    exists()
    .where(withheld.c.image_id == _same.c.id, _same.c.user_id == images.c.user_id, _same.c.digest == images.c.digest)
    .correlate(images)
)
_MAY_BE_GIVEN = (~keeping.IN_TRASH, ~_IS_WITHHELD)
# Ids of later jobs sort after those of earlier ones, so the index itself gives the newest first.
_MADE_BEFORE = Statement(
    select(jobs)
    .join_from(recipes, jobs, jobs.c.id == recipes.c.job_id)
    .where(
        recipes.c.user_id == bindparam("owner"),
        recipes.c.recipe == bindparam("made_by"),
        jobs.c.state == JobState.SUCCEEDED.value,
        select(func.count())
        .select_from(images)
        .where(images.c.job_id == jobs.c.id, images.c.created_at > bindparam("since"), *_MAY_BE_GIVEN)
        .scalar_subquery()
        >= bindparam("wanted"),
    )
    .order_by(recipes.c.job_id.desc())
    .limit(1)
)
_TRIES = Statement(
    select(jobs.c.id, jobs.c.state, jobs.c.created_at, jobs.c.finished_at)
    .join_from(recipes, jobs, jobs.c.id == recipes.c.job_id)
    .where(recipes.c.user_id == bindparam("owner"), recipes.c.recipe == bindparam("made_by"))
    .order_by(recipes.c.job_id.desc())
    .limit(bindparam("most"))
)
# On PostgreSQL they stay as they are until the commit, and are looked at once whoever was deciding about them is done;
# SQLite has one writer at a time anyway.
_OF_JOB = images.c.job_id == bindparam("job")
_KEEP = Statement(select(images.c.id).where(_OF_JOB).with_for_update(read=True, key_share=True, of=images))
_STILL_THERE = Statement(select(images.c.digest).where(_OF_JOB, *_MAY_BE_GIVEN))
_INSERT_JOB = insertion(jobs)
_INSERT_PLAN = insertion(plans)


def made_before(connection: Connection, owner: str, recipe: str, *, since: datetime, count: int) -> Job | None:
    """One person's newest job that succeeded by this recipe, with `count` pictures made after `since`, none of
    them in the trash or withheld.
    """
    values = {"owner": owner, "made_by": recipe, "since": codec.stamp(since), "wanted": count}
    row = _MADE_BEFORE.row(connection, values)
    return None if row is None else reading.whole_job(connection, row)


def tries(connection: Connection, owner: str, recipe: str, limit: int) -> list[Try]:
    """How often one person's request of this recipe was carried out of late, newest first."""
    found = _TRIES.rows(connection, {"owner": owner, "made_by": recipe, "most": limit})
    return [
        Try(
            job_id=row["id"],
            state=JobState(row["state"]),
            created=codec.moment(row["created_at"]),
            finished=codec.optional_moment(row["finished_at"]),
        )
        for row in found
    ]


def write(connection: Connection, new: NewJob, reused: Reused) -> tuple[Job, list[Event]]:
    """A job that has succeeded at once, with pictures of its own rows and shared files. Raises PicturesGone."""
    _KEEP.rows(connection, {"job": reused.earlier})
    there = Counter(row["digest"] for row in _STILL_THERE.rows(connection, {"job": reused.earlier}))
    if not Counter(picture.file.digest for picture in reused.pictures) <= there:
        raise PicturesGone
    at = codec.stamp(new.at)
    ended = {"state": JobState.SUCCEEDED.value, "started_at": at, "finished_at": at, "last_event": len(reused.news)}
    _INSERT_JOB.many(connection, [{**rows.job_row(new), **ended}])
    _INSERT_PLAN.many(connection, [rows.plan_row(new)])
    keeping.insert_pictures(connection, reused.pictures)
    keeping.insert_inputs(connection, new.id, new.request)
    events = write_events(connection, new.id, 0, reused.news, new.at)
    job = reading.find_job(connection, new.id, None)
    outbox.write(connection, job, events)
    return job, events
