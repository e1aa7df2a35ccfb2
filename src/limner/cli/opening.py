"""Opens the installation for one command, and hears Ctrl-C while it is open."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

from limner.cli.exits import INTERRUPTED
from limner.cli.output import Output
from limner.cli.surroundings import keep_log, settings_here

if TYPE_CHECKING:
    from limner.runtime import Runtime
    from limner.studio import Studio

SHOW_CURSOR = "\x1b[?25h"


class Interruption:
    """Ctrl-C: the first asks whatever runs to stop, the second leaves at once."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        self._stop: Callable[[], object] = task.cancel if task is not None else (lambda: None)
        self.heard = asyncio.Event()
        """Set by the first one."""
        self.last_words = "Stopped before anything was sent. Nothing was spent."
        """What is said when the command ends where it stands."""

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Hears Ctrl-C for as long as the block lasts."""
        before = signal.signal(signal.SIGINT, self._pressed)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextmanager
    def answered_by(self, stop: Callable[[], object]) -> Iterator[None]:
        """Within the block the first Ctrl-C calls `stop` instead of ending the command where it stands."""
        before, self._stop = self._stop, stop
        try:
            yield
        finally:
            self._stop = before

    def _pressed(self, _number: int, _frame: FrameType | None) -> None:
        if self.heard.is_set():
            self.leave()
        self.heard.set()
        self._loop.call_soon_threadsafe(self._react)

    def _react(self) -> None:
        self._stop()

    def leave(self) -> None:
        """Ends the process here and now: everything that counts is on disk, and the next start takes it up."""
        if self._output.remarks.is_terminal:
            sys.stderr.write(SHOW_CURSOR)
        sys.stderr.write("\nLeft at once. What was under way goes on at the next start.\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One command at work on an open installation."""

    studio: Studio
    output: Output
    interruption: Interruption

    async def check_going(self) -> None:
        """Raises QueuePaused where a command that waits for pictures would wait for nothing."""
        await self.studio.runtime.queue.check_going(self.studio.principal)


Action = Callable[[Session], Awaitable[int]]


def with_studio(output: Output, action: Action, *, paints: bool, at_once: int | None = None) -> int:
    """Opens the installation, carries out the action and closes it again; gives the exit code.

    Only with `paints` does this process carry out jobs, `at_once` at each service where that is given.
    """
    settings = settings_here()
    keep_log(settings.variables)
    from limner.runtime import open_runtime

    installation = open_runtime(settings, work=paints, at_once=at_once)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        return runner.run(_opened(installation, output, action))


def _new_loop() -> asyncio.AbstractEventLoop:
    """The quickest loop that this system has."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # there is none for Windows

    return uvloop.new_event_loop()


async def _opened(installation: AbstractAsyncContextManager[Runtime], output: Output, action: Action) -> int:
    from limner.studio import Studio

    interruption = Interruption(output)
    try:
        with interruption.armed():
            async with installation as runtime:
                return await action(Session(studio=Studio(runtime), output=output, interruption=interruption))
    except asyncio.CancelledError:
        if not interruption.heard.is_set():
            raise
        output.say(interruption.last_words)
        return INTERRUPTED
