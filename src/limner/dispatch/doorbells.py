"""Words from outside that a call at a service has ended: whoever waits to ask after it asks at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class LocalDoorbells:
    """The bells of this process, by service and ticket. One that rings says only that it is worth asking."""

    def __init__(self) -> None:
        self._bells: defaultdict[tuple[str, str], set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def hung(self, service: str, ticket_id: str, bell: asyncio.Event) -> Iterator[None]:
        """Rings the bell for as long as the block lasts, whenever there is word of this ticket."""
        place = (service, ticket_id)
        self._bells[place].add(bell)
        try:
            yield
        finally:
            self._bells[place].discard(bell)
            if not self._bells[place]:
                del self._bells[place]

    def ring(self, service: str, ticket_id: str) -> bool:
        """Whether anybody here waits for this ticket."""
        bells = self._bells.get((service, ticket_id), ())
        for bell in bells:
            bell.set()
        return bool(bells)
