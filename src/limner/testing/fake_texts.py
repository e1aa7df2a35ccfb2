"""A text model that talks by a script: words, calls of tools, pauses and failures, one list of them for each time it
is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import TypeAlias

from limner.domain.errors import LimnerError, NotConfigured, UnknownModel
from limner.domain.money import ZERO, Estimate, Money
from limner.domain.people import Principal
from limner.domain.text_calls import TextAnswer, TextCall, TextChoice, TextOrder, TextState
from limner.domain.text_models import TextCard, TextUsage
from limner.domain.texts import Finish, TextDelta, TextEnd, TextPiece, TextRequest, ToolCall
from limner.testing.fakes import NOON

Line: TypeAlias = "str | ToolCall | asyncio.Event | Finish | LimnerError"
"""Words, a call of a tool, something to wait for, how the answer ends, or what it breaks off with."""

TALKER = TextCard(
    service="fake",
    name="talker",
    title="Talker",
    context=100_000,
    longest_answer=4096,
    sees=True,
    uses_tools=True,
    local=True,
    price=None,
)


class FakeTexts:
    """The `Texts` of `domain.text_calls`. Where the script has ended it says "Done."."""

    def __init__(self, *script: Sequence[Line], card: TextCard | None = TALKER, cost: Money = ZERO) -> None:
        """Without a card there is no text model at all."""
        self.card = card
        self.asked: list[TextRequest] = []
        self.orders: list[TextOrder] = []
        self._script = [list(lines) for lines in script]
        self._cost = cost

    def then(self, *lines: Line) -> None:
        """One more time that it is asked."""
        self._script.append(list(lines))

    async def choose(self, model: str | None, principal: Principal, *, sees: bool = False) -> TextChoice:
        """The one model there is."""
        del principal, sees
        if self.card is None:
            raise NotConfigured("There is no text model. Start Ollama, or set a key.", code="no_text_model")
        if model not in {None, self.card.id, self.card.name}:
            raise UnknownModel(f"There is no text model '{model}'.", suggestions=(self.card.id,))
        return TextChoice(card=self.card, why="It is the only one.")

    async def admit(self, words: str, choice: TextChoice, principal: Principal, *, counted: bool = True) -> None:
        """Everybody is let in."""
        del words, choice, principal, counted

    def estimate(self, card: TextCard, request: TextRequest) -> Estimate | None:
        """What every call costs."""
        del card, request
        return Estimate(floor=self._cost, likely=self._cost, ceiling=self._cost)

    async def stream(
        self, order: TextOrder, choice: TextChoice, principal: Principal
    ) -> AsyncGenerator[TextPiece | TextCall]:
        """The next lines of the script."""
        self.asked.append(order.request)
        self.orders.append(order)
        number = len(self.asked)
        lines = self._script.pop(0) if self._script else ["Done."]
        finish, calls = Finish.DONE, 0
        for line in lines:
            if isinstance(line, asyncio.Event):
                await line.wait()
            elif isinstance(line, LimnerError):
                raise line
            elif isinstance(line, Finish):
                finish = line
            elif isinstance(line, ToolCall):
                calls += 1
                yield line
            else:
                yield TextDelta(text=line)
        usage = TextUsage(input=10 * number, output=len(lines))
        yield TextEnd(finish=Finish.TOOLS if calls and finish is Finish.DONE else finish, usage=usage)
        yield TextCall(
            id=f"text-call-{number}",
            owner=principal.id,
            project=order.project,
            purpose=order.purpose,
            model=choice.card.id,
            state=TextState.SETTLED,
            hold=ZERO,
            created=NOON,
            finished=NOON,
            cost=self._cost,
            usage=usage,
        )

    async def answer(self, order: TextOrder, choice: TextChoice, principal: Principal) -> TextAnswer:
        """The same, whole."""
        text, calls, booked = "", [], None
        async for piece in self.stream(order, choice, principal):
            match piece:
                case TextDelta():
                    text += piece.text
                case ToolCall():
                    calls.append(piece)
                case TextCall():
                    booked = piece
                case TextEnd():
                    pass
        if booked is None:
            raise AssertionError("the script has no end")
        return TextAnswer(text=text, tool_calls=tuple(calls), call=replace(booked), why=choice.why)
