"""Full disks: nothing is bought that could not be kept, and what was bought is not lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from limner.db.jobs import SqlJobs
from limner.domain.call import Call, Finished, Pending
from limner.domain.errors import Spent, StorageError
from limner.domain.job import CallState, JobState
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest
from limner.testing.fakes import FakeProvider
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.acceptance.disks import SMALL, fill, mounts, on_its_own_disk
from tests.acceptance.installation import (
    KEY,
    PAID,
    PAID_BODY,
    WAIT,
    Installation,
    check_refusal,
    check_sentence,
    checked_problem,
    opened,
)
from tests.engine.house import facts, house

FULL = ("is full", "Free some space")


@mounts
async def test_a_disk_that_is_full_before_anything_is_bought(here: Installation) -> None:
    async with on_its_own_disk(here, SMALL.format(size="48m")) as there:
        filler = fill(there, leave=4_000_000)
        ended = await there.limner("generate", "a cat", *PAID, "--json")
        job = ended.document
        assert (ended.code, job["state"], job["cost_usd"], job["held_usd"]) == (1, "failed", 0, 0)
        assert (job["error"]["code"], job["error"]["spent"]) == ("disk_full", "no")
        check_sentence(job["error"]["message"], FULL)
        assert "Traceback" not in ended.err

        filler.unlink()
        fill(there, leave=0)
        ended = await there.limner("generate", "a cat", *PAID, "--json")
        check_refusal(ended, code="disk_full", exit_code=1, words=FULL)

        filler.unlink()
        assert "ok    ledger: all sums agree" in (await there.limner("doctor")).out
        assert here.stand_in.purchases == 0
        await there.check_nothing_is_lost_there()


@mounts
async def test_a_disk_that_fills_up_while_the_server_runs(here: Installation) -> None:
    async with on_its_own_disk(here, SMALL.format(size="48m")) as there:
        async with server_of(there) as (client, said):
            first, *others = (await client.get("/api/v1/images")).json()["items"]
            assert (await client.get(first["url"])).status_code == 200
            filler = fill(there, leave=4_000_000)
            job = (await client.post("/api/v1/jobs", json=PAID_BODY, headers=WAIT)).json()
            assert (job["state"], job["problem"]["code"], job["held"]["micro_usd"]) == ("failed", "disk_full", 0)

            fill(there, leave=0)
            long = {**PAID_BODY, "prompt": "x" * 30_000}  # longer than what is left in the last page of the log
            answers = [await client.post("/api/v1/jobs", json=long, headers=WAIT) for _ in range(3)]
            check_sentence(checked_problem(answers[-1], status=507, code="disk_full")["detail"], FULL)
            for image in (first, *others):
                # Signed copies and thumbnails that were not made yet are made, and not kept.
                assert (await client.get(image["url"], params={"original": True})).status_code == 200
                for edge in (256, 1024):
                    small = await client.get(image["thumbnail_url"], params={"edge": edge})
                    assert (small.status_code, small.headers["content-type"]) == (200, "image/webp")
                for _ in range(2):
                    copy = await client.get(image["url"])
                    assert (copy.status_code, len(copy.content)) == (200, int(copy.headers["content-length"]))
                    assert b"jumb" in copy.content
            assert here.stand_in.purchases == 0

            filler.unlink()
            job = (await client.post("/api/v1/jobs", json=PAID_BODY, headers=WAIT)).json()
            assert (job["state"], here.stand_in.purchases) == ("succeeded", 1)
        assert b"Traceback" not in said
        assert said.count(b"they cannot be kept") == 1
        await there.check_nothing_is_lost_there()


@asynccontextmanager
async def server_of(here: Installation) -> AsyncIterator[tuple[httpx2.AsyncClient, bytearray]]:
    """The real server as a process of its own, and afterwards everything that it has said on stderr."""
    said = bytearray()
    process = await here.start("serve", "--port", "0")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().split()[-1]
        async with httpx2.AsyncClient(base_url=address, timeout=30) as client:
            yield client, said
    finally:
        process.terminate()
        _, err = await process.communicate()
        said += err


LARGE = 7_000_000


@pytest_asyncio.fixture
async def large(seed: Path, tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation whose service delivers large pictures."""
    async with OpenAIStandIn(key=KEY, picture_bytes=LARGE) as server:
        yield await opened(seed, tmp_path, server)


@mounts
@pytest.mark.parametrize("previews", [(), ("--previews", "1")], ids=["whole", "streamed"])
async def test_pictures_that_still_find_room_are_kept(large: Installation, previews: tuple[str, ...]) -> None:
    async with on_its_own_disk(large, SMALL.format(size="38m")) as there:
        ended = await there.limner("generate", "a cat", *PAID, "-n", "6", *previews, "--json")
        job = ended.document
        assert (ended.code, job["state"], len(job["images"]), job["held_usd"]) == (1, "partial", 5, 0)
        assert job["cost_usd"] > 0
        assert job["error"]["spent"] == "yes"
        check_sentence(job["error"]["message"], (f"{len(job['images'])} of 6 pictures", *FULL))
        assert "Traceback" not in ended.err
        assert large.stand_in.purchases == 1
        await there.check_nothing_is_lost_there()


CRAMPED = (
    sys.executable,
    "-c",
    "import os, resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (4_000_000,) * 2); os.execv(sys.argv[1], sys.argv[1:])",
)
"""Starts a program that may write no file of more than 4 MB."""


async def test_what_was_bought_and_found_no_room_waits_for_a_person(large: Installation) -> None:
    """Whoever pays is told, the money stays set aside, nothing is bought again."""
    ended = await large.limner("generate", "a cat", *PAID, "--json", by=CRAMPED)
    job = ended.document
    assert (ended.code, job["state"], job["images"]) == (4, "ambiguous", [])
    assert job["held_usd"] > 0
    assert (job["error"]["code"], job["error"]["spent"]) == ("disk_full", "unknown")
    check_sentence(
        job["error"]["message"], ("could not be kept", "not sent again", *FULL, "say whether it was charged")
    )
    assert "Traceback" not in ended.err
    await large.check_nothing_is_lost()

    call = (await large.limner("show", job["id"], "--json")).document["calls"][0]["id"]
    settled = (await large.limner("resolve", job["id"], call, "--charged", "--json")).document
    assert (settled["state"], settled["held_usd"]) == ("failed", 0)
    assert settled["cost_usd"] > 0
    assert large.stand_in.purchases == 1
    await large.check_nothing_is_lost()


# --- what was bought while the disk or the database would not take it --------------------------

ACME = facts("acme", usd="0.04")


def no_room(spent: Spent = Spent.NO) -> StorageError:
    error = StorageError("The disk is full. Free some space.", code="disk_full")
    error.spent = spent
    return error


@pytest.mark.parametrize("step", ["mark_fetched", "mark_submitted"])
async def test_a_purchase_is_written_down_as_soon_as_the_database_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    refusals = [no_room() for _ in range(3)]
    write: Callable[..., Any] = getattr(SqlJobs, step)

    async def reluctant(*given: object) -> object:
        if refusals:
            raise refusals.pop()
        return await write(*given)

    monkeypatch.setattr(SqlJobs, step, reluctant)
    pending = Pending(ticket={"id": "t1"}, poll_after=0.0)
    provider = FakeProvider(*([pending] if step == "mark_submitted" else []))
    async with house(tmp_path, {"acme": provider}, ACME) as there:
        job = await there.paint(model="acme")
        assert (job.state, len(job.pictures), provider.purchases, refusals) == (JobState.SUCCEEDED, 1, 1, [])
        await there.books_are_right()


async def test_a_result_that_finds_no_room_is_fetched_again_by_its_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limner.dispatch.dispatcher.TRY_AGAIN", 0.01)
    provider = FakeProvider(Pending(ticket={"id": "t1"}, poll_after=0.0), polled=[no_room(), no_room()])
    async with house(tmp_path, {"acme": provider}, ACME) as there:
        job = await there.paint(model="acme")
        assert (job.state, len(job.pictures), provider.purchases) == (JobState.SUCCEEDED, 1, 1)
        assert len(provider.polls) == 3
        await there.books_are_right()


async def test_a_ticket_outlives_a_cancelled_job_whose_process_ends(tmp_path: Path) -> None:
    """Bought, cancelled, and the process must end: the next one asks after it, and nobody calls it free."""
    provider = FakeProvider()
    sent, go_on = asyncio.Event(), asyncio.Event()

    async def accept(_: Call) -> Finished | Pending:
        sent.set()
        await go_on.wait()
        return Pending(ticket={"id": "t1"}, poll_after=0.0)

    provider.script(accept)
    async with house(tmp_path, {"acme": provider}, ACME) as there:
        job = await there.engine.submit(ImageRequest(prompt="a fox", model="acme"), LOCAL)
        await sent.wait()
        await there.engine.cancel(job.id, LOCAL)
        stopping = asyncio.create_task(there.dispatcher.stop(5.0))
        await asyncio.sleep(0)
        go_on.set()
        await stopping
        left = await there.jobs.get(job.id)
        assert (left.state, left.calls[0].state) == (JobState.QUEUED, CallState.SUBMITTED)
        assert left.held.micro > 0
    async with house(tmp_path, {"acme": provider}, ACME, ids_from=1000) as there:
        ended = await there.engine.wait(job.id, LOCAL, timeout=10)
        assert (ended.state, len(ended.pictures), provider.purchases) == (JobState.SUCCEEDED, 1, 1)
        await there.books_are_right()
