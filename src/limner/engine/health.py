"""Watches over the services: who keeps failing is not asked for a while, in every process that shares the database."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from limner.domain.errors import FailureCode, PolicyError, Problem, StorageError
from limner.domain.events import EventKind, News
from limner.domain.health import Breaker, BreakerKey, BreakerRules, BreakerState, Obstacle, Standing, Watched
from limner.domain.people import Principal
from limner.domain.ports import Catalog, Clock, Services
from limner.domain.stores import Breakers, BreakerStep
from limner.domain.text_models import TextCatalog
from limner.engine import breaker as breakers
from limner.engine.breaker import COUNTED, OF_THE_SERVICE, Health, cause
from limner.engine.looking import Look
from limner.engine.mishaps import NotSent
from limner.engine.naming import id_of

FRESH = 1.0
"""Seconds for which what was read is good: other processes' news reach this one that much later."""
SLACK = timedelta(minutes=5)
"""What a trial may take beyond its model's time: waits that the service asks for."""

Known = Mapping[BreakerKey, Breaker]
Step = tuple[Known, list[News]]
"""What breakers have become with a step, and what there is to tell of it."""

log = logging.getLogger("limner.engine")


class HealthWatch:
    """What this process knows of the services' health.

    Pictures and texts have the same breakers: a key that a service refuses is refused for both. Where nothing fails,
    nothing is written and a look costs a comparison. Engines on this machine or network are not
    watched: asking them costs nothing, they are asked by name only, and whoever has just started one wants it at once.
    """

    def __init__(
        self,
        *,
        catalog: Catalog,
        texts: TextCatalog,
        services: Services,
        store: Breakers,
        clock: Clock,
        rules: BreakerRules,
    ) -> None:
        self._catalog = catalog
        self._texts = texts
        self._services = services
        self._store = store
        self._clock = clock
        self._rules = rules
        self._known: Known = {}
        self._look = Look(
            read=store.all,
            take=self._take,
            clock=clock,
            fresh=FRESH,
            away="The services' health could not be read; what was known of it holds on.",
        )
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._steps: set[asyncio.Task[Step]] = set()

    # --- looking --------------------------------------------------------------------------

    async def renew(self) -> None:
        """Reads what other processes have found out, where that was last done a moment ago."""
        await self._look.renew()

    def _take(self, found: Known) -> None:
        self._known = found

    @property
    def calm(self) -> bool:
        """Whether nothing has failed of late, so that there is nothing to look at for any model."""
        return not self._known

    def obstacle(self, card: Watched, credentials: Sequence[str] = ()) -> Obstacle | None:
        """Why a model may not be asked now; None where it may, under one of `credentials` or else the usual one."""
        if self.calm:
            return None
        health, among = self._now(), credentials or self._services.credentials(card.service)
        found = [health.obstacle(card.id, credential) for credential in among]
        return None if None in found else found[0]

    def is_shaky(self, card: Watched, credentials: Sequence[str] = ()) -> bool:
        """Whether a model, or its service, has failed of late under all of `credentials`, or else the usual one.

        One that is due for a trial has its usual place.
        """
        if self.calm:
            return False
        among = credentials or self._services.credentials(card.service)
        return all(self._is_shaky(card, credential) for credential in among)

    def _is_shaky(self, card: Watched, credential: str) -> bool:
        health = self._now()
        found = [health.breaker(name, credential) for name in (card.service, card.id)]
        return any(one.failures and one.state is not BreakerState.HALF_OPEN for one in found)

    def standing(self, service: str, credential: str | None = None) -> Standing:
        """How a service stands now under a key, or else the usual one, as far as this process knows."""
        found = self._services.credential(service) if credential is None else credential
        return self._now().standing(service, found)

    def _now(self) -> Health:
        return Health(self._known, self._rules, self._clock.now())

    # --- calls ------------------------------------------------------------------------------

    async def enter(self, card: Watched, attempt: str, credential: str | None = None) -> list[News]:
        """Lets a call through or raises NotSent; tells of the trial that begins with it.

        Here and below it is under `credential`, or else the usual one.
        """
        if self._is_local(card.service):
            return []
        await self.renew()
        keys = self._keys(card, credential)
        health = self._now()
        states = {health.breaker(key.name, key.credential).state for key in keys}
        if states == {BreakerState.CLOSED}:
            return []
        news: list[News] = []
        if BreakerState.OPEN not in states:
            lasts = timedelta(seconds=card.timeout) + SLACK
            after, news = await self._begun(keys, attempt, health.now, lasts)
            health = replace(health, known=after)
        obstacle = health.obstacle(card.id, keys[0].credential, attempt)
        if obstacle is None:
            return news
        raise NotSent(blocked_problem(card, obstacle, retry_after=self.seconds_until(obstacle)))

    async def _begun(self, keys: Sequence[BreakerKey], attempt: str, now: datetime, lasts: timedelta) -> Step:
        """Notes the trial that begins, if any. Whoever leaves meanwhile is no trial: another call may be."""
        step = partial(_entered, attempt=attempt, now=now, until=now + lasts, rules=self._rules)
        try:
            return await self._step(keys, step)
        except asyncio.CancelledError:  # what was asked of the database is carried out all the same
            await self._noted(keys, partial(_released, attempt=attempt))
            raise

    def seconds_until(self, obstacle: Obstacle) -> float | None:
        """How long it takes until it may be tried again."""
        if obstacle.until is None:
            return None
        return max(1.0, (obstacle.until - self._clock.now()).total_seconds())

    async def succeeded(self, card: Watched, attempt: str, credential: str | None = None) -> list[News]:
        """The service has delivered; writes only where that changes something."""
        keys = [key for key in self._keys(card, credential) if self._known.get(key, Breaker()) != Breaker()]
        if not keys:
            return []
        now = self._clock.now()

        def step(before: Known) -> Known:
            return {key: breakers.succeeded(found, attempt, now, self._rules) for key, found in before.items()}

        return await self._noted(keys, step)

    async def failed(self, card: Watched, attempt: str, problem: Problem, credential: str | None = None) -> list[News]:
        """A call has ended with a problem, which counts once, with the service or with the model, or not at all."""
        if problem.code not in COUNTED:
            return await self.released(card, attempt, credential)
        if self._is_local(card.service):
            return []
        concerned = card.service if problem.code in OF_THE_SERVICE else card.id
        now = self._clock.now()

        def step(before: Known) -> Known:
            return {
                key: breakers.failed(found, attempt, problem.code, now, self._rules)
                if key.name == concerned
                else breakers.released(found, attempt)
                for key, found in before.items()
            }

        return await self._noted(self._keys(card, credential), step)

    async def released(self, card: Watched, attempt: str, credential: str | None = None) -> list[News]:
        """A call has ended that says nothing about the service: another one may be the trial."""
        keys = [key for key in self._keys(card, credential) if self._known.get(key, Breaker()).trial == attempt]
        if not keys:
            return []
        return await self._noted(keys, partial(_released, attempt=attempt))

    async def reset(self, name: str, principal: Principal) -> str:
        """An administrator says that a service with all its models, or one model, may be asked again at once.

        Gives the id that was meant. Raises UnknownModel, and PolicyError for anybody else.
        """
        if not principal.administrator:
            raise PolicyError("Only an administrator resets a circuit breaker. Ask one.")
        found = id_of(name, self._catalog, self._texts)
        await self._store.forget(found)
        self._look.changed()
        self._known = {key: kept for key, kept in self._known.items() if found not in (key.name, key.service)}
        log.info("The circuit breaker of %s was reset.", found, extra={"breaker": found, "by": principal.id})
        return found

    def _is_local(self, service: str) -> bool:
        place = self._texts.service(service)
        return self._catalog.service(service).local if place is None else place.local

    def _keys(self, card: Watched, credential: str | None) -> list[BreakerKey]:
        credential = self._services.credential(card.service) if credential is None else credential
        return [BreakerKey(card.service, credential), BreakerKey(card.id, credential)]

    async def _noted(self, keys: Sequence[BreakerKey], step: BreakerStep) -> list[News]:
        """Notes how a call has ended. A database that is away takes neither the picture nor the reason with it."""
        try:
            return (await self._step(keys, step))[1]
        except StorageError as error:
            log.warning("How a call went could not be noted for its service's health. %s", error.message)
            return []

    async def _step(self, keys: Sequence[BreakerKey], step: BreakerStep) -> Step:
        """Takes a step to its end, whoever leaves meanwhile."""
        taken = asyncio.create_task(self._in_turn(keys, step), name="limner breaker")
        self._steps.add(taken)
        taken.add_done_callback(self._steps.discard)
        return await asyncio.shield(taken)

    async def _in_turn(self, keys: Sequence[BreakerKey], step: BreakerStep) -> Step:
        """One step of a service after the other, in the order in which they were asked for.

        PostgreSQL carries out what is asked of it over several connections: without this the end of a trial that was
        left could come before its beginning, and what is known here could be what was overtaken.
        """
        async with self._turns[keys[0].service]:
            before, after = await self._store.change(keys, step, self._clock.now())
            self._look.changed()
            self._known = {**self._known, **after}
        return after, [news for key in keys for news in self._transition(key, before[key], after[key])]

    def _transition(self, key: BreakerKey, before: Breaker, after: Breaker) -> list[News]:
        """Logs and tells a change of state."""
        if before.state is after.state:
            return []
        data = {
            "breaker": key.name,
            "from": before.state.value,
            "to": after.state.value,
            "failures": len(after.failures),
            "code": after.code,
            "cause": cause(after),
        }
        said = "The circuit breaker of %s went from %s to %s."
        log.warning(said, key.name, before.state, after.state, extra=data)
        return [News(kind=EventKind.HEALTH, data=data)]


def _entered(before: Known, *, attempt: str, now: datetime, until: datetime, rules: BreakerRules) -> Known:
    """Every breaker lets the call through, or none is changed."""
    after: dict[BreakerKey, Breaker] = {}
    for key, found in before.items():
        let = breakers.entered(found, attempt, now, until, rules)
        if let is None:
            return before
        after[key] = let
    return after


def _released(before: Known, *, attempt: str) -> Known:
    return {key: breakers.released(found, attempt) for key, found in before.items()}


def blocked_problem(card: Watched, obstacle: Obstacle, *, retry_after: float | None) -> Problem:
    """A call that was not sent because its service keeps failing."""
    return Problem(
        code=FailureCode.UNAVAILABLE,
        message=obstacle.why,
        retryable=True,
        provider=card.service,
        retry_after=retry_after,
    )
