"""What is said of pictures, kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from limner.db.descriptions import SqlDescriptions
from limner.domain.describing import Described, Description
from limner.domain.errors import NotFound
from limner.domain.money import Money
from limner.domain.records import PictureFilter
from tests.db.conftest import Stores
from tests.db.test_pictures import kept
from tests.db.values import NOON, later

SAID = Described(
    description=Description(width=64, height=48, colours=("#102030",), caption="A boat.", alt_text="A red boat."),
    by="anthropic/claude-sonnet-5-5",
    why="",
    cost=Money(3000),
    at=NOON,
    call_id="call-1",
)


async def test_the_newest_takes_the_place_of_the_one_before(stores: Stores) -> None:
    told = SqlDescriptions(stores.database)
    picture, other = await kept(stores, "a boat", "a ship")
    assert await told.without([other.id, picture.id]) == [other.id, picture.id]
    with pytest.raises(NotFound):
        await told.get(picture.id)
    for described in (SAID, replace(SAID, at=later(9), cost=None, call_id=None)):
        await told.keep(picture.id, "ann", described)
        assert await told.get(picture.id) == described
    assert await told.without([other.id, picture.id]) == [other.id]


async def test_a_picture_carries_its_alt_text_wherever_it_is_read(stores: Stores) -> None:
    told = SqlDescriptions(stores.database)
    picture, _ = await kept(stores, "a boat", "a ship")
    await told.keep(picture.id, "ann", SAID)
    assert (await stores.pictures.get(picture.id)).alt_text == "A red boat."
    page = await stores.pictures.page("ann", PictureFilter(), limit=5, cursor=None)
    assert sorted(each.alt_text or "" for each in page.items) == ["", "A red boat."]


async def test_nothing_is_kept_of_what_is_gone_or_somebody_elses(stores: Stores) -> None:
    told = SqlDescriptions(stores.database)
    (picture,) = await kept(stores, "a boat")
    await told.keep(picture.id, "bob", SAID)
    await told.keep("no such picture", "ann", SAID)
    assert await told.without([picture.id]) == [picture.id]
