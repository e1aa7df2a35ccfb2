"""News within a process reaches whoever listens to a job, and nobody else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from limner.dispatch.bulletin import LocalBulletin
from limner.domain.events import Event, EventKind
from limner.domain.job import Job, JobState
from limner.domain.plan import Plan
from limner.domain.request import ImageRequest

AT = datetime(2026, 11, 21, tzinfo=UTC)


def event(job: str, kind: EventKind = EventKind.PROGRESS) -> Event:
    return Event(job_id=job, number=1, kind=kind, at=AT)


async def test_listeners_of_a_job_are_woken_and_others_sleep_on() -> None:
    bulletin = LocalBulletin()
    async with bulletin.listen("a") as first, bulletin.listen("a") as second, bulletin.listen("b") as other:
        bulletin.publish([event("a")])
        assert await first.wait(1)
        assert await second.wait(1)
        assert not await other.wait(0.01)
        assert not first.ended


async def test_news_before_the_wait_is_not_missed() -> None:
    bulletin = LocalBulletin()
    async with bulletin.listen("a") as place:
        bulletin.publish([event("a")])
        await asyncio.sleep(0)
        assert await place.wait(0.01)
        assert not await place.wait(0.01)


async def test_the_last_event_is_known_as_such() -> None:
    bulletin = LocalBulletin()
    async with bulletin.listen("a") as place:
        bulletin.publish([event("a", EventKind.FINISHED), event("b", EventKind.FINISHED)])
        assert place.ended


async def test_whoever_waits_for_a_job_is_handed_it_as_it_ended() -> None:
    bulletin, job = (
        LocalBulletin(),
        Job(
            id="a",
            owner="ann",
            request=ImageRequest(),
            plan=Plan(candidates=()),
            state=JobState.SUCCEEDED,
            attempt=1,
            candidate=0,
            created=AT,
        ),
    )
    async with bulletin.listen("a") as place, bulletin.listen("b") as other:
        bulletin.publish([event("a")])
        assert place.job is None
        bulletin.publish([event("a", EventKind.FINISHED)], job)
        bulletin.publish([event("b", EventKind.FINISHED)])
        assert place.job is job
        assert (other.ended, other.job) == (True, None)


async def test_nobody_is_remembered_after_leaving() -> None:
    bulletin = LocalBulletin()
    async with bulletin.listen("a") as place:
        pass
    bulletin.publish([event("a")])
    assert not await place.wait(0.01)


async def test_who_comes_a_moment_too_late_learns_of_the_end() -> None:
    bulletin = LocalBulletin()
    bulletin.publish([event("a", EventKind.FINISHED)])
    async with bulletin.listen("a") as late, bulletin.listen("b") as other:
        assert late.ended
        assert not other.ended
