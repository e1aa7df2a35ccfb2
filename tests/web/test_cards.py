"""What a job's card says of each state: its place in line, who stood in, what is paid for, what can be bought."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from limner.domain.call import Call
from limner.domain.errors import FailureCode, Problem
from limner.domain.job import CallRecord, CallState, Job, JobState
from limner.domain.money import FREE, Estimate, Money
from limner.domain.people import LOCAL, Principal
from limner.domain.plan import Candidate, Plan
from limner.domain.request import ImageRequest, Operation, Size
from limner.web import queue_words
from limner.web.cards import Desk
from limner.web.create_views import JobCard
from limner.web.failures import HEADLINES
from limner.web.languages import KNOWN, plain_gettext, speaking
from tests.shipped import shipped

CATALOG = shipped()
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
FLUX, STABLE = "bfl/flux-pro-1.1", "stability/core"

ORIGINAL = '<span class="original" lang="en" dir="ltr">It took long.</span>'


def candidate(model: str, title: str, usd: str = "0.16", seconds: float = 12.0) -> Candidate:
    price = Money.usd(usd)
    estimate = Estimate(floor=price, likely=price, ceiling=price) if price else FREE
    call = Call(
        id="",
        model=model.partition("/")[2],
        operation=Operation.GENERATE,
        prompt="a lake",
        size=Size(1152, 768),
        count=4,
    )
    return Candidate(model=model, title=title, calls=(call,), receipt=(), estimate=estimate, seconds=seconds)


def job(state: JobState, *candidates: Candidate, at: int = 0, count: int = 4, **given: object) -> Job:
    usual = {
        "id": f"job-{at}",
        "owner": LOCAL.id,
        "request": ImageRequest(prompt="a lake", count=count),
        "plan": Plan(candidates=candidates or (candidate(FLUX, "FLUX 1.1 Pro"),)),
        "state": state,
        "attempt": 1,
        "candidate": 0,
        "created": NOON + timedelta(seconds=at),
    }
    return Job(**{**usual, **given})  # type: ignore[arg-type]  # the fields are given by name


def failed_call(code: FailureCode, model: str = FLUX) -> CallRecord:
    return CallRecord(
        id="call",
        job_id="job",
        candidate=0,
        number=0,
        model=model,
        state=CallState.FAILED,
        call=candidate(model, "").calls[0],
        hold=Money(),
        problem=Problem(code=code, message="It did not answer within 300 s."),
    )


def card(wanted: Job, *waiting: Job, now: datetime = NOON) -> JobCard:
    return Desk(catalog=CATALOG, principal=LOCAL, now=now, waiting=waiting).card(wanted)


def test_a_job_that_waits_knows_its_place_among_those_for_the_same_service() -> None:
    first, second, third = (job(JobState.QUEUED, at=at) for at in range(3))
    other = job(JobState.QUEUED, candidate("sketch/sketch", "Sketch artist", "0"), at=0)
    everybody = (third, second, first, other)
    assert card(first, *everybody).explanation == "Next in line for Black Forest Labs. Starts in a moment."
    assert card(third, *everybody).explanation == "Third in line for Black Forest Labs. Starts in about 24 s."
    many = [job(JobState.QUEUED, at=at) for at in range(12)]
    assert card(many[11], *many).explanation.startswith("Number 12 in line for Black Forest Labs.")


def test_in_a_line_that_people_share_no_place_is_claimed() -> None:
    """Others have jobs there, too, and each process has a line of its own: of those nothing is known here."""
    first, second, third = (job(JobState.QUEUED, at=at, owner="ann") for at in range(3))
    desk = Desk(catalog=CATALOG, principal=Principal(id="ann", name="Ann"), now=NOON, waiting=(third, second, first))
    said = [desk.card(each).explanation for each in (first, second, third)]
    assert said == [
        "Next of yours for Black Forest Labs. Others may be in line as well.",
        "One of yours is before it for Black Forest Labs. Others may be in line as well.",
        "2 of yours are before it for Black Forest Labs. Others may be in line as well.",
    ]
    assert [queue_words.in_line(place, shared=True) for place in (1, 3)] == [
        "Next of yours in line",
        "2 of yours before it",
    ]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Remove background"), ("de", "Hintergrund entfernen"), ("ar", "إزالة الخلفية")]
)
def test_a_job_without_a_prompt_is_called_by_what_is_done(language: str, said: str) -> None:
    silent = job(JobState.QUEUED, request=ImageRequest(prompt="", operation=Operation.REMOVE_BACKGROUND))
    with speaking(KNOWN[language]):
        assert card(silent).prompt == said
        assert card(job(JobState.QUEUED)).prompt == "a lake"


@pytest.mark.parametrize(
    ("code", "did"),
    [(FailureCode.TIMED_OUT, "did not answer"), (FailureCode.BAD_PARAMETER, "could not paint this")],
)
def test_whoever_stood_in_is_named_and_so_is_who_did_not_come(code: FailureCode, did: str) -> None:
    done = replace(
        job(JobState.SUCCEEDED, candidate(FLUX, "FLUX 1.1 Pro"), candidate(STABLE, "Stable Image Core", "0.12")),
        candidate=1,
        finished=NOON + timedelta(seconds=9.4),
        calls=(failed_call(code),),
        cost=Money.usd("0.12"),
    )
    shown = card(done)
    assert shown.fallback == f"FLUX 1.1 Pro {did}, so Stability AI made these"
    assert shown.why_fallback.startswith("Primary provider unavailable, fallback provider used.")
    assert (shown.model, shown.result) == ("Stable Image Core", "$0.12 of $0.12 quoted · 9 s")
    with speaking(KNOWN["de"]):
        why = card(done).why_fallback
        ours, _, original = why.partition('<span class="original" lang="en" dir="ltr">')
        assert ours.endswith(f" {plain_gettext(HEADLINES[code])} ")
        assert original == "It did not answer within 300 s.</span>"


def test_what_is_partly_done_says_what_is_paid_for_and_offers_the_rest() -> None:
    part = job(JobState.FAILED, problem=Problem(code=FailureCode.TIMED_OUT, message="It took too long."))
    shown = card(part)
    assert shown.retry is not None
    assert (shown.retry.label, shown.retry.price, shown.retry.most) == (
        "Retry",
        "4 images · $0.16 · about 12 s",
        "0.16",
    )
    assert shown.explanation == "It took too long. Nothing was charged."
    assert (shown.slot_reason, shown.paid) == ("Timed out", "")


def test_where_a_service_charges_for_what_it_did_not_bring_nobody_is_told_otherwise() -> None:
    assert card(job(JobState.PARTIAL, cost=Money.usd("0.04"), finished=NOON)).paid.startswith("You pay for")
    assert card(job(JobState.PARTIAL, cost=Money.usd("0.16"), finished=NOON)).paid == ""


def test_nothing_is_offered_while_nobody_knows_what_was_bought() -> None:
    lost = replace(failed_call(FailureCode.LINE_DROPPED), state=CallState.AMBIGUOUS)
    shown = card(job(JobState.AMBIGUOUS, calls=(lost,)))
    assert shown.retry is None
    assert shown.lost_calls == ("call",)
    assert card(job(JobState.FAILED, calls=(lost,))).retry is None


def test_what_goes_on_says_for_how_long_and_whether_it_is_stopping() -> None:
    going = job(JobState.RUNNING, started=NOON)
    after = card(going, now=NOON + timedelta(seconds=3))
    assert (after.elapsed, after.so_far) == ("3", "3 s so far")
    assert (card(going).so_far, card(job(JobState.QUEUED)).so_far) == ("1 s so far", "")
    assert card(job(JobState.SUCCEEDED, started=NOON, finished=NOON)).so_far == ""
    took = [queue_words.when(going, 12.0, NOON + timedelta(seconds=each)) for each in (3, 513)]
    assert took == ["3 s of about 12 s", "8 min 33 s, longer than usual"]
    assert (card(going).live, card(going).stopping) == (True, False)
    assert card(replace(going, cancel_requested=True)).stopping


def test_somebody_elses_job_in_a_shared_project_is_only_looked_at() -> None:
    assert not card(job(JobState.FAILED, owner="ann")).own


def test_a_stopped_job_says_when_and_that_nothing_was_made() -> None:
    stopped = job(JobState.CANCELLED, started=NOON, finished=NOON + timedelta(seconds=2))
    assert card(stopped).explanation == ("You stopped this after 2 s, before any image was made. Nothing was charged.")


def test_cards_tell_of_money_by_its_amount_and_buy_for_the_same_in_every_language() -> None:
    end = NOON + timedelta(seconds=9)
    free = job(JobState.SUCCEEDED, candidate("sketch/sketch", "Sketch artist", "0"), cost=Money(), finished=end)
    paid = job(JobState.SUCCEEDED, cost=Money.usd("0.12"), finished=end)
    failed = job(JobState.FAILED, cost=Money(), problem=Problem(code=FailureCode.TIMED_OUT, message="It took long."))
    stopped = job(JobState.CANCELLED, cost=Money.usd("0.04"), finished=end)
    with speaking(KNOWN["de"]):
        assert (card(free).result, card(free).quoted) == ("kostenlos · 9 s", "kostenlos")
        assert card(paid).result == "0,12\u00a0$ von veranschlagten 0,16\u00a0$ · 9 s"
        why = "Der Anbieter hat nicht rechtzeitig geantwortet. Nichts wurde berechnet."
        assert card(failed).explanation == f"{why} {ORIGINAL}"
        assert card(stopped).explanation.endswith("bevor ein Bild erstellt war. Berechnet: 0,04\u00a0$.")
        retry = card(failed).retry
        assert retry is not None
        assert (retry.label, retry.most) == ("Wiederholen", "0.16")
    with speaking(KNOWN["ar"]):
        assert card(free).result.startswith("مجانًا · ")
        assert card(failed).explanation.endswith(f"لم يُحتسب شيء. {ORIGINAL}")
