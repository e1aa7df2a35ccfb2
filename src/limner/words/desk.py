"""Where questions for a text model wait for their turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from limner.domain.ports import Clock
from limner.words.asking import Condition, Question, TextModel, TextModelUnavailable
from limner.words.checking import Unfit
from limner.words.templating import filled

REST = 30.0
"""Seconds for which a text model that failed is left alone, so that a batch does not wait for it again and again."""
AT_ONCE = 4
"""Questions that one process gives the text model at the same moment."""

Answer = TypeVar("Answer")


class Desk:
    """Asks a text model: two tries for an answer that can be used, one deadline, and a rest after a failure."""

    def __init__(self, model: TextModel, clock: Clock, *, deadline: float) -> None:
        """`deadline` is in seconds for one question, its turn and both tries together."""
        self._model = model
        self._clock = clock
        self._deadline = deadline
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._rests_until = 0.0
        self._rests_why = ""

    @property
    def name(self) -> str:
        """The text model's."""
        return self._model.name

    async def ask(self, question: Question, read: Callable[[str], Answer]) -> Answer:
        """What `read` makes of the answer. Where that raises Unfit the model is asked once more, and told why.

        Raises TextModelUnavailable where there is no answer that can be used.
        """
        if self._clock.monotonic() < self._rests_until:
            raise TextModelUnavailable(self._rests_why)
        try:
            async with asyncio.timeout(self._deadline), self._turns:
                return await self._tried(question, read)
        except Unfit as error:
            raise TextModelUnavailable(f"The answer of {self.name} cannot be used: {error}.") from error
        except TimeoutError:
            message = f"{self.name} did not finish within {self._deadline:g} seconds."
            raise self._resting(TextModelUnavailable(message)) from None
        except TextModelUnavailable as error:
            raise self._resting(error) from error

    async def condition(self) -> Condition:
        """Whether the text model can be asked. Where it can, it is no longer left alone."""
        found = await self._model.condition()
        if found.available:
            self._rests_until = 0.0
        return found

    async def _tried(self, question: Question, read: Callable[[str], Answer]) -> Answer:
        try:
            return read(await self._model.ask(question))
        except Unfit as error:
            told = filled("again", first=question.instructions, objection=error)
            return read(await self._model.ask(replace(question, instructions=told)))

    def _resting(self, error: TextModelUnavailable) -> TextModelUnavailable:
        """The same error; the model is left alone for a while."""
        self._rests_until, self._rests_why = self._clock.monotonic() + REST, error.message
        return error
