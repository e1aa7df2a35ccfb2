"""A local stand-in for whatever speaks as OpenAI does: responses, chat completions, and Ollama's word on its models."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from itertools import count

from aiohttp import web

from limner.testing.faults import At, Fault
from limner.testing.stand_in import Wrong
from limner.testing.text_stand_in import Chunk, Say, TextStandIn, halves


class OpenAITextStandIn(TextStandIn):
    """What speaks as OpenAI does: /v1/responses, and /chat/completions under `chat_path`."""

    base_path = "/v1"

    def __init__(
        self,
        *,
        port: int = 0,
        key: str | None = None,
        known: frozenset[str] = frozenset(),
        chat_path: str = "/v1",
        abilities: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """`chat_path` is /v1beta/openai at Google; with `abilities` of its models it is an Ollama as well."""
        super().__init__(port=port, key=key, known=known)
        self.chat_path = chat_path
        self.abilities = abilities

    def routes(self) -> list[web.RouteDef]:
        """What Limner asks of it."""
        return [
            web.post("/v1/responses", self._responses),
            web.post(f"{self.chat_path}/chat/completions", self._completions),
            web.post("/api/show", self._show),
        ]

    def refused(self, wrong: Wrong) -> web.Response:
        """A refusal as OpenAI writes it."""
        error = {"message": wrong.message, "type": "invalid_request_error", "param": wrong.param, "code": wrong.code}
        return web.json_response({"error": error}, status=wrong.status, headers={"x-request-id": "req_text_0"})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            name = str((await self.json_of(request, At.POLL)).get("model"))
            if self.abilities is None or name not in self.abilities:
                return web.json_response({"error": f"model '{name}' not found"}, status=404)
            return web.json_response({"capabilities": list(self.abilities[name])})

        return await self.tell(request, At.POLL, answer)

    async def _completions(self, request: web.Request) -> web.StreamResponse:
        async def order(request: web.Request) -> dict[str, object]:
            body = await self.json_of(request)
            self.check_model(body)
            if body.get("stream") is not True or body.get("stream_options") != {"include_usage": True}:
                raise Wrong("This stand-in streams and counts: send stream=true with include_usage.")
            if "max_tokens" not in body and "max_completion_tokens" not in body:
                raise Wrong("This stand-in wants a ceiling: send max_completion_tokens.")
            return body

        async def answer(body: dict[str, object], fault: Fault) -> web.StreamResponse:
            return await self.speak(request, fault, _chat_chunks(body, self.next()))

        return await self.sell(request, order, answer)

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        async def order(request: web.Request) -> dict[str, object]:
            body = await self.json_of(request)
            self.check_model(body)
            if body.get("stream") is not True or body.get("store") is not False:
                raise Wrong("This stand-in streams and keeps nothing: send stream=true and store=false.")
            if "max_output_tokens" not in body:
                raise Wrong("This stand-in wants a ceiling: send max_output_tokens.")
            return body

        async def answer(body: dict[str, object], fault: Fault) -> web.StreamResponse:
            return await self.speak(request, fault, _response_chunks(body, self.next()))

        return await self.sell(request, order, answer)


async def _chat_chunks(body: Mapping[str, object], say: Say) -> AsyncIterator[Chunk]:
    def chunk(delta: Mapping[str, object], finish: str | None = None) -> Chunk:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return "", {**head, "choices": [choice], "usage": None}

    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_780_000_000, "model": body["model"]}
    yield chunk({"role": "assistant", "content": ""})
    for piece in halves(say.text):
        yield chunk({"content": piece})
        await say.paused()
    for index, (name, arguments) in enumerate(say.tools):
        function = {"name": name, "arguments": json.dumps(arguments)}
        call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        yield chunk({"tool_calls": [call]})
    if say.finish == "broken":
        return
    usual = "tool_calls" if say.tools else "stop"
    yield chunk({}, {"length": "length", "refusal": "content_filter"}.get(say.finish, usual))
    if say.tokens is not None:
        asked, answered = say.tokens
        usage = {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered}
        yield "", {**head, "choices": [], "usage": usage}


def _told(number: Iterator[int], kind: str, **data: object) -> Chunk:
    return kind, {"type": kind, "sequence_number": next(number), **data}


async def _response_chunks(body: Mapping[str, object], say: Say) -> AsyncIterator[Chunk]:
    number = count()
    head: dict[str, object] = {"id": "resp_1", "object": "response", "created_at": 1_780_000_000, "output": []}
    head |= {"model": body["model"], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    yield _told(number, "response.created", response={**head, "status": "in_progress"})
    items: list[Mapping[str, object]] = []
    if say.text:
        item: dict[str, object] = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress"}
        yield _told(number, "response.output_item.added", output_index=0, item={**item, "content": []})
        place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": []}
        yield _told(number, "response.content_part.added", **place, part=part)
        for piece in halves(say.text):
            yield _told(number, "response.output_text.delta", **place, delta=piece, logprobs=[])
            await say.paused()
        yield _told(number, "response.output_text.done", **place, text=say.text, logprobs=[])
        items.append({**item, "status": "completed", "content": [{**part, "text": say.text}]})
        yield _told(number, "response.output_item.done", output_index=0, item=items[0])
    for index, (name, arguments) in enumerate(say.tools, start=len(items)):
        tool = {"id": f"fc_{index}", "type": "function_call", "call_id": f"call_{index}", "name": name}
        written = json.dumps(arguments)
        yield _told(number, "response.output_item.added", output_index=index, item={**tool, "arguments": ""})
        place = {"item_id": f"fc_{index}", "output_index": index}
        yield _told(number, "response.function_call_arguments.done", **place, name=name, arguments=written)
        items.append({**tool, "arguments": written, "status": "completed"})
        yield _told(number, "response.output_item.done", output_index=index, item=items[-1])
    if say.finish != "broken":
        yield _ended(number, {**head, "output": items}, say)


def _ended(number: Iterator[int], whole: Mapping[str, object], say: Say) -> Chunk:
    """The last event, with what was counted."""
    ended = {**whole, "status": "completed"}
    if say.tokens is not None:
        asked, answered = say.tokens
        counted: dict[str, object] = {"input_tokens": asked, "output_tokens": answered}
        counted |= {"total_tokens": asked + answered, "input_tokens_details": {"cached_tokens": 0}}
        ended["usage"] = {**counted, "output_tokens_details": {"reasoning_tokens": 0}}
    if say.finish in {"length", "refusal"}:
        reason = {"length": "max_output_tokens", "refusal": "content_filter"}[say.finish]
        ended |= {"status": "incomplete", "incomplete_details": {"reason": reason}}
        return _told(number, "response.incomplete", response=ended)
    return _told(number, "response.completed", response=ended)
