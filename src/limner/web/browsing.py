"""From sheets of pictures to what the gallery shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from limner.domain.browsing import Browsing, Sheet, SpanTally, Tally
from limner.domain.picture import Picture
from limner.web import dates, showing, wording
from limner.web.filters import GalleryQuery, beginning
from limner.web.gallery_views import DayGroup, GalleryTile, SheetView
from limner.web.languages import gettext, ngettext, number
from limner.web.links import Links

SHEET = 60
"""Pictures of one sheet."""
EAGER = 6
"""Of the first sheet, loaded at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hanging:
    """Puts sheets of one person's pictures in order by days."""

    look: Browsing
    owner: str
    query: GalleryQuery
    links: Links
    today: date

    async def hang(self, sheet: Sheet, *, eager: bool = False) -> SheetView:
        """A sheet by days, with what was made on each of them in all; `eager` for the first one of a page."""
        days = _by_days(sheet.pictures)
        spans = [(beginning(day), beginning(day + timedelta(days=1))) for day, _ in days]
        tallies = await self.look.spans(self.owner, self.query.wanted(), spans) if spans else ()
        first = {picture.id for picture in sheet.pictures[: EAGER if eager else 0]}
        groups = tuple(
            DayGroup(
                key=day.isoformat(),
                title=day_title(day, self.today),
                summary=_summary(tally),
                tiles=tuple(
                    gallery_tile(picture, self.query, self.links, eager=picture.id in first) for picture in pictures
                ),
            )
            for (day, pictures), tally in zip(days, tallies, strict=True)
        )
        return SheetView(
            groups=groups,
            newer="" if sheet.newer is None else self.query.address(self.links.sheet, before=sheet.newer),
            older="" if sheet.older is None else self.query.address(self.links.sheet, cursor=sheet.older),
            count=len(sheet.pictures),
            goes_on=sheet.older is not None and _goes_on(days, tallies),
        )


def gallery_tile(picture: Picture, query: GalleryQuery, links: Links, *, eager: bool = False) -> GalleryTile:
    """A picture that is opened among those of a query."""
    return GalleryTile(
        tile=showing.tile(picture, eager=eager),
        here=query.address(links.image(picture.id)),
        download=links.download(picture.id, picture.file.media_type.removeprefix("image/")),
        favorite=picture.favorite,
    )


def day_title(day: date, today: date) -> str:
    """Today, Yesterday, 20 Nov 2026."""
    ago = (today - day).days
    if ago in (0, 1):
        return gettext("Yesterday") if ago else gettext("Today")
    return dates.day(day)


def _by_days(pictures: Sequence[Picture]) -> list[tuple[date, list[Picture]]]:
    """Pictures by the days on which they were made; each day once, also where words found them in another order."""
    days: dict[date, list[Picture]] = {}
    for picture in pictures:
        days.setdefault(picture.created.astimezone().date(), []).append(picture)
    return list(days.items())


def total_words(tally: Tally) -> str:
    """1,284; or 10,000+ where nobody has counted on."""
    return number(tally.pictures) + ("" if tally.exact else "+")


def _summary(tally: SpanTally) -> str:
    if not tally.exact:
        return ngettext("more than %(num)s picture", "more than %(num)s pictures", tally.pictures)
    many = wording.pictures(tally.pictures)
    return f"{many} · {wording.price(tally.cost)}" if tally.cost else many


def _goes_on(days: Sequence[tuple[date, list[Picture]]], tallies: Sequence[SpanTally]) -> bool:
    """Whether the last day has more than what is shown of it here: its row is then filled to the edge."""
    return bool(days) and (not tallies[-1].exact or tallies[-1].pictures > len(days[-1][1]))
