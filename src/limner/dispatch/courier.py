"""Sends what is due to webhooks: a few at once, one process at a time for each, and what dead processes left."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from limner.domain.errors import StorageError
from limner.domain.events import Event, EventKind
from limner.domain.ports import Clock
from limner.domain.telling import WorkerLocks
from limner.domain.webhooks import DueDelivery, Errand, Webhooks

LOOK_ROUND = 2.0
"""Seconds between two looks for what is due, where nothing is said sooner."""
GATHER = 0.1
"""Seconds after a look in which word of more that is due is only noted: one look then serves all of it."""
TRY_AGAIN = 5.0
"""Seconds for which a message rests that the disk or the database would not let be sent or noted."""
AT_ONCE = 16
"""Messages that one process sends at once."""
EACH = 4
"""Of these, those to one webhook: a target that does not answer keeps nobody else's messages back."""

Deliver = Callable[[Errand], Awaitable[None]]

log = logging.getLogger("limner.dispatch")


class Courier:
    """Takes due messages for one worker, whose lock somebody else holds, and has them delivered."""

    def __init__(self, *, worker: str, webhooks: Webhooks, locks: WorkerLocks, clock: Clock, deliver: Deliver) -> None:
        self._worker = worker
        self._webhooks = webhooks
        self._locks = locks
        self._clock = clock
        self._deliver = deliver
        self._nudged = asyncio.Event()
        self._tasks: dict[str, tuple[str, asyncio.Task[None]]] = {}
        self._broken: set[str] = set()
        self._rounds: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Says that something is due."""
        self._nudged.set()

    def hear(self, events: Sequence[Event]) -> None:
        """Takes note of what was written down: where a job has ended, a message may be due."""
        if any(event.kind is EventKind.FINISHED for event in events):
            self.nudge()

    def start(self) -> None:
        """Begins to send, first what is due already."""
        self._rounds = asyncio.create_task(self._go_round(), name="limner webhooks")

    async def stop(self, grace: float) -> None:
        """Sends what is due by now if that can be done in `grace` seconds; the next process sends the rest.

        One look more than the rounds have made: a command may be over before the first of them, or after its own job.
        """
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.gather(self._rounds, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._look()
                await asyncio.gather(*self._under_way(), return_exceptions=True)
        late = self._under_way()
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _go_round(self) -> None:
        while True:
            await self._look()
            await self._clock.sleep(GATHER)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_ROUND):
                    await self._nudged.wait()

    async def _look(self) -> None:
        """Begins to send what is due, as far as there is room."""
        self._nudged.clear()
        try:
            for due in await self._free():
                if len(self._tasks) >= AT_ONCE:
                    return
                if Counter(webhook for webhook, _ in self._tasks.values())[due.webhook_id] < EACH:
                    self._spawn(due)
        except StorageError as error:
            log.warning("could not look for messages to webhooks: %s", error.message)

    async def _free(self) -> list[DueDelivery]:
        """What is due and in nobody's hands, or in those of a process that is provably gone."""
        found: list[DueDelivery] = []
        gone: dict[str, bool] = {}
        for due in await self._webhooks.due(self._clock.now(), each=AT_ONCE):
            if due.id in self._tasks or due.id in self._broken:
                continue
            if due.worker is not None and due.worker != self._worker:
                if due.worker not in gone:
                    gone[due.worker] = await self._locks.is_free(due.worker)
                if not gone[due.worker]:
                    continue
            found.append(due)
        return found

    def _spawn(self, due: DueDelivery) -> None:
        task = asyncio.create_task(self._carry(due), name=f"limner webhook {due.id}")
        self._tasks[due.id] = (due.webhook_id, task)
        task.add_done_callback(lambda _: self._done(due.id))

    def _done(self, delivery_id: str) -> None:
        """There is room for another one."""
        del self._tasks[delivery_id]
        self.nudge()

    def _under_way(self) -> list[asyncio.Task[None]]:
        return [task for _, task in self._tasks.values()]

    async def _carry(self, due: DueDelivery) -> None:
        try:
            errand = await self._webhooks.take(due, self._worker, self._clock.now())
            if errand is not None:
                await self._deliver(errand)
        except StorageError as error:
            log.warning("what became of message %s could not be written down: %s", due.id, error.message)
            await self._clock.sleep(TRY_AGAIN)
        except Exception:
            # It stays due, and the next process tries it: this one would only fail again and again.
            log.exception("message %s met an error that nobody foresaw", due.id)
            self._broken.add(due.id)
