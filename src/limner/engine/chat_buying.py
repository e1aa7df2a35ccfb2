"""What a chat buys: each call of a tool once at most, inside the chat's ceiling and under all budgets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from limner.domain.chat_rows import KeepsChats, OpenPurchase
from limner.domain.chats import Chat, ToolPart
from limner.domain.errors import (
    BudgetExceeded,
    ConfirmationRequired,
    InvalidRequest,
    LimnerError,
    PriceUnknown,
    Problem,
    StorageError,
)
from limner.domain.money import ZERO, Money
from limner.domain.people import Principal
from limner.domain.plan import Other, Quote
from limner.domain.ports import Clock
from limner.domain.request import ImageRequest
from limner.domain.stores import Jobs
from limner.engine.engine import Engine

NOT_BOUGHT = Problem(
    code="interrupted",
    message="The process ended before this was bought. Nothing was spent; it can be bought now.",
    retryable=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatBuyer:
    """Prices and buys what calls of tools ask for. Both ways lead through a quote, which can be carried out once."""

    chats: KeepsChats
    jobs: Jobs
    engine: Engine
    clock: Clock
    worker: str | None
    """The process that buys; what it leaves open is looked up when it is gone."""

    async def priced(self, part: ToolPart, request: ImageRequest, principal: Principal) -> ToolPart:
        """The call with a quote. Spends nothing, sends nothing. Raises what pricing a request raises."""
        await self._offered(part, request, principal)
        return (await self.chats.tool(part.id, principal.id))[1]

    async def repriced(self, part_id: str, principal: Principal, *, model: str | None = None) -> ToolPart:
        """The call with a new quote, for another model where one is named: then without the profile.

        Raises InvalidRequest where it is bought already, or nothing can be painted, and what pricing raises.
        """
        _, part = await self.chats.tool(part_id, principal.id)
        if part.taken:
            raise InvalidRequest("This is bought already, or being bought.", code="already_bought")
        request = _wish(part)
        if model is not None:
            request = _painted_by(request, model)
        return await self.priced(part, request, principal)

    async def bought(
        self, part_id: str, principal: Principal, *, agreed: Money | None = None, counted: bool = True
    ) -> ToolPart:
        """The call with the job that buys it; one that has such a job keeps it.

        A quote that has run out is made anew, and carried out where it is no dearer than `agreed`, or than the old one.
        Raises ConfirmationRequired where it is, BudgetExceeded where the chat has too little left, PriceUnknown in a
        chat with a ceiling, and what carrying out a quote raises. Then nothing is bought.
        """
        principal.check_may_change()
        chat, part = await self.chats.tool(part_id, principal.id)
        if part.taken:
            return part
        quote = await self._fresh(part, principal, agreed)
        if quote.ceiling is None and chat.ceiling is not None:
            raise PriceUnknown(
                "Nobody knows what this costs, and this chat may spend so much only. Take its ceiling away, or choose "
                "a model with a price."
            )
        if not await self.chats.reserve(part.id, quote.ceiling or ZERO, self.worker):
            _, now = await self.chats.tool(part.id, principal.id)
            if now.taken:
                return now
            raise await self._too_little(chat, quote)
        await self._confirmed(part, quote, principal, counted=counted)
        return (await self.chats.tool(part.id, principal.id))[1]

    async def settle(self, left: OpenPurchase) -> None:
        """Looks up whether a process that is gone bought what it was about to buy, and writes down what was found."""
        _, part = await self.chats.tool(left.part_id, left.owner)
        quote = part.quote
        job = None if quote is None else await self.jobs.remembered(left.owner, _key(part, quote), f"quote {quote.id}")
        if job is not None:
            await self.chats.note_job(part.id, job.id)
        else:
            await self.chats.refuse(part.id, NOT_BOUGHT)

    async def _fresh(self, part: ToolPart, principal: Principal, agreed: Money | None) -> Quote:
        """A quote that can be carried out now and costs no more than was agreed to. Raises ConfirmationRequired."""
        request, quote = _wish(part), part.quote
        most = agreed if agreed is not None or quote is None else quote.ceiling
        if quote is None or part.job is not None or self.clock.now() >= quote.expires:
            quote = await self._offered(part, request, principal)
        if most is not None and (quote.ceiling is None or quote.ceiling > most):
            said = "an amount that nobody knows" if quote.ceiling is None else f"up to {quote.ceiling}"
            raise ConfirmationRequired(
                f"This now costs {said}, more than the {most} that was agreed to. Confirm again."
            )
        return quote

    async def _offered(self, part: ToolPart, request: ImageRequest, principal: Principal) -> Quote:
        """A quote that is written down, with the models that could be chosen instead."""
        quote = await self.engine.estimate(request, principal)
        first = quote.plan.candidates[0].model
        try:
            wish = replace(_painted_by(request, first), fallback=True)
            plan = (await self.engine.plan_for(wish, principal))[1]
        except LimnerError:
            plan = quote.plan
        others = [
            Other(model=one.model, ceiling=None if one.estimate is None else one.estimate.ceiling)
            for one in plan.candidates
            if one.model != first
        ]
        quote = replace(quote, others=tuple(others))
        await self.chats.offer(part.id, request, quote)
        return quote

    async def _confirmed(self, part: ToolPart, quote: Quote, principal: Principal, *, counted: bool) -> None:
        try:
            job = await self.engine.confirm(quote.token, principal, key=_key(part, quote), counted=counted)
        except StorageError:
            raise  # whether it was written down is looked up later: until then it stays set aside
        except LimnerError as error:
            await self.chats.refuse(part.id, error.problem())
            raise
        await self.chats.note_job(part.id, job.id)

    async def _too_little(self, chat: Chat, quote: Quote) -> BudgetExceeded:
        spent = await self.chats.spent(chat.id, chat.owner)
        return BudgetExceeded(
            f"The pictures of this chat may cost {chat.ceiling} together. {spent} are spent or set aside, and this may "
            f"cost {quote.ceiling}. Raise the chat's ceiling to go on.",
            code="chat_ceiling",
        )


def _key(part: ToolPart, quote: Quote) -> str:
    """Under which the job of a call is found again, whoever asks for it how often."""
    return f"chat:{part.id}:{quote.id}"


def _wish(part: ToolPart) -> ImageRequest:
    if part.request is None:
        said = "" if part.problem is None else f" {part.problem.message}"
        raise InvalidRequest(f"There is nothing to paint here.{said}", code="nothing_to_paint")
    return part.request


def _painted_by(request: ImageRequest, model: str) -> ImageRequest:
    return replace(request, profile=None, access=None, provider=None, model=model)
