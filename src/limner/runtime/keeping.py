"""Joins what people do with their pictures."""

from __future__ import annotations

from dataclasses import dataclass

from limner.db.collections import SqlCollections
from limner.db.marking import SqlMarks
from limner.engine.curating import Curator
from limner.runtime.ground import Ground


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """The subjects of the library of pictures."""

    curator: Curator


def join_keeping(ground: Ground) -> Keeping:
    """All of them, over one installation."""
    return Keeping(
        curator=Curator(
            marks=SqlMarks(ground.database),
            albums=SqlCollections(ground.database),
            clock=ground.clock,
            ids=ground.ids,
        )
    )
