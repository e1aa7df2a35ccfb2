"""A local stand-in for Anthropic's messages, as its client 2.14.0 sends them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from aiohttp import web

from limner.testing.faults import Fault
from limner.testing.stand_in import Wrong
from limner.testing.text_stand_in import Chunk, Say, TextStandIn, halves

FIELDS = {"model", "max_tokens", "messages", "system", "output_config", "tools", "tool_choice", "stop_sequences"}
FIELDS |= {"stream", "thinking", "metadata", "service_tier", "speed", "cache_control"}
"""Of /v1/messages (anthropic 2.11.0): temperature, top_p and top_k are gone."""
BLOCKS = {
    "user": frozenset({"text", "image", "tool_result"}),
    "assistant": frozenset({"text", "tool_use"}),
}


class AnthropicStandIn(TextStandIn):
    """Anthropic's /v1/messages."""

    def routes(self) -> list[web.RouteDef]:
        """What Limner asks of it."""
        return [web.post("/v1/messages", self._messages)]

    def check_key(self, request: web.Request) -> None:
        """Takes the key as its client sends it, in either form."""
        given = request.headers.get("x-api-key") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.key is not None and given != self.key:
            raise Wrong("invalid x-api-key", code="authentication_error", status=401)
        if not request.headers.get("anthropic-version"):
            raise Wrong("anthropic-version: header is required")

    def refused(self, wrong: Wrong) -> web.Response:
        """A refusal as Anthropic writes it."""
        kind = {404: "not_found_error"}.get(wrong.status, wrong.code or "invalid_request_error")
        body = {"type": "error", "error": {"type": kind, "message": wrong.message}, "request_id": "req_text_0"}
        return web.json_response(body, status=wrong.status, headers={"request-id": "req_text_0"})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        async def answer(body: dict[str, object], fault: Fault) -> web.StreamResponse:
            return await self.speak(request, fault, self._chunks(body, self.next()))

        return await self.sell(request, self._order, answer)

    async def _order(self, request: web.Request) -> dict[str, object]:
        body = await self.json_of(request)
        self.check_model(body)
        if unknown := body.keys() - FIELDS:
            raise Wrong(f"{min(unknown)}: Extra inputs are not permitted")
        most = body.get("max_tokens")
        if not isinstance(most, int) or most < 1:
            raise Wrong("max_tokens: Field required")
        if body.get("stream") is not True:
            raise Wrong("This stand-in streams: send stream=true.")
        _check_blocks(body.get("messages"))
        return body

    async def _chunks(self, body: dict[str, object], say: Say) -> AsyncIterator[Chunk]:
        asked, answered = say.tokens or (0, 0)
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": []}
        head |= {"stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": asked, "output_tokens": 1}}
        yield "message_start", {"type": "message_start", "message": head}
        yield "ping", {"type": "ping"}
        number = 0
        if say.text:
            block: dict[str, object] = {"type": "text", "text": ""}
            yield "content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}
            for piece in halves(say.text):
                delta: dict[str, object] = {"type": "text_delta", "text": piece}
                yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
                await say.paused()
            yield "content_block_stop", {"type": "content_block_stop", "index": 0}
            number = 1
        if say.error:
            yield "error", {"type": "error", "error": {"type": say.error, "message": "Overloaded"}}
            return
        for index, (name, arguments) in enumerate(say.tools, start=number):
            block = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
            yield "content_block_start", {"type": "content_block_start", "index": index, "content_block": block}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(arguments)}
            yield "content_block_delta", {"type": "content_block_delta", "index": index, "delta": delta}
            yield "content_block_stop", {"type": "content_block_stop", "index": index}
        if say.finish == "broken":
            return
        usual = "tool_use" if say.tools else "end_turn"
        reason = {"length": "max_tokens", "refusal": "refusal"}.get(say.finish, usual)
        ended = {"stop_reason": reason, "stop_sequence": None}
        usage = {"input_tokens": asked, "output_tokens": answered}
        yield "message_delta", {"type": "message_delta", "delta": ended, "usage": usage}
        yield "message_stop", {"type": "message_stop"}


def _check_blocks(messages: object) -> None:
    """Raises Wrong for turns that Anthropic refuses."""
    if not isinstance(messages, list) or not messages:
        raise Wrong("messages: at least one message is required")
    if messages[-1].get("role") == "assistant":
        raise Wrong("This model does not support assistant message prefill.")
    for number, said in enumerate(messages):
        content = said.get("content")
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
        for block in blocks:
            if block.get("type") not in BLOCKS.get(said.get("role"), frozenset()):
                raise Wrong(f"messages.{number}: {block.get('type')} blocks are not permitted here")
            source = block.get("source") or {}
            if source.get("type") == "base64" and str(source.get("data")).startswith("data:"):
                raise Wrong(f"messages.{number}: data must not have a prefix")
