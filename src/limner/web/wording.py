"""Amounts, times and states in the words of the pages."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from limner.domain.budgets import Counted, Standing, Window
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.plan import Treatment

STATES: dict[JobState, tuple[str, str, str]] = {
    JobState.QUOTED: ("part", "part", "Needs you"),
    JobState.QUEUED: ("queued", "clock", "Queued"),
    JobState.RUNNING: ("running", "run", "Running"),
    JobState.SUCCEEDED: ("done", "ok", "Done"),
    JobState.PARTIAL: ("part", "part", "Partly done"),
    JobState.FAILED: ("failed", "bad", "Failed"),
    JobState.REFUSED: ("refused", "ban", "Refused"),
    JobState.CANCELLED: ("cancelled", "cancel", "Cancelled"),
    JobState.AMBIGUOUS: ("part", "part", "Needs you"),
}
"""For each state its class, its icon and its word: never colour alone."""

TREATMENTS: dict[Treatment, tuple[str, str]] = {
    Treatment.USED: ("ok", "kept"),
    Treatment.MAPPED: ("adapt", "adapted"),
    Treatment.ROUNDED: ("adapt", "adapted"),
    Treatment.SPLIT: ("fold", "split"),
    Treatment.IGNORED: ("minus", "dropped"),
    Treatment.REFUSED: ("ban", "refused"),
    Treatment.REUSED: ("ok", "reused"),
}
"""For each treatment of an option its icon and its word."""

WINDOWS = {Window.HOUR: " this hour", Window.DAY: " today", Window.MONTH: " this month", Window.ALL: ""}

BADGES = {
    "queued": "",
    "running": "gold",
    "done": "ok",
    "part": "warn",
    "failed": "bad",
    "refused": "bad",
    "cancelled": "",
}


def price(money: Money | None) -> str:
    """Two decimals from a dollar up, else three at most; never nothing for something that cost money."""
    if money is None:
        return "price unknown"
    if not money:
        return "free"
    if money.micro < 1000:
        return "under $0.001"
    places = "0.01" if money.dollars >= 1 else "0.001"
    text = str(money.dollars.quantize(Decimal(places), ROUND_HALF_UP))
    return f"${text.removesuffix('0') if places == '0.001' else text}"


def left(standing: Standing) -> str:
    """What a budget still has: `$9.60 left today`, `7 images left this hour`."""
    if standing.counted is Counted.PICTURES:
        return f"{images(standing.left)} left{WINDOWS[standing.window]}"
    return f"{price(Money(standing.left)) if standing.left else '$0'} left{WINDOWS[standing.window]}"


def charged(money: Money | None) -> str:
    """What was booked, as it is said afterwards."""
    return "unknown" if money is None else price(money) if money else "nothing"


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 1 min 20 s."""
    if seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def moment(at: datetime) -> str:
    """20 Nov 2026, 17:42, by the clock of this machine."""
    local = at.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def images(count: int) -> str:
    """1 image, 4 images."""
    return "1 image" if count == 1 else f"{count} images"


def pictures(count: int) -> str:
    """1 picture, 4 pictures."""
    return "1 picture" if count == 1 else f"{count} pictures"


def price_line(count: int, money: Money | None, seconds: float) -> str:
    """4 images · $0.16 · about 12 s."""
    return f"{images(count)} · {price(money)} · about {duration(seconds)}"


NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def spelled(count: int) -> str:
    """A small number as a word."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else str(count)


def explanation(job: Job) -> str:
    """The sentence under the head of a job that did not simply succeed; empty for one that did."""
    if job.state is JobState.CANCELLED:
        return _stopped(job)
    if job.state is JobState.AMBIGUOUS:
        return (
            "The line broke after this was sent, so nobody here knows whether the service made and charged it. "
            "Look it up there, then say which."
        )
    if job.problem is None or not job.ended:
        return ""
    if job.state is JobState.PARTIAL:
        return job.problem.message
    alone = "Limner does not retry refusals on other providers. " if job.state is JobState.REFUSED else ""
    return f"{job.problem.message} {alone}{_charged(job)}"


def _stopped(job: Job) -> str:
    """When somebody stopped it, and what was made by then."""
    ended = job.finished or job.created
    after = duration(max((ended - (job.started or job.created)).total_seconds(), 0.0))
    made = f"with {pictures(len(job.pictures))} made" if job.pictures else "before any image was made"
    return f"You stopped this after {after}, {made}. {_charged(job)}"


def _charged(job: Job) -> str:
    return "Nothing was charged." if job.cost is not None and not job.cost else f"Charged: {charged(job.cost)}."


def word(job: Job) -> str:
    """The state in a word or two."""
    if job.state is JobState.PARTIAL:
        return f"{len(job.pictures)} of {job.request.count} done"
    return STATES[job.state][2]


def receipt_summary(treatments: tuple[Treatment, ...]) -> str:
    """What was sent: 3 kept, 2 adapted, 1 dropped."""
    words = [TREATMENTS[each][1] for each in treatments]
    return ", ".join(f"{words.count(each)} {each}" for each in dict.fromkeys(words))
