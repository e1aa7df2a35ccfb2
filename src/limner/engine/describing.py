"""Has pictures described: shows them to a text model, keeps what it says, and tags them with it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from limner.domain.describing import (
    MEASURED,
    Described,
    DescribedPictures,
    Describes,
    DescribingQuote,
    Descriptions,
    MeasuresColours,
    Wish,
)
from limner.domain.errors import LimnerError
from limner.domain.marking import MOST_TAGS, Action, Change
from limner.domain.money import ZERO, Money
from limner.domain.people import Principal
from limner.domain.picture import Picture, check_shown
from limner.domain.ports import Blobs, Imaging
from limner.domain.stores import Pictures
from limner.domain.texts import TextPicture
from limner.engine.curating import Curator

EDGE = 1568
"""Pixels of the longer edge that is shown: what is larger costs more and is scaled down by services anyway."""
TOGETHER = 4
"""Pictures that are looked at at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Analyst:
    """Looks at pictures for people."""

    pictures: Pictures
    blobs: Blobs
    imaging: Imaging
    measures: MeasuresColours
    describes: Describes
    kept: Descriptions
    curator: Curator

    async def of(self, picture_id: str, principal: Principal) -> Described:
        """What was said of a picture that this person may see. Raises NotFound."""
        picture = await self.pictures.visible(picture_id, principal.id)
        return await self.kept.get(picture.id)

    async def describe(self, picture_id: str, wish: Wish, *, tag: bool = True) -> Described:
        """Looks at a picture of one's own and keeps what a model says of it; `tag` adds its tags to the picture's.

        Raises NotFound, PictureWithheld, and UnknownModel, NotConfigured or PriceUnknown for a model that was named.
        """
        picture = await self.pictures.get(picture_id, wish.principal.id)
        check_shown(picture)
        described = await self.look_at(await self.blobs.get(picture.file.digest), wish)
        if described.by != MEASURED:
            await self.kept.keep(picture.id, picture.owner, described)
            if tag:
                await self._tag(picture, described, wish.principal)
        return described

    async def look_at(self, data: bytes, wish: Wish) -> Described:
        """Looks at a picture that need not be kept; nothing of it is written down but the call. Raises BadPicture."""
        file = await self.imaging.probe(data)
        longer = max(file.width, file.height)
        width = None if longer <= EDGE else max(1, file.width * EDGE // longer)
        # A copy without what the file says beside its pixels: where it was taken, by whom, with what prompt.
        shown = await self.imaging.convert(data, "jpeg", width)
        size = await self.imaging.probe(shown)
        picture = TextPicture(data=shown, media_type=size.media_type, width=size.width, height=size.height)
        return await self.describes.described(picture, await self.measures.colours(shown), wish)

    async def quote(self, ids: Sequence[str], wish: Wish, *, again: bool = False) -> DescribingQuote:
        """What describing these pictures may cost; those that have a description are left out, unless `again`."""
        wanted = ids if again else await self.kept.without(ids)
        return await self.describes.quote(len(wanted), wish)

    async def describe_all(
        self, ids: Sequence[str], wish: Wish, *, most: Money, again: bool = False
    ) -> DescribedPictures:
        """Describes pictures, as many as `most` is enough for at the worst; those that have one are left out.

        Raises NotConfigured where no model that sees can be used. A picture that fails is left.
        """
        wanted = list(ids if again else await self.kept.without(ids))
        wish = await self.describes.admit(wish)
        one = (await self.describes.quote(1, wish)).estimate
        ceiling = ZERO if one is None else one.ceiling
        done: list[tuple[str, Described]] = []
        left: list[str] = []
        spent = ZERO
        while wanted:
            room = TOGETHER if not ceiling else max(0, (most - spent).micro) // ceiling.micro
            group, wanted = wanted[: min(TOGETHER, room)], wanted[min(TOGETHER, room) :]
            if not group:
                left += wanted
                break
            found = await asyncio.gather(*(self._perhaps(each, wish) for each in group))
            for each, described in zip(group, found, strict=True):
                if described is None or described.by == MEASURED:
                    left.append(each)
                else:
                    done.append((each, described))
                # What nobody knows the price of, and what may have been bought in vain, counts as all it may cost.
                known = None if described is None or described.by == MEASURED else described.cost
                spent += ceiling if known is None else known
        return DescribedPictures(done=tuple(done), left=tuple(left))

    async def _perhaps(self, picture_id: str, wish: Wish) -> Described | None:
        """One of many; None where it cannot be."""
        try:
            return await self.describe(picture_id, wish)
        except LimnerError:
            return None

    async def _tag(self, picture: Picture, described: Described, principal: Principal) -> None:
        """Adds tags that the picture has not, as far as there is room."""
        fresh = [tag for tag in described.description.tags if tag not in picture.tags]
        room = MOST_TAGS - len(picture.tags)
        if fresh and room > 0:
            change = Change(action=Action.TAG, tags=tuple(fresh[:room]))
            await self.curator.change_one(picture.id, change, principal)
