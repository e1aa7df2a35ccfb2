"""Passwords: what makes a good one, and how their hashes are made and compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from limner.domain.errors import InvalidRequest, TooManyRequests

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST = 10
"""Characters; NIST SP 800-63B asks for eight at least and for no rules about which ones."""
LONGEST = 200
"""Characters: a hash takes longer for more of them."""
AT_ONCE = 2
"""Each takes a core for 0.25 s and 64 MiB (Argon2id with pwdlib 0.3's numbers, measured 2026-11-28)."""
PATIENCE = 10.0
"""Seconds that somebody waits for their turn."""
UNGUESSABLE = "\x00"
"""No password is this: it is not printable."""

Result = TypeVar("Result")


def check_password(password: str) -> None:
    """Raises InvalidRequest for one that may not be chosen."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidRequest(f"A password has {SHORTEST} to {LONGEST} characters. Choose another.", field="password")
    if not password.isprintable():
        raise InvalidRequest("A password has no control characters. Choose another.", field="password")


class Argon2Passwords:
    """The `Passwords` of `domain.membership`."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._decoy = ""

    async def hash(self, password: str) -> str:
        """A hash of a password. Raises TooManyRequests where too many others are in turn."""
        return await self._in_turn(lambda: _hasher().hash(password))

    async def verify(self, password: str, known: str | None) -> bool:
        """Whether it is the password of a hash; where there is none it takes as long and is not.

        Raises TooManyRequests where too many others are in turn.
        """
        if not self._decoy:  # before anybody's first try, known or not
            self._decoy = await self.hash(UNGUESSABLE)
        given = password[:LONGEST]
        fits = await self._in_turn(lambda: _hasher().verify(given, known or self._decoy))
        return fits and known is not None and given == password

    async def _in_turn(self, work: Callable[[], Result]) -> Result:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError:
            raise TooManyRequests("Too many people sign in at once. Try again in a moment.", retry_after=5) from None
        # In the thread's own hands from here on: whoever stops waiting does not give the turn away before it is over.
        done = asyncio.get_running_loop().run_in_executor(None, work)
        done.add_done_callback(lambda _: self._turns.release())
        return await done


def _hasher() -> PasswordHash:
    """What makes and compares hashes."""
    # Imported on first use: it takes 30 ms, and without accounts nobody needs it.
    from pwdlib import PasswordHash

    return PasswordHash.recommended()
