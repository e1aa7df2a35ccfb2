"""Looking through pictures: sheets forwards and backwards, from a far place, counts, neighbours, children."""

from dataclasses import replace
from datetime import timedelta

import pytest

from limner.db.browsing import SqlBrowsing
from limner.db.marking import SqlMarks
from limner.domain.browsing import Place, Sheet
from limner.domain.errors import InvalidRequest
from limner.domain.marking import Action, Change
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.records import PictureFilter
from limner.domain.request import ImageRequest, InputImage, Role
from tests.db.conftest import Stores
from tests.db.test_pictures import keep, kept
from tests.db.values import a_job, a_picture, later

ALL = PictureFilter()
MARK = Change(action=Action.FAVORITE)
BIN = Change(action=Action.TRASH)


async def browsing(stores: Stores, *prompts: str) -> tuple[SqlBrowsing, list[Picture]]:
    return SqlBrowsing(stores.database), await kept(stores, *prompts)


def prompts(sheet: Sheet) -> list[str]:
    return [picture.prompt for picture in sheet.pictures]


async def test_sheets_follow_each_other_in_both_directions(stores: Stores) -> None:
    look, _ = await browsing(stores, "a", "b", "c", "d", "e")
    first = await look.sheet("ann", ALL, Place(), limit=2)
    assert (prompts(first), first.newer) == (["e", "d"], None)
    second = await look.sheet("ann", ALL, Place(after=first.older), limit=2)
    assert prompts(second) == ["c", "b"]
    last = await look.sheet("ann", ALL, Place(after=second.older), limit=2)
    assert (prompts(last), last.older) == (["a"], None)
    above = await look.sheet("ann", ALL, Place(before=last.newer), limit=2)
    assert prompts(above) == ["c", "b"]
    top = await look.sheet("ann", ALL, Place(before=above.newer), limit=2)
    assert (prompts(top), top.newer) == (["e", "d"], None)
    assert await look.sheet("ben", ALL, Place(), limit=2) == Sheet(pictures=(), newer=None, older=None)


@pytest.mark.parametrize("which", [ALL, PictureFilter(words="lake"), PictureFilter(favorite=True)])
async def test_a_far_place_is_reached_at_once(stores: Stores, which: PictureFilter) -> None:
    look, pictures = await browsing(stores, *(f"lake {number}" for number in range(6)))
    await SqlMarks(stores.database).apply("ann", [each.id for each in pictures], MARK, later(9))
    sheet = await look.sheet("ann", which, Place(skip=3), limit=2)
    assert prompts(sheet) == ["lake 2", "lake 1"]
    assert prompts(await look.sheet("ann", which, Place(before=sheet.newer), limit=9)) == ["lake 5", "lake 4", "lake 3"]
    assert prompts(await look.sheet("ann", which, Place(skip=99), limit=2)) == ["lake 5", "lake 4"]


async def test_a_cursor_that_is_none_is_refused(stores: Stores) -> None:
    look, _ = await browsing(stores, "a")
    for place in (Place(after="nonsense"), Place(before="nonsense")):
        with pytest.raises(InvalidRequest):
            await look.sheet("ann", ALL, place, limit=2)


async def test_pictures_are_counted_without_the_trash(stores: Stores) -> None:
    look, pictures = await browsing(stores, "lake", "lake", "hill", "hill")
    marks = SqlMarks(stores.database)
    await marks.apply("ann", [pictures[0].id], BIN, later(9))
    await marks.apply("ann", [pictures[0].id, pictures[2].id], MARK, later(9))
    for which, many in (
        (ALL, 3),
        (PictureFilter(trashed=True), 1),
        (PictureFilter(favorite=True), 1),
        (PictureFilter(words="lake"), 1),
        (PictureFilter(words="!"), 0),
        (PictureFilter(model=pictures[0].model), 3),
        (PictureFilter(model="nobody/nothing"), 0),
        (PictureFilter(since=later(1), until=later(3)), 2),
    ):
        found = await look.tally("ann", which)
        assert (found.pictures, found.exact) == (many, True), which


async def test_a_span_says_what_was_made_and_what_it_cost(stores: Stores) -> None:
    look, pictures = await browsing(stores, "a", "b", "c")
    each = pictures[0].cost
    assert each
    span = (later(1), later(1) + timedelta(days=1))
    (found,) = await look.spans("ann", ALL, [span])
    assert (found.pictures, found.cost, found.exact) == (2, Money(each.micro * 2), True)


async def test_what_there_is_to_choose_from(stores: Stores) -> None:
    look, _ = await browsing(stores, "a", "b")
    new = a_job(owner="ann", worker="w1", request=ImageRequest(prompt="x", project="harbour"))
    other = a_picture(new, new.calls[0].call.id, prompt="x", model="zeta/one")
    await keep(stores, new, replace(other, project="harbour", tags=("dusk", "calm")))
    found = await look.choices("ann")
    assert found.models[-1] == "zeta/one"
    assert len(found.models) == 2
    assert found.projects == ("default", "harbour")
    assert {"calm", "dusk"} <= set(found.tags)
    assert (await look.choices("ben")).models == ()


@pytest.mark.parametrize("which", [ALL, PictureFilter(words="lake")])
async def test_a_picture_knows_its_neighbours(stores: Stores, which: PictureFilter) -> None:
    look, pictures = await browsing(stores, *(f"lake {number}" for number in range(5)))
    found = await look.around("ann", which, pictures[2], each=1)
    assert [each.prompt for each in found.newer] == ["lake 3"]
    assert [each.prompt for each in found.older] == ["lake 1"]
    assert found.position == 3
    ends = await look.around("ann", which, pictures[4], each=9)
    assert (ends.newer, ends.position, len(ends.older)) == ((), 1, 4)


async def test_children_are_found_by_what_they_were_made_from(stores: Stores) -> None:
    look, pictures = await browsing(stores, "parent")
    parent = pictures[0]
    source = InputImage(
        role=Role.SOURCE, digest=parent.file.digest, media_type="image/png", width=8, height=8, image_id=parent.id
    )
    new = a_job(owner="ann", worker="w1", request=ImageRequest(prompt="x", inputs=(source,)))
    call = new.calls[0].call.id
    child = replace(a_picture(new, call, number=1, prompt="child"), parents=(parent.id,))
    stranger = replace(a_picture(new, call, number=2, prompt="of another"), parents=("somebody-else",))
    await keep(stores, new, child, stranger)
    assert [each.prompt for each in await look.children("ann", parent.id, limit=9)] == ["child"]
    assert await look.children("ben", parent.id, limit=9) == []
    assert await look.children("ann", child.id, limit=9) == []
