"""Sheets of pictures put in order by days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from limner.domain.browsing import Browsing, Sheet, SpanTally
from limner.web.browsing import Hanging
from limner.web.filters import GalleryQuery
from limner.web.links import Links
from tests.db.values import a_job, a_picture, new_id

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class OfEachDay:
    """Counts ten pictures on any day."""

    async def spans(self, owner: str, wanted: object, spans: Sequence[object]) -> Sequence[SpanTally]:
        return [SpanTally(pictures=10, cost=None, exact=True) for _ in spans]


async def test_a_day_stands_there_once_also_where_words_found_older_pictures_in_between() -> None:
    days = [NOON - timedelta(days=ago) for ago in (0, 3, 0, 1, 3)]
    pictures = tuple(a_picture(a_job(), new_id("call"), created=day) for day in days)
    hanging = Hanging(
        look=cast(Browsing, OfEachDay()),
        owner="me",
        query=GalleryQuery(q="reeds"),
        links=Links(version="1"),
        today=NOON.date(),
    )
    groups = (await hanging.hang(Sheet(pictures=pictures, newer=None, older=None))).groups
    assert [group.key for group in groups] == ["2026-11-20", "2026-11-17", "2026-11-19"]
    assert [[each.tile.id for each in group.tiles] for group in groups] == [
        [pictures[0].id, pictures[2].id],
        [pictures[1].id, pictures[4].id],
        [pictures[3].id],
    ]
