"""Text models on this machine or network, run by Ollama (0.32; its API as of 2026-08)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson
from yarl import URL

from limner.domain.ports import Clock
from limner.wire.asking import NoAnswer, Told, asked
from limner.wire.client import Parcel, Wire
from limner.words.asking import Condition, Question, TextModelUnavailable

BASE_URL = "http://127.0.0.1:11434"
MODEL = "gpt-oss:20b"
HEALTH_SECONDS = 3.0
"""For each question about the server itself."""
PAUSE = 0.5
"""Seconds before the second try."""
CONTEXT = 12_288
"""Tokens: 10,000 characters, the instructions, thoughts and an answer. Ollama's own default would cut the prompt."""
PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be gone a moment later: a full queue is 503, a model that failed to load 500."""


class Ollama:
    """The `TextModel` of one model at one server. Asks twice where trouble may pass; nothing it does costs money."""

    def __init__(
        self, wire: Wire, clock: Clock, *, base_url: str = BASE_URL, model: str = MODEL, key: str = "", deadline: float
    ) -> None:
        """`deadline` is in seconds for each try of a question: a first one loads the model, which takes tens of them.

        Raises InvalidRequest where `base_url` is no http address.
        """
        wire.guard.trust(base_url)
        self._wire = wire
        self._clock = clock
        self._base_url = URL(base_url)
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._deadline = deadline

    @property
    def name(self) -> str:
        """Service and model."""
        return f"ollama/{self._model}"

    async def ask(self, question: Question) -> str:
        """The content of the answer, thoughts left out; it may be anything. Raises TextModelUnavailable."""
        body: dict[str, object] = {
            "model": self._model,
            "stream": False,
            "format": question.schema,
            "options": {"temperature": 0, "num_ctx": CONTEXT, "num_predict": question.longest},
            "messages": [
                {"role": "system", "content": question.instructions},
                {"role": "user", "content": question.data},
            ],
        }
        if await self._thinks():
            body["think"] = "low"  # it cannot be switched off everywhere; a model without levels takes it as yes
        told = await self._twice("/api/chat", body, self._deadline)
        message = told.body.get("message") if isinstance(told.body, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str):
            raise _unavailable("answered without a message")
        return content

    async def abilities(self, model: str) -> frozenset[str] | None:
        """What a model can do, such as vision or tools; None where it, or the server, is not there. Raises nothing."""
        try:
            told = await self._asked("POST", "/api/show", {"model": model}, HEALTH_SECONDS)
        except NoAnswer:
            return None
        said = told.body.get("capabilities") if told.status == 200 and isinstance(told.body, dict) else None
        return frozenset(map(str, said)) if isinstance(said, list) else None

    async def condition(self) -> Condition:
        """Whether the server is there and has the model; raises nothing."""
        try:
            version, tags = await asyncio.gather(self._read("/api/version"), self._read("/api/tags"))
        except TextModelUnavailable as error:
            return Condition(available=False, model=self._model, reason=error.message)
        entries = tags.get("models")
        listed = entries if isinstance(entries, list) else []
        names = [str(entry.get("name")) for entry in listed if isinstance(entry, dict)]
        there = self._model in names or f"{self._model}:latest" in names
        return Condition(
            available=there,
            model=self._model,
            reason="" if there else self._missing().message,
            version=str(version.get("version")),
            models=tuple(names),
        )

    async def _thinks(self) -> bool:
        """Whether the model thinks before it answers; others refuse to be told how much. Finds a missing model too."""
        told = await self._twice("/api/show", {"model": self._model}, self._deadline)
        abilities = told.body.get("capabilities") if isinstance(told.body, dict) else None
        return isinstance(abilities, list) and "thinking" in abilities

    async def _twice(self, path: str, body: Mapping[str, object], deadline: float) -> Told:
        """Asks, and once more where the line or the server failed in a way that may pass."""
        try:
            told = await self._asked("POST", path, body, deadline)
            if told.status not in PASSING:
                return self._accepted(told)
        except NoAnswer:
            pass
        await self._clock.sleep(PAUSE)
        try:
            return self._accepted(await self._asked("POST", path, body, deadline))
        except NoAnswer as error:
            raise _unreachable(error) from error

    async def _read(self, path: str) -> Mapping[str, object]:
        try:
            told = self._accepted(await self._asked("GET", path, None, HEALTH_SECONDS))
        except NoAnswer as error:
            raise _unreachable(error) from error
        if not isinstance(told.body, dict):
            raise _unavailable("does not answer as Ollama does")
        return told.body

    async def _asked(self, method: str, path: str, body: Mapping[str, object] | None, deadline: float) -> Told:
        url = self._base_url.with_path(self._base_url.path.rstrip("/") + path)
        headers = {**self._headers, **({} if body is None else {"Content-Type": "application/json"})}
        parcel = Parcel(method=method, url=url, headers=headers, body=None if body is None else orjson.dumps(body))
        return await asked(self._wire, parcel, deadline=deadline)

    def _accepted(self, told: Told) -> Told:
        """A success. Raises TextModelUnavailable for everything else, with what Ollama says."""
        if told.status == 200 and not (isinstance(told.body, dict) and "error" in told.body):
            return told
        said = str(told.body.get("error", "")) if isinstance(told.body, dict) else ""
        if told.status == 404 and "not found" in said:
            raise self._missing()
        raise _unavailable(f"answered {told.status}{f': {said[:200]}' if said else ''}")

    def _missing(self) -> TextModelUnavailable:
        return _unavailable(f"has no model {self._model}; `ollama pull {self._model}` fetches it")


def _unreachable(error: NoAnswer) -> TextModelUnavailable:
    return _unavailable(f"cannot be asked ({error}); `ollama serve` starts it, OLLAMA_BASE_URL says where it is")


def _unavailable(what: str) -> TextModelUnavailable:
    """Without the address: whoever sent the prompt reads this, and need not know where the administrator keeps it."""
    return TextModelUnavailable(f"Ollama {what}.")
