"""Asks a person before much money may be spent."""

from __future__ import annotations

import asyncio
import sys

from limner.cli.opening import Session
from limner.domain.money import Money


def must_ask(session: Session, ceiling: Money | None, *, yes: bool) -> bool:
    """Whether a person sits there and this may cost more than they want to hear of beforehand."""
    limit = session.studio.runtime.settings.confirm_above_usd
    if yes or limit is None or not session.output.talks:
        return False
    return ceiling is None or ceiling > limit


async def agreed(session: Session, question: str) -> bool:
    """Asks on stderr and waits for the answer; nothing typed is a no."""
    session.output.remarks.print(f"{question} [y/N] ", end="")
    answer = await _line()
    return answer.strip().lower() in ("y", "yes")


async def typed(session: Session, prompt: str) -> str:
    """A line that somebody types, with its end; nothing where there is no more."""
    session.output.remarks.print(prompt, end="")
    return await _line()


async def _line() -> str:
    """One line from the terminal, while everything else goes on and Ctrl-C is heard."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    try:
        loop.add_reader(sys.stdin, ready.set)
    except (NotImplementedError, OSError):  # Windows, and stdin that is a file
        return sys.stdin.readline()
    try:
        await ready.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline()
