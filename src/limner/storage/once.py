"""Makes a thing once, however many ask for it at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Once(Generic[Result]):
    """Work in progress by name: whoever comes while it is being done waits for the same outcome.

    A caller that leaves does not stop the work. Outcomes are not kept: after a failure the next caller tries again.
    """

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Result]] = {}

    async def run(self, name: str, make: Callable[[], Coroutine[None, None, Result]]) -> Result:
        """The outcome of `make`, or of the one that is already at work under this name."""
        task = self._running.get(name)
        if task is None:
            task = asyncio.create_task(make())
            self._running[name] = task
            task.add_done_callback(lambda done: self._finished(name, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Stops what is still being done."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, name: str, task: asyncio.Task[Result]) -> None:
        del self._running[name]
        if not task.cancelled():
            # Looked at here in case every caller has left: an error nobody waits for is nobody's error.
            task.exception()
