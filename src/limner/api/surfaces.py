"""Which shape an error has: each document's own paths have its own, everything else problem documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from limner.domain.errors import Problem

Shape: TypeAlias = "Callable[[int, Problem], object]"
"""From a status and a problem to what is sent as JSON."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shapes:
    """The shapes of errors by the beginnings of paths."""

    by_prefix: Mapping[str, Shape] = field(default_factory=dict)

    def of(self, path: str) -> Shape | None:
        """The shape for a path, that of the longest beginning; None for a problem document."""
        fitting = [prefix for prefix in self.by_prefix if path == prefix or path.startswith(f"{prefix}/")]
        return self.by_prefix[max(fitting, key=len)] if fitting else None


NO_SHAPES = Shapes()
"""Problem documents everywhere."""
