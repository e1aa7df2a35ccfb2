"""Sends questions to text models, each once, and says what failures mean for money."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from limner.domain.errors import FailureCode, Problem, ProviderError, Spent
from limner.domain.readiness import Readiness
from limner.domain.text_models import TextCard, TextCatalog, TextServiceCard
from limner.domain.texts import TextPiece, TextRequest
from limner.domain.vault import Opener
from limner.wire.client import Wire
from limner.wire.connection import Connection
from limner.wire.redact import Redactor
from limner.wire.refusals import Refusal, in_words
from limner.words.ollama import Ollama
from limner.words.places import connection_of, named_model, opened, readiness_of, refusal_of

if TYPE_CHECKING:
    from limner.words.speaking import Speech

SPEAKING = "limner.words.speaking"
"""What is loaded when it is first needed."""


class PydanticTexts:
    """The `SendsTexts` of `domain.texts`, through pydantic-ai, which is loaded when it is first needed."""

    def __init__(self, wire: Wire, catalog: TextCatalog, variables: Mapping[str, str], ollama: Ollama) -> None:
        """Raises NotConfigured and InvalidRequest for an environment that cannot be read."""
        self._wire = wire
        self._cards = {card.id: card for card in catalog.services}
        self._places = {card.id: connection_of(card, variables) for card in catalog.services}
        self._variables = variables
        self._ollama = ollama
        for card in catalog.services:
            if readiness_of(card, self._places[card.id]).ready:
                wire.guard.trust(self._places[card.id].base_url)

    def readiness(self, service: str, opener: Opener | None = None) -> Readiness:
        """Whether a service has an address and a key."""
        card = self._cards[service]
        return readiness_of(card, opened(self._places[service], opener))

    def credential(self, service: str, opener: Opener | None = None) -> str:
        """Stands for a service's address and key."""
        return opened(self._places[service], opener).fingerprint

    def default_model(self, service: str) -> str:
        """The model that the environment names, else the usual one; empty where the catalog's order decides."""
        return named_model(self._cards[service], self._variables)

    async def looked_up(self, card: TextCard) -> TextCard | None:
        """A local model as its server describes it; None where it is not there. Asks for a few seconds at most."""
        if not card.local:
            return card
        abilities = await self._ollama.abilities(card.name)
        if abilities is None:
            return None
        return replace(card, sees="vision" in abilities, uses_tools="tools" in abilities)

    async def stream(self, card: TextCard, request: TextRequest, opener: Opener | None) -> AsyncGenerator[TextPiece]:
        """Buys one call and says what comes. Raises ProviderError."""
        service = self._cards[card.service]
        place = opened(self._places[card.service], opener)
        state = readiness_of(service, place)
        if not state.ready:
            raise ProviderError(
                Problem(code="not_configured", message=f"{service.name} cannot be used. {state.reason}")
            )
        speech = await self._speech(card, service, place)
        async with speech.way(self._wire, request.seconds) as way:
            try:
                async with aclosing(speech.pieces(request, way)) as pieces:
                    async for piece in pieces:
                        yield piece
            except (GeneratorExit, asyncio.CancelledError):
                raise
            except Exception as error:  # libraries raise many kinds; what the way saw tells what it means
                refusal = way.refusal(refusal_of) or _in_answer(error)
                raise _failure(service, place, refusal, way.request_id) from error

    async def warm(self) -> None:
        """Loads what the first call would wait for; nothing is sent."""
        await asyncio.to_thread(import_module, SPEAKING)

    async def _speech(self, card: TextCard, service: TextServiceCard, place: Connection) -> Speech:
        speaking = await asyncio.to_thread(import_module, SPEAKING)
        speech: Speech = speaking.Speech(card, service, place)
        return speech


def _in_answer(error: Exception) -> Refusal:
    """What broke an answer that had begun as a success: nobody knows what of it is charged."""
    said = str(getattr(error, "message", "") or error)
    code = FailureCode.OVERLOADED if "overloaded" in said.lower() else FailureCode.LINE_DROPPED
    return Refusal(code=code, said=said, spent=Spent.UNKNOWN)


def _failure(service: TextServiceCard, place: Connection, refusal: Refusal, request_id: str | None) -> ProviderError:
    """A refusal as the error to raise; what runs on a machine of one's own has cost nothing."""
    spent = Spent.NO if service.local else refusal.spent
    refusal = replace(refusal, spent=spent)
    said = Redactor([place.api_key, *(part for _, value in place.headers for part in value.split())])(refusal.said)
    key = "the stored key" if place.key_is_stored else next(iter(service.key_variables), "its key")
    message = in_words(refusal, name=service.name, key=key, said=said, task="Text generation")
    problem = Problem(
        code=refusal.code,
        message=message,
        retryable=refusal.retryable,
        spent=spent,
        field=refusal.field,
        provider=service.id,
        retry_after=refusal.retry_after,
    )
    return ProviderError(problem, request_id=request_id)
