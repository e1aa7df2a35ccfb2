"""Purchases of text: what is ordered, which model takes it, and what is written down about it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from limner.domain.budgets import Rate, Scope
from limner.domain.errors import Problem, Spent
from limner.domain.money import ZERO, Estimate, Money
from limner.domain.people import Principal
from limner.domain.records import Page
from limner.domain.request import DEFAULT_PROJECT
from limner.domain.text_models import TextCard, TextUsage
from limner.domain.texts import TextPiece, TextRequest, ToolCall
from limner.domain.vault import UsableKey

MISSING = "There is no text call with this id. `limner texts list` shows yours."


class Purpose(StrEnum):
    """What a text call is for."""

    ENHANCE = "enhance"
    DESCRIBE = "describe"
    TRANSLATE = "translate"
    NEGATIVE = "negative"
    CHAT = "chat"


class TextState(StrEnum):
    """How far a text call came."""

    SENDING = "sending"
    """It may have been bought; its hold is kept."""
    SETTLED = "settled"
    """It was bought and is booked."""
    FAILED = "failed"
    """Nothing was bought; its hold is free."""
    AMBIGUOUS = "ambiguous"
    """It may have been bought, and nobody will say: its hold is kept until a person decides. It is not sent again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextOrder:
    """A text call that somebody wants."""

    request: TextRequest
    purpose: Purpose
    model: str | None = None
    """`service/name`; None for LIMNER_TEXT_MODEL, else the first that can be used."""
    project: str = DEFAULT_PROJECT
    max_cost: Money | None = None
    """More than this is not bought."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextChoice:
    """Which model takes an order, and why this one."""

    card: TextCard
    why: str
    """A sentence for people."""
    key: UsableKey | None = None
    """A stored key; None for the installation's own, or none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextAnswer:
    """A whole answer and what it cost."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    call: TextCall
    why: str
    """Why this model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextCall:
    """A text call as it is written down: document 3's `llmApiCall` record, and what became of its money."""

    id: str
    owner: str
    project: str
    purpose: Purpose
    model: str
    """`service/name`."""
    state: TextState
    hold: Money
    """What is still set aside for it."""
    created: datetime
    finished: datetime | None = None
    cost: Money | None = None
    """What it cost; None while that is open, or where nobody knows."""
    usage: TextUsage | None = None
    request_id: str | None = None
    """The service's own."""
    problem: Problem | None = None

    @property
    def provider(self) -> str:
        """The service."""
        return self.model.partition("/")[0]

    @property
    def spent(self) -> Spent:
        """Whether it cost money."""
        if self.state is TextState.FAILED or self.cost == ZERO:
            return Spent.NO
        return Spent.YES if self.state is TextState.SETTLED else Spent.UNKNOWN

    @property
    def milliseconds(self) -> int | None:
        """How long it took; None while it is under way."""
        return None if self.finished is None else round((self.finished - self.created).total_seconds() * 1000)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTextCall:
    """Everything that is written down before a text call is sent."""

    id: str
    owner: str
    project: str
    purpose: Purpose
    model: str
    hold: Money
    scopes: tuple[Scope, ...]
    """The limits of the settings; budgets that somebody has set up are found when it is written down."""
    worker: str
    at: datetime
    token: str | None = None
    """Id of the API token it came with."""
    pictures: int = 0
    """Budgets of pictures do not count texts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextClosing:
    """How a text call ends."""

    call_id: str
    state: TextState
    at: datetime
    charge: Money | None = None
    """What was charged; None where nobody knows."""
    basis: str = "none"
    """How the charge is known: usage, free, person, or none."""
    usage: TextUsage | None = None
    request_id: str | None = None
    problem: Problem | None = None


class TextCalls(Protocol):
    """Text calls, their holds and bookings: one call is one transaction."""

    async def admit(self, rates: Sequence[Rate], at: datetime) -> None:
        """Counts a request of this minute. Raises TooManyRequests where it is one too many; it is not counted then."""
        ...

    async def begin(self, new: NewTextCall) -> None:
        """Writes the call down with its hold: from here on it may be sent. Raises BudgetExceeded."""
        ...

    async def withdraw(self, new: NewTextCall, at: datetime, problem: Problem) -> None:
        """Nobody waits for `begin` any more: nothing was sent, nothing stays held, even if it is begun after this."""
        ...

    async def close(self, closing: TextClosing) -> TextCall:
        """Ends a call: books its charge, frees its hold, or keeps it where the end is ambiguous; once."""
        ...

    async def abandon(self, worker: str, at: datetime, *, begun_before: datetime | None = None) -> int:
        """Calls under way at a worker, perhaps only old ones, become ambiguous: they may be bought. Says how many."""
        ...

    async def workers(self) -> Sequence[str]:
        """Workers that have calls under way."""
        ...

    async def get(self, call_id: str, owner: str) -> TextCall:
        """One person's call. Raises NotFound."""
        ...

    async def page(self, owner: str, *, limit: int, cursor: str | None) -> Page[TextCall]:
        """One person's calls, newest first."""
        ...

    async def resolve(self, call_id: str, owner: str, *, charged: bool, at: datetime) -> TextCall:
        """A person says whether an ambiguous call was bought; books or frees its hold.

        Raises NotFound, and InvalidRequest where nothing is to be decided.
        """
        ...


class Presence(Protocol):
    """How other processes know that this one is alive."""

    async def name(self) -> str:
        """What this process is called; from here on others see that it is alive. Raises StorageError."""
        ...

    async def look_round(self) -> int:
        """Makes calls of processes that died ambiguous; says how many there were."""
        ...


class Texts(Protocol):
    """Buys text: the one way to a text model for whatever costs money."""

    async def choose(self, model: str | None, principal: Principal, *, sees: bool = False) -> TextChoice:
        """The model for this person, and why; with `sees` one that can be shown pictures.

        Raises UnknownModel, PriceUnknown, NotConfigured, code `no_text_model`, which says what is missing, and
        ProviderError, code `provider_unavailable`, where its service keeps failing and is left alone for a while.
        """
        ...

    async def admit(self, words: str, choice: TextChoice, principal: Principal, *, counted: bool = True) -> None:
        """Lets in what a person asks for, once, whatever calls it takes: its words are looked at, and it counts against
        the requests of the minute unless it came from this machine's own hands: not `counted`.

        Raises ContentRefused, TooManyRequests, and NotConfigured or ProviderError where the service that looks at words
        cannot be asked. Nothing was sent to a text model then.
        """
        ...

    def estimate(self, card: TextCard, request: TextRequest) -> Estimate | None:
        """What a call may cost; None where the price is unknown."""
        ...

    def stream(
        self, order: TextOrder, choice: TextChoice, principal: Principal
    ) -> AsyncGenerator[TextPiece | TextCall]:
        """Holds the ceiling, buys one call, tells what comes, and books it; the last item is the booked TextCall.

        Raises BudgetExceeded and ConfirmationRequired before anything is sent, ProviderError before anything is held
        where its service is left alone after failures, and ProviderError, whose `spent` says how it stands. What is
        given up halfway becomes ambiguous. Nothing is sent twice, but to another stored key where one buys nothing.
        """
        ...

    async def answer(self, order: TextOrder, choice: TextChoice, principal: Principal) -> TextAnswer:
        """The same, whole. Raises ProviderError, content_refused, where the service's moderation stopped it."""
        ...
