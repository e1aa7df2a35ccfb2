"""What a client's own repeats of a request for text get: the answer of the first one, and nothing bought again."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from limner.domain.errors import PolicyError


class AnswerLost(PolicyError):
    """An earlier request under the same key is under way, or ended without an answer that could be kept."""

    code = "answer_lost"

    def __init__(self, what: str = "A request with this Idempotency-Key") -> None:
        super().__init__(
            f"{what} is under way, or broke off before its answer was kept, and may have been bought. Nothing was sent "
            "again. While it is under way ask again with the same key. Else see your text calls (`limner texts list`, "
            "GET /api/v1/texts/calls), say of one that is ambiguous whether it was charged, and ask with a new key, "
            "which buys anew."
        )


class TextRepeats(Protocol):
    """Keys of requests for text, with the answers that they were given."""

    async def begin(self, owner: str, key: str, fingerprint: str, at: datetime) -> bytes | None:
        """Takes a key; the answer where an earlier request has it. Raises IdempotencyConflict and AnswerLost."""
        ...

    async def keep(self, owner: str, key: str, answer: bytes) -> None:
        """Keeps the answer of the request that took the key."""
        ...

    async def forget(self, owner: str, key: str) -> None:
        """Gives a key back: its request was refused before anything was bought."""
        ...
