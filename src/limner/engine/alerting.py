"""Tells administrators what they would want to know: who is refused again and again, what fails, what it costs.

One alert an hour for the same thing, whichever process raises it. Signs of one person are counted in the database, over
all processes; how jobs end is watched by each process for those that it carries out.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from limner.domain.alerts import Alert, AlertKind, AlertRules, Alerts, Sign
from limner.domain.audit import Act, Audit, Deed
from limner.domain.errors import BudgetExceeded, ContentRefused, FailureCode, LimnerError, StorageError, TooManyRequests
from limner.domain.events import Event, EventKind, News
from limner.domain.job import Job, JobState
from limner.domain.money import Money
from limner.domain.people import Principal
from limner.domain.ports import Clock

HOUR, BURST = timedelta(hours=1), timedelta(minutes=5)
MANY, FEW = 20, 4
"""Jobs of an hour, and of five minutes, of which a share says something."""
LOOK = 15.0
"""Seconds between two looks."""
KEY_TROUBLE = frozenset({FailureCode.AUTHENTICATION, FailureCode.NO_CREDIT, FailureCode.FORBIDDEN})
FAILED = frozenset({JobState.FAILED, JobState.AMBIGUOUS})
JUDGED = FAILED | {JobState.SUCCEEDED, JobState.PARTIAL}
"""Ends that say something about services: not what was refused or cancelled."""
_SIGNS = {ContentRefused: Sign.REFUSED, TooManyRequests: Sign.LIMITED}
_WORDS = {Sign.REFUSED: "requests or pictures were refused for their content", Sign.LIMITED: "requests came too soon"}

log = logging.getLogger("limner.alerts")


@dataclass(frozen=True, slots=True)
class End:
    """How one job ended."""

    at: datetime
    failed: bool
    seconds: float
    cost: Money


class Alarm:
    """Notes what happens in this process, and raises alerts."""

    def __init__(
        self,
        *,
        rules: AlertRules,
        alerts: Alerts,
        audit: Audit,
        clock: Clock,
        nudge: Callable[[], None] = lambda: None,
    ) -> None:
        """`nudge` says that a message may be due."""
        self._rules = rules
        self._alerts = alerts
        self._audit = audit
        self._clock = clock
        self._nudge = nudge
        self._ends: deque[End] = deque()
        self._due: dict[tuple[AlertKind, str], Alert] = {}
        self._refused: list[Job] = []

    # --- people -----------------------------------------------------------------------------

    @asynccontextmanager
    async def watching(self, principal: Principal) -> AsyncIterator[None]:
        """Takes note of what a request is refused for; the refusal goes on to whoever asked."""
        try:
            yield
        except BudgetExceeded as error:
            await self._raise(self._alert(AlertKind.BUDGET, principal.name, f"{principal.name}: {error.message}"))
            raise
        except (ContentRefused, TooManyRequests) as error:
            await self._seen(_SIGNS[type(error)], principal.id, principal.name)
            raise

    async def _seen(self, sign: Sign, person: str, name: str) -> None:
        """Counts one more sign; where there are too many, administrators are told and the audit log has it."""
        most = self._rules.refusals if sign is Sign.REFUSED else self._rules.rate_hits
        if not most:
            return
        now, window = self._clock.now(), self._rules.window
        try:
            found = await self._alerts.count(person, sign, now, now - window)
            if found < most:
                return
            said = f"{found} {_WORDS[sign]} within {window // timedelta(minutes=1)} minutes"
            if await self._raise(self._alert(AlertKind.ABUSE, name, f"{name}: {said}.")):
                deed = Deed(act=Act.ABUSE_SUSPECTED, who=person, name=name, subject=name, detail=said)
                await self._audit.note(deed)
        except StorageError as error:
            log.warning("What %s was refused for could not be counted. %s", name, error.message)

    # --- jobs ---------------------------------------------------------------------------------

    def hear(self, events: Sequence[Event], ended: Job | None = None) -> None:
        """Takes note of what was written down; nothing is waited for."""
        self.hear_health(events)
        if ended is None:
            return
        self._note_key(ended)
        if ended.state is JobState.REFUSED:
            self._refused.append(ended)
        if ended.state in JUDGED:
            begun, over = ended.started or ended.created, ended.finished or self._clock.now()
            seconds = (over - begun).total_seconds()
            cost = ended.cost or Money()
            self._ends.append(End(at=over, failed=ended.state in FAILED, seconds=seconds, cost=cost))
            if self._rules.slow_seconds and seconds > self._rules.slow_seconds:
                said = f"A job took {seconds:.0f} s with {ended.model}, more than {self._rules.slow_seconds:g} s."
                self._note(AlertKind.SLOW, ended.model, said)

    def hear_health(self, told: Sequence[Event] | Sequence[News]) -> None:
        """Takes note of breakers that have opened, whatever was bought there; nothing is waited for."""
        for event in told:
            if event.kind is EventKind.HEALTH and event.data.get("to") == "OPEN":
                name, why = str(event.data.get("breaker")), event.data.get("code")
                self._note(AlertKind.BREAKER, name, f"{name} keeps failing ({why}) and is left alone for a while.")

    def _note_key(self, job: Job) -> None:
        problems = (job.problem, *(call.problem for call in job.calls))
        for problem in problems:
            if problem is not None and problem.code in KEY_TROUBLE:
                service = problem.provider or job.model.partition("/")[0]
                self._note(AlertKind.KEY, service, f"{service}: {problem.message}")

    def _note(self, kind: AlertKind, subject: str, message: str) -> None:
        self._due.setdefault((kind, subject), self._alert(kind, subject, message))

    async def tend(self) -> None:
        """Looks again and again for as long as it runs."""
        while True:
            await self._clock.sleep(LOOK)
            await self.look()

    async def look(self) -> None:
        """Raises what is due, and what the last hour's jobs say."""
        refused, self._refused = self._refused, []
        for job in refused:
            await self._seen(Sign.REFUSED, job.owner, job.owner)
        due, self._due = list(self._due.values()), {}
        for alert in [*due, *self._judged()]:
            await self._raise(alert)

    def _judged(self) -> Iterator[Alert]:
        """What the shares, times and costs of the last jobs say."""
        now, rules = self._clock.now(), self._rules
        while self._ends and self._ends[0].at < now - HOUR:
            self._ends.popleft()
        hour = list(self._ends)
        burst = [end for end in hour if end.at > now - BURST]
        for ends, least, most, span in (
            (burst, FEW, rules.burst_percent, "five minutes"),
            (hour, MANY, rules.error_percent, "an hour"),
        ):
            failed = sum(end.failed for end in ends)
            if most and len(ends) >= least and failed * 100 > most * len(ends):
                said = f"{failed} of {len(ends)} jobs failed within {span}, more than {most:g} %."
                yield self._alert(AlertKind.ERRORS, span, said)
        late = sum(end.seconds > rules.p95_seconds for end in hour)
        if rules.p95_seconds and len(hour) >= MANY and late * 20 > len(hour):
            said = f"{late} of {len(hour)} jobs took more than {rules.p95_seconds:g} s within an hour."
            yield self._alert(AlertKind.SLOW, "an hour", said)
        cost = sum((end.cost for end in hour), Money())
        if rules.cost_per_hour and cost > rules.cost_per_hour:
            yield self._alert(AlertKind.COST, "", f"{cost} were spent within an hour, more than {rules.cost_per_hour}.")

    # --- telling --------------------------------------------------------------------------------

    def _alert(self, kind: AlertKind, subject: str, message: str) -> Alert:
        return Alert(kind=kind, subject=subject, message=message, raised=self._clock.now())

    async def _raise(self, alert: Alert) -> bool:
        """Whether it is new. What cannot be written down stands in the log all the same."""
        try:
            fresh = await self._alerts.raise_(alert)
        except LimnerError as error:
            log.warning("%s It could not be written down. %s", alert.message, error.message)
            return False
        if fresh:
            log.warning("%s", alert.message, extra={"alert": alert.kind.value, "subject": alert.subject})
            self._nudge()
        return fresh
