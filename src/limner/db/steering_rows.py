"""What administrators say about services, as rows, and a look at those of a SQLite file that costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limner.db import codec
from limner.db.peeking import peeked
from limner.domain.steering import Configs, ServiceConfig


def row(config: ServiceConfig) -> dict[str, object]:
    """The values of a row, by the names that the statements use."""
    return {
        "provider": config.service,
        "enabled": config.enabled,
        "weight": config.weight,
        "pace": config.requests_per_second,
        "at": codec.optional_stamp(config.changed),
        "who": config.changed_by,
    }


def known(row: Mapping[str, Any]) -> ServiceConfig:
    """What a row says."""
    return ServiceConfig(
        service=row["provider"],
        enabled=bool(row["enabled"]),
        weight=row["weight"],
        requests_per_second=row["requests_per_second"],
        changed=codec.optional_moment(row["changed_at"]),
        changed_by=row["changed_by"],
    )


def peek(file: Path) -> Configs:
    """What a SQLite file has; nothing where there is no file or no such table yet. Raises StorageError."""
    rows = peeked(file, "provider_configs", "SELECT * FROM provider_configs")
    return {config.service: config for config in map(known, rows)}
