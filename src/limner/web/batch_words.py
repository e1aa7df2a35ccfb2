"""Batches in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from limner.domain.batches import Batch, RowState
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.engine.batching import BatchQuote, PricedRow
from limner.web import wording
from limner.web.languages import gettext as _
from limner.web.languages import message, ngettext, number

BATCHES: Mapping[str, tuple[str, str, str]] = {
    "running": ("gold", "run", message("Running")),
    "paused": ("warn", "clock", message("Paused")),
    "finished": ("ok", "ok", message("Finished")),
    "cancelled": ("", "cancel", message("Cancelled")),
}
"""For each state of a batch the badge, the icon and the word, still to be said."""
ROWS: Mapping[RowState, tuple[str, str, str]] = {
    RowState.WAITING: ("", "clock", message("Waiting")),
    RowState.BEGUN: ("gold", "run", message("Starting")),
    RowState.FAILED: ("bad", "bad", message("Not painted")),
    RowState.CANCELLED: ("", "cancel", message("Taken out")),
}
"""The same for a row that is no job yet, or never was one."""
SENTENCES = {
    "running": message("Rows are begun one after the other. You may leave this page: the server goes on."),
    "paused": message("No further row is begun until you let it go on. What was begun is carried out."),
    "stopping": message("What was not begun was taken out. What was begun is carried out and paid for."),
    "finished": message("All rows are over."),
    "again": message("All rows are over; what is bought again goes on."),
    "cancelled": message("What was not begun was taken out."),
}
DONE = {JobState.SUCCEEDED.value}
SHORT = frozenset({RowState.FAILED.value, "failed", "partial", "refused", "ambiguous", "quoted"})
"""States of rows that came short, or wait for a person's word."""


FAILED = frozenset({RowState.FAILED.value, JobState.FAILED.value})
"""States of rows that brought nothing and wait for nobody."""


def standing(batch: Batch) -> tuple[str, str, str]:
    """The badge, the icon and the word of its state; where rows came short, how many did not."""
    short = {state for state, many in batch.counts.items() if many and state in SHORT}
    if batch.state == "finished" and batch.left:
        badge, icon, word = BATCHES["running"]
    elif batch.state == "finished" and short:
        if short <= FAILED and not _done(batch):
            return "bad", "bad", _("Failed")
        return "warn", "part", _("%(made)s of %(wanted)s done", made=number(_done(batch)), wanted=number(batch.total))
    else:
        badge, icon, word = BATCHES[batch.state]
    return badge, icon, _(word)


def name(batch: Batch) -> str:
    """What it is called, or its first prompt."""
    return batch.name or batch.first or _("Without a name")


def sentence(batch: Batch) -> str:
    """What goes on."""
    state = batch.state
    if state == "running" and batch.cancelled is not None:
        state = "stopping"
    if state == "finished" and batch.left:
        state = "again"
    return _(SENTENCES[state])


def counts(batch: Batch) -> str:
    """3 done, 2 came short, 7 not over."""
    done = _done(batch)
    short = sum(many for state, many in batch.counts.items() if state in SHORT)
    out = batch.total - done - short - batch.left
    said = [
        ngettext("%(num)s done", "%(num)s done", done) if done else "",
        ngettext("%(num)s came short", "%(num)s came short", short) if short else "",
        ngettext("%(num)s taken out", "%(num)s taken out", out) if out else "",
        ngettext("%(num)s to come", "%(num)s to come", batch.left) if batch.left else "",
    ]
    return _(", ").join(filter(None, said))


def _done(batch: Batch) -> int:
    """Rows that brought everything."""
    return sum(many for state, many in batch.counts.items() if state in DONE)


def progress(batch: Batch) -> str:
    """3 of 12."""
    return _("%(done)s of %(all)s", done=number(batch.total - batch.left), all=number(batch.total))


def money(batch: Batch) -> str:
    """$0.056 of $0.059 at most; free where it can cost nothing."""
    if batch.cost == batch.ceiling == Money():
        return wording.price(Money())
    spent = wording.dollars("0") if batch.cost is not None and not batch.cost else wording.charged(batch.cost)
    return _("%(spent)s of %(most)s", spent=spent, most=at_most(batch.ceiling))


def at_most(ceiling: Money | None) -> str:
    """$0.48 at most; free; price unknown."""
    return _("%(price)s at most", price=wording.price(ceiling)) if ceiling else wording.price(ceiling)


def quote_line(quote: BatchQuote) -> str:
    """12 rows · 14 images · $0.48 at most."""
    rows = ngettext("%(num)s row", "%(num)s rows", len(quote.paintable))
    pictures = sum(priced.row.request.count for priced in quote.paintable if priced.row.request is not None)
    return _(
        "%(rows)s · %(images)s · %(price)s", rows=rows, images=wording.images(pictures), price=at_most(quote.ceiling)
    )


def likely(quote: BatchQuote) -> str:
    """What it probably costs; empty where it cannot cost anything else."""
    estimate = quote.estimate
    if estimate is None or estimate.likely == estimate.ceiling:
        return ""
    return _("Probably %(price)s; more only where other models have to stand in.", price=wording.price(estimate.likely))


def button(quote: BatchQuote) -> str:
    """Start for $0.48 at most."""
    return _("Start for %(price)s", price=at_most(quote.ceiling)) if quote.ceiling else _("Start")


def faulty(rows: Sequence[PricedRow]) -> str:
    """How many rows cannot be painted; empty where all can."""
    many = sum(priced.row.request is None for priced in rows)
    if not many:
        return ""
    return ngettext(
        "%(num)s row cannot be painted and is left out. It says why.",
        "%(num)s rows cannot be painted and are left out. They say why.",
        many,
    )


def more(many: int) -> str:
    """How many rows are not shown; empty where all are."""
    return ngettext("%(num)s more row is not shown.", "%(num)s more rows are not shown.", many) if many else ""


def note(job: Job) -> str:
    """Why a row's job came short, and what to do; empty for one that did not."""
    if job.state is JobState.CANCELLED:
        return _("Stopped by you.")
    if job.state is JobState.AMBIGUOUS:
        return _("It may have been charged. Open it and say which.")
    return wording.trouble(job, job.problem) if job.problem and job.ended else ""
