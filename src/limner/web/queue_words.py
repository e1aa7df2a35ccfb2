"""The queue in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.plan import Candidate, Plan
from limner.domain.request import ImageRequest
from limner.web import wording

PLACES = ("", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")
STAGES = {
    "queued": "Waiting for a place",
    "submitting": "Sending",
    "submitted": "Sending",
    "preview": "First preview",
    "painting": "Refining detail",
    "fetching": "Fetching the pictures",
    "saving": "Saving",
}
BEGUN = "The missing pictures are being made already."
LONGEST_NOTE = 140


def stage(name: str) -> str:
    """What goes on, in the words of the cards."""
    return STAGES.get(name, name[:1].upper() + name[1:]) or "Working"


def in_line(place: int) -> str:
    """Third in line."""
    return f"{PLACES[place]} in line" if 0 < place < len(PLACES) else f"Number {place} in line"


def note(job: Job) -> str:
    """Why a job came short; empty for one that did not."""
    if job.state is JobState.CANCELLED:
        return "Stopped by you"
    if job.state is JobState.AMBIGUOUS:
        return "May have been charged: say which"
    said = job.problem.message if job.problem and job.ended else ""
    return said if len(said) <= LONGEST_NOTE else f"{said[: LONGEST_NOTE - 1].rstrip()}\u2026"


def when(job: Job, seconds: float, now: datetime) -> str:
    """3 s of about 12 s, 17:39, or 20 Nov 2026, 17:42."""
    if job.state is JobState.RUNNING and job.started is not None:
        return f"{wording.duration((now - job.started).total_seconds())} of about {wording.duration(seconds)}"
    if not job.ended:
        return f"about {wording.duration(seconds)}"
    at = (job.finished or job.created).astimezone()
    return f"{at:%H:%M}" if at.date() == now.astimezone().date() else wording.moment(at)


def quoted(candidate: Candidate) -> str:
    """What a job will probably cost."""
    return wording.price(candidate.estimate.likely if candidate.estimate else None)


def tally(counts: Mapping[JobState, int]) -> str:
    """2 running, 2 queued; empty where nothing goes on."""
    states = ((JobState.RUNNING, "running"), (JobState.QUEUED, "queued"))
    return ", ".join(f"{counts[state]} {word}" for state, word in states if counts.get(state))


def lane(used: int, capacity: int, queued: int) -> str:
    """1 of 4; 2 waiting; idle."""
    if queued:
        return f"{queued} waiting"
    if not used:
        return "idle"
    return f"{used} of {capacity}" if capacity else f"{used} at once"


def lane_in_full(used: int, capacity: int, queued: int) -> str:
    """The same for those who do not see the places."""
    places = f"{used} of {capacity} slots in use" if capacity else f"{used} at once, without a limit"
    return f"{places}, {queued} waiting" if queued else places


def at_most(ceiling: Money | None) -> str:
    """$0.16 at most; free; price unknown."""
    price = wording.price(ceiling)
    return f"{price} at most" if ceiling else price


def price_line(plans: Sequence[tuple[ImageRequest, Plan]]) -> str:
    """4 images · $0.16 at most · about 12 s; empty where there is nothing to buy."""
    if not plans:
        return ""
    ceilings = [plan.ceiling(request.count) for request, plan in plans]
    known = [ceiling.micro for ceiling in ceilings if ceiling is not None]
    total = Money(sum(known)) if len(known) == len(ceilings) else None
    count = sum(request.count for request, _ in plans)
    seconds = max(plan.candidates[0].seconds for _, plan in plans)
    return f"{wording.images(count)} \u00b7 {at_most(total)} \u00b7 about {wording.duration(seconds)}"
