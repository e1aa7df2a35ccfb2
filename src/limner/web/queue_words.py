"""The queue in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.plan import Candidate, Plan
from limner.domain.request import ImageRequest
from limner.web import wording
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext, number

PLACES = (
    message("First in line"),
    message("Second in line"),
    message("Third in line"),
    message("Fourth in line"),
    message("Fifth in line"),
    message("Sixth in line"),
    message("Seventh in line"),
    message("Eighth in line"),
    message("Ninth in line"),
    message("Tenth in line"),
)
STAGES = {
    "queued": message("Waiting for a place"),
    "submitting": message("Sending"),
    "submitted": message("Sending"),
    "preview": message("First preview"),
    "painting": message("Refining detail"),
    "fetching": message("Fetching the pictures"),
    "saving": message("Saving"),
}
BEGUN = message("The missing pictures are being made already.")
LONGEST_NOTE = 140
LEAST_USUAL = 1.0
"""Seconds under which nobody is told that something takes long."""


def stage(name: str) -> str:
    """What goes on, in the words of the cards."""
    return _(STAGES[name]) if name in STAGES else name[:1].upper() + name[1:] or _(STAGES["submitted"])


def in_line(place: int, *, shared: bool = False) -> str:
    """Third in line; of a line that several people share only how many of one's own are before it."""
    if shared and place == 1:
        return _("Next of yours in line")
    if shared:
        return ngettext("%(num)s of yours before it", "%(num)s of yours before it", place - 1)
    if 0 < place <= len(PLACES):
        return _(PLACES[place - 1])
    return _("Number %(place)s in line", place=number(place))


def paused(since: datetime) -> str:
    """What it means that the queue is paused, and since when."""
    return _(
        "Your queue is paused since %(time)s. Pictures that were not sent wait, with their money set aside; "
        "none is bought. Text models answer all the same.",
        time=wording.moment(since),
    )


def note(job: Job) -> str:
    """Why a job came short; empty for one that did not."""
    if job.state is JobState.CANCELLED:
        return _("Stopped by you")
    if job.state is JobState.AMBIGUOUS:
        return _("May have been charged: say which")
    if job.problem is None or not job.ended:
        return ""
    said = job.problem.message
    cut = said if len(said) <= LONGEST_NOTE else f"{said[: LONGEST_NOTE - 1].rstrip()}\u2026"
    return wording.trouble(job, replace(job.problem, message=cut))


def when(job: Job, seconds: float, now: datetime) -> str:
    """3 s of about 12 s; 40 s, longer than usual; 17:39, or 20 Nov 2026, 17:42."""
    if job.state is JobState.RUNNING and job.started is not None:
        passed = (now - job.started).total_seconds()
        if passed > max(seconds, LEAST_USUAL):
            return _("%(passed)s, longer than usual", passed=wording.duration(passed))
        return _("%(passed)s of about %(time)s", passed=wording.duration(passed), time=wording.duration(seconds))
    if not job.ended:
        return _("about %(time)s", time=wording.duration(seconds))
    at = (job.finished or job.created).astimezone()
    return f"{at:%H:%M}" if at.date() == now.astimezone().date() else wording.moment(at)


def quoted(candidate: Candidate) -> str:
    """What a job will probably cost."""
    return wording.price(candidate.estimate.likely if candidate.estimate else None)


def tally(counts: Mapping[JobState, int]) -> str:
    """2 running, 2 queued; empty where nothing goes on."""
    running, queued = counts.get(JobState.RUNNING, 0), counts.get(JobState.QUEUED, 0)
    said = [ngettext("%(num)s running", "%(num)s running", running)] if running else []
    if queued:
        said.append(ngettext("%(num)s queued", "%(num)s queued", queued))
    return _(", ").join(said)


def lane(used: int, capacity: int, queued: int) -> str:
    """1 of 4; 2 waiting; Idle."""
    if queued:
        return ngettext("%(num)s waiting", "%(num)s waiting", queued)
    if not used:
        return _("Idle")
    if capacity:
        return _("%(used)s of %(capacity)s", used=number(used), capacity=number(capacity))
    return ngettext("%(num)s at once", "%(num)s at once", used)


def lane_in_full(used: int, capacity: int, queued: int) -> str:
    """The same for those who do not see the places."""
    if capacity:
        places = ngettext(
            "%(used)s of %(num)s slot in use", "%(used)s of %(num)s slots in use", capacity, used=number(used)
        )
    else:
        places = ngettext("%(num)s at once, without a limit", "%(num)s at once, without a limit", used)
    return _(", ").join([places, ngettext("%(num)s waiting", "%(num)s waiting", queued)]) if queued else places


def at_most(ceiling: Money | None) -> str:
    """$0.16 at most; free; price unknown."""
    price = wording.price(ceiling)
    return _("%(price)s at most", price=price) if ceiling else price


def price_line(plans: Sequence[tuple[ImageRequest, Plan]]) -> str:
    """4 images · $0.16 at most · about 12 s; empty where there is nothing to buy."""
    if not plans:
        return ""
    ceilings = [plan.ceiling(request.count) for request, plan in plans]
    known = [ceiling.micro for ceiling in ceilings if ceiling is not None]
    total = Money(sum(known)) if len(known) == len(ceilings) else None
    count = sum(request.count for request, _ in plans)
    seconds = max(plan.candidates[0].seconds for _, plan in plans)
    values = {"images": wording.images(count), "price": at_most(total), "time": wording.duration(seconds)}
    return _("%(images)s · %(price)s · about %(time)s", **values)
