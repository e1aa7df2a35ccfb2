"""A request being carried out, and the calls it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from limner.domain.call import Call, Finished
from limner.domain.errors import Problem
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.plan import Fallback, Plan, ReceiptLine, Treatment
from limner.domain.request import ImageRequest
from limner.domain.vault import Access


class JobState(StrEnum):
    """Where a job is."""

    QUOTED = "quoted"
    """Priced, waiting for a yes."""
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    """Some of the pictures were made."""
    FAILED = "failed"
    REFUSED = "refused"
    """The service or a rule refused the content."""
    CANCELLED = "cancelled"
    AMBIGUOUS = "ambiguous"
    """A purchase may have gone through and cannot be found again; a person decides."""


TRANSITIONS: Mapping[JobState, frozenset[JobState]] = {
    JobState.QUOTED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    JobState.RUNNING: frozenset(
        {
            JobState.QUEUED,
            JobState.QUOTED,
            JobState.SUCCEEDED,
            JobState.PARTIAL,
            JobState.FAILED,
            JobState.REFUSED,
            JobState.CANCELLED,
            JobState.AMBIGUOUS,
        }
    ),
    JobState.AMBIGUOUS: frozenset({JobState.SUCCEEDED, JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED}),
    JobState.SUCCEEDED: frozenset(),
    JobState.PARTIAL: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.REFUSED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""The only changes of state there are."""

OPEN_STATES = frozenset({JobState.QUEUED, JobState.RUNNING})
"""Jobs that a worker still has to finish."""

ENDED_STATES = frozenset(JobState) - OPEN_STATES - {JobState.QUOTED}
"""Nothing more happens by itself."""


class CallState(StrEnum):
    """Where one purchase is; each step is its own commit."""

    QUEUED = "queued"
    """Nothing has been sent."""
    SUBMITTING = "submitting"
    """It may have been sent: never sent again blindly."""
    SUBMITTED = "submitted"
    """The service has it; the ticket finds it."""
    FETCHED = "fetched"
    """The bytes are in the object store; what remains is ours."""
    SETTLED = "settled"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    CANCELLED = "cancelled"


CLOSED_CALLS = frozenset({CallState.SETTLED, CallState.FAILED, CallState.AMBIGUOUS, CallState.CANCELLED})


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """One call of a job as it is stored."""

    id: str
    job_id: str
    candidate: int
    """Which candidate of the plan it belongs to."""
    number: int
    model: str
    state: CallState
    call: Call
    hold: Money
    """What is set aside for it."""
    ticket: Mapping[str, object] | None = None
    fetched: Finished | None = None
    """What came back, every picture already in the object store."""
    cost: Money | None = None
    problem: Problem | None = None
    submitted: datetime | None = None
    access: Access | None = None
    """The stored key and the address that it was last sent with; None for the installation's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One request being carried out."""

    id: str
    owner: str
    """The principal it belongs to."""
    request: ImageRequest
    plan: Plan
    state: JobState
    attempt: int
    """How often it was taken up; every later write names it, so that a stale worker writes nothing."""
    candidate: int
    """Which candidate of the plan is being tried."""
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    held: Money = field(default_factory=Money)
    cost: Money | None = field(default_factory=Money)
    """Booked so far; None where a part of it is unknown."""
    problem: Problem | None = None
    cancel_requested: bool = False
    worker: str | None = None
    """The process that has it in hand."""
    retry_of: str | None = None
    """The job whose missing pictures it buys."""
    front: int = 0
    """What was sent to the front of its person's queue has a number, the latest the highest."""
    pictures: tuple[Picture, ...] = ()
    calls: tuple[CallRecord, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in ENDED_STATES

    @property
    def model(self) -> str:
        """The model that paints it, or would."""
        return self.plan.candidates[self.candidate].model

    @property
    def fallback(self) -> Fallback | None:
        """Who would have painted and why somebody else does; None where the first choice paints."""
        first = self.plan.fallback
        if not self.candidate:
            return first
        failed = (call.problem.message for call in self.calls if call.problem and call.candidate < self.candidate)
        original = self.plan.candidates[0].model if first is None else first.original
        return Fallback(original=original, why=next(failed, "") if first is None else first.why)

    @property
    def receipt(self) -> tuple[ReceiptLine, ...]:
        """What became of each option, and of the model where another one paints than was meant to."""
        lines, instead = self.plan.candidates[self.candidate].receipt, self.fallback
        if instead is None:
            return lines
        told = ReceiptLine(
            field="model", treatment=Treatment.MAPPED, wanted=instead.original, sent=self.model, why=instead.why
        )
        return (told, *(line for line in lines if line.field != "model"))
