"""Joins what people do with their pictures."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

from limner.db.browsing import SqlBrowsing
from limner.db.cleaning import SqlCleanings
from limner.db.collections import SqlCollections
from limner.db.importing import SqlImports
from limner.db.marking import SqlMarks
from limner.db.pictures import SqlPictures
from limner.db.shares import SqlShares
from limner.domain.browsing import Browsing
from limner.engine.cleaning import Cleaner
from limner.engine.curating import Curator
from limner.engine.importing import Importer
from limner.engine.linking import Sharer
from limner.runtime.ground import Ground
from limner.storage.generated import GeneratedFolder
from limner.storage.shelf import Shelf


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """The subjects of the library of pictures."""

    browsing: Browsing
    curator: Curator
    cleaner: Cleaner
    importer: Importer
    sharer: Sharer


def join_keeping(ground: Ground, shelf: Shelf, copies: GeneratedFolder) -> Keeping:
    """All of them, over one installation."""
    return Keeping(
        browsing=SqlBrowsing(ground.database),
        sharer=Sharer(
            shares=SqlShares(ground.database),
            pictures=SqlPictures(ground.database),
            albums=SqlCollections(ground.database),
            clock=ground.clock,
            ids=ground.ids,
        ),
        importer=Importer(
            brings=ground.library,
            imports=SqlImports(ground.database),
            shelf=shelf,
            clock=ground.clock,
            ids=ground.ids,
        ),
        cleaner=Cleaner(
            cleanings=SqlCleanings(ground.database),
            files=ground.blobs,
            places=shelf,
            copies=copies,
            clock=ground.clock,
            trash_for=ground.settings.trash_for,
            rules=ground.settings.cleanup_rules,
        ),
        curator=Curator(
            marks=SqlMarks(ground.database),
            albums=SqlCollections(ground.database),
            clock=ground.clock,
            ids=ground.ids,
        ),
    )


def keep_tidy(keeping: Keeping, stack: AsyncExitStack) -> None:
    """Clears away in the background for as long as the stack is open."""
    tending = asyncio.create_task(keeping.cleaner.tend(), name="limner clean-up")

    async def stop() -> None:
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending

    stack.push_async_callback(stop)
