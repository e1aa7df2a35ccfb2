"""What only some services can do beside painting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from limner.domain.call import Call, Finished, Partial, Pending
from limner.domain.model_card import ModelCard


@runtime_checkable
class Finds(Protocol):
    """A provider that finds a call again by our own id, although no ticket of it was ever written down."""

    async def find(self, call: Call) -> Finished | Pending | None:
        """Asks after a call, whose pictures are not loaded; None where the service does not know it. Buys nothing."""
        ...


@runtime_checkable
class Watches(Protocol):
    """A provider that can be listened to while a call goes on there."""

    def watch(self, pending: Pending) -> AsyncIterator[Partial]:
        """News of a call, until the service has ended it or the line breaks. How it ended only `poll` says."""
        ...


@runtime_checkable
class ChecksModel(Protocol):
    """A local engine that can be asked whether it has what a model needs."""

    async def check_model(self, card: ModelCard) -> Sequence[str]:
        """What stands in the way, in sentences; nothing where it can paint. Raises ProviderError."""
        ...


@runtime_checkable
class HearsNews(Protocol):
    """A provider that sends signed word to this installation when a call has ended."""

    async def heard(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
        """The id of the ticket that a message is about; None for one that is not genuine. Raises ProviderError.

        `headers` have their names in lower case; `body` are the bytes as they came.
        """
        ...


@runtime_checkable
class Closes(Protocol):
    """A provider that owns something: a process, memory of a graphics card."""

    async def close(self) -> None:
        """Gives it back. Nothing is painted afterwards."""
        ...
