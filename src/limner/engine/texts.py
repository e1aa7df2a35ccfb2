"""Buys text: chooses the model, holds the ceiling, has it sent once, and books what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import date

from limner.domain.errors import (
    ConfirmationRequired,
    FailureCode,
    NotConfigured,
    PriceUnknown,
    Problem,
    ProviderError,
    Spent,
    StorageError,
)
from limner.domain.moderation import LooksAtWords
from limner.domain.money import FREE, ZERO, Estimate, Money
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.domain.records import Page
from limner.domain.steering import Words
from limner.domain.text_calls import (
    NewTextCall,
    Presence,
    TextAnswer,
    TextCall,
    TextCalls,
    TextChoice,
    TextClosing,
    TextOrder,
    TextState,
)
from limner.domain.text_models import TextCard, TextCatalog, TextUsage
from limner.domain.texts import Finish, SendsTexts, TextDelta, TextEnd, TextPiece, TextRequest, ToolCall
from limner.domain.turns import Turn, Turns
from limner.domain.vault import UsableKey
from limner.engine.keyrings import Keyrings, cannot_open
from limner.engine.limits import Limits
from limner.engine.mishaps import cancelled_problem
from limner.engine.passage import ANOTHER_KEY
from limner.engine.text_health import TextHealth, opener_of

UNPRICED = "LIMNER_UNPRICED_CEILING_USD"
HOW = "Set a key, such as ANTHROPIC_API_KEY, store one with `limner keys add`, or start Ollama."


@dataclass(frozen=True, kw_only=True, slots=True)
class TextBuyer:
    """The `Texts` of `domain.text_calls`."""

    catalog: TextCatalog
    sends: SendsTexts
    calls: TextCalls
    keyrings: Keyrings
    limits: Limits
    clock: Clock
    ids: Ids
    presence: Presence
    moderator: LooksAtWords
    turns: Turns
    steering: Words
    health: TextHealth
    usual: str | None = None
    """LIMNER_TEXT_MODEL."""
    unpriced_ceiling: Money | None = None
    """What a call to a model without a known price may cost; None refuses such models."""

    async def choose(self, model: str | None, principal: Principal, *, sees: bool = False) -> TextChoice:
        """The model that is named, else the usual one, else the first of the catalog's that can be used.

        A service that is left alone after failures is passed over; where it was named, or nobody else is left, it is
        refused with ProviderError.
        """
        await self.steering.renew()
        await self.health.watch.renew()
        if model or self.usual:
            why = "It was asked for." if model else "LIMNER_TEXT_MODEL names it."
            return await self._named(self.catalog.find(model or self.usual or ""), why, principal, sees=sees)
        objections: list[str] = []
        blocked: ProviderError | None = None
        for card in self.candidates():
            objection = await self.objection(card, principal, sees=sees)
            if objection is None:
                key = await self._key(card, principal)
                if (obstacle := self.health.obstacle(card, key)) is not None:
                    blocked = blocked or self.health.refusal(card, obstacle)
                    continue
                there = await self.sends.looked_up(card)
                if there is not None and (there.sees or not sees):
                    return TextChoice(card=there, why=_why(there, key), key=key)
                objection = f"{card.id} is not there." if there is None else f"{card.id} cannot be shown pictures."
            objections.append(objection)
        if blocked is not None:
            raise blocked
        told = " ".join(dict.fromkeys(objections))
        what = "No text model that sees pictures" if sees else "No text model"
        raise NotConfigured(f"{what} can be used. {HOW} {told}".strip(), code="no_text_model")

    async def admit(self, words: str, choice: TextChoice, principal: Principal, *, counted: bool = True) -> None:
        """Looks at what a person says, and counts it against the requests of the minute."""
        await self.moderator.check_words(words, paid=not choice.card.local)
        rates = self.limits.rates(principal, choice.card.service) if counted else ()
        if rates:
            await self.calls.admit(rates, self.clock.now())

    def estimate(self, card: TextCard, request: TextRequest) -> Estimate | None:
        """What a call may cost: nothing on a machine of one's own, and at most what is allowed where nobody knows."""
        if card.local:
            return FREE
        if card.price is None:
            ceiling = self.unpriced_ceiling
            return None if ceiling is None else Estimate(floor=ZERO, likely=ceiling, ceiling=ceiling)
        most = TextUsage(input=request.most_input(card), output=request.most_output(card))
        likely = TextUsage(input=most.input // 3, output=most.output // 4)
        return Estimate(floor=ZERO, likely=card.price.of(likely), ceiling=card.price.of(most))

    async def stream(
        self, order: TextOrder, choice: TextChoice, principal: Principal
    ) -> AsyncGenerator[TextPiece | TextCall]:
        """Waits for its turn, holds, buys, tells and books; the last item is the booked call."""
        turn = await self._turn(choice.card)
        passed: set[str] = set()
        try:
            while True:
                told = False
                try:
                    async with aclosing(self._carried(order, choice, principal)) as pieces:
                        async for piece in pieces:
                            told = True
                            yield piece
                except ProviderError as error:
                    another = None if told else await self._under_another(choice, error, passed, principal)
                    if another is None:
                        raise
                    choice = another
                else:
                    return
        finally:
            turn.leave()

    async def _under_another(
        self, choice: TextChoice, error: ProviderError, passed: set[str], principal: Principal
    ) -> TextChoice | None:
        """The same model under another stored key of the same rank, where this one was refused or is used up for now
        and nothing was bought; None where there is none.
        """
        if choice.key is None or error.spent is not Spent.NO or error.code not in ANOTHER_KEY:
            return None
        passed.add(choice.key.key.id)
        for key in (await self.keyrings.of(principal.id)).best(choice.card.service):
            blocked = key.secret is None or self.health.obstacle(choice.card, key) is not None
            if key.key.id not in passed and not blocked:
                return replace(choice, key=key)
        return None

    async def _turn(self, card: TextCard) -> Turn:
        """The turn that has come. Raises ProviderError after too long: nothing was sent then."""
        turn = self.turns.turn(card.service)
        try:
            await turn.enter()
        except TimeoutError:
            said = f"There was no turn at {card.service} for a long time. Nothing was sent; try again later."
            problem = Problem(code=FailureCode.RATE_LIMITED, message=said, retryable=True, provider=card.service)
            raise ProviderError(problem) from None
        return turn

    async def _carried(
        self, order: TextOrder, choice: TextChoice, principal: Principal
    ) -> AsyncGenerator[TextPiece | TextCall]:
        new = self._new(order, choice, principal, await self.presence.name())
        async with self.health.watching(choice, new.id):
            await self._begin(new)
            # What becomes of a call that is left in the middle: it may have been bought.
            left = TextState.FAILED if choice.card.local else TextState.AMBIGUOUS
            closing = TextClosing(call_id=new.id, state=left, at=new.at)
            try:
                async with aclosing(self.sends.stream(choice.card, order.request, opener_of(choice.key))) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, TextEnd):
                            closing = self._settled(new, choice.card, piece)
                        yield piece
            except ProviderError as error:
                closing = self._failed(new, choice.card, error)
                raise
            finally:
                call = await self.calls.close(replace(closing, at=self.clock.now()))
            if call.problem is not None:
                raise ProviderError(call.problem, request_id=call.request_id)
        yield call

    async def _begin(self, new: NewTextCall) -> None:
        """Writes the call down with its hold. A write that was asked for is carried out whatever becomes of its caller,
        and a commit that broke off may have come to pass: nothing was sent in both cases, so nothing stays held.
        """
        try:
            await self.calls.begin(new)
        except (asyncio.CancelledError, StorageError) as error:
            problem = error.problem() if isinstance(error, StorageError) else cancelled_problem()
            with suppress(StorageError):  # the database is away: what it has of the call ends with this process
                await self.calls.withdraw(new, self.clock.now(), problem)
            raise

    async def answer(self, order: TextOrder, choice: TextChoice, principal: Principal) -> TextAnswer:
        """The whole of it."""
        texts: list[str] = []
        tools: list[ToolCall] = []
        call: TextCall | None = None
        async with aclosing(self.stream(order, choice, principal)) as pieces:
            async for piece in pieces:
                match piece:
                    case TextDelta():
                        texts.append(piece.text)
                    case ToolCall():
                        tools.append(piece)
                    case TextCall():
                        call = piece
        if call is None:
            raise RuntimeError("A text call ended without being booked.")
        return TextAnswer(text="".join(texts), tool_calls=tuple(tools), call=call, why=choice.why)

    async def page(self, principal: Principal, *, limit: int, cursor: str | None) -> Page[TextCall]:
        """One's own calls, newest first; those of processes that died are found first."""
        await self.presence.look_round()
        return await self.calls.page(principal.id, limit=limit, cursor=cursor)

    async def resolve(self, call_id: str, principal: Principal, *, charged: bool) -> TextCall:
        """Says whether an ambiguous call was bought. Raises NotFound and InvalidRequest."""
        await self.presence.look_round()
        return await self.calls.resolve(call_id, principal.id, charged=charged, at=self.clock.now())

    def candidates(self) -> list[TextCard]:
        """Models that are still there, and those that the installation has named for services without a list."""
        today = self.clock.now().date()
        listed = [card for card in self.catalog.models if not _is_gone(card, today)]
        named = [
            self.catalog.find(f"{service.id}/{name}")
            for service in self.catalog.services
            if (name := self.sends.default_model(service.id))
        ]
        order = {service.id: number for number, service in enumerate(self.catalog.services)}
        return sorted([*listed, *named], key=lambda card: order[card.service])

    async def _named(self, card: TextCard, why: str, principal: Principal, *, sees: bool) -> TextChoice:
        objection = await self.objection(card, principal, sees=sees)
        if objection is not None:
            if card.price is None and UNPRICED in objection:
                raise PriceUnknown(objection)
            raise NotConfigured(objection, code="no_text_model")
        there = await self.sends.looked_up(card)
        if there is None:
            raise NotConfigured(f"{card.id} is not there: its server does not answer, or does not have it.")
        key = await self._key(card, principal)
        if (obstacle := self.health.obstacle(card, key)) is not None:
            raise self.health.refusal(card, obstacle)
        if sees and not there.sees:
            raise NotConfigured(f"{card.id} cannot be shown pictures. Name one that can.", code="no_text_model")
        return TextChoice(card=there, why=why, key=key)

    async def obstacle(self, card: TextCard, principal: Principal) -> str | None:
        """Why this person cannot use a model now, as a sentence; None where they can. Asks servers of one's own."""
        await self.health.watch.renew()
        objection = await self.objection(card, principal, sees=False)
        if objection is not None:
            return objection
        if await self.sends.looked_up(card) is None:
            return f"{card.id} is not there: its server does not answer, or does not have it."
        blocked = self.health.obstacle(card, await self._key(card, principal))
        return None if blocked is None else blocked.why

    async def objection(self, card: TextCard, principal: Principal, *, sees: bool) -> str | None:
        """Why a model cannot be used, as a sentence; None where it can."""
        if sees and not card.sees:
            return f"{card.id} cannot be shown pictures."
        if _is_gone(card, self.clock.now().date()):
            return f"{card.id} was shut down on {card.shutdown}. Name another one."
        if not self.steering.of(card.service).enabled:
            return f"{card.service} is switched off by an administrator."
        key = await self._key(card, principal)
        if key is not None and key.secret is None:
            return cannot_open(key.key)
        readiness = self.sends.readiness(card.service, opener_of(key))
        if not readiness.ready:
            return f"{card.service} cannot be used. {readiness.reason}"
        if not card.local and card.price is None and self.unpriced_ceiling is None:
            return f"The price of {card.id} is not known. Set {UNPRICED} to allow such models."
        return None

    async def _key(self, card: TextCard, principal: Principal) -> UsableKey | None:
        """The stored key that comes first: one's own before a shared one, of those one that is not left alone."""
        best = (await self.keyrings.of(principal.id)).best(card.service)
        readable = [key for key in best if key.secret is not None]
        free = (key for key in readable if self.health.obstacle(card, key) is None)
        first = next(iter(readable), next(iter(best), None))
        return next(free, first)

    def _new(self, order: TextOrder, choice: TextChoice, principal: Principal, worker: str) -> NewTextCall:
        estimate = self.estimate(choice.card, order.request)
        if estimate is None:
            raise PriceUnknown(f"The price of {choice.card.id} is not known. Set {UNPRICED} to allow such models.")
        if order.max_cost is not None and estimate.ceiling > order.max_cost:
            raise ConfirmationRequired(
                f"{choice.card.id} may cost up to {estimate.ceiling}, more than the {order.max_cost} allowed."
            )
        at = self.clock.now()
        return NewTextCall(
            id=self.ids.new(),
            owner=principal.id,
            project=order.project,
            purpose=order.purpose,
            model=choice.card.id,
            hold=estimate.ceiling,
            scopes=self.limits.scopes(principal, at),
            worker=worker,
            at=at,
            token=principal.token,
        )

    def _settled(self, new: NewTextCall, card: TextCard, end: TextEnd) -> TextClosing:
        charge, basis = self._charge(card, end.usage)
        problem = None
        if end.finish is Finish.REFUSED:
            paid = "" if charge == ZERO else " What it read was charged."
            message = f"{card.title} refuses this as unsafe. Change the words or the picture.{paid}"
            spent = Spent.NO if charge == ZERO else Spent.YES
            problem = Problem(code=FailureCode.REFUSED, message=message, spent=spent, provider=card.service)
        return TextClosing(
            call_id=new.id,
            state=TextState.SETTLED,
            at=new.at,
            charge=charge,
            basis=basis,
            usage=end.usage,
            request_id=end.request_id,
            problem=problem,
        )

    def _failed(self, new: NewTextCall, card: TextCard, error: ProviderError) -> TextClosing:
        """Nothing was bought, or nobody knows: then the hold stays."""
        bought = error.spent is not Spent.NO and not card.local
        return TextClosing(
            call_id=new.id,
            state=TextState.AMBIGUOUS if bought else TextState.FAILED,
            at=new.at,
            request_id=error.request_id,
            problem=error.problem(),
        )

    @staticmethod
    def _charge(card: TextCard, usage: TextUsage | None) -> tuple[Money | None, str]:
        """What was charged, and how that is known."""
        if card.local:
            return ZERO, "free"
        if card.price is None or usage is None:
            return None, "none"
        return card.price.of(usage), "usage"


def _is_gone(card: TextCard, day: date) -> bool:
    return card.shutdown is not None and card.shutdown <= day


def _why(card: TextCard, key: UsableKey | None) -> str:
    if card.local:
        return "No service has a key; Ollama is there, and costs nothing."
    whose = "that is stored" if key is not None else "in the environment"
    return f"It is the first text model whose service has a key {whose}."
