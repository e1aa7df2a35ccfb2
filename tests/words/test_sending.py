"""Text models, by stand-ins on this machine: what is sent, what comes, and what failures mean for money."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

import pytest

from limner.catalog.texts import load_texts
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.texts import (
    Finish,
    PlainText,
    Speaker,
    TextDelta,
    TextEnd,
    TextMessage,
    TextPicture,
    TextPiece,
    TextRequest,
    TextTool,
    ToolCall,
    ToolResult,
)
from limner.domain.vault import Opener
from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.fakes import FakeClock, MemoryBlobs
from limner.testing.faults import Drop, Fault
from limner.testing.openai_text_stand_in import OpenAITextStandIn
from limner.testing.text_stand_in import Say, TextStandIn
from limner.wire.client import Wire
from limner.words.ollama import Ollama
from limner.words.sending import PydanticTexts

CATALOG = load_texts()
CLAUDE = CATALOG.find("anthropic/claude-sonnet-5-5")
KEY = "sk-ant-0123456789abcdef"
SCHEMA = {
    "type": "object",
    "properties": {"caption": {"type": "string"}},
    "required": ["caption"],
    "additionalProperties": False,
}


def asked(text: str = "Hello.", **more: object) -> TextRequest:
    said = TextMessage(speaker=Speaker.USER, parts=(PlainText(text=text),))
    return TextRequest(instructions="Be brief.", **{"messages": (said,), "most_tokens": 200, **more})  # type: ignore[arg-type]  # tests name fields as they are


@asynccontextmanager
async def texts(stand_in: TextStandIn, **variables: str) -> AsyncIterator[PydanticTexts]:
    async with stand_in, Wire(MemoryBlobs()) as wire:
        base = {"ANTHROPIC_BASE_URL": stand_in.root, "OPENAI_BASE_URL": f"{stand_in.root}/v1"}
        base |= {"GEMINI_BASE_URL": stand_in.root, "OLLAMA_BASE_URL": stand_in.root}
        base |= {"OPENAI_COMPATIBLE_BASE_URL": f"{stand_in.root}/v1"}
        keys = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY, "GEMINI_API_KEY": KEY}
        ollama = Ollama(wire, FakeClock(), base_url=stand_in.root, deadline=5)
        yield PydanticTexts(wire, CATALOG, {**base, **keys, **variables}, ollama)


async def all_of(sends: PydanticTexts, request: TextRequest, model: str = CLAUDE.id) -> list[TextPiece]:
    async with aclosing(sends.stream(CATALOG.find(model), request, None)) as pieces:
        return [piece async for piece in pieces]


def end_of(pieces: list[TextPiece]) -> TextEnd:
    last = pieces[-1]
    assert isinstance(last, TextEnd)
    return last


def text_of(pieces: list[TextPiece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, TextDelta))


MODELS = ("anthropic/claude-sonnet-5-5", "openai/gpt-6-luna", "compatible/local-7b", "ollama/gemma3")


def stand_in_for(model: str, **more: object) -> TextStandIn:
    made: type[TextStandIn] = AnthropicStandIn if model.startswith("anthropic") else OpenAITextStandIn
    return made(**more)  # type: ignore[arg-type]  # tests name fields as they are


@pytest.mark.parametrize("model", MODELS)
async def test_an_answer_comes_in_pieces_and_ends_with_what_was_counted(model: str) -> None:
    stand_in = stand_in_for(model)
    stand_in.says.append(Say(text="A lighthouse.", tokens=(1000, 50)))
    async with texts(stand_in) as sends:
        pieces = await all_of(sends, asked(), model)
    assert text_of(pieces) == "A lighthouse."
    assert len([piece for piece in pieces if isinstance(piece, TextDelta)]) > 1
    end = end_of(pieces)
    assert (end.finish, end.request_id) == (Finish.DONE, "req_text_1")
    assert end.usage is not None
    assert (end.usage.input, end.usage.output) == (1000, 50)
    assert stand_in.purchases == 1


async def test_google_is_asked_through_its_openai_interface() -> None:
    stand_in = OpenAITextStandIn(chat_path="/v1beta/openai", key=KEY)
    async with texts(stand_in) as sends:
        assert text_of(await all_of(sends, asked(), "gemini/gemini-3.8-flash")) == "I was asked."
    assert stand_in.log[0].path == "/v1beta/openai/chat/completions"


@pytest.mark.parametrize("model", MODELS)
async def test_tools_are_asked_for_and_their_results_told(model: str) -> None:
    stand_in = stand_in_for(model)
    stand_in.says.append(Say(text="I paint.", tools=(("generate_image", {"prompt": "a boat"}),)))
    tool = TextTool(
        name="generate_image",
        description="Paints.",
        schema={"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
    )
    async with texts(stand_in) as sends:
        pieces = await all_of(sends, asked(tools=(tool,)), model)
        call = next(piece for piece in pieces if isinstance(piece, ToolCall))
        assert (call.name, json.loads(call.arguments), end_of(pieces).finish) == (
            "generate_image",
            {"prompt": "a boat"},
            Finish.TOOLS,
        )
        history = (
            TextMessage(speaker=Speaker.USER, parts=(PlainText(text="Paint a boat."),)),
            TextMessage(speaker=Speaker.MODEL, parts=(PlainText(text="I paint."), call)),
            TextMessage(
                speaker=Speaker.USER, parts=(ToolResult(call_id=call.id, name=call.name, content="It is done."),)
            ),
        )
        await all_of(sends, asked(tools=(tool,), messages=history), model)
    assert "It is done." in str(stand_in.bodies[1])
    assert call.id in str(stand_in.bodies[1])
    assert "Be brief." in str(stand_in.bodies[1])


@pytest.mark.parametrize("model", MODELS)
async def test_pictures_and_schemas_reach_the_service(model: str) -> None:
    stand_in = stand_in_for(model)
    stand_in.says.append(Say(text='{"caption": "a boat"}'))
    picture = TextPicture(data=b"\x89PNG", media_type="image/png", width=8, height=8)
    said = TextMessage(speaker=Speaker.USER, parts=(picture, PlainText(text="What is it?")))
    async with texts(stand_in) as sends:
        assert text_of(await all_of(sends, asked(messages=(said,), schema=SCHEMA), model)) == '{"caption": "a boat"}'
    body = stand_in.bodies[0]
    assert "iVBORw==" in str(body) or "iVBO" in str(body)
    assert "json_schema" in str(body)
    assert "caption" in str(body)
    assert str(body).index("iVBO") < str(body).index("What is it?")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("finish", "meant"), [("length", Finish.CUT), ("refusal", Finish.REFUSED)])
async def test_ends_say_why(model: str, finish: str, meant: Finish) -> None:
    stand_in = stand_in_for(model)
    stand_in.says.append(Say(text="Well", finish=finish))
    async with texts(stand_in) as sends:
        end = end_of(await all_of(sends, asked(), model))
    assert end.finish is meant
    assert end.usage is not None


CASES = [
    ({"status": 401, "body": {"error": {"type": "authentication_error", "message": "no"}}}, FailureCode.AUTHENTICATION),
    ({"status": 402, "body": {"error": {"type": "billing_error", "message": "no"}}}, FailureCode.NO_CREDIT),
    ({"status": 400, "body": {"error": {"type": "billing_error", "message": "no"}}}, FailureCode.NO_CREDIT),
    ({"status": 429, "body": {"error": {"code": "insufficient_quota", "message": "no"}}}, FailureCode.NO_CREDIT),
    ({"status": 429, "headers": {"retry-after": "7"}, "body": {"error": {}}}, FailureCode.RATE_LIMITED),
    ({"status": 404, "body": {"error": {"type": "not_found_error"}}}, FailureCode.MODEL_GONE),
    (
        {"status": 400, "body": {"error": {"message": "prompt is too long: 9 tokens > 8 maximum"}}},
        FailureCode.BAD_PARAMETER,
    ),
    ({"status": 307, "headers": {"location": "http://127.0.0.1:9/"}, "body": {}}, FailureCode.UNREACHABLE),
]


@pytest.mark.parametrize("model", MODELS[:3])
@pytest.mark.parametrize(("fault", "code"), CASES)
async def test_a_clear_refusal_costs_nothing_and_is_not_sent_again(
    model: str, fault: Mapping[str, object], code: FailureCode
) -> None:
    stand_in = stand_in_for(model)
    stand_in.faults.add(Fault(**fault))  # type: ignore[arg-type]  # tests name fields as they are
    async with texts(stand_in) as sends:
        with pytest.raises(ProviderError) as caught:
            await all_of(sends, asked(), model)
    assert (caught.value.code, caught.value.spent) == (code, Spent.NO)
    assert caught.value.retry_after == (7 if code is FailureCode.RATE_LIMITED else None)
    assert len(stand_in.log) == 1
    assert KEY not in caught.value.message


@pytest.mark.parametrize("model", MODELS[:3])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=529, body={"error": {"type": "overloaded_error", "message": "busy"}}),
        Fault(status=500, body={"error": {"type": "api_error", "message": "oops"}}),
        Fault(drop=Drop.AFTER_READING),
        Fault(drop=Drop.IN_ANSWER),
    ],
)
async def test_what_is_unclear_may_have_been_bought_and_is_not_sent_again(model: str, fault: Fault) -> None:
    stand_in = stand_in_for(model)
    stand_in.faults.add(fault)
    async with texts(stand_in) as sends:
        with pytest.raises(ProviderError) as caught:
            await all_of(sends, asked(), model)
    assert caught.value.spent is Spent.UNKNOWN
    assert not caught.value.retryable
    assert len(stand_in.log) == 1


async def test_what_took_too_long_was_no_picture() -> None:
    stand_in = AnthropicStandIn()
    stand_in.faults.add(Fault(status=408, body={"error": {"type": "timeout_error", "message": "too slow"}}))
    async with texts(stand_in) as sends:
        with pytest.raises(ProviderError, match=r"^Text generation timeout: Anthropic did not answer in time\."):
            await all_of(sends, asked())


@pytest.mark.parametrize("say", [Say(text="Half an ans", finish="broken"), Say(text="Half", error="overloaded_error")])
async def test_an_answer_that_breaks_off_is_no_answer(say: Say) -> None:
    stand_in = AnthropicStandIn()
    stand_in.says.append(say)
    async with texts(stand_in) as sends:
        with pytest.raises(ProviderError) as caught:
            await all_of(sends, asked())
    assert caught.value.spent is Spent.UNKNOWN
    assert stand_in.purchases == 1


async def test_nobody_there_costs_nothing() -> None:
    stand_in = AnthropicStandIn()
    async with texts(stand_in, ANTHROPIC_BASE_URL="http://127.0.0.1:9") as sends:
        with pytest.raises(ProviderError) as caught:
            await all_of(sends, asked())
    assert (caught.value.code, caught.value.spent) == (FailureCode.UNREACHABLE, Spent.NO)


async def test_a_stored_key_takes_the_place_of_the_usual_one() -> None:
    stand_in = AnthropicStandIn(key="sk-ant-stored-9876543210")
    async with texts(stand_in) as sends:
        async with aclosing(sends.stream(CLAUDE, asked(), Opener(secret="sk-ant-stored-9876543210"))) as pieces:
            assert text_of([piece async for piece in pieces]) == "I was asked."
        with pytest.raises(ProviderError, match="ANTHROPIC_API_KEY"):
            await all_of(sends, asked())


async def test_an_answer_that_nobody_reads_on_is_given_up() -> None:
    stand_in = AnthropicStandIn()
    stand_in.says.append(Say(text="A long story."))
    async with texts(stand_in) as sends:
        pieces = sends.stream(CLAUDE, asked(), None)
        assert isinstance(await anext(pieces), TextDelta)
        await pieces.aclose()
    assert stand_in.purchases == 1


async def test_nothing_about_this_machine_is_told() -> None:
    stand_in = OpenAITextStandIn()
    async with texts(stand_in) as sends:
        await all_of(sends, asked(), "compatible/local-7b")
    headers = {name.lower() for name in stand_in.log[0].headers}
    assert not [name for name in headers if name.startswith("x-stainless")]
    assert "authorization" not in headers  # there is no key for this service
