"""What clean-up takes, what it leaves alone, and what still needs a file: on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from limner.db.cleaning import SqlCleanings
from limner.db.collections import SqlCollections
from limner.db.marking import SqlMarks
from limner.domain.cleaning import CleanupRules, Due, Reason, Tally
from limner.domain.collecting import Collection
from limner.domain.errors import NotFound
from limner.domain.events import EventKind
from limner.domain.job import JobState
from limner.domain.marking import Action, Change
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.records import Conclusion, Ending
from limner.domain.request import ImageRequest, InputImage, Role
from tests.db.conftest import Stores
from tests.db.test_leases import taken
from tests.db.values import NOON, a_file, a_job, a_picture, later, new_id, news, settled

DAY = 86_400
ALL = CleanupRules(older_than=timedelta(0))


async def made(
    stores: Stores, *, day: int, digest: str, size: int = 100, owner: str = "ann", over: bool = True
) -> Picture:
    """A picture with a file of its own or a shared one, of a job that is over or goes on."""
    new = a_job(
        owner=owner, worker="w1", request=ImageRequest(prompt="a boat", project="sea" if day == 1 else "default")
    )
    file = a_file(digest * 64, size)
    call_id = new.calls[0].call.id
    picture = replace(a_picture(new, call_id, created=later(day * DAY)), file=file, original=file)
    lease = await taken(stores, new)
    closing = replace(settled(new), pictures=(picture,), charge=Money(600))
    ending = Ending(state=JobState.SUCCEEDED, at=NOON)
    end = Conclusion(ending=ending, news=news(EventKind.FINISHED)) if over else None
    await stores.jobs.close_call(lease, closing, [news(EventKind.PICTURE)], conclusion=end)
    return picture


@pytest.fixture
def cleanings(stores: Stores) -> SqlCleanings:
    return SqlCleanings(stores.database)


@pytest.fixture
def marks(stores: Stores) -> SqlMarks:
    return SqlMarks(stores.database)


def at(day: int) -> CleanupRules:
    return CleanupRules(older_than=timedelta(days=day))


@pytest.mark.req("S1-078", "S4-046")
async def test_the_old_go_first_and_as_many_as_a_size_asks_for(stores: Stores, cleanings: SqlCleanings) -> None:
    first, second, third = [
        await made(stores, day=day, digest=digest) for day, digest in ((0, "a"), (1, "b"), (2, "a"))
    ]
    await made(stores, day=0, digest="d", owner="bob")
    now = later(10 * DAY)

    async def due(rules: CleanupRules, owner: str | None = "ann") -> Due:
        return await cleanings.due(owner, rules, now)

    assert await due(at(20)) == Due((), Tally())
    # The first one's file stays, because the third one shows it too.
    assert await due(at(9)) == Due((first.id,), Tally(1, 0))
    assert await due(at(1)) == Due((first.id, second.id, third.id), Tally(3, 200))
    assert (await due(at(1), None)).tally == Tally(4, 300)
    assert await due(CleanupRules(larger_than=200)) == Due((), Tally())
    assert await due(CleanupRules(larger_than=199)) == Due((first.id, second.id), Tally(2, 100))
    assert await due(CleanupRules(larger_than=0)) == Due((first.id, second.id, third.id), Tally(3, 200))
    assert await due(CleanupRules(larger_than=0, project="sea")) == Due((second.id,), Tally(1, 100))


async def test_favourites_collections_and_what_is_shared_stay(
    stores: Stores, cleanings: SqlCleanings, marks: SqlMarks
) -> None:
    pictures = [await made(stores, day=day, digest=digest) for day, digest in enumerate("abcdef")]
    liked, collected, linked, expired, trashed, plain = (picture.id for picture in pictures)
    album = Collection(id=new_id("collection"), owner="ann", name="Boats", created=NOON, updated=NOON)
    await SqlCollections(stores.database).add(album)
    await marks.apply("ann", [liked], Change(action=Action.FAVORITE), NOON)
    await marks.apply("ann", [collected], Change(action=Action.COLLECT, to=album.id), NOON)
    await marks.apply("ann", [trashed], Change(action=Action.TRASH), NOON)

    def share(connection: Connection) -> None:
        for name, days in ((linked, 90), (expired, 1)):
            connection.exec_driver_sql(
                "INSERT INTO image_shares (id, user_id, token_hash, image_id, created_at, expires_at, views) "
                f"VALUES ('{name}', 'ann', '{name}', '{name}', '2026', '{later(days * DAY):%Y-%m-%d}', 0)"
            )

    await stores.database.write(share)
    now = later(30 * DAY)
    assert (await cleanings.due("ann", ALL, now)).ids == (expired, plain)
    nothing_kept = replace(ALL, keep_favorites=False, keep_collected=False, keep_shared=False)
    assert set((await cleanings.due("ann", nothing_kept, now)).ids) == {liked, collected, linked, expired, plain}
    # What has become a favourite since the list was made stays.
    await marks.apply("ann", [plain], Change(action=Action.FAVORITE), NOON)
    assert await cleanings.purge([expired, plain, trashed], Reason.RULES, now, rules=ALL) == Tally(1, 100)
    assert (await stores.pictures.get(plain)).favorite
    assert (await stores.pictures.get(trashed)).trashed


async def test_only_what_is_in_the_trash_goes_with_the_trash(
    stores: Stores, cleanings: SqlCleanings, marks: SqlMarks
) -> None:
    first, second, restored = [await made(stores, day=day, digest=digest) for day, digest in enumerate("abb")]
    ids = [first.id, second.id, restored.id]
    await marks.apply("ann", ids, Change(action=Action.TRASH), later(5))
    assert await cleanings.trashed("ann", later(5)) == Due((), Tally())
    assert await cleanings.trashed("bob", later(6)) == Due((), Tally())
    due = await cleanings.trashed(None, later(6))
    assert (set(due.ids), due.tally) == (set(ids), Tally(3, 200))
    await marks.apply("ann", [restored.id], Change(action=Action.RESTORE), NOON)
    assert await cleanings.purge(due.ids, Reason.TRASH, later(9)) == Tally(2, 100)
    with pytest.raises(NotFound):
        await stores.pictures.get(first.id)
    assert not (await stores.pictures.get(restored.id)).trashed
    left = await cleanings.leavings(later(10), 9)
    assert {(each.id, each.file.digest[0], each.files) for each in left} == {
        (first.id, "a", True),
        (second.id, "b", True),
    }
    assert [await cleanings.in_use(each.file) for each in sorted(left, key=lambda one: one.file.digest)] == [
        False,
        True,
    ]
    use = await cleanings.use("ann")
    assert (use.kept, use.trash, use.cleared) == (Tally(1, 100), Tally(), Tally(2, 100))
    assert [(run.reason, run.tally) for run in use.runs] == [(Reason.TRASH, Tally(2, 100))]
    assert (await cleanings.use("bob")).cleared == Tally()
    await cleanings.postpone(left[0], later(20))
    await cleanings.cleared(left[1])
    assert await cleanings.leavings(later(20), 9) == []
    assert [each.row_id for each in await cleanings.leavings(later(21), 9)] == [left[0].row_id]


async def test_pictures_of_a_job_that_goes_on_stay(stores: Stores, cleanings: SqlCleanings, marks: SqlMarks) -> None:
    """Else the worker would miss them, and paint them again."""
    picture = await made(stores, day=0, digest="a", over=False)
    await marks.apply("ann", [picture.id], Change(action=Action.TRASH), NOON)
    assert await cleanings.purge([picture.id], Reason.ASKED, later(9)) == Tally()
    assert (await stores.jobs.get(picture.job_id)).pictures


async def test_what_jobs_and_pictures_name_is_needed(stores: Stores, cleanings: SqlCleanings) -> None:
    picture = await made(stores, day=0, digest="a")
    source = InputImage(role=Role.SOURCE, digest="b" * 64, media_type="image/png", width=64, height=48)
    new = a_job(request=ImageRequest(prompt="a boat", inputs=(source,)))
    await stores.jobs.submit(new)
    assert await cleanings.in_use(picture.file)
    assert await cleanings.in_use(a_file("b" * 64))
    assert not await cleanings.in_use(a_file("c" * 64))
    assert await cleanings.needed("aa") == {"a" * 64}
    assert await cleanings.needed("bb") == {"b" * 64}
    assert await cleanings.needed("cc") == frozenset()


async def test_the_original_of_a_changed_picture_is_needed(stores: Stores, cleanings: SqlCleanings) -> None:
    new = a_job(worker="w1")
    picture = replace(a_picture(new, new.calls[0].call.id), original=a_file("e" * 64, 70))
    lease = await taken(stores, new)
    await stores.jobs.close_call(lease, replace(settled(new), pictures=(picture,)), [news(EventKind.PICTURE)])
    assert await cleanings.in_use(a_file("e" * 64, 70))
    assert await cleanings.needed("ee") == {"e" * 64}
