"""Circuit breakers as rows, and a look at those of a SQLite file that costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from limner.db import codec
from limner.db.peeking import peeked
from limner.domain.health import Breaker, BreakerKey, BreakerState, Failure


def row(key: BreakerKey, breaker: Breaker, at: datetime) -> dict[str, object]:
    """The values of a row, by the names that the statements use."""
    return {
        "name": key.name,
        "credential": key.credential,
        "service": key.service,
        "state": breaker.state.value,
        "failures": codec.words().write(tuple(f"{codec.stamp(one.at)} {one.attempt}" for one in breaker.failures)),
        "code": breaker.code,
        "opened": codec.optional_stamp(breaker.opened),
        "successes": breaker.successes,
        "trial": breaker.trial,
        "ends": codec.optional_stamp(breaker.trial_ends),
        "at": codec.stamp(at),
    }


def known(row: Mapping[str, Any]) -> tuple[BreakerKey, Breaker]:
    """What a row says."""
    return BreakerKey(row["name"], row["credential"]), Breaker(
        state=BreakerState(row["state"]),
        failures=tuple(map(_failure, codec.words().read(row["failures"]))),
        code=row["code"],
        opened=codec.optional_moment(row["opened_at"]),
        successes=row["successes"],
        trial=row["trial"],
        trial_ends=codec.optional_moment(row["trial_ends_at"]),
    )


def _failure(text: str) -> Failure:
    at, _, attempt = text.partition(" ")
    return Failure(codec.moment(at), attempt)


def peek(file: Path) -> Mapping[BreakerKey, Breaker]:
    """What a SQLite file remembers; nothing where there is no file or no such table yet. Raises StorageError."""
    return dict(map(known, peeked(file, "circuit_breakers", "SELECT * FROM circuit_breakers")))
