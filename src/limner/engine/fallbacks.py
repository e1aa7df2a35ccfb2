"""How it is told that another model paints than was meant to."""

from __future__ import annotations

import logging

from limner.domain.events import EventKind, News
from limner.domain.plan import Fallback

log = logging.getLogger("limner.engine")


def fallback_news(fallback: Fallback, model: str, pictures: int) -> News:
    """The event: who should have painted, who does, and why."""
    data = {"from": fallback.original, "to": model, "reason": fallback.why, "pictures": pictures}
    return News(kind=EventKind.FALLBACK, data=data)


def log_fallback(job_id: str, fallback: Fallback, model: str) -> None:
    """The line in the log."""
    data = {"job": job_id, "original": fallback.original, "fallback": model, "reason": fallback.why}
    log.info("%s paints instead of %s. %s", model, fallback.original, fallback.why, extra=data)
