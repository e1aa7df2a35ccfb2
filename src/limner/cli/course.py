"""How far a job is: what its events say, and what its usual duration lets one guess in between."""

from __future__ import annotations

from collections.abc import Mapping

from limner.domain.events import Event, EventKind
from limner.domain.job import Job

MOST = 0.95
"""What a guess never exceeds: only the end itself is the whole."""


class Course:
    """One job on its way, seen from outside; times are seconds of one monotonic clock."""

    def __init__(self, job: Job, now: float) -> None:
        self._begun = now
        self._count = job.request.count
        self._seconds = job.plan.candidates[job.candidate].seconds
        self._calls = {record.number: record.call.count for record in job.calls}
        self._reported: dict[int, float] = {}
        self.pictures = 0
        self.stage = "waiting"

    def hear(self, event: Event) -> None:
        """Takes in one event."""
        if event.kind is EventKind.RUNNING:
            self.stage = "painting"
        elif event.kind is EventKind.QUEUED:
            self.stage = "waiting: your queue is paused" if event.data.get("waits") else "waiting"
        elif event.kind is EventKind.PICTURE:
            self.pictures += 1
        elif event.kind in (EventKind.PROGRESS, EventKind.PREVIEW):
            self._progress(event.data)

    def _progress(self, data: Mapping[str, object]) -> None:
        stage, call, progress = data.get("stage"), data.get("call"), data.get("progress")
        if isinstance(stage, str) and stage:
            self.stage = stage
        if isinstance(call, int) and isinstance(progress, int | float):
            self._reported[call] = min(max(float(progress), 0.0), 1.0)

    def share(self, now: float) -> float:
        """How much is done, 0 to 1."""
        done = self.pictures / self._count
        if self._reported:
            said = sum(self._calls.get(call, 1) * share for call, share in self._reported.items()) / self._count
        else:
            said = (now - self._begun) / self._seconds if self._seconds > 0 else 0.0
        return min(max(done, min(said, MOST)), 1.0)

    def left(self, now: float) -> float | None:
        """How many seconds it may still take; None where nobody can say."""
        passed, share = now - self._begun, self.share(now)
        if self._reported and share > 0.05:
            return passed * (1 - share) / share
        rest = self._seconds - passed
        return rest if rest > 0 else None
