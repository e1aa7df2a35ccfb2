"""From a job to its card: its word, its sentence, what it cost, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from limner.domain.errors import FailureCode
from limner.domain.job import CallState, Job, JobState
from limner.domain.money import Estimate, Money
from limner.domain.people import LOCAL, Principal
from limner.domain.plan import Candidate
from limner.domain.ports import Catalog
from limner.domain.queue import held_by_a_pause
from limner.domain.request import Operation, Size
from limner.web import showing, wording
from limner.web.create_views import JobCard, RetryOffer
from limner.web.failures import in_english, told
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext, number
from limner.web.services import called
from limner.web.views import Fact

RETRIED = {JobState.PARTIAL, JobState.FAILED, JobState.CANCELLED}
"""What can be bought once more as it was asked for; a refusal wants another prompt."""
PLACES = (
    message("Second"),
    message("Third"),
    message("Fourth"),
    message("Fifth"),
    message("Sixth"),
    message("Seventh"),
    message("Eighth"),
    message("Ninth"),
    message("Tenth"),
)
"""In line, behind whoever is next."""
SILENT = {FailureCode.TIMED_OUT, FailureCode.UNREACHABLE, FailureCode.UNAVAILABLE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Lays jobs out as cards, for one person."""

    catalog: Catalog
    principal: Principal
    now: datetime
    waiting: Sequence[Job] = ()
    """This person's jobs that are not finished, newest first: who is before whom."""
    paused: bool = False
    """Whether this person's queue is."""

    def card(self, job: Job) -> JobCard:
        """A job as its card shows it."""
        candidate = job.plan.candidates[job.candidate]
        css, icon = wording.STATES[job.state][:2]
        service = showing.service_of(self.catalog, job.model)
        provider = called(service) if service else job.model.partition("/")[0]
        size = _size(job, candidate)
        return JobCard(
            id=job.id,
            css=css,
            icon=icon,
            word=wording.word(job),
            prompt=wording.title(job.request.prompt, job.request.operation)[: showing.PROMPT_LIMIT],
            live=not job.ended and job.state is not JobState.QUOTED,
            stopping=job.cancel_requested and not job.ended,
            own=job.owner == self.principal.id,
            ratio=round(min(max(size.ratio, 0.5), 2.5), 4) if size else 1.0,
            tiles=tuple(showing.tile(picture, eager=True) for picture in job.pictures),
            missing=_missing(job),
            slot_reason=_slot_reason(job),
            held=self._held(job),
            explanation=self._place(job, provider) or wording.explanation(job),
            model=candidate.title,
            provider=provider,
            colour=showing.colour(job.model),
            size=wording.size(size.width, size.height) if size else "",
            quoted=wording.quoted(_likely(candidate)),
            paid=_paid(job, candidate),
            result=_result(job, candidate),
            elapsed="" if job.started is None else f"{self._passed(job.started):.0f}",
            so_far="" if job.started is None or job.ended else _so_far(self._passed(job.started)),
            fallback=_fallback(job, provider),
            why_fallback=_why_fallback(job),
            rerun=job.pictures[0].id if job.pictures and job.request.operation is not Operation.UPLOAD else "",
            retry=_retry(job, candidate),
            receipt=showing.receipt(job.receipt),
            receipt_summary=wording.receipt_summary(tuple(line.treatment for line in job.receipt)),
            passed_over=tuple(Fact(name=each.model, value=each.why) for each in job.plan.rejections),
            lost_calls=tuple(call.id for call in job.calls if call.state is CallState.AMBIGUOUS),
        )

    def _passed(self, started: datetime) -> float:
        return max((self.now - started).total_seconds(), 0.0)

    def _held(self, job: Job) -> bool:
        return self.paused and job.owner == self.principal.id and held_by_a_pause(job)

    def _place(self, job: Job, provider: str) -> str:
        """Where a job stands among one's own for the same service; empty for one that does not wait."""
        if job.state is not JobState.QUEUED:
            return ""
        if self._held(job):
            return ""  # said in place of its stage
        service = job.model.partition("/")[0]
        before = [each for each in self.waiting if _order(each) < _order(job) and each.model.startswith(f"{service}/")]
        if job.owner != LOCAL.id:  # what others have in line is nobody's to see, and each process has a line of its own
            return wording.own_before(len(before), provider)
        if not before:
            return _("Next in line for %(provider)s. Starts in a moment.", provider=provider)
        seconds = sum(each.plan.candidates[each.candidate].seconds for each in before)
        return _(
            "%(place)s in line for %(provider)s. Starts in about %(time)s.",
            place=_behind(len(before)),
            provider=provider,
            time=wording.duration(seconds),
        )


def _so_far(seconds: float) -> str:
    """12 s so far; the script puts another time into the same words."""
    return _("{time} so far").replace("{time}", wording.duration(max(seconds, 1.0)))


def _order(job: Job) -> tuple[int, datetime]:
    """Sorts one's own jobs as they take their turns."""
    return -job.front, job.created


def _behind(before: int) -> str:
    """The place of whoever has so many before them."""
    return _(PLACES[before - 1]) if before <= len(PLACES) else _("Number %(number)s", number=number(before + 1))


def _size(job: Job, candidate: Candidate) -> Size | None:
    """The pixels of its pictures, or those that were asked for."""
    if job.pictures:
        return Size(job.pictures[0].file.width, job.pictures[0].file.height)
    return candidate.calls[0].size if candidate.calls else job.request.size


def _missing(job: Job) -> tuple[int, ...]:
    """Places of pictures that are still to come, or will not."""
    if job.ended and job.state is not JobState.PARTIAL:
        return ()
    return tuple(range(len(job.pictures) + 1, job.request.count + 1))


def _slot_reason(job: Job) -> str:
    if job.problem is not None and job.problem.code == FailureCode.TIMED_OUT:
        return _("Timed out")
    return _("This one was not made")


def _likely(candidate: Candidate) -> Money | None:
    return candidate.estimate.likely if candidate.estimate else None


def _paid(job: Job, candidate: Candidate) -> str:
    """What a job that is only partly done is paid for; empty for others, and where all was charged."""
    likely = _likely(candidate)
    if job.state is not JobState.PARTIAL or not job.cost or likely is None or job.cost >= likely:
        return ""
    made = len(job.pictures)
    return ngettext("You pay for one", "You pay for %(num)s", made, num=wording.spelled(made))


def _result(job: Job, candidate: Candidate) -> str:
    if not job.ended or job.finished is None:
        return ""
    took = wording.duration((job.finished - (job.started or job.created)).total_seconds())
    booked = showing.booked(job)
    # What is set aside is the ceiling; beside what was likely it would look like more than was agreed to.
    alone = (not job.cost and showing.is_free(job)) or job.state is JobState.AMBIGUOUS
    if alone:
        return f"{booked} · {took}"
    quoted = wording.price(_likely(candidate))
    return _("%(cost)s of %(price)s quoted · %(time)s", cost=booked, price=quoted, time=took)


def _fallback(job: Job, provider: str) -> str:
    """In whose place somebody made it: "FLUX 1.1 [pro] did not answer, so Stability AI made these"; else empty."""
    instead = job.fallback
    if instead is None:
        return ""
    who = {"original": _original(job), "provider": provider}
    if not job.ended:
        if _was_silent(job):
            return _("%(original)s did not answer, so %(provider)s is asked", **who)
        return _("%(original)s could not paint this, so %(provider)s is asked", **who)
    if _was_silent(job):
        return ngettext(
            "%(original)s did not answer, so %(provider)s made this",
            "%(original)s did not answer, so %(provider)s made these",
            job.request.count,
            **who,
        )
    return ngettext(
        "%(original)s could not paint this, so %(provider)s made this",
        "%(original)s could not paint this, so %(provider)s made these",
        job.request.count,
        **who,
    )


def _was_silent(job: Job) -> bool:
    return any(call.problem is not None and call.problem.code in SILENT for call in job.calls)


def _original(job: Job) -> str:
    original = "" if job.fallback is None else job.fallback.original
    titles = {candidate.model: candidate.title for candidate in job.plan.candidates}
    return titles.get(original, original)


def _why_fallback(job: Job) -> str:
    if job.fallback is None:
        return ""
    warning = _("Primary provider unavailable, fallback provider used. The cost may differ.")
    failed = next((call.problem for call in job.calls if call.problem and call.candidate < job.candidate), None)
    why = told(failed) if failed and failed.message == job.fallback.why else in_english(job.fallback.why)
    return Markup("{} {}").format(warning, why) if why else warning


def _retry(job: Job, candidate: Candidate) -> RetryOffer | None:
    """What is left to buy, for how much; None where there is nothing, or a person has to say something first."""
    missing = job.request.count - len(job.pictures)
    if job.state not in RETRIED or missing <= 0 or any(call.state is CallState.AMBIGUOUS for call in job.calls):
        return None
    likely = _share(candidate.estimate, job.request.count, missing)
    most = job.plan.unit_ceiling(job.request.count)
    return RetryOffer(
        label=_retry_label(job, missing),
        price=wording.price_line(missing, likely, candidate.seconds),
        most="" if most is None else (most * missing).text,
    )


def _retry_label(job: Job, missing: int) -> str:
    if job.state is JobState.PARTIAL:
        return ngettext("Retry this one", "Retry these %(num)s", missing, num=wording.spelled(missing))
    return _("Run again") if job.state is JobState.CANCELLED else _("Retry")


def _share(estimate: Estimate | None, count: int, missing: int) -> Money | None:
    return None if estimate is None else Money(-(-estimate.likely.micro // count) * missing)
