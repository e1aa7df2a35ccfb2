"""Requests that a client's own software sends again: they get the answer of the first one, and nothing is bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from limner.domain.job import Job, JobState
from limner.domain.people import Principal
from limner.domain.ports import Clock
from limner.domain.preset import Preset
from limner.domain.records import Try
from limner.domain.request import ImageRequest
from limner.domain.stores import Jobs
from limner.engine.admission import admit
from limner.engine.prompting import shaped
from limner.engine.reusing import Reuser, as_asked

UNSETTLED = timedelta(minutes=2)
"""For so long after a purchase got lost the same request gets the same error."""
SENT_AGAIN = timedelta(minutes=15)
"""How old the job may be that a request belongs to which says of itself that it is sent again."""
LOOKED_AT = 20
"""Of so many jobs of the same request, newest first."""
FELL_THROUGH = frozenset({JobState.FAILED, JobState.REFUSED, JobState.CANCELLED})
"""Ends that a repeat may well try to better: nothing of them is under way or kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeats:
    """Knows requests again by what decides how their pictures look. Buys and writes nothing."""

    jobs: Jobs
    reuser: Reuser
    presets: Mapping[str, Preset]
    clock: Clock

    async def earlier(self, request: ImageRequest, principal: Principal, *, again: bool) -> Job | None:
        """The job whose answer is also this request's; None where it is to be carried out.

        That is one whose purchase got lost in the last two minutes; and, where the request says that it is sent
        `again`, the newest one of the last 15 minutes that is under way or has pictures. Raises InvalidRequest.
        """
        admit(request)
        recipe = self.reuser.recipe(shaped(as_asked(request), self.presets))
        now = self.clock.now()
        found = await self.jobs.tries(principal.id, recipe, limit=LOOKED_AT)
        fit = next((one for one in found if _lost(one, now) or (again and _answers(one, now))), None)
        return None if fit is None else await self.jobs.get(fit.job_id, principal.id)


def _lost(one: Try, now: datetime) -> bool:
    return one.state is JobState.AMBIGUOUS and one.finished is not None and now - one.finished < UNSETTLED


def _answers(one: Try, now: datetime) -> bool:
    return one.state not in FELL_THROUGH and now - one.created < SENT_AGAIN
