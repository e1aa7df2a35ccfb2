"""Joins what comparisons need."""

from __future__ import annotations

from random import SystemRandom

from limner.db.comparisons import SqlComparisons
from limner.domain.telling import Publish
from limner.engine.comparing import Comparing
from limner.engine.engine import Engine
from limner.engine.quotes import HmacSealer
from limner.runtime.ground import Ground


def comparing_of(ground: Ground, engine: Engine, publish: Publish, sealer: HmacSealer) -> Comparing:
    """The comparisons of an installation."""
    return Comparing(
        engine=engine,
        comparisons=SqlComparisons(ground.database, publish),
        sealer=sealer.for_purpose("comparison"),
        chance=SystemRandom(),
    )
