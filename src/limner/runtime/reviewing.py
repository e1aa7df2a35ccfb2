"""Joins what reports of pictures need."""

from __future__ import annotations

from limner.db.reviews import SqlReports
from limner.domain.stores import Pictures
from limner.engine.reviewing import Reviews
from limner.runtime.ground import Ground
from limner.storage.generated import GeneratedFolder
from limner.storage.shelf import Shelf


def reviews_of(ground: Ground, pictures: Pictures, shelf: Shelf, copies: GeneratedFolder) -> Reviews:
    """Takes reports and carries out decisions about them."""
    return Reviews(
        reports=SqlReports(ground.database),
        pictures=pictures,
        copies=copies,
        shelf=shelf,
        clock=ground.clock,
        ids=ground.ids,
    )
