"""So many places, and a line of those who wait for one: first come, first served between people."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from limner.domain.turns import Rank


class Bucket:
    """So many a second, in bursts of one second's worth: 1 at least."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        """A second; 0 for no limit."""
        self._most = max(rate, 1.0)
        self._level = 0.0
        self._seen = 0.0

    def rest(self, now: float) -> float:
        """Seconds until one more may begin; 0 for at once."""
        if not self.rate:
            return 0.0
        self._level = max(0.0, self._level - (now - self._seen) * self.rate)
        self._seen = now
        return max(0.0, (self._level + 1 - self._most) / self.rate)

    def take(self, count: int = 1) -> None:
        """One begins; with -1 one that was taken did not."""
        self._level += count


@dataclass(eq=False, slots=True)
class _Waiter:
    rank: Rank
    ticket: asyncio.Future[None]


class Places:
    """Hands out places. Nobody asks again whether their turn has come: whoever leaves, or a timer, lets the next in.

    A turn in the line belongs to a person. When it comes it is for whichever of their own ranks first by then, and that
    one's turn is left to the one that stood there. Between people the order is that in which they came.
    """

    def __init__(self, number: int, rate: float = 0.0) -> None:
        """`number` places, 0 for no limit; `rate` of them a second are handed out at most, 0 for no limit."""
        self._number = number
        self._taken = 0
        self._bucket = Bucket(rate)
        self._line: list[_Waiter] = []
        self._timer: asyncio.TimerHandle | None = None

    @property
    def full(self) -> bool:
        """Whether somebody who came now would have to wait for a place."""
        return bool(self._line) or not self._has_room()

    async def enter(self, rank: Rank | None = None) -> None:
        """Waits for a place. Whoever is cancelled has none, and those behind move up."""
        waiter = _Waiter(rank or Rank(), asyncio.get_running_loop().create_future())
        self._line.append(waiter)
        self._hand_out()
        try:
            await waiter.ticket
        except BaseException:
            if waiter in self._line:
                self._line.remove(waiter)
            elif not waiter.ticket.cancelled():  # it came at the moment at which nobody wanted it any more
                self._taken -= 1
                self._bucket.take(-1)
            self._hand_out()
            raise

    def leave(self) -> None:
        """Gives a place to the next."""
        self._taken -= 1
        self._hand_out()

    def hold(self, rate: float) -> None:
        """From now on so many a second, 0 for no limit; for those who wait, too."""
        if rate != self._bucket.rate:
            self._bucket = Bucket(rate)
            self._hand_out()

    def _has_room(self) -> bool:
        return not self._number or self._taken < self._number

    def _hand_out(self) -> None:
        """Lets in whoever may; sets the timer where the first in line waits for the moment alone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._line and self._has_room():
            loop = asyncio.get_running_loop()
            rest = self._bucket.rest(loop.time())
            if rest:
                self._timer = loop.call_later(rest, self._hand_out)
                return
            self._let_in()

    def _let_in(self) -> None:
        first = self._line[0]
        if first.ticket.done():  # cancelled, and about to leave the line
            self._line.pop(0)
            return
        own = [waiter for waiter in self._line if waiter.rank.owner == first.rank.owner and not waiter.ticket.done()]
        best = min(own, key=lambda waiter: waiter.rank.order)
        self._line[self._line.index(best)] = first
        self._line.pop(0)
        self._taken += 1
        self._bucket.take()
        best.ticket.set_result(None)
