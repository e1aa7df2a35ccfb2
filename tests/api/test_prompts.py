"""Prompts over HTTP: measured, shortened by Ollama or without it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from limner.testing.ollama_stand_in import OllamaStandIn
from limner.words.protecting import lost
from tests.api.served import Site, serving
from tests.words.samples import long_prompt

LONG = f"A masterpiece, an oil painting of a lighthouse. {long_prompt(5_000)}"


@contextmanager
def standing_in(stand_in: OllamaStandIn) -> Iterator[str]:
    """The address of a stand-in that lives in a thread of its own."""
    ready, loop, over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def live() -> None:
        async with stand_in:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield stand_in.base_url
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def ollama() -> Iterator[OllamaStandIn]:
    stand_in = OllamaStandIn()
    with standing_in(stand_in):
        yield stand_in


@pytest.fixture(scope="module")
def helped(ollama: OllamaStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("helped"), variables={"OLLAMA_BASE_URL": ollama.base_url}) as found:
        yield found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("alone")) as found:
        yield found


@pytest.mark.req("S4-016")
def test_a_prompt_is_looked_at(alone: Site) -> None:
    told = alone.client.post("/api/v1/prompts/validate", json={"prompt": "an oil painting of a lighthouse, 8k"}).json()
    assert (told["valid"], told["problem"], told["treatment"]) == (True, None, "as_it_is")
    assert told["protected"] == {"quality": ["8k"], "style": ["oil painting"], "concepts": ["painting", "lighthouse"]}
    assert told["analysis"]["keywords"][0] == {"phrase": "oil painting", "score": 4.0}
    long = alone.client.post("/api/v1/prompts/validate", json={"prompt": LONG}).json()
    assert (long["valid"], long["treatment"]) == (True, "shortened")
    assert long["analysis"]["complexity_score"] > told["analysis"]["complexity_score"]


@pytest.mark.parametrize(
    ("prompt", "said"),
    [("x" * 10_001, "max 10000 characters"), ("  ", "cannot be empty"), ("a\x1bb", "control character")],
)
def test_what_cannot_be_painted_is_said_or_refused(alone: Site, prompt: str, said: str) -> None:
    told = alone.client.post("/api/v1/prompts/validate", json={"prompt": prompt}).json()
    assert (told["valid"], told["treatment"]) == (False, "refused")
    assert said in told["problem"]
    refused = alone.client.post("/api/v1/prompts/optimise", json={"prompt": prompt})
    assert (refused.status_code, refused.json()["field"]) == (422, "prompt")


@pytest.mark.req("S4-014", "S4-015")
def test_ollama_shortens_a_prompt(helped: Site) -> None:
    told = helped.client.post("/api/v1/prompts/optimise", json={"prompt": LONG}).json()
    assert (told["by"], told["why"], told["changed"]) == ("ollama/gpt-oss:20b", "", True)
    assert told["original_length"] == len(LONG)
    assert told["optimised_length"] == len(told["prompt"]) < 3_000
    assert {"masterpiece", "oil painting", "lighthouse"} <= set(told["kept"])
    assert lost(told["kept"], told["prompt"]) == ()
    short = helped.client.post("/api/v1/prompts/optimise", json={"prompt": "a pier"}).json()
    assert (short["prompt"], short["changed"], short["by"]) == ("a pier", False, None)


@pytest.mark.req("S4-017")
def test_without_ollama_limner_shortens_and_says_so(alone: Site) -> None:
    told = alone.client.post("/api/v1/prompts/optimise", json={"prompt": LONG}).json()
    assert told["by"] == "compressor"
    assert "`ollama serve`" in told["why"]
    assert len(told["prompt"]) < 3_000


@pytest.mark.req("S4-018", "S4-066")
def test_the_text_model_and_its_work_are_told_about(helped: Site, alone: Site) -> None:
    helped.client.post("/api/v1/prompts/optimise", json={"prompt": LONG})
    told = helped.client.get("/api/v1/prompts/health").json()
    assert (told["available"], told["model"], told["version"]) == (True, "gpt-oss:20b", "0.32.15")
    assert told["prompts"] >= told["by_model"] >= 1
    assert 0 < told["average_saving"] < 1
    assert told["average_seconds"] >= 0
    assert alone.client.get("/api/v1/prompts/health").json()["available"] is False


def test_a_job_may_ask_for_it_and_keeps_what_the_prompt_was(helped: Site) -> None:
    job = helped.paint(prompt=LONG, optimise=True)
    request = job["request"]
    assert isinstance(request, dict)
    assert len(request["prompt"]) < 3_000
    assert request["rewritten"]["original"] == LONG
    assert request["rewritten"]["by"] == "ollama/gpt-oss:20b"
    kept = helped.client.get(f"/api/v1/jobs/{job['id']}").json()
    assert kept["request"] == request
    quote = helped.client.post("/api/v1/quotes", json={"prompt": LONG, "optimise": True, "model": "sketch"}).json()
    assert quote["request"]["rewritten"]["original"] == LONG
    unasked = helped.client.post("/api/v1/jobs", json={"prompt": LONG, "model": "sketch"})
    assert (unasked.status_code, unasked.json()["code"]) == (422, "prompt_too_long")


def test_nobody_says_from_outside_what_a_prompt_was(helped: Site) -> None:
    answer = helped.client.post("/api/v1/jobs", json={"prompt": "x", "rewritten": {"original": "y"}})
    assert answer.status_code == 422


@pytest.mark.req("S4-012", "S4-037", "S4-039")
def test_document_4_paints_the_shorter_prompt_and_says_so(helped: Site) -> None:
    body = {"prompt": LONG, "provider": "sketch", "width": 64, "height": 64}
    told = helped.client.post("/unified/generate", json=body).json()
    validation = told["metadata"]["prompt_validation"]
    assert (validation["original_length"], validation["optimized_length"]) == (len(LONG), len(told["prompt"]))
    assert len(told["prompt"]) < 3_000
    assert validation["optimization_time"] >= 0
    assert (validation["optimized_by"], validation["reason"]) == ("ollama/gpt-oss:20b", "")
    batch = helped.client.post("/unified/generate/batch", json={"requests": [body, {**body, "prompt": "x" * 10_001}]})
    results = batch.json()["results"]
    assert results[0]["metadata"]["prompt_validation"]["optimized_length"] < 3_000
    assert "max 10000 characters" in results[1]["error"]


@pytest.mark.req("S4-017")
def test_document_4_paints_without_ollama_too(alone: Site) -> None:
    body = {"prompt": LONG, "provider": "sketch", "width": 64, "height": 64}
    told = alone.client.post("/unified/generate", json=body).json()
    assert told["status"] == "completed"
    validation = told["metadata"]["prompt_validation"]
    assert validation["optimized_by"] == "compressor"
    assert "Ollama cannot be asked" in validation["reason"]
    assert lost(validation["kept"], told["prompt"]) == ()


def test_the_same_key_is_the_same_job_although_the_model_may_write_otherwise(
    helped: Site, ollama: OllamaStandIn
) -> None:
    body = {"prompt": LONG, "provider": "sketch", "width": 64, "height": 64}
    headers = {"Idempotency-Key": "one-long-prompt"}
    first = helped.client.post("/unified/generate", json=body, headers=headers).json()
    asked = len(ollama.orders)
    second = helped.client.post("/unified/generate", json=body, headers=headers).json()
    assert second["generation_id"] == first["generation_id"]
    assert len(ollama.orders) == asked


@pytest.mark.req("S4-011", "S4-013", "S4-016", "S4-024")
def test_document_4_validates_prompts(helped: Site) -> None:
    told = helped.client.post("/unified/validate-prompt", json={"prompt": LONG})
    assert told.status_code == 200
    found = told.json()
    assert (found["valid"], found["original_length"]) == (True, len(LONG))
    assert found["optimized_length"] == len(found["optimized_prompt"]) < 3_000
    assert found["optimization_time"] >= 0
    assert set(found["analysis"]) == {"complexity_score", "readability", "keywords"}
    assert all(isinstance(word, str) for word in found["analysis"]["keywords"])
    short = helped.client.post("/compat/document4/unified/validate-prompt", json={"prompt": "a pier at dusk"}).json()
    assert (short["optimized_prompt"], short["optimized_length"], short["optimization_time"]) == (
        "a pier at dusk",
        14,
        0,
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"prompt": "x" * 10_001}, "max 10000 characters"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "cannot be empty"),
        ({"prompt": "\u200b\u200f"}, "cannot be empty"),
        ({"prompt": "a\x00b"}, "control character"),
        ({"prompt": 7}, "prompt"),
        ({}, "prompt"),
    ],
)
def test_document_4_refuses_with_400(alone: Site, body: dict[str, object], said: str) -> None:
    answer = alone.client.post("/unified/validate-prompt", json=body)
    assert (answer.status_code, answer.json()["status"]) == (400, "failed")
    assert said in answer.json()["error"]


@pytest.mark.req("S4-027")
def test_document_4_says_whether_ollama_is_there(helped: Site, alone: Site) -> None:
    there = helped.client.get("/unified/prompt-validator/health")
    assert (there.status_code, there.json()["available"]) == (200, True)
    gone = alone.client.get("/unified/prompt-validator/health")
    assert (gone.status_code, gone.json()["available"]) == (200, False)
    assert "`ollama serve`" in gone.json()["reason"]


def test_a_model_that_is_not_there_is_said_and_another_may_be_named(ollama: OllamaStandIn, tmp_path: Path) -> None:
    named = {"OLLAMA_BASE_URL": ollama.base_url, "OLLAMA_MODEL": "gemma3"}
    with serving(tmp_path, key="", variables=named) as site:
        told = site.client.get("/unified/prompt-validator/health").json()
        assert (told["available"], told["model"], told["models"]) == (False, "gemma3", ["gpt-oss:20b"])
        assert "`ollama pull gemma3`" in told["reason"]


@pytest.mark.req("S1-048", "S1-049", "S1-050")
@pytest.mark.parametrize("home", ["", "/compat/document1"])
def test_document_1_makes_more_of_a_prompt(helped: Site, home: str) -> None:
    told = helped.client.post(f"{home}/api/images/enhance-prompt", json={"prompt": "a cat"})
    assert told.status_code == 200
    found = told.json()
    assert found["success"] is True
    assert found["enhancedPrompt"] == "a cat, golden hour lighting, detailed texture"
    assert (found["suggestions"], found["tags"]) == (["another one", "a third one"], ["one"])
    assert found["by"] == "ollama/gpt-oss:20b"
    for wrong in ({}, {"prompt": ""}, {"prompt": " "}, {"prompt": "x" * 4_001}):
        refused = helped.client.post(f"{home}/api/images/enhance-prompt", json=wrong)
        assert (refused.status_code, refused.json()["success"]) == (400, False)


def test_more_of_a_prompt_with_and_without_ollama(helped: Site, alone: Site) -> None:
    body = {"prompt": "a cat", "style": "oil painting"}
    told = helped.client.post("/api/v1/prompts/enhance", json=body).json()
    assert (told["original"], told["prompt"]) == ("a cat", "a cat, oil painting, detailed texture")
    assert told["added"] == ["oil", "painting", "detailed", "texture"]
    bare = alone.client.post("/api/v1/prompts/enhance", json=body).json()
    assert bare["by"] == "phrasebook"
    assert bare["prompt"].startswith("a cat, oil painting, ")
    assert "Ollama cannot be asked" in bare["why"]
    assert alone.client.post("/api/v1/prompts/enhance", json={"prompt": "x" * 4_001}).status_code == 422
