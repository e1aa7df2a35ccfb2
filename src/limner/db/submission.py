"""Writing down a new job: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, text

from limner.db import codec, holds, keeping, pausing, rates, reading, retrying, reusing, rows, sharing, templates
from limner.db.budgets import covering
from limner.db.leases import write_events
from limner.db.statements import Statement, insertion
from limner.db.tables import calls, jobs, plans, recipes
from limner.domain.budgets import Counted, Scope, tightest
from limner.domain.errors import QuoteRefused
from limner.domain.events import Event, EventKind, News
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.records import NewJob
from limner.domain.request import DEFAULT_PROJECT

_REMEMBER = Statement(
    text(
        """
        INSERT INTO idempotency_keys (user_id, key, fingerprint, job_id, created_at)
        VALUES (:owner, :key, :fingerprint, :job, :at) ON CONFLICT (user_id, key) DO NOTHING
        """
    )
)
_USE_QUOTE = Statement(
    text("INSERT INTO used_quotes (id, job_id, created_at) VALUES (:quote, :job, :at) ON CONFLICT (id) DO NOTHING")
)
_NOTE_PROJECT = Statement(
    text(
        """
        INSERT INTO projects (user_id, name, created_at) VALUES (:owner, :project, :at)
        ON CONFLICT (user_id, name) DO NOTHING
        """
    )
)
_INSERT_JOB = insertion(jobs)
_INSERT_PLAN = insertion(plans)
_INSERT_CALLS = insertion(calls)
_INSERT_RECIPE = insertion(recipes)


Reserve = Callable[[Connection, Sequence[Scope], NewJob], None]
"""Sets money aside in every budget that covers a job."""


def submit(
    connection: Connection, new: NewJob, reserve: Reserve = holds.reserve
) -> tuple[tuple[Job, bool], list[Event]]:
    """The job, whether it is new, and its first events.

    Raises TooManyRequests, IdempotencyConflict, QuoteRefused, PicturesGone, Forbidden where only others may paint in
    the project, and TooLittle, or with `holds.reserve_each` BudgetExceeded; the caller then rolls everything back.
    """
    known = retrying.known(connection, new) or _remember(connection, new)
    if known is not None:
        return (known, False), []
    paused = pausing.paused_since(connection, new.owner) is not None
    new = replace(new, begin=new.begin and not paused)
    _use_quote(connection, new)
    rates.count(connection, new.rates, new.at)
    note_project(connection, new)
    if new.request.template is not None:
        templates.note_use(connection, new.request.template, new.owner, new.at)
    if new.reused is not None:
        job, events = reusing.write(connection, new, new.reused)
        sharing.place(connection, new)
        return (job, True), events
    scopes = _scopes(connection, new)
    if new.hold:  # what costs nothing passes a budget that is overdrawn
        reserve(connection, scopes, new)
    _INSERT_JOB.many(connection, [rows.job_row(new)])
    _INSERT_PLAN.many(connection, [rows.plan_row(new)])
    sharing.place(connection, new)
    keeping.insert_inputs(connection, new.id, new.request)
    holds.write_holds(connection, scopes, new)
    _INSERT_CALLS.many(connection, rows.call_rows(new.id, new.plan, 0, new.calls))
    if new.recipe:
        _INSERT_RECIPE.many(connection, [{"user_id": new.owner, "recipe": new.recipe, "job_id": new.id}])
    news = [pausing.queued_news(paused=paused), *new.news]
    if new.begin:
        news.append(News(kind=EventKind.RUNNING, data={"state": JobState.RUNNING.value, "attempt": 1}))
    return (rows.new_job(new), True), write_events(connection, new.id, 0, news, new.at)


class Rehearsed(Exception):
    """A job could be written down as things are. The caller rolls everything back, as for any error."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Aside:
    """Money alone that has to fit beside a job."""

    hold: Money
    at: datetime
    pictures: int = 0


def rehearse(connection: Connection, new: NewJob, beside: Money) -> None:
    """Raises what `submit` raises where the job cannot be written down with `beside` set aside too, else Rehearsed."""
    submit(connection, new, holds.reserve_each)
    money = [scope for scope in _scopes(connection, new) if scope.counted is Counted.USD]
    holds.reserve_each(connection, money, _Aside(hold=beside, at=new.at))
    raise Rehearsed


def _scopes(connection: Connection, new: NewJob) -> list[Scope]:
    """Every budget that a new job has to fit into. What costs nothing counts as no picture, but may be charged yet."""
    if not new.hold:
        return tightest(scope for scope in new.scopes if scope.counted is Counted.USD)
    return tightest([*new.scopes, *covering(connection, new)])


def _remember(connection: Connection, new: NewJob) -> Job | None:
    """Takes the Idempotency-Key, or finds the job that has it: of two at the same moment, the first one's."""
    if new.key is None:
        return None
    values = {
        "owner": new.owner,
        "key": new.key,
        "fingerprint": new.fingerprint,
        "job": new.id,
        "at": codec.stamp(new.at),
    }
    if _REMEMBER.run(connection, values):
        return None
    return reading.remembered(connection, new.owner, new.key, new.fingerprint)


def note_project(connection: Connection, new: NewJob) -> None:
    """Writes down the project of a new job, unless it is known or the one that everybody has."""
    if new.request.project != DEFAULT_PROJECT:
        values = {"owner": new.owner, "project": new.request.project, "at": codec.stamp(new.at)}
        _NOTE_PROJECT.run(connection, values)


def _use_quote(connection: Connection, new: NewJob) -> None:
    if new.quote_id is None:
        return
    values = {"quote": new.quote_id, "job": new.id, "at": codec.stamp(new.at)}
    if not _USE_QUOTE.run(connection, values):
        raise QuoteRefused("This quote was already used. Ask for a new one.", field="quote", code="quote_used")
