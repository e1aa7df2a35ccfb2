"""Clears away: pictures that rules take, the trash, and the files that are left behind."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from limner.domain.cleaning import (
    Cleanings,
    CleanupRules,
    Copies,
    Due,
    Files,
    Leaving,
    Places,
    Reason,
    StorageUse,
    Tally,
)
from limner.domain.errors import InvalidRequest, LimnerError
from limner.domain.people import Principal
from limner.domain.ports import Clock

AT_ONCE = 500
"""Pictures that go in one transaction, and leavings that are looked at together."""
FRESH = timedelta(hours=1)
"""A file that was kept so lately may be about to be named by a row, and stays for now."""
FORGOTTEN = timedelta(days=1)
"""A file older than this that nothing names is an orphan."""
FIRST_ROUND = 60.0
ROUND = 3600.0
"""Seconds between the server's rounds."""
SHARDS = tuple(f"{number:02x}" for number in range(256))

log = logging.getLogger("limner.cleaning")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaner:
    """Pictures go by their rows first; what they leave behind is written down and cleared away after that.

    A process that dies in between leaves nothing for ever: the next round of any process goes on.
    """

    cleanings: Cleanings
    files: Files
    places: Places
    copies: Copies
    clock: Clock
    trash_for: timedelta | None
    """How long pictures stay in the trash; None is until somebody empties it."""
    rules: CleanupRules
    """What the server's own rounds take."""

    async def preview(self, rules: CleanupRules, principal: Principal) -> Due:
        """What of a person's pictures the rules would take; nothing is changed. Raises InvalidRequest."""
        return await self.cleanings.due(principal.id, _checked(rules), self.clock.now())

    async def clean(self, rules: CleanupRules, principal: Principal) -> Tally:
        """Forgets for good what of a person's pictures the rules take. Raises InvalidRequest."""
        due = await self.preview(rules, principal)
        return await self._purge(due.ids, Reason.RULES, rules)

    async def in_trash(self, principal: Principal) -> Due:
        """What lies in a person's trash."""
        return await self.cleanings.trashed(principal.id, self.clock.now())

    async def empty(self, principal: Principal) -> Tally:
        """Forgets for good what lies in a person's trash."""
        return await self._purge((await self.in_trash(principal)).ids, Reason.ASKED)

    async def forget(self, ids: Sequence[str], principal: Principal) -> Tally:
        """Forgets for good those of these pictures that lie in a person's trash."""
        in_trash = frozenset((await self.in_trash(principal)).ids)
        return await self._purge([each for each in dict.fromkeys(ids) if each in in_trash], Reason.ASKED)

    async def use(self, principal: Principal) -> StorageUse:
        """What a person's pictures take, and what was cleared away."""
        return await self.cleanings.use(principal.id)

    async def sweep(self) -> int:
        """Clears away what pictures have left behind, as far as nothing else needs it; the bytes set free."""
        freed, started = 0, self.clock.now()
        while found := await self.cleanings.leavings(started, AT_ONCE):
            for leaving in found:
                freed += await self._clear(leaving)
        return freed

    async def orphans(self, *, remove: bool = False) -> Tally:
        """Files older than a day that nothing names; they are told, or removed. Looks at all files there are."""
        before, count, size = self.clock.now() - FORGOTTEN, 0, 0
        for shard in SHARDS:
            stored = [(digest, each) async for digest, each in self.files.digests(shard, before=before)]
            needed = await self.cleanings.needed(shard) if stored else frozenset()
            for digest, each in stored:
                if digest in needed:
                    continue
                freed = await self.files.release(digest, before) if remove else each
                count, size = count + (freed is not None), size + (freed or 0)
        return Tally(count, size)

    async def round(self) -> Tally:
        """One round over everybody's pictures: the trash that is due, the settings' rules, what was left behind."""
        tally = Tally()
        if self.trash_for is not None:
            due = await self.cleanings.trashed(None, self.clock.now() - self.trash_for)
            tally += await self._purge(due.ids, Reason.TRASH)
        if self.rules:
            due = await self.cleanings.due(None, self.rules, self.clock.now())
            tally += await self._purge(due.ids, Reason.RULES, self.rules)
        await self.sweep()
        return tally

    async def tend(self) -> None:
        """Makes rounds for as long as it runs; one that fails is told in the log, and the next one tries again."""
        await self.clock.sleep(FIRST_ROUND)
        while True:
            try:
                tally = await self.round()
            except LimnerError as error:
                log.warning("Clean-up stopped: %s", error.message)
            else:
                if tally.pictures:
                    log.info("cleanup", extra={"pictures": tally.pictures, "bytes": tally.bytes})
            await self.clock.sleep(ROUND)

    async def _purge(self, ids: Sequence[str], reason: Reason, rules: CleanupRules | None = None) -> Tally:
        tally = Tally()
        for start in range(0, len(ids), AT_ONCE):
            at = self.clock.now()
            tally += await self.cleanings.purge(ids[start : start + AT_ONCE], reason, at, rules=rules)
        return tally

    async def _clear(self, leaving: Leaving) -> int:
        """Clears one away; what may still be needed is looked at again later."""
        freed, later = 0, False
        await self.places.remove(leaving)
        if leaving.files:
            await self.copies.forget(leaving)
            for file in {leaving.file, leaving.original}:
                if await self.cleanings.in_use(file):
                    continue
                released = await self.files.release(file.digest, self.clock.now() - FRESH)
                freed, later = freed + (released or 0), later or released is None
        if later:
            await self.cleanings.postpone(leaving, self.clock.now())
        else:
            await self.cleanings.cleared(leaving)
        return freed


def _checked(rules: CleanupRules) -> CleanupRules:
    if not rules:
        raise InvalidRequest("Say what is to go: pictures older than an age, or a size to keep to.", field="older_than")
    return rules
