"""Has a text model answer a question in JSON: one that is paid for, else Ollama's desk; two tries for a fit answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from limner.domain.describing import Wish
from limner.domain.errors import NotConfigured, PolicyError, PriceUnknown, ProviderError, Spent
from limner.domain.money import ZERO, Estimate, Money
from limner.domain.text_calls import Purpose, TextCall, TextChoice, TextOrder, Texts
from limner.domain.texts import PlainText, Speaker, TextMessage, TextRequest
from limner.words.asking import Question, TextModelUnavailable
from limner.words.checking import Unfit
from limner.words.desk import Desk
from limner.words.templating import filled

TRIES = 2
SECONDS = 120.0
"""For one try: nobody waits longer for a few words."""
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Helped(Generic[Value]):
    """A fit answer, who gave it, and what was bought for it."""

    value: Value
    by: str
    calls: tuple[TextCall, ...] = ()


class Unhelped(TextModelUnavailable):
    """No text model gave a fit answer; what was bought all the same is in `calls`."""

    def __init__(self, message: str, calls: Sequence[TextCall], *, spent: Spent = Spent.NO) -> None:
        """`spent` is that of the last call, where it is not among `calls`."""
        super().__init__(message)
        self.calls = tuple(calls)
        self.spent = spent

    @property
    def cost(self) -> Money | None:
        """What was bought all the same; None where nobody knows."""
        return cost_of(self.calls) if self.spent is Spent.NO else None


class Helper:
    """Asks text models for help with pictures and their words."""

    def __init__(self, texts: Texts, desk: Desk) -> None:
        self._texts = texts
        self._desk = desk

    async def ask(
        self, question: Question, read: Callable[[str], Value], wish: Wish, purpose: Purpose
    ) -> Helped[Value]:
        """What `read` makes of the answer; where that raises Unfit the model is asked once more, and told why.

        Raises TextModelUnavailable where no model can be asked or none gives a fit answer, and where a model was named
        that cannot be used: UnknownModel, NotConfigured, PriceUnknown, and ProviderError where it is left alone after
        failures. Raises ContentRefused and TooManyRequests, as `Texts.admit` does.
        """
        choice = await self.choice(wish, sees=bool(question.pictures))
        if choice is None:
            return Helped(value=await self._desk.ask(question, read), by=self._desk.name)
        if choice.card.id == self._desk.name and not question.pictures:
            return Helped(value=await self._desk.ask(question, read), by=self._desk.name)
        return await self._bought(question, read, _Errand(choice=choice, wish=wish, purpose=purpose))

    async def choice(self, wish: Wish, *, sees: bool) -> TextChoice | None:
        """The model that would be asked; None where only Ollama's desk is left.

        Raises UnknownModel, NotConfigured, PriceUnknown and ProviderError for a model that was named, and
        TextModelUnavailable where none can see, or those that can are left alone after failures.
        """
        try:
            return await self._texts.choose(wish.model, wish.principal, sees=sees)
        except ProviderError as error:
            if wish.model is not None:
                raise
            raise TextModelUnavailable(error.message) from error
        except NotConfigured as error:
            if wish.model is not None:
                raise
            if sees:
                raise TextModelUnavailable(error.message) from error
            return None

    async def admitted(self, wish: Wish, *, sees: bool) -> Wish:
        """The wish, let in without words of its own. Raises what `choice` and `Texts.admit` raise."""
        choice = await self.choice(wish, sees=sees)
        if choice is not None and not wish.admitted:
            await self._texts.admit("", choice, wish.principal, counted=wish.counted)
        return replace(wish, admitted=True)

    async def foreseen(self, question: Question, wish: Wish) -> tuple[str, Estimate]:
        """Who would be asked, and what all tries together may cost.

        Raises NotConfigured, PriceUnknown, UnknownModel and ProviderError where nobody can be asked, and says why.
        """
        choice = await self._texts.choose(wish.model, wish.principal)
        estimate = self.estimate(question, choice)
        if estimate is None:
            raise PriceUnknown(f"The price of {choice.card.id} is not known.")
        return choice.card.id, estimate * TRIES

    def estimate(self, question: Question, choice: TextChoice) -> Estimate | None:
        """What one try may cost; None where nobody knows."""
        return self._texts.estimate(choice.card, _request(question, question.instructions))

    async def _bought(self, question: Question, read: Callable[[str], Value], errand: _Errand) -> Helped[Value]:
        calls: list[TextCall] = []
        wish = errand.wish
        if not wish.admitted:
            await self._texts.admit(question.words, errand.choice, wish.principal, counted=wish.counted)
        told, objection = question.instructions, ""
        for _ in range(TRIES):
            order = errand.order(_request(question, told), cost_of(calls))
            try:
                answer = await self._texts.answer(order, errand.choice, errand.wish.principal)
            except (ProviderError, PolicyError) as error:
                raise Unhelped(error.message, calls, spent=error.spent) from error
            calls.append(answer.call)
            try:
                return Helped(value=read(answer.text), by=errand.choice.card.id, calls=tuple(calls))
            except Unfit as error:
                objection = str(error)
                told = filled("again", first=question.instructions, objection=objection)
        raise Unhelped(f"The answer of {errand.choice.card.id} cannot be used: {objection}.", calls)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Errand:
    """Whom to ask, for whom, and what for."""

    choice: TextChoice
    wish: Wish
    purpose: Purpose

    def order(self, request: TextRequest, spent: Money | None) -> TextOrder:
        """The order of one try, after so much was spent for earlier ones: where nobody knows, no more is allowed."""
        wish = self.wish
        left = None if wish.max_cost is None else wish.max_cost - (wish.max_cost if spent is None else spent)
        return TextOrder(
            request=request,
            purpose=self.purpose,
            model=self.choice.card.id,
            project=wish.project,
            max_cost=left,
        )


def _request(question: Question, instructions: str) -> TextRequest:
    """Pictures come before the words about them: services read them better so."""
    said = TextMessage(speaker=Speaker.USER, parts=(*question.pictures, PlainText(text=question.data)))
    return TextRequest(
        instructions=instructions,
        messages=(said,),
        most_tokens=question.longest,
        schema=question.schema,
        seconds=SECONDS,
    )


def cost_of(calls: Sequence[TextCall]) -> Money | None:
    """What calls have cost together; None where that of one is not known."""
    costs = [call.cost for call in calls]
    return None if None in costs else sum((cost for cost in costs if cost is not None), start=ZERO)
