"""What a worker has in hand of one call."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.control import Control
from limner.domain.job import CallRecord, Job
from limner.domain.records import Lease
from limner.engine.finishing import Conclude
from limner.engine.passage import Passage
from limner.engine.progress import Progress


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """One call of one job in this worker's hands."""

    job: Job
    lease: Lease
    record: CallRecord
    control: Control
    progress: Progress
    conclude: Conclude
    """Says how the job ends when this call is its last one, so that both end in one transaction."""

    way: Passage | None = None
    """Under which key it goes into its service; None until it is carried."""

    @property
    def passage(self) -> Passage:
        """The way that is there while it is carried."""
        if self.way is None:
            raise ValueError("A call has its way only while it is carried.")
        return self.way

    @property
    def attempt(self) -> str:
        """Names the try of one candidate: all its calls together, also after a restart."""
        return f"{self.job.id}/{self.record.candidate}"
