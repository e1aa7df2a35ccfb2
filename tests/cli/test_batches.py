"""The server's batches from a shell: listed, shown, paused, resumed, taken out; and rows of a list kept apart."""

import asyncio
import signal
from pathlib import Path

import pytest

from limner.cli.surroundings import settings_here
from limner.domain.batches import Batch, OpenBatch
from limner.domain.errors import Problem
from limner.domain.people import LOCAL
from limner.domain.request import ImageRequest
from limner.engine.batching import BatchWish, Wanted
from limner.runtime import open_runtime
from limner.system import SystemClock
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner, Spawn

BAD = Problem(code="invalid_request", message="There is no size 0x0.")
BOUGHT = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low")


def waiting(name: str = "harbours") -> Batch:
    """A batch that no server has begun yet."""
    rows = [Wanted(line=1, prompt="a fox", request=ImageRequest(prompt="a fox", model="sketch"))]
    rows += [Wanted(line=2, prompt="an owl", problem=BAD)]

    async def begin() -> Batch:
        async with open_runtime(settings_here(), work=False) as runtime:
            return await runtime.batching.submit(BatchWish(rows=rows, name=name, concurrency=2), LOCAL)

    return asyncio.run(begin())


def test_batches_are_listed_and_shown(limner: Limner) -> None:
    assert "There is no batch" in limner("batches", "list").err
    batch = waiting()
    listed = limner("batches", "list")
    assert batch.id in listed.out
    for word in ("harbours", "running", "1/2"):
        assert word in listed.out
    (found,) = limner("batches", "list", "--json").document["batches"]
    assert (found["state"], found["counts"], found["left"]) == ("running", {"waiting": 1, "failed": 1}, 1)
    shown = limner("batches", "show", batch.id[-8:])
    assert shown.code == 0
    for word in ("a fox", "waiting", "an owl", "There is no size 0x0."):
        assert word in shown.out
    rows = limner("batches", "show", batch.id, "--json").document["rows"]
    assert [(row["state"], row["error"] and row["error"]["code"]) for row in rows] == [
        ("waiting", None),
        ("failed", "invalid_request"),
    ]


def test_a_batch_is_paused_resumed_and_taken_out(limner: Limner) -> None:
    batch = waiting()
    assert "paused, 1 of 2 rows done" in limner("batches", "pause", batch.id[-8:]).err
    (found,) = limner("batches", "list", "--json").document["batches"]
    assert (found["state"], found["paused"] is None) == ("paused", False)
    assert limner("batches", "resume", batch.id, "--json").document["state"] == "running"
    taken = limner("batches", "cancel", batch.id, "--json").document
    assert taken["counts"] == {"cancelled": 1, "failed": 1}
    for act in ("show", "pause", "resume", "cancel"):
        ended = limner("batches", act, "nonsense")
        assert ended.code == 1
        assert "`limner batches list` lists them." in ended.err


def ended_badly() -> Batch:
    """A batch of two rows, both of which failed."""
    rows = [Wanted(line=1, prompt="a fox", request=ImageRequest(prompt="a fox", model="sketch"))]
    asked = ImageRequest(prompt="an owl", model="openai/gpt-image-2")
    rows += [Wanted(line=2, prompt="an owl", request=asked)]

    async def carried() -> Batch:
        async with open_runtime(settings_here(), work=False) as runtime:
            batching = runtime.batching
            batch = await batching.submit(BatchWish(rows=rows, name="harbours", concurrency=2), LOCAL)
            held = await batching.batches.take(OpenBatch(batch.id, None), "w1")
            assert held is not None
            for number in (1, 2):
                assert await batching.batches.begin(held, number)
                await batching.batches.note_failed(held, number, BAD)
            await batching.batches.end(held, runtime.clock.now())
            return batch

    return asyncio.run(carried())


def test_failed_rows_are_tried_again_for_no_more_than_is_allowed(limner: Limner, shop: OpenAIStandIn) -> None:
    batch = ended_badly()
    dear = limner("batches", "retry", batch.id, "--max-cost", "0.0001")
    assert (dear.code, "The batch may cost up to $" in dear.err) == (3, True)
    (found,) = limner("batches", "list", "--json").document["batches"]
    assert (found["state"], found["counts"]) == ("finished", {"failed": 2})
    again = limner("batches", "retry", batch.id[-8:], "--yes")
    assert "2 of 2 failed rows can be tried again, for at most $" in again.err
    assert "running, 0 of 2 rows done" in again.err
    assert limner("batches", "retry", batch.id, "--json").document["counts"] == {"waiting": 2}
    assert shop.purchases == 0
    assert limner("batches", "retry", "nonsense").code == 1


@pytest.mark.req("S1-079")
def test_rows_of_a_list_begin_so_far_apart_as_was_asked_for(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    sleep = SystemClock.sleep

    async def noted(clock: SystemClock, seconds: float) -> None:
        slept.append(seconds)
        await sleep(clock, 0.0 if seconds > 1000 else seconds)

    monkeypatch.setattr(SystemClock, "sleep", noted)
    Path("prompts.txt").write_text("one\ntwo\nthree\n")
    ended = limner("batch", "prompts.txt", "-m", "sketch", "--size", "64x64", "--delay", "3000")
    assert ended.code == 0, ended.err
    assert len([seconds for seconds in slept if seconds > 1000]) == 2
    assert limner("batch", "prompts.txt", "--delay", "-1").code == 2


def test_ctrl_c_ends_a_wait_between_two_rows(limner: Limner, shop: OpenAIStandIn, spawn: Spawn) -> None:
    Path("prompts.txt").write_text("one\ntwo\nthree\n")
    process = spawn("batch", "prompts.txt", *BOUGHT, "--delay", "3000")
    while not shop.purchases:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert b"2 rows are left. Go on with --resume." in said, said
    assert shop.purchases == 1
    assert limner("batch", "prompts.txt", *BOUGHT, "--resume").code == 0
    assert shop.purchases == 3
