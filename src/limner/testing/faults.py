"""What a stand-in can do wrong, once for each request, in the order in which it was told."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum


class Drop(StrEnum):
    """Where the line breaks."""

    BEFORE_READING = "before_reading"
    AFTER_READING = "after_reading"
    IN_ANSWER = "in_answer"


class At(StrEnum):
    """Which kind of request goes wrong."""

    PURCHASE = "purchase"
    POLL = "poll"
    RESULT = "result"
    """What a call has come to, where that is asked for apart from its state."""
    CANCEL = "cancel"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    MODERATION = "moderation"
    ACCOUNT = "account"
    """Keys, balances, lists of models."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """How one request goes wrong; what is not set goes right."""

    at: At = At.PURCHASE

    status: int | None = None
    """Answers with this status and `body` instead of painting."""
    body: object = None
    """JSON, or a text sent as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: Drop | None = None
    delay: float = 0.0
    """Seconds that the answer is late."""
    pictures: int | None = None
    """How many pictures come, whatever was asked for."""
    garbage: str | None = None
    """Stands in place of the base64 of the first picture."""
    error_event: bool = False
    """A stream ends with an error after its first picture, or after its partial pictures."""


class Faults:
    """The faults that are still to come; a good answer where there are none."""

    def __init__(self) -> None:
        self._queue: deque[Fault] = deque()

    def add(self, *faults: Fault) -> None:
        """Adds faults for the next requests, one each."""
        self._queue.extend(faults)

    def add_plain(self, entries: Iterable[object]) -> None:
        """The same from JSON objects with the names of `Fault`. Raises ValueError for other names."""
        names = {entry.name for entry in fields(Fault)}
        for entry in entries:
            if not isinstance(entry, dict) or not entry.keys() <= names:
                raise ValueError(f"A fault is an object with some of {', '.join(sorted(names))}.")
            drop, at = Drop(entry["drop"]) if entry.get("drop") else None, At(entry.get("at", At.PURCHASE))
            self.add(Fault(**{**entry, "drop": drop, "at": at}))

    def next(self, at: At = At.PURCHASE) -> Fault:
        """The fault of the request that has just come: the first one that waits for a request of its kind."""
        fault = next((fault for fault in self._queue if fault.at is at), None)
        if fault is None:
            return Fault(at=at)
        self._queue.remove(fault)
        return fault
