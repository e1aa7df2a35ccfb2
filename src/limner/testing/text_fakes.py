"""Fakes for texts: a sender that says what a test wants, and a process that is always alive."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import TypeAlias, TypedDict, Unpack

from limner.catalog.loader import load_catalog
from limner.catalog.texts import load_texts
from limner.domain.budgets import Rate
from limner.domain.errors import BudgetExceeded, NotFound, Problem
from limner.domain.events import News
from limner.domain.health import Breaker, BreakerKey, BreakerRules
from limner.domain.moderation import LooksAtWords
from limner.domain.money import ZERO
from limner.domain.ports import Catalog, Clock
from limner.domain.readiness import Readiness
from limner.domain.records import Page
from limner.domain.steering import ServiceConfig, Words
from limner.domain.stores import BreakerStep
from limner.domain.text_calls import MISSING, NewTextCall, TextCall, TextCalls, TextClosing, TextState
from limner.domain.text_models import TextCard, TextUsage
from limner.domain.texts import Finish, TextDelta, TextEnd, TextPiece, TextRequest
from limner.domain.turns import Rank, Turns
from limner.domain.vault import Opener, UsableKey
from limner.engine.health import HealthWatch
from limner.engine.keyrings import Keyrings
from limner.engine.limits import Limits
from limner.engine.text_health import TextHealth
from limner.engine.texts import TextBuyer
from limner.testing.fakes import CountingIds, FakeClock, FakeServices

Script: TypeAlias = "Iterable[TextPiece | Exception]"
"""What comes, piece by piece; an exception is raised in its place."""


class Parts(TypedDict, total=False):
    """Parts of a buyer that a test brings itself."""

    limits: Limits
    moderator: LooksAtWords
    turns: Turns
    steering: Words


class ScriptedTexts:
    """A `SendsTexts`: gives `scripts` in order, then `I was asked.`; `sent` has every request, card and key."""

    def __init__(self, *, keys: Iterable[str] = ("anthropic",), models: Mapping[str, str] | None = None) -> None:
        """`keys` are the services for which the installation has one; `models` are the named ones of others."""
        self.keys = frozenset(keys)
        self.models = dict(models or {})
        self.there: dict[str, TextCard | None] = {}
        """What the servers of local models say of them, by id; None where they are not there."""
        self.scripts: deque[Script] = deque()
        self.sent: list[tuple[TextCard, TextRequest, str | None]] = []

    def say(self, text: str, *, input: int = 100, output: int = 20) -> None:
        """Adds an answer of one piece."""
        usage = TextUsage(input=input, output=output)
        self.scripts.append((TextDelta(text=text), TextEnd(finish=Finish.DONE, usage=usage, request_id="req_1")))

    def readiness(self, service: str, opener: Opener | None = None) -> Readiness:
        """Whether there is a key."""
        ready = service in self.keys or opener is not None
        return Readiness(ready=ready, reason="Ready" if ready else f"Needs a key: set {service.upper()}_API_KEY.")

    def credential(self, service: str, opener: Opener | None = None) -> str:
        """The service, and the key where it is somebody's own."""
        return service if opener is None else f"{service} {opener.secret}"

    def default_model(self, service: str) -> str:
        """The named one."""
        return self.models.get(service, "")

    async def looked_up(self, card: TextCard) -> TextCard | None:
        """What its server says."""
        return self.there.get(card.id) if card.local else card

    async def stream(self, card: TextCard, request: TextRequest, opener: Opener | None) -> AsyncGenerator[TextPiece]:
        """The next script."""
        self.sent.append((card, request, None if opener is None else opener.secret))
        if not self.scripts:
            self.say("I was asked.")
        for piece in self.scripts.popleft():
            if isinstance(piece, Exception):
                raise piece
            yield piece


class AlwaysPresent:
    """A `Presence` without locks."""

    def __init__(self, worker: str = "w1") -> None:
        self.worker = worker

    async def name(self) -> str:
        """The worker's."""
        return self.worker

    async def look_round(self) -> int:
        """Nobody dies here."""
        return 0


class MemoryTextCalls:
    """A `TextCalls` in a dictionary; where it is `full` no budget has room."""

    def __init__(self) -> None:
        self.calls: dict[str, TextCall] = {}
        self.full = False

    async def admit(self, rates: Sequence[Rate], at: datetime) -> None:
        """There is always room."""
        del rates, at

    async def begin(self, new: NewTextCall) -> None:
        """Notes it. Raises BudgetExceeded where it is full."""
        if self.full:
            raise BudgetExceeded("The budget is used up.")
        self.calls[new.id] = TextCall(
            id=new.id,
            owner=new.owner,
            project=new.project,
            purpose=new.purpose,
            model=new.model,
            state=TextState.SENDING,
            hold=new.hold,
            created=new.at,
        )

    async def withdraw(self, new: NewTextCall, at: datetime, problem: Problem) -> None:
        """Ends what was begun."""
        if new.id in self.calls:
            await self.close(TextClosing(call_id=new.id, state=TextState.FAILED, at=at, problem=problem))

    async def close(self, closing: TextClosing) -> TextCall:
        """Notes how it ended."""
        open_call = self.calls[closing.call_id]
        call = replace(
            open_call,
            state=closing.state,
            hold=open_call.hold if closing.state is TextState.AMBIGUOUS else ZERO,
            finished=closing.at,
            cost=closing.charge,
            usage=closing.usage,
            request_id=closing.request_id,
            problem=closing.problem,
        )
        self.calls[closing.call_id] = call
        return call

    async def workers(self) -> Sequence[str]:
        """Nobody."""
        return ()

    async def abandon(self, worker: str, at: datetime, *, begun_before: datetime | None = None) -> int:
        """Nobody dies here."""
        del worker, at, begun_before
        return 0

    async def get(self, call_id: str, owner: str) -> TextCall:
        """One person's call. Raises NotFound."""
        call = self.calls.get(call_id)
        if call is None or call.owner != owner:
            raise NotFound(MISSING)
        return call

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[TextCall]:
        """One person's calls, newest first, all on one page."""
        del cursor  # there is one page
        found = [call for call in self.calls.values() if call.owner == owner]
        return Page(tuple(reversed(found[-limit:])), None)

    async def resolve(self, call_id: str, owner: str, *, charged: bool, at: datetime) -> TextCall:
        """Takes a person's word."""
        call = await self.get(call_id, owner)
        state = TextState.SETTLED if charged else TextState.FAILED
        self.calls[call_id] = replace(call, state=state, hold=ZERO, cost=call.hold if charged else ZERO, finished=at)
        return self.calls[call_id]


class NoKeys:
    """Stored keys of which there are none."""

    async def usable(self, owner: str) -> Sequence[UsableKey]:
        """None."""
        del owner
        return ()


class NoRules:
    """A `LooksAtWords` to which everything is well."""

    async def check_words(self, words: str, *, paid: bool) -> None:
        """Lets it through."""
        del words, paid


class AtOnce:
    """`Turns` that come at once."""

    def turn(self, service: str) -> AtOnce:
        """The same everywhere."""
        del service
        return self

    async def enter(self, rank: Rank | None = None) -> None:
        """It has come."""

    def leave(self) -> None:
        """Nobody waits."""


class NothingSaid:
    """Administrators who have said nothing about services."""

    async def renew(self) -> None:
        """There is nothing to read."""

    def of(self, service: str) -> ServiceConfig:
        """As the settings have it."""
        return ServiceConfig(service=service)


class MemoryBreakers:
    """Circuit breakers in a dictionary."""

    def __init__(self) -> None:
        self.known: dict[BreakerKey, Breaker] = {}

    async def all(self) -> Mapping[BreakerKey, Breaker]:
        """Everything that is remembered."""
        return dict(self.known)

    async def change(
        self, keys: Sequence[BreakerKey], step: BreakerStep, at: datetime
    ) -> tuple[Mapping[BreakerKey, Breaker], Mapping[BreakerKey, Breaker]]:
        """Takes one step; what was and what is now."""
        del at
        before = {key: self.known.get(key, Breaker()) for key in keys}
        after = step(before)
        self.known.update(after)
        return before, after

    async def forget(self, name: str) -> None:
        """Forgets a model, or a service and all its models."""
        self.known = {key: kept for key, kept in self.known.items() if name not in (key.name, key.service)}


@cache
def _shipped() -> Catalog:
    return load_catalog()


def health_over(sends: ScriptedTexts, clock: Clock, news: list[News] | None = None) -> TextHealth:
    """Breakers over a sender, in memory; `news` gets what becomes of them."""
    watch = HealthWatch(
        catalog=_shipped(),
        texts=load_texts(),
        services=FakeServices({}),
        store=MemoryBreakers(),
        clock=clock,
        rules=BreakerRules(),
    )
    heard: list[News] = [] if news is None else news
    return TextHealth(watch=watch, sends=sends, tell=heard.extend)


def buyer_over(sends: ScriptedTexts, calls: TextCalls | None = None, **parts: Unpack[Parts]) -> TextBuyer:
    """A buyer of texts over a sender, without limits and stored keys; `parts` take the place of what does nothing."""
    clock = FakeClock()
    return TextBuyer(
        catalog=load_texts(),
        sends=sends,
        calls=calls or MemoryTextCalls(),
        keyrings=Keyrings(keys=NoKeys(), clock=clock),
        limits=parts.get("limits", Limits()),
        clock=clock,
        ids=CountingIds(),
        presence=AlwaysPresent(),
        moderator=parts.get("moderator", NoRules()),
        turns=parts.get("turns", AtOnce()),
        steering=parts.get("steering", NothingSaid()),
        health=health_over(sends, clock),
    )
