"""One line in the log for each picture that was made, and for each call that brought none.

The words and the names of the details are document 1's; the rest of them document 3 asks for.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime

from limner.domain.errors import Problem
from limner.domain.job import CallRecord, Job
from limner.domain.picture import Picture

MADE = "Image generated successfully"
NOT_MADE = "Image generation failed"
SHOWN = 100
"""Characters of a prompt that stand in the log."""

log = logging.getLogger("limner.generations")


def log_made(job: Job, record: CallRecord, pictures: Sequence[Picture], at: datetime) -> None:
    """A line for each picture of a call, once it is kept and booked."""
    for picture in pictures:
        cost = None if picture.cost is None else float(picture.cost.dollars)
        size = f"{picture.file.width}x{picture.file.height}"
        log.info(MADE, extra={**_told(job, record, size, at), "cost": cost, "success": True, "image_id": picture.id})


def log_not_made(job: Job, record: CallRecord, problem: Problem, at: datetime) -> None:
    """A line for a call that brought nothing, with the reason."""
    size = None if record.call.size is None else str(record.call.size)
    why = {"code": str(problem.code), "reason": problem.message, "spent": problem.spent.value}
    log.warning(NOT_MADE, extra={**_told(job, record, size, at), **why, "success": False})


def _told(job: Job, record: CallRecord, size: str | None, at: datetime) -> Mapping[str, object]:
    begun = job.started or job.created
    return {
        "userId": job.owner,
        "provider": record.model.partition("/")[0],
        "model": record.model,
        "prompt": job.request.prompt[:SHOWN],
        "generationTime": round((at - begun).total_seconds() * 1000),
        "metadata": {"size": size, "quality": record.call.quality, "style": job.request.style},
        "job_id": job.id,
    }
