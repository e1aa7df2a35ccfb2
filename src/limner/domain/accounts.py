"""What a service can be asked about a key, at no cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable


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
