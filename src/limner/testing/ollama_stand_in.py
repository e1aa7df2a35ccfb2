"""A local stand-in for Ollama: checks bodies as it does, shortens prompts, fails and misbehaves when told to."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

import orjson
from aiohttp import web

from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong

CHAT_FIELDS = {"model", "messages", "tools", "stream", "format", "keep_alive", "options", "think", "truncate", "shift"}
CHAT_FIELDS |= {"logprobs", "top_logprobs"}
"""Of /api/chat (ollama fb30760, 2026-08-21); others refuse nothing, and no test should rely on that."""
ANSWER_WORDS = 250
"""Words that follow the terms to keep in a well-behaved answer."""


class OllamaStandIn(StandInServer):
    """Ollama with `models`; `thinking` says whether they can think. What `says` holds is answered first, as it is."""

    def __init__(self, *, models: tuple[str, ...] = ("gpt-oss:20b",), thinking: bool = True, port: int = 0) -> None:
        super().__init__(port=port)
        self.models = models
        self.thinking = thinking
        self.says: deque[str] = deque()
        """Contents of the next answers, whatever was asked; the well-behaved one where there are none."""

    def routes(self) -> list[web.RouteDef]:
        """What Limner asks of it."""
        return [
            web.get("/api/version", self._version),
            web.get("/api/tags", self._tags),
            web.post("/api/show", self._show),
            web.post("/api/chat", self._chat),
        ]

    async def _version(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response({"version": "0.32.15"})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _tags(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            models = [{"name": name, "model": name, "size": 13_793_441_244} for name in self.models]
            return web.json_response({"models": models})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            self._check_model(await self.json_of(request, At.POLL))
            abilities = ["completion", *(["thinking"] if self.thinking else [])]
            return web.json_response({"capabilities": abilities, "details": {"family": "gptoss"}})

        return await self.tell(request, At.POLL, answer)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._answer)

    async def _order(self, request: web.Request) -> dict[str, object]:
        body = await self.json_of(request)
        self._check_model(body)
        if unknown := body.keys() - CHAT_FIELDS:
            raise Wrong(f"unknown field {min(unknown)}")
        if body.get("stream") is not False:
            raise Wrong("this stand-in does not stream: send stream=false")
        if "think" in body and not self.thinking:
            raise Wrong(f'"{body["model"]}" does not support thinking')
        return body

    async def _answer(self, body: dict[str, object], _: Fault) -> web.Response:
        content = self.says.popleft() if self.says else shorter(body)
        message = {"role": "assistant", "content": content, "thinking": "The user wants it shorter."}
        return web.json_response(
            {"model": body["model"], "message": message, "done": True, "done_reason": "stop", "eval_count": 700}
        )

    def _check_model(self, body: Mapping[str, object]) -> None:
        name = str(body.get("model"))
        if name not in self.models and f"{name}:latest" not in self.models:
            raise Wrong(f"model '{name}' not found", status=404)


def shorter(body: Mapping[str, object]) -> str:
    """What a well-behaved model answers: each term to keep, then the words of the prompt's beginning; or more of it."""
    messages = body.get("messages")
    asked = orjson.loads(str(messages[-1]["content"])) if isinstance(messages, list) else {}
    if "style" in asked:
        richer = {"prompt": f"{asked['prompt']}, {asked['style'] or 'golden hour lighting'}, detailed texture"}
        return orjson.dumps({**richer, "suggestions": ["another one", "a third one"], "tags": ["one"]}).decode()
    words = str(asked["prompt"]).split()[:ANSWER_WORDS]
    text = ", ".join([*map(str, asked["keep"]), " ".join(words)])[:2_900]
    return orjson.dumps({"prompt": text}).decode()
