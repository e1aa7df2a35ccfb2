"""What a service can be asked about a key, at no cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from limner.domain.vault import KeyState, Opener


@runtime_checkable
class ListsModels(Protocol):
    """A provider that can name the models its key may use."""

    async def list_models(self) -> Sequence[str]:
        """The service's own names; a wrong key raises ProviderError."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What a service says about the account that a key opens."""

    name: str | None = None
    balance: Decimal | None = None
    """In `unit`; None where the service does not tell it."""
    unit: str = "USD"


@runtime_checkable
class ChecksKey(Protocol):
    """A provider that can be asked, at no cost, whether it takes the key."""

    async def check_key(self) -> Account:
        """The account behind the key; a key that is not taken raises ProviderError, AUTHENTICATION."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """What a service says about the key that is configured for it."""

    service: str
    state: KeyState
    message: str
    account: Account | None = None
    code: str = ""
    """What its refusal means, a `FailureCode`; empty where there was none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The image models that a service named when it was last asked."""

    at: datetime
    models: tuple[str, ...]
    """The service's own names."""


class Asks(Protocol):
    """Asks services what costs nothing."""

    async def inspect(self, service: str, opener: Opener | None = None) -> Inspection:
        """What the service says about the key that is configured, or about another one; never raises."""
        ...

    async def models(self, service: str, opener: Opener | None = None) -> tuple[str, ...]:
        """The image models that the key, or another one, may use. Raises NotConfigured and ProviderError."""
        ...


class KeepsListings(Protocol):
    """Remembers what services said. Blocks: call it from a thread."""

    def read(self) -> Mapping[str, Listing]:
        """All listings, by service."""
        ...

    def write(self, listings: Mapping[str, Listing]) -> None:
        """Replaces them. Raises StorageError."""
        ...


class TakesListings(Protocol):
    """A catalog that can be told what services have beside what it knows."""

    def renew(self, listings: Mapping[str, Listing]) -> None:
        """Takes newer listings in."""
        ...
