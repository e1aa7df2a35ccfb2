"""Whole lists: every row painted once, whatever happens in between."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import pytest

from limner.db.jobs import SqlJobs
from limner.domain.errors import StorageError
from limner.providers.openai import OpenAI
from limner.storage.library import Library
from limner.testing.faults import Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from tests.cli.conftest import Limner, Spawn

SMALL = ("--size", "64x64")
BOUGHT = ("-m", "openai/gpt-image-2", "--size", "1024x1024", "--quality", "low")


def prompts(count: int) -> str:
    Path("prompts.txt").write_text("".join(f"prompt {number}\n" for number in range(count)))
    return "prompts.txt"


@pytest.mark.req("S0-078", "S4-080")
def test_a_bad_row_never_stops_the_rest(limner: Limner) -> None:
    Path("rows.csv").write_text(
        "prompt,size,n\na cat,64x64,2\n,64x64,1\na dog,64,1\na bird,64x64,many\na fish,64x64,\n"
    )
    ended = limner("batch", "rows.csv", "-o", "out")
    assert ended.code == 1
    for words in ("line 3: Prompt cannot be empty", "line 4: '64' is not a size", "line 5: count is a whole number"):
        assert words in ended.err
    assert len(list(Path("out").glob("*.png"))) == 3
    written = [json.loads(line) for line in Path("out/rows.results.jsonl").read_text().splitlines()]
    assert {line["line"]: line["state"] for line in written[1:-1]} == {
        2: "succeeded",
        3: "failed",
        4: "failed",
        5: "failed",
        6: "succeeded",
    }
    assert ended.out.splitlines()[1].split()[:5] == ["5", "0", "2", "3", "0"]


def test_with_json_each_row_is_a_line_and_the_summary_is_the_last(limner: Limner) -> None:
    ended = limner("batch", prompts(3), *SMALL, "--json")
    assert ended.code == 0
    *rows, last = ended.lines
    assert {row["prompt"] for row in rows} == {"prompt 0", "prompt 1", "prompt 2"}
    assert all(Path(row["images"][0]["path"]).is_file() for row in rows)
    assert last["summary"] | {"results": ""} == {
        "rows": 3,
        "skipped": 0,
        "succeeded": 3,
        "failed": 0,
        "ambiguous": 0,
        "left": 0,
        "pictures": 3,
        "cost_usd": 0,
        "results": "",
    }
    assert Path(last["summary"]["results"]).is_file()


def test_options_hold_for_rows_that_say_nothing(limner: Limner) -> None:
    Path("a.jsonl").write_text('{"prompt": "a"}\n{"prompt": "b", "aspect": "2:1"}\n{"prompt": "c", "size": "80x64"}\n')
    rows = limner("batch", "a.jsonl", *SMALL, "--seed", "4", "--json").lines[:-1]
    sizes = {row["prompt"]: (row["images"][0]["width"], row["images"][0]["height"]) for row in rows}
    assert sizes["a"] == (64, 64)
    assert sizes["b"][0] == 2 * sizes["b"][1]
    assert sizes["c"] == (80, 64)
    assert {row["images"][0]["seed"] for row in rows} == {4}


def test_rows_can_start_from_pictures(limner: Limner) -> None:
    source = limner("generate", "a cat", *SMALL, "--json").document["images"][0]
    Path("a.csv").write_text(
        f"prompt,image,operation,scale,left\nbrighter,{source['path']},,,\n,{source['id']},upscale,2,\n"
        f",{source['id'][-8:]},outpaint,,32\nx,{source['id']},fly,,\n"
    )
    ended = limner("batch", "a.csv", "--json")
    rows = {row["line"]: row for row in ended.lines[:-1]}
    assert ended.code == 1
    assert [rows[line]["images"][0]["operation"] for line in (2, 3, 4)] == ["edit", "upscale", "outpaint"]
    assert [rows[line]["images"][0]["width"] for line in (2, 3, 4)] == [64, 128, 96]
    assert "line 5: There is no operation 'fly'" in rows[5]["error"]["message"]


def test_the_whole_list_is_priced_before_anything_is_bought(limner: Limner, shop: OpenAIStandIn) -> None:
    ended = limner("batch", prompts(4), *BOUGHT, "--max-cost", "0.01", "--json")
    assert (ended.code, ended.document["error"]["code"]) == (3, "confirmation_required")
    assert shop.purchases == 0
    ended = limner("batch", "prompts.txt", *BOUGHT, "--max-cost", "1")
    assert ended.code == 0
    assert shop.purchases == 4
    assert "together they cost up to $" in ended.err


def test_a_row_that_is_being_finished_takes_no_place_at_the_service(
    limner: Limner, shop: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first two rows end only when a third one is on its way; and never are there more than two at the service."""
    third, sent, there, most = asyncio.Event(), 0, 0, 0
    close, buy = SqlJobs.close_call, OpenAI.submit

    async def close_late(*given: Any, **more: Any) -> None:
        await asyncio.wait_for(third.wait(), 20)
        await close(*given, **more)

    async def bought(*given: Any) -> Any:
        nonlocal sent, there, most
        sent, there = sent + 1, there + 1
        most = max(most, there)
        if sent == 3:
            third.set()
        try:
            return await buy(*given)
        finally:
            there -= 1

    monkeypatch.setattr(SqlJobs, "close_call", close_late)
    monkeypatch.setattr(OpenAI, "submit", bought)
    assert limner("batch", prompts(8), *BOUGHT, "--concurrency", "2").code == 0
    assert (sent, most) == (8, 2)


def test_what_many_rows_say_alike_is_read_once(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    source = limner("generate", "a cat", *SMALL, "--json").document["images"][0]
    Path("a.csv").write_text(
        "prompt,image,n\n" + "".join(f"number {place},{source['path']},{1 + place // 3}\n" for place in range(6))
    )
    reads = 0
    keep = Library.keep_input

    async def counted(*given: Any) -> Any:
        nonlocal reads
        reads += 1
        return await keep(*given)

    monkeypatch.setattr(Library, "keep_input", counted)
    rows = limner("batch", "a.csv", "--json").lines[:-1]
    assert {row["prompt"] for row in rows} == {f"number {place}" for place in range(6)}
    assert sorted(len(row["images"]) for row in rows) == [1, 1, 1, 2, 2, 2]
    assert reads == 2


def test_a_killed_run_goes_on_and_buys_nothing_twice(limner: Limner, shop: OpenAIStandIn, spawn: Spawn) -> None:
    rows = 8
    shop.faults.add(Fault(), Fault(), Fault(delay=60), Fault(delay=60))
    process = spawn("batch", prompts(rows), *BOUGHT, "--concurrency", "2", "-o", "out")
    while shop.purchases < 4:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    again = limner("batch", "prompts.txt", *BOUGHT, "--concurrency", "2", "-o", "out")
    assert again.code == 2
    assert "--resume" in again.err
    other = limner("batch", "prompts.txt", *BOUGHT, "-o", "out", "--resume", "--seed", "1")
    assert other.code == 2
    assert "other options" in other.err
    assert shop.purchases == 4
    ended = limner("batch", "prompts.txt", *BOUGHT, "--concurrency", "2", "-o", "out", "--resume", "--json")
    bought = [str(line.body["prompt"]) for line in shop.log]
    assert sorted(bought) == sorted(set(bought)) == [f"prompt {number}" for number in range(rows)]
    summary = ended.lines[-1]["summary"]
    # Nobody can know what became of the two that were on their way when the process died.
    assert (ended.code, summary["ambiguous"], summary["left"]) == (4, 2, 0)
    assert summary["skipped"] + summary["succeeded"] == rows - 2
    assert len(list(Path("out").glob("*.png"))) == rows - 2
    once_more = limner("batch", "prompts.txt", *BOUGHT, "-o", "out", "--resume")
    assert once_more.code == 4
    assert shop.purchases == rows


def test_rows_that_failed_are_tried_again_when_the_run_goes_on(limner: Limner, shop: OpenAIStandIn) -> None:
    shop.faults.add(Fault(status=400, body={"error": {"message": "no such size", "code": "invalid_value"}}))
    ended = limner("batch", prompts(3), *BOUGHT, "--concurrency", "1")
    assert ended.code == 1
    assert shop.purchases == 2
    ended = limner("batch", "prompts.txt", *BOUGHT, "--resume")
    assert ended.code == 0
    assert shop.purchases == 3
    bought = [str(line.body["prompt"]) for line in shop.log]
    refused = bought[0]  # rows wait for the service's place side by side, so any of the first may come first
    assert sorted(bought) == sorted(["prompt 0", "prompt 1", "prompt 2", refused])


def test_a_run_that_reached_its_end_is_set_aside_by_the_next(limner: Limner) -> None:
    first = limner("batch", prompts(2), *SMALL, "-o", "out", "--json").lines[0]
    assert limner("batch", "prompts.txt", *SMALL, "-o", "out").code == 0
    assert len(list(Path("out").glob("*.png"))) == 4
    assert str(first["job_id"]) in Path("out/prompts.results-1.jsonl").read_text()
    assert limner("batch", "prompts.txt", *SMALL, "-o", "out", "--resume").code == 0
    assert len(list(Path("out").glob("*.png"))) == 4


def test_a_results_file_that_was_cut_short_is_understood(limner: Limner) -> None:
    results = Path("out/prompts.results.jsonl")
    assert limner("batch", prompts(2), *SMALL, "-o", "out").code == 0
    lines = results.read_text().splitlines()
    results.write_text("\n".join(lines[:2]) + "\n" + lines[2][:40])
    ended = limner("batch", "prompts.txt", *SMALL, "-o", "out", "--resume", "--json")
    assert ended.code == 0
    assert ended.lines[-1]["summary"]["skipped"] == 1
    assert len(list(Path("out").glob("*.png"))) == 2
    assert len([line for line in results.read_text().splitlines() if '"succeeded"' in line]) == 3
    results.write_text("")
    assert limner("batch", "prompts.txt", *SMALL, "-o", "out", "--resume").code == 0
    results.write_text("{}\n")
    assert limner("batch", "prompts.txt", *SMALL, "-o", "out", "--resume").code == 2


def test_resume_without_an_earlier_run_simply_begins(limner: Limner) -> None:
    assert limner("batch", prompts(1), *SMALL, "--resume").code == 0


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_copies_that_have_no_place_are_refused(limner: Limner, out: str) -> None:
    Path("file").write_text("in the way")
    ended = limner("batch", prompts(1), *SMALL, "-o", out)
    assert ended.code in (1, 2)
    assert ended.err.count("\n") <= 2
    assert Path("file").read_text() == "in the way"


def test_results_that_cannot_be_written_end_the_batch_in_one_sentence(
    limner: Limner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("The results file cannot be used: No space left on device.", code="results_failed")

    monkeypatch.setattr("limner.cli.results.Results.write", full)
    ended = limner("batch", prompts(3), *SMALL, "--json")
    assert ended.code == 1
    assert ended.lines[-1]["error"]["code"] == "results_failed"
    assert "Traceback" not in ended.err
