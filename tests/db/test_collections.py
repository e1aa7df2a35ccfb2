"""Collections: made, filled, ordered and dissolved; for one person alone."""

import asyncio

import pytest

from limner.db import pictures
from limner.db.collections import SqlCollections
from limner.db.marking import SqlMarks
from limner.domain.collecting import Collection, Edit
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.marking import Action, Change
from limner.domain.records import PictureFilter
from tests.db.conftest import Stores
from tests.db.test_pictures import kept
from tests.db.values import NOON, later, new_id


@pytest.fixture
def albums(stores: Stores) -> SqlCollections:
    return SqlCollections(stores.database)


@pytest.fixture
def marks(stores: Stores) -> SqlMarks:
    return SqlMarks(stores.database)


async def made(albums: SqlCollections, name: str = "Harbours", owner: str = "ann", after: int = 0) -> Collection:
    at = later(after)
    collection = Collection(id=new_id("collection"), owner=owner, name=name, created=at, updated=at)
    await albums.add(collection)
    return collection


async def inside(albums: SqlCollections, collection: Collection) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await albums.pictures(collection.id, "ann", limit=2, cursor=cursor)
        found += [picture.prompt for picture in page.items]
        cursor = page.next
        if cursor is None:
            return found


def joining(collection: Collection, action: Action = Action.COLLECT) -> Change:
    return Change(action=action, to=collection.id)


@pytest.mark.req("S1-026", "S1-061", "S1-062", "S3-113")
async def test_pictures_join_in_order_and_leave(stores: Stores, albums: SqlCollections, marks: SqlMarks) -> None:
    ids = [picture.id for picture in await kept(stores, "one", "two", "three", "four")]
    harbours, boats = await made(albums), await made(albums, "Boats", after=1)
    await marks.apply("ann", [ids[2], ids[0]], joining(harbours), NOON)
    await marks.apply("ann", [ids[0], ids[3], ids[1]], joining(harbours), later(5))
    await marks.apply("ann", [ids[0]], joining(boats), NOON)
    assert await inside(albums, harbours) == ["three", "one", "four", "two"]
    found = await albums.get(harbours.id, "ann")
    assert (found.pictures, found.cover_id, found.updated) == (4, ids[2], later(5))
    which = PictureFilter(collection=boats.id)
    assert [one.id for one in (await stores.pictures.page("ann", which, limit=9, cursor=None)).items] == [ids[0]]
    await marks.apply("ann", [ids[2]], joining(harbours, Action.UNCOLLECT), NOON)
    assert await inside(albums, harbours) == ["one", "four", "two"]
    page = await albums.page("ann", limit=1, cursor=None)
    assert [each.name for each in page.items] == ["Boats"]
    rest = await albums.page("ann", limit=1, cursor=page.next)
    assert [(each.name, each.pictures) for each in rest.items] == [("Harbours", 3)]
    assert rest.next is None


@pytest.mark.parametrize("small", [2, 3])
async def test_the_gallery_is_narrowed_to_a_collection_small_or_large(
    stores: Stores, albums: SqlCollections, marks: SqlMarks, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(pictures, "SMALL", small)
    ids = [picture.id for picture in await kept(stores, "one boat", "two", "three", "four boat")]
    boats = await made(albums, "Boats")
    await marks.apply("ann", [ids[2], ids[0], ids[3]], joining(boats), NOON)
    first = await stores.pictures.page("ann", PictureFilter(collection=boats.id), limit=2, cursor=None)
    rest = await stores.pictures.page("ann", PictureFilter(collection=boats.id), limit=2, cursor=first.next)
    assert [one.id for one in (*first.items, *rest.items)] == [ids[3], ids[2], ids[0]]
    both = PictureFilter(collection=boats.id, words="boat")
    found = await stores.pictures.page("ann", both, limit=9, cursor=None)
    assert [one.id for one in found.items] == [ids[3], ids[0]]


async def test_the_trash_hides_pictures_from_collections(
    stores: Stores, albums: SqlCollections, marks: SqlMarks
) -> None:
    first, second = await kept(stores, "one", "two")
    harbours = await made(albums)
    await marks.apply("ann", [first.id, second.id], joining(harbours), NOON)
    await albums.edit(harbours.id, "ann", Edit(cover_id=first.id), NOON)
    await marks.apply("ann", [first.id], Change(action=Action.TRASH), NOON)
    found = await albums.get(harbours.id, "ann")
    assert (found.pictures, found.cover_id, await inside(albums, harbours)) == (1, second.id, ["two"])
    await marks.apply("ann", [first.id], Change(action=Action.RESTORE), NOON)
    assert (await albums.get(harbours.id, "ann")).cover_id == first.id
    assert await inside(albums, harbours) == ["one", "two"]


async def test_names_covers_and_orders_change(stores: Stores, albums: SqlCollections, marks: SqlMarks) -> None:
    pictures = await kept(stores, "one", "two", "three", "elsewhere")
    ids = [picture.id for picture in pictures]
    harbours = await made(albums)
    await marks.apply("ann", ids[:3], joining(harbours), NOON)
    edited = await albums.edit(
        harbours.id, "ann", Edit(name="Ports", description="Boats at dusk.", cover_id=ids[1]), later(8)
    )
    assert (edited.name, edited.description, edited.cover_id) == ("Ports", "Boats at dusk.", ids[1])
    assert (await albums.edit(harbours.id, "ann", Edit(cover_id=""), NOON)).cover_id == ids[0]
    assert edited.name == (await albums.get(harbours.id, "ann")).name
    with pytest.raises(InvalidRequest, match="picture of the collection"):
        await albums.edit(harbours.id, "ann", Edit(cover_id=ids[3]), NOON)
    await albums.arrange(harbours.id, "ann", [ids[2], ids[1], ids[2]], NOON)
    assert await inside(albums, harbours) == ["three", "two", "one"]
    with pytest.raises(InvalidRequest) as refused:
        await albums.arrange(harbours.id, "ann", [ids[0], ids[3]], NOON)
    assert refused.value.field == "ids"
    assert await inside(albums, harbours) == ["three", "two", "one"]


async def test_dissolving_leaves_the_pictures(stores: Stores, albums: SqlCollections, marks: SqlMarks) -> None:
    (picture,) = await kept(stores, "one")
    harbours = await made(albums)
    await marks.apply("ann", [picture.id], joining(harbours), NOON)
    await albums.remove(harbours.id, "ann")
    assert await stores.pictures.get(picture.id, "ann") == picture
    with pytest.raises(NotFound):
        await albums.get(harbours.id, "ann")


async def test_somebody_elses_collection_is_not_there(stores: Stores, albums: SqlCollections, marks: SqlMarks) -> None:
    (picture,) = await kept(stores, "one")
    (theirs,) = await kept(stores, "two", owner="bob")
    harbours = await made(albums, owner="bob")
    await marks.apply("bob", [theirs.id, picture.id], joining(harbours), NOON)
    assert (await albums.get(harbours.id, "bob")).pictures == 1
    for act in (
        albums.get(harbours.id, "ann"),
        albums.edit(harbours.id, "ann", Edit(name="Mine"), NOON),
        albums.remove(harbours.id, "ann"),
        albums.pictures(harbours.id, "ann", limit=5, cursor=None),
        albums.arrange(harbours.id, "ann", [theirs.id], NOON),
        marks.apply("ann", [picture.id], joining(harbours), NOON),
    ):
        with pytest.raises(NotFound):
            await act
    assert (await albums.page("ann", limit=5, cursor=None)).items == ()
    assert (await albums.get(harbours.id, "bob")).name == "Harbours"


async def test_pictures_that_join_at_once_all_find_a_place(
    stores: Stores, albums: SqlCollections, marks: SqlMarks, other: Stores
) -> None:
    pictures = await kept(stores, *(str(number) for number in range(8)))
    harbours = await made(albums)
    sides = [marks, SqlMarks(other.database)]
    await asyncio.gather(
        *(
            sides[number % 2].apply("ann", [picture.id], joining(harbours), NOON)
            for number, picture in enumerate(pictures)
        )
    )
    order = await inside(albums, harbours)
    assert sorted(order) == [str(number) for number in range(8)]
    assert await inside(albums, harbours) == order
