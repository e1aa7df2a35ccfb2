"""Joins what administrators are told without asking."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress

from limner.db.alerts import SqlAlerts
from limner.db.audit import SqlAudit
from limner.engine.alerting import Alarm
from limner.runtime.ground import Ground


def alarm_of(ground: Ground, nudge: Callable[[], None]) -> Alarm:
    """What raises alerts; `nudge` says that a message to a webhook may be due."""
    return Alarm(
        rules=ground.settings.alert_rules,
        alerts=SqlAlerts(ground.database),
        audit=SqlAudit(ground.database, ground.clock, ground.ids),
        clock=ground.clock,
        nudge=nudge,
    )


def keep_watch(alarm: Alarm, stack: AsyncExitStack) -> None:
    """Looks at what this process carries out for as long as the stack is open."""
    tending = asyncio.create_task(alarm.tend(), name="limner alerts")

    async def stop() -> None:
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending

    stack.push_async_callback(stop)
