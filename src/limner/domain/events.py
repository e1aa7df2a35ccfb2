"""What happens to a job, as numbered rows that can be read again from any point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What a listener is told."""

    QUEUED = "queued"
    RUNNING = "running"
    PROGRESS = "progress"
    PREVIEW = "preview"
    PICTURE = "picture"
    FALLBACK = "fallback"
    REUSED = "reused"
    HEALTH = "health"
    PROBLEM = "problem"
    FINISHED = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened; `number` counts from 1 within its job, without gaps."""

    job_id: str
    number: int
    kind: EventKind
    at: datetime
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """An event before it has a number."""

    kind: EventKind
    data: Mapping[str, object] = field(default_factory=dict)
