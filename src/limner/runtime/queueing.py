"""Joins what has jobs wait for their turn: people's queues, and batches."""

from __future__ import annotations

from limner.db.batches import SqlBatches
from limner.db.queues import SqlQueues
from limner.dispatch.porter import Porter
from limner.domain.stores import Jobs
from limner.engine.batching import Batching
from limner.engine.engine import Engine
from limner.engine.queueing import Queue
from limner.runtime.ground import Ground


def queue_of(ground: Ground, jobs: Jobs) -> Queue:
    """What pauses people's queues."""
    return Queue(queues=SqlQueues(ground.database), jobs=jobs, clock=ground.clock)


def batching_of(ground: Ground, engine: Engine, jobs: Jobs, porter: Porter) -> Batching:
    """What prices batches, takes them and carries them out."""
    batches = SqlBatches(ground.database)
    return Batching(engine=engine, batches=batches, jobs=jobs, clock=ground.clock, ids=ground.ids, nudge=porter.nudge)
