"""Ollama, by a stand-in on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest

from limner.domain.errors import InvalidRequest
from limner.testing.fakes import FakeClock, MemoryBlobs
from limner.testing.faults import At, Drop, Fault
from limner.testing.ollama_stand_in import OllamaStandIn
from limner.wire.client import Wire
from limner.words.asking import Question, TextModelUnavailable
from limner.words.desk import Desk
from limner.words.ollama import CONTEXT, Ollama
from limner.words.optimising import Optimiser
from tests.words.samples import long_prompt

ASKED = Question(
    instructions="Shorten it.",
    data=orjson.dumps({"prompt": "a red boat", "keep": ["boat"]}).decode(),
    schema={"type": "object"},
    longest=64,
)


@asynccontextmanager
async def ollama(stand_in: OllamaStandIn, *, model: str = "gpt-oss:20b", deadline: float = 10) -> AsyncIterator[Ollama]:
    async with stand_in, Wire(MemoryBlobs()) as wire:
        yield Ollama(wire, FakeClock(), base_url=stand_in.base_url, model=model, deadline=deadline)


@pytest.mark.req("S4-014")
async def test_a_question_is_sent_as_ollama_takes_it() -> None:
    stand_in = OllamaStandIn()
    async with ollama(stand_in) as model:
        assert orjson.loads(await model.ask(ASKED)) == {"prompt": "boat, a red boat"}
    body = stand_in.orders[0]
    assert (body["model"], body["stream"], body["think"]) == ("gpt-oss:20b", False, "low")
    assert body["options"] == {"temperature": 0, "num_ctx": CONTEXT, "num_predict": 64}
    assert body["format"] == {"type": "object"}
    assert body["messages"] == [
        {"role": "system", "content": "Shorten it."},
        {"role": "user", "content": ASKED.data},
    ]


async def test_a_model_that_does_not_think_is_not_told_how_much() -> None:
    stand_in = OllamaStandIn(models=("gemma3:latest",), thinking=False)
    async with ollama(stand_in, model="gemma3") as model:
        assert await model.ask(ASKED)
    assert "think" not in stand_in.orders[0]


@pytest.mark.req("S4-018")
async def test_the_server_and_its_models_are_found() -> None:
    async with ollama(OllamaStandIn(models=("gpt-oss:20b", "gemma3:latest"))) as model:
        found = await model.condition()
    assert (found.available, found.version, found.models) == (True, "0.32.15", ("gpt-oss:20b", "gemma3:latest"))
    async with ollama(OllamaStandIn(models=("gemma3:latest",))) as model:
        found = await model.condition()
        assert not found.available
        assert "`ollama pull gpt-oss:20b`" in found.reason
        with pytest.raises(TextModelUnavailable, match="ollama pull gpt-oss:20b"):
            await model.ask(ASKED)
    async with ollama(OllamaStandIn(models=("gemma3:latest",)), model="gemma3") as model:
        assert (await model.condition()).available


@pytest.mark.req("S4-018")
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503, body={"error": "server busy, please try again.  maximum pending requests exceeded"}),
        Fault(status=500, body={"error": "llama runner process has terminated"}),
        Fault(drop=Drop.BEFORE_READING),
        Fault(drop=Drop.AFTER_READING),
        Fault(drop=Drop.IN_ANSWER),
    ],
)
async def test_what_may_pass_is_tried_once_more(fault: Fault) -> None:
    stand_in = OllamaStandIn()
    async with ollama(stand_in) as model:
        stand_in.faults.add(fault)
        assert await model.ask(ASKED)
        stand_in.faults.add(fault, fault)
        with pytest.raises(TextModelUnavailable, match="Ollama"):
            await model.ask(ASKED)


@pytest.mark.req("S4-018")
async def test_a_slow_answer_ends_at_the_deadline() -> None:
    stand_in = OllamaStandIn()
    async with ollama(stand_in, deadline=0.3) as model:
        stand_in.faults.add(Fault(delay=30), Fault(delay=30))
        with pytest.raises(TextModelUnavailable, match=r"no answer within 0\.3 seconds"):
            await model.ask(ASKED)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=400, body={"error": '"gpt-oss:20b" does not support generate'}),
        Fault(status=401, body={"error": "unauthorized", "signin_url": "https://ollama.com/connect"}),
        Fault(status=200, body={"error": "failure inside"}),
        Fault(status=200, body={"done": True}),
        Fault(status=200, body=["odd"]),
    ],
)
async def test_other_refusals_are_told_and_not_repeated(fault: Fault) -> None:
    stand_in = OllamaStandIn()
    async with ollama(stand_in) as model:
        stand_in.faults.add(fault)
        with pytest.raises(TextModelUnavailable, match="Ollama answered"):
            await model.ask(ASKED)
        assert len(stand_in.orders) == 1


@pytest.mark.parametrize("body", ["no JSON", ["odd"]])
async def test_something_else_that_listens_there_is_not_ollama(body: object) -> None:
    stand_in = OllamaStandIn()
    async with ollama(stand_in) as model:
        stand_in.faults.add(Fault(at=At.ACCOUNT, status=200, body=body), Fault(at=At.ACCOUNT, status=200, body=body))
        assert not (await model.condition()).available


@pytest.mark.req("S4-017")
async def test_where_nobody_listens_that_is_said() -> None:
    async with ollama(OllamaStandIn()) as model:
        pass
    async with Wire(MemoryBlobs()) as wire:
        model = Ollama(wire, FakeClock(), base_url="http://127.0.0.1:9", deadline=5)
        found = await model.condition()
        assert not found.available
        assert "nobody listens there" in found.reason
        assert "127.0.0.1" not in found.reason


async def test_an_address_that_is_none_is_refused() -> None:
    async with Wire(MemoryBlobs()) as wire:
        with pytest.raises(InvalidRequest):
            Ollama(wire, FakeClock(), base_url="ftp://here", deadline=5)


@pytest.mark.req("S4-014", "S4-019")
async def test_a_long_prompt_is_shortened_by_ollama() -> None:
    stand_in = OllamaStandIn()
    async with ollama(stand_in) as model:
        done = await Optimiser(Desk(model, FakeClock(), deadline=20), FakeClock(), longest=10_000).shortened(
            long_prompt(5_000)
        )
    assert done is not None
    assert (done[1].by, done[1].why) == ("ollama/gpt-oss:20b", "")
    assert len(done[0]) < 3_000
    messages = stand_in.orders[0]["messages"]
    assert isinstance(messages, list)
    assert messages[0]["content"].startswith("You shorten prompts for image generators.")
    assert "fewer than 2700 characters" in messages[0]["content"]
