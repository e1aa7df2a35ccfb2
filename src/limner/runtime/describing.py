"""Joins what looks at pictures."""

from __future__ import annotations

from limner.db.descriptions import SqlDescriptions
from limner.domain.describing import Describes
from limner.domain.stores import Pictures
from limner.engine.curating import Curator
from limner.engine.describing import Analyst
from limner.runtime.ground import Ground


def analyst_of(ground: Ground, pictures: Pictures, curator: Curator, describes: Describes) -> Analyst:
    """Looks at pictures, and keeps what is said of them."""
    return Analyst(
        pictures=pictures,
        blobs=ground.blobs,
        imaging=ground.imaging,
        measures=ground.imaging,
        describes=describes,
        kept=SqlDescriptions(ground.database),
        curator=curator,
    )
