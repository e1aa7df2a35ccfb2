"""The life of one call: sent once, found again, fetched, and handed to finishing.

Every step is on disk before the next one begins. A call found in `submitting` after a restart may
have been bought: it is never sent again unless it was painted on this machine.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import TypeVar

from limner.domain.abilities import Finds
from limner.domain.call import Call, Finished, Landed, Painted, Partial, Pending
from limner.domain.errors import (
    FailureCode,
    Interrupted,
    LimnerError,
    NotConfigured,
    Problem,
    ProviderError,
    Spent,
    StorageError,
)
from limner.domain.job import CallState
from limner.domain.model_card import ModelCard
from limner.domain.ports import Blobs, Cancels, Catalog, Clock, Imaging, Provider, Streams
from limner.domain.queue import QueuePaused
from limner.domain.stores import Jobs
from limner.domain.telling import Doorbells
from limner.domain.turns import Seat
from limner.engine.chronicle import log_not_made
from limner.engine.doors import Doors
from limner.engine.finishing import Carried, Finisher
from limner.engine.health import HealthWatch
from limner.engine.inputs import loaded
from limner.engine.listening import doze, listening
from limner.engine.mishaps import (
    UNASKED,
    NotSent,
    cancelled_problem,
    crowded_problem,
    interrupted_problem,
    not_entered,
    timeout_problem,
    unanswered,
    unkept_problem,
)
from limner.engine.passage import Passage
from limner.engine.repricing import check_price
from limner.engine.work import Work

MAX_TRIES = 5
"""Sends of one call that the service provably did not accept, such as 429."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 65.0
POLL_FAILURES = 8
"""Polls in a row that may fail before the call is given up as ambiguous."""
LOST = frozenset({FailureCode.LINE_DROPPED, FailureCode.TIMED_OUT})
"""After these a call may have arrived, even where it cost nothing."""
SEARCHES = 3
"""Times that a service is asked for a call that may have reached it."""
SEARCH_PAUSE = 2.0
"""Seconds between these: what has just been sent may take a moment to be known there."""
TRY_AGAIN = 5.0
"""Seconds after which what was bought is tried again to be written down."""

Result = TypeVar("Result")

log = logging.getLogger("limner.engine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """Carries calls through, whatever state they are found in."""

    catalog: Catalog
    doors: Doors
    jobs: Jobs
    blobs: Blobs
    imaging: Imaging
    finisher: Finisher
    health: HealthWatch
    doorbells: Doorbells
    clock: Clock
    chance: Random

    async def carry(self, work: Work) -> Carried:
        """Brings a call to its end. Raises LeaseLost, Interrupted, and StorageError where it can be taken up again."""
        card = self.catalog.find(work.record.model)
        if work.record.state is CallState.FETCHED and work.record.fetched:
            return await self.finisher.finish(work.job, work.lease, work.record, work.record.fetched, work.conclude)
        try:
            passage = await self.doors.passage(work.job, work.record, card)
        except ProviderError as error:  # its key is gone
            return await self._failed(work, error.problem())
        with passage:
            return await self._carried(replace(work, way=passage), card)

    async def _carried(self, work: Work, card: ModelCard) -> Carried:
        """The same under a key that is there; what comes of it is the health of that key."""
        way, attempt = work.passage, work.attempt
        try:
            finished = await self._painted(work, card)
        except NotSent as error:
            return await self._failed(work, error.problem())
        except ProviderError as error:
            await work.progress.health(await self.health.failed(card, attempt, error.problem(), way.credential))
            return await self._failed(work, error.problem(), error.bill)
        except QueuePaused:
            await self.health.released(card, attempt, way.credential)
            raise
        except Interrupted:
            # A process that ends says nothing about what was bought: the next start asks after it.
            if work.control.cancelled and not work.control.stopping:
                await self.health.released(card, attempt, way.credential)
                return await self._failed(work, cancelled_problem())
            raise
        except LimnerError as error:
            if isinstance(error, StorageError) and error.spent is not Spent.NO:
                raise
            await self.health.released(card, attempt, way.credential)
            return await self._failed(work, error.problem())
        await work.progress.health(await self.health.succeeded(card, attempt, way.credential))
        fetched = await self._noted(work, partial(self._land, finished))
        await self._noted(work, partial(self.jobs.mark_fetched, work.lease, work.record.id, fetched))
        return await self.finisher.finish(work.job, work.lease, work.record, fetched, work.conclude)

    async def _painted(self, work: Work, card: ModelCard) -> Finished:
        """What the service has made of the call, whether that is sent now or was sent before."""
        if work.record.state is CallState.SUBMITTING:
            lost = ProviderError(interrupted_problem(card))
            try:
                return await self._searched(work, card, lost)
            except ProviderError as error:
                if error is not lost or not self._is_local(card):
                    raise
        if work.record.state is CallState.SUBMITTED and work.record.ticket is not None:
            pending = Pending(ticket=work.record.ticket, poll_after=0.0)
            return await self._follow(work, self._asked_after(work, card), pending, card)
        return await self._send(work, card)

    # --- sending ------------------------------------------------------------------------

    async def _send(self, work: Work, card: ModelCard) -> Finished:
        """Sends the call, again only where the service provably did not accept it: under another key where there is
        one, or after a pause.
        """
        way = work.passage
        way.check_ready()
        check_price(work.job, work.record, card)
        call = await self._loaded(work.record.call, card)
        tries = 0
        while True:
            try:
                return await self._in_turn(work, way.provider, call, card)
            except NotSent:
                raise
            except ProviderError as error:
                if await self._under_another(work, error):
                    continue
                tries += 1
                if error.spent is not Spent.NO or not error.retryable or tries >= MAX_TRIES:
                    raise
                await self.jobs.requeue_call(work.lease, work.record.id)
                await work.progress.problem(error.problem(), tries)
                await work.control.before_sending(self.clock.sleep(self._pause(error.retry_after, tries)))
                way.go_round()

    async def _under_another(self, work: Work, error: ProviderError) -> bool:
        """Goes on to another key where this one was refused and nothing was bought; whether there was one."""
        news = await work.passage.next_after(error, work.attempt)
        if news is None:
            return False
        await self.jobs.requeue_call(work.lease, work.record.id)
        await work.progress.health(news)
        return True

    async def _in_turn(self, work: Work, provider: Provider, call: Call, card: ModelCard) -> Finished:
        """Waits for the service's pace, notes the intent, and buys: a death while waiting has sent nothing."""
        way = work.passage
        with Seat(way.turn, work.control.rank) as seat:
            try:
                entered = await work.control.before_sending(seat.take())
            except TimeoutError as error:
                raise NotSent(crowded_problem(card)) from error
            if not entered:
                raise not_entered(work.control)
            await self.blobs.check_room()
            await self.doors.steering.renew()  # the turn may have come a while after the last look
            way.check_ready()
            await work.progress.health(await self.health.enter(card, work.attempt, way.credential))
            await self.jobs.mark_submitting(work.lease, work.record.id, self.clock.now(), way.access)
            return await self._buy(work, provider, call, card)

    async def _buy(self, work: Work, provider: Provider, call: Call, card: ModelCard) -> Finished:
        local = self._is_local(card)
        try:
            if isinstance(provider, Streams) and (call.partials or local):
                return await self._watch(work, provider.stream(call), local=local)
            outcome = await provider.submit(call)
        except StorageError as error:
            if local:
                raise
            raise ProviderError(unkept_problem(card, error)) from error
        except ProviderError as error:
            if error.spent is not Spent.UNKNOWN and not (local and error.code in LOST):
                raise
            return await self._searched(work, card, error)
        return await self._outcome(work, provider, outcome, card)

    async def _outcome(self, work: Work, provider: Provider, outcome: Finished | Pending, card: ModelCard) -> Finished:
        """A call that the service has, brought to its end; its ticket is on disk before anybody waits."""
        if isinstance(outcome, Finished):
            return outcome
        ticket = outcome.ticket
        await self._noted(work, partial(self.jobs.mark_submitted, work.lease, work.record.id, ticket))
        return await self._follow(work, provider, outcome, card)

    async def _searched(self, work: Work, card: ModelCard, lost: ProviderError) -> Finished:
        """A call that may have been bought, found again by our own id where the service can do that; buys nothing.

        Raises what was lost where it is not found: a call that is not known there may still be on its way.
        """
        provider = self._reachable(work.passage)
        if not isinstance(provider, Finds):
            raise lost
        for search in range(SEARCHES):
            if search:
                await self._rest(work, SEARCH_PAUSE)
            try:
                outcome = await provider.find(replace(work.record.call, wire=card.wire))
            except StorageError as error:
                error.spent = Spent.UNKNOWN  # it is there, and is found again when there is room
                raise
            except ProviderError as error:
                if error.retryable or error.code in UNASKED:
                    continue
                raise
            if outcome is not None:
                return await self._outcome(work, provider, outcome, card)
        raise lost

    def _asked_after(self, work: Work, card: ModelCard) -> Provider:
        """The service that has the call. Raises ProviderError where it cannot be asked any more: it may be bought."""
        try:
            return work.passage.provider
        except NotConfigured as error:
            lost = replace(error.problem(), code=FailureCode.AUTHENTICATION, provider=card.service)
            raise unanswered(ProviderError(lost), local=self._is_local(card)) from error

    def _reachable(self, way: Passage) -> Provider | None:
        """The service, where it can be asked."""
        try:
            return way.provider
        except NotConfigured:
            return None

    async def _watch(self, work: Work, stream: AsyncIterator[Partial | Finished], *, local: bool) -> Finished:
        """Reads a stream to its end. What is painted here stops when asked to; what was bought is waited for."""
        async with aclosing(stream) as items:  # type: ignore[type-var]  # providers' streams are async generators
            async for item in items:
                if isinstance(item, Finished):
                    return item
                with suppress(StorageError):  # news that cannot be written down is not worth the picture itself
                    await work.progress.partial(work.record, item)
                if local and work.control.interrupted:
                    await self.jobs.requeue_call(work.lease, work.record.id)
                    raise Interrupted("The picture was stopped before it was done.")
        raise ProviderError(
            Problem(
                code=FailureCode.LINE_DROPPED,
                message="Connection lost: the stream ended before the picture came. It may have been charged.",
                spent=Spent.NO if local else Spent.UNKNOWN,
            )
        )

    # --- following a ticket ----------------------------------------------------------------

    async def _follow(self, work: Work, provider: Provider, pending: Pending, card: ModelCard) -> Finished:
        """Polls until it is done. The ticket is on disk, so stopping here loses nothing."""
        async with listening(provider, pending, partial(work.progress.partial, work.record)) as ended:
            with self.doorbells.hung(card.service, str(pending.ticket.get("id")), ended):
                return await self._asked(work, provider, pending, card, ended)

    async def _asked(
        self, work: Work, provider: Provider, pending: Pending, card: ModelCard, ended: asyncio.Event
    ) -> Finished:
        """Asks until it is done; at once when it is known to have ended."""
        deadline = self.clock.monotonic() + card.timeout
        asked_to_stop = False
        while self.clock.monotonic() <= deadline:
            if work.control.cancelled and not asked_to_stop:
                asked_to_stop = True
                if isinstance(provider, Cancels) and await provider.cancel(pending):
                    raise ProviderError(cancelled_problem())
            await self._rest(work, pending.poll_after, ended)
            ended.clear()
            outcome = await self._poll(work, provider, pending, card)
            if isinstance(outcome, Finished):
                return outcome
            if outcome.ticket != pending.ticket:
                ticket = outcome.ticket
                await self._noted(work, partial(self.jobs.mark_submitted, work.lease, work.record.id, ticket))
            with suppress(StorageError):
                await work.progress.pending(work.record, outcome)
            pending = outcome
        if card.prices.free and isinstance(provider, Cancels):
            await provider.cancel(pending)  # nothing is lost with it, and the machine is free for the next one
        raise ProviderError(timeout_problem(card))

    async def _poll(self, work: Work, provider: Provider, pending: Pending, card: ModelCard) -> Finished | Pending:
        """Asks once; a question that got lost is asked again a few times, for it buys nothing."""
        failures = 0
        while True:
            try:
                return await provider.poll(pending)
            except StorageError as error:
                error.spent = Spent.UNKNOWN  # it is bought, and the ticket finds it again when there is room
                raise
            except ProviderError as error:
                failures += 1
                if not error.retryable or failures >= POLL_FAILURES:
                    raise unanswered(error, local=self._is_local(card)) from error
                await self._rest(work, self._pause(error.retry_after, failures))

    async def _rest(self, work: Work, seconds: float, ended: asyncio.Event | None = None) -> None:
        """A pause between polls that ends when the process must; a wish to cancel does not cut what was bought."""
        if work.control.stopping:
            raise Interrupted("The process is stopping; the job goes on at the next start.")
        pause = self.clock.sleep(seconds) if ended is None else doze(self.clock, seconds, ended)
        if work.control.cancelled:
            await pause
        elif not await work.control.unless_wished(pause) and work.control.stopping:
            raise Interrupted("The process is stopping; the job goes on at the next start.")

    def _pause(self, hint: float | None, tries: int) -> float:
        """How long to wait before trying again: what the service asks for and up to a tenth more, else doubling with
        jitter. Calls that were turned away together do not come again together.
        """
        if hint is not None:
            return min(max(hint, 0.2), LONGEST_PAUSE) * self.chance.uniform(1.0, 1.1)
        return min(FIRST_PAUSE * 2.0 ** (tries - 1), LONGEST_PAUSE) * self.chance.uniform(0.5, 1.0)

    # --- what goes in and comes out ----------------------------------------------------------

    async def _loaded(self, call: Call, card: ModelCard) -> Call:
        """The call with its input bytes, on a larger canvas where the service only inpaints."""
        return await self.finisher.on_canvas(await loaded(call, card, self.blobs, self.imaging), card)

    async def _land(self, finished: Finished) -> Finished:
        """Every picture in the object store, so that nothing can be lost from here on."""
        if all(isinstance(picture.content, Landed) for picture in finished.pictures):
            return finished
        landed: list[Painted] = []
        for picture in finished.pictures:
            content = picture.content
            if not isinstance(content, Landed):
                content = await self.blobs.put(content)
            landed.append(replace(picture, content=content))
        return replace(finished, pictures=tuple(landed))

    async def _noted(self, work: Work, write: Callable[[], Awaitable[Result]]) -> Result:
        """Writes down what was bought, however long that takes: this process alone knows of it until then.

        Raises Interrupted when the process must stop.
        """
        told = False
        while True:
            try:
                return await write()
            except StorageError as error:
                if not told:
                    log.warning("What was bought is written down as soon as that can be done. %s", error.message)
                told = True
            await self._rest(work, TRY_AGAIN)

    def _is_local(self, card: ModelCard) -> bool:
        """Whether it paints on this machine or network, where nothing is ever charged."""
        return self.catalog.service(card.service).local

    # --- ends without pictures ---------------------------------------------------------------

    async def _failed(self, work: Work, problem: Problem, bill: Finished | None = None) -> Carried:
        log_not_made(work.job, work.record, problem, self.clock.now())
        if problem.spent is Spent.UNKNOWN:
            return await self._ambiguous(work, problem)
        return await self.finisher.close_failed(work.lease, work.record, problem, bill)

    async def _ambiguous(self, work: Work, problem: Problem) -> Carried:
        return await self.finisher.close_ambiguous(work.lease, work.record, problem)
