"""What the pages of comparisons say that Python puts together."""

from __future__ import annotations

from limner.domain.comparisons import LETTERS, Ballot, Comparison, Outcome, Result, Round
from limner.domain.errors import PictureWithheld
from limner.domain.job import Job
from limner.domain.leaderboards import Score
from limner.domain.money import Money
from limner.engine.comparing import RoundQuote
from limner.web import wording
from limner.web.failures import headline, told, told_of
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext, number

CHOOSE = message("Choose 2 to 4 models, or one model and two prompts.")
TOO_MANY = message("At most 4 pictures in a round. Leave a model out.")
NO_PROMPT = message("The price is the same for most prompts.")
VERDICTS = {
    Outcome.EQUAL: message("You called them equal."),
    Outcome.NONE: message("You took none of them."),
    Outcome.SKIPPED: message("You skipped this round. It counts nowhere."),
}


def chosen(count: int, *, two_prompts: bool) -> str:
    """2 chosen, of 2 to 4; two prompts need half as many models."""
    if two_prompts:
        return _("%(count)s chosen, of 1 or 2", count=number(count))
    return _("%(count)s chosen, of 2 to 4", count=number(count))


def summary(comparison: Comparison) -> str:
    """4 models · 4 images · $0.163 this round."""
    models = len({each.model for each in comparison.contenders})
    prompts = len(comparison.prompts)
    parts = [ngettext("%(num)s model", "%(num)s models", models)]
    if prompts > 1:
        parts.append(ngettext("%(num)s prompt", "%(num)s prompts", prompts))
    likely = None if comparison.estimate is None else comparison.estimate.likely
    return " · ".join([*parts, wording.images(len(comparison.contenders)), round_price(likely)])


def round_price(money: Money | None) -> str:
    """$0.163 this round; free."""
    price = wording.price(money)
    return _("%(price)s this round", price=price) if money else price


def price_line(quote: RoundQuote) -> str:
    """4 images · $0.163 · about 20 s."""
    likely = None if quote.estimate is None else quote.estimate.likely
    return wording.price_line(len(quote.entrants), likely, quote.seconds)


def at_most(quote: RoundQuote) -> str:
    """What it may come to, where that is more than is likely."""
    estimate = quote.estimate
    if estimate is None or estimate.ceiling <= estimate.likely:
        return _("One price for the whole round.")
    return _("At most %(price)s for the whole round.", price=wording.price(estimate.ceiling))


def progress(found: Round) -> str:
    """2 of 4 are ready."""
    ready = len(found.jobs) - found.waiting
    return _("%(ready)s of %(all)s are ready.", ready=ready, all=len(found.jobs))


def missing(found: Round) -> str:
    """That some could not paint, and nothing of who they are."""
    count = len(found.comparison.contenders) - len(found.shown)
    if found.waiting or not count:
        return ""
    return _(
        "%(count)s of %(all)s could not be painted. You are told who it was after you vote.",
        count=count,
        all=len(found.comparison.contenders),
    )


def verdict(ballot: Ballot | None) -> str:
    """What somebody said of a round."""
    if ballot is None:
        return _("Nothing to compare: fewer than two pictures came.")
    if ballot.outcome in VERDICTS:
        return _(VERDICTS[ballot.outcome])
    return _("You chose %(letter)s.", letter=LETTERS[ballot.place or 0])


def absent(job: Job | None, result: Result) -> str:
    """What stands in place of a picture that is not there."""
    if result.picture_id is not None:
        return _("Deleted since")
    if job is None or job.ended:
        return _("Could not paint") if job is None or not job.pictures else _("Withheld")
    return _("Still painting")


def why_absent(job: Job | None) -> str:
    """Why a picture is not there, as far as somebody has said it."""
    if job is None:
        return ""
    withheld = job.pictures[0].withheld if job.pictures else None
    if withheld:
        return told_of(headline(PictureWithheld.code), withheld)
    return told(job.problem)


def facts(cost: Money | None, seconds: float | None) -> str:
    """$0.030 · 8.9 s."""
    return " · ".join([wording.price(cost), *([] if seconds is None else [took(seconds)])])


def took(seconds: float) -> str:
    """8.9 s; beside each other tenths tell them apart."""
    if seconds >= 60:
        return wording.duration(seconds)
    return _("%(seconds)s s", seconds=number(max(seconds, 0.1), 1))


def votes(count: int) -> str:
    """1 vote, 212 votes."""
    return ngettext("%(num)s vote", "%(num)s votes", count)


def percent(share: float) -> int:
    """A share as people say it."""
    return round(share * 100)


def bounds(score: Score) -> str:
    """58 to 81%."""
    low, high = score.bounds
    return _("%(low)s to %(high)s%%", low=percent(low), high=percent(high))
