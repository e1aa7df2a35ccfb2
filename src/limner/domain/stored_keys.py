"""Where stored keys are written down, each change with what the audit log says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.vault import KeyChange, KeyCheck, StoredKey, UsableKey


@dataclass(frozen=True, slots=True)
class Telling:
    """What the audit log says of a change to a key."""

    who: str
    """Id of whoever changes it."""
    of: Callable[[StoredKey, StoredKey], Sequence[Record]]
    """The entries, by the key as it was and as it is now."""


class StoredKeys(Protocol):
    """Stored keys as they are written down. What is done is written down with the deed, or not at all."""

    async def add(self, key: StoredKey, secret: str, record: Record | None = None) -> None:
        """Writes a key down, sealed."""
        ...

    async def visible(self, owner: str) -> Sequence[StoredKey]:
        """One person's own and all shared ones, oldest first."""
        ...

    async def usable(self, owner: str) -> Sequence[UsableKey]:
        """The same, opened."""
        ...

    async def find(self, key_id: str, owner: str) -> StoredKey:
        """One that is this person's or shared. Raises NotFound."""
        ...

    async def change(
        self, key: StoredKey, change: KeyChange, at: datetime, telling: Telling | None = None
    ) -> StoredKey:
        """Changes what is said, whatever else has changed meanwhile. Raises NotFound."""
        ...

    async def note(self, key: StoredKey, check: KeyCheck) -> None:
        """Notes how a service answered about a key, unless it was changed or removed meanwhile."""
        ...

    async def remove(self, key: StoredKey, record: Record | None = None) -> None:
        """Forgets a key. Raises NotFound."""
        ...
