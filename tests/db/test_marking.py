"""Favourites, tags, projects and the trash: on both databases, for one person alone."""

import asyncio
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import Connection

from limner.db.marking import SqlMarks
from limner.db.pictures import pictures_page
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.marking import Action, Change, TagCount
from limner.domain.records import PictureFilter
from limner.domain.request import ImageRequest, InputImage, Role
from tests.db.conftest import Stores
from tests.db.test_pictures import explained, keep, kept
from tests.db.values import NOON, a_job, a_picture, later

MIGRATION = import_module("limner.db.migrations.versions.0008_library")


@pytest.fixture
def marks(stores: Stores) -> SqlMarks:
    return SqlMarks(stores.database)


async def shown(stores: Stores, owner: str = "ann", **which: Any) -> list[str]:
    """The prompts of what a filter finds, page by page."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await stores.pictures.page(owner, PictureFilter(**which), limit=2, cursor=cursor)
        found += [picture.prompt for picture in page.items]
        cursor = page.next
        if cursor is None:
            return found


@pytest.mark.req("S1-026", "S1-059")
async def test_favourites_are_found_newest_first_and_page_by_page(stores: Stores, marks: SqlMarks) -> None:
    pictures = await kept(stores, "one", "two", "three", "four")
    ids = [pictures[place].id for place in (3, 0, 1)]
    assert await marks.apply("ann", ids, Change(action=Action.FAVORITE), NOON) == set(ids)
    assert await marks.apply("ann", ids, Change(action=Action.FAVORITE), later(5)) == set(ids)
    assert await shown(stores, favorite=True) == ["four", "two", "one"]
    assert await shown(stores, favorite=True, words="two") == ["two"]
    assert (await stores.pictures.get(ids[0])).favorite
    await marks.apply("ann", ids[:1], Change(action=Action.UNFAVORITE), NOON)
    assert await shown(stores, favorite=True) == ["two", "one"]
    assert not (await stores.pictures.get(ids[0])).favorite


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.COLLECT])
async def test_nobody_changes_what_is_somebody_elses(stores: Stores, marks: SqlMarks, action: Action) -> None:
    (picture,) = await kept(stores, "a boat", owner="bob")
    change = Change(action=action, tags=("mine",), to="elsewhere")
    if action is Action.UNCOLLECT:
        with pytest.raises(NotFound):
            await marks.apply("ann", [picture.id], change, NOON)
    else:
        assert await marks.apply("ann", [picture.id, "nothing"], change, NOON) == frozenset()
    assert await stores.pictures.get(picture.id, "bob") == picture


async def test_what_is_in_the_trash_is_seen_there_alone(stores: Stores, marks: SqlMarks) -> None:
    first, second = await kept(stores, "a boat", "a ship")
    marked = Change(action=Action.FAVORITE)
    await marks.apply("ann", [first.id], marked, NOON)
    await marks.apply("ann", [first.id], Change(action=Action.TRASH), later(9))
    wheres: list[dict[str, Any]] = [
        {},
        {"words": "boat"},
        {"favorite": True},
        {"tag": "sea", "words": "boat"},
        {"job_id": "none"},
    ]
    for which in wheres:
        assert "a boat" not in await shown(stores, **which)
    assert await shown(stores, trashed=True) == ["a boat"]
    assert await shown(stores, trashed=True, favorite=True, tag="sea", words="boat") == ["a boat"]
    assert (await stores.pictures.get(first.id)).trashed == later(9)
    assert await marks.tags("ann") == [TagCount("dusk", 1), TagCount("sea", 1)]
    # Its job still has made it: nothing may be painted again.
    assert len((await stores.jobs.get(first.job_id)).pictures) == 2
    await marks.apply("ann", [first.id, second.id], Change(action=Action.RESTORE), NOON)
    assert await shown(stores) == ["a ship", "a boat"]
    assert await shown(stores, favorite=True) == ["a boat"]


async def test_tags_come_go_and_are_counted(stores: Stores, marks: SqlMarks) -> None:
    first, second = await kept(stores, "a boat", "a ship")
    more = Change(action=Action.TAG, tags=("harbour", "sea"))
    await marks.apply("ann", [first.id], more, NOON)
    assert (await stores.pictures.get(first.id)).tags == ("sea", "dusk", "harbour")
    assert await shown(stores, tag="harbour") == ["a boat"]
    assert await shown(stores, tag="sea") == ["a ship", "a boat"]
    assert await shown(stores, "bob", tag="sea") == []
    await marks.apply("ann", [first.id, second.id], Change(action=Action.UNTAG, tags=("sea",)), NOON)
    assert await marks.tags("ann") == [TagCount("dusk", 2), TagCount("harbour", 1)]
    too_many = Change(action=Action.TAG, tags=tuple(str(number) for number in range(49)))
    with pytest.raises(InvalidRequest, match="at most 50 tags"):
        await marks.apply("ann", [second.id, first.id], too_many, NOON)
    assert (await stores.pictures.get(second.id)).tags == ("dusk",)  # all or nothing


async def test_a_tag_is_renamed_everywhere_and_joins_another(stores: Stores, marks: SqlMarks) -> None:
    first, _ = await kept(stores, "a boat", "a ship")
    await kept(stores, "a raft", owner="bob")
    assert await marks.rename_tag("ann", "sea", "ocean") == 2
    assert await marks.tags("ann") == [TagCount("dusk", 2), TagCount("ocean", 2)]
    assert await marks.rename_tag("ann", "ocean", "dusk") == 2
    assert (await stores.pictures.get(first.id)).tags == ("dusk",)
    assert await marks.tags("ann") == [TagCount("dusk", 2)]
    assert await marks.rename_tag("ann", "ocean", "dusk") == 0
    assert await marks.tags("bob") == [TagCount("dusk", 1), TagCount("sea", 1)]


async def test_tagging_from_many_sides_loses_no_tag(stores: Stores, marks: SqlMarks, other: Stores) -> None:
    pictures = await kept(stores, "a boat", "a ship", "a raft")
    ids = [picture.id for picture in pictures]
    sides = [marks, SqlMarks(other.database)]
    await asyncio.gather(
        *(
            sides[number % 2].apply(
                "ann", ids if number % 3 else ids[::-1], Change(action=Action.TAG, tags=(f"t{number}",)), NOON
            )
            for number in range(10)
        )
    )
    for name in ids:
        assert set((await stores.pictures.get(name)).tags) == {"sea", "dusk", *(f"t{number}" for number in range(10))}


async def test_a_project_is_changed_and_the_word_index_with_it(stores: Stores, marks: SqlMarks) -> None:
    first, _ = await kept(stores, "a boat", "a ship")
    await marks.apply("ann", [first.id], Change(action=Action.PROJECT, to="harbour"), NOON)
    assert await shown(stores, project="harbour") == ["a boat"]
    assert await shown(stores, project="harbour", words="boat") == ["a boat"]
    assert await shown(stores, project="default") == ["a ship"]

    def projects(connection: Connection) -> list[tuple[object, ...]]:
        rows = connection.exec_driver_sql("SELECT user_id, name FROM projects")
        return [tuple(row) for row in rows]

    assert await stores.database.read(projects) == [("ann", "harbour")]


@pytest.mark.parametrize(
    "which, index",
    [
        (PictureFilter(favorite=True), "ix_image_favorites_page"),
        (PictureFilter(tag="sea"), "ix_image_tags_page"),
        (PictureFilter(tag="sea", favorite=True, service="openai"), "ix_image_tags_page"),
        (PictureFilter(trashed=True), "ix_image_trash_page"),
    ],
)
async def test_pages_of_marked_pictures_need_no_sorting(lite: Stores, which: PictureFilter, index: str) -> None:
    seen: list[str] = []

    def watch(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(seen.append)
        pictures_page(connection, "ann", which, limit=2, cursor=None)
        driver.set_trace_callback(None)

    await lite.database.read(watch)
    plan = await lite.database.read(partial(explained, seen[-1]))
    assert any(index in line for line in plan)
    assert not any("TEMP B-TREE" in line for line in plan)


async def test_jobs_name_the_files_that_they_start_from(stores: Stores) -> None:
    inputs = tuple(
        InputImage(role=role, digest=digest * 64, media_type="image/png", width=64, height=48)
        for role, digest in ((Role.SOURCE, "b"), (Role.REFERENCE, "b"), (Role.MASK, "c"))
    )
    new = a_job(request=ImageRequest(prompt="a boat", inputs=inputs))
    await stores.jobs.submit(new)

    def noted(connection: Connection) -> list[tuple[object, ...]]:
        rows = connection.exec_driver_sql("SELECT digest, job_id FROM job_inputs ORDER BY digest")
        return [tuple(row) for row in rows]

    assert await stores.database.read(noted) == [("b" * 64, new.id), ("c" * 64, new.id)]


async def test_what_was_there_before_is_found_by_its_tags_and_keeps_its_inputs(stores: Stores) -> None:
    source = InputImage(role=Role.SOURCE, digest="b" * 64, media_type="image/png", width=64, height=48)
    request = ImageRequest(prompt="a boat", inputs=(source,))
    new = a_job(request=request, worker="w1")
    picture = a_picture(new, new.calls[0].call.id)
    await keep(stores, new, picture)
    await stores.jobs.submit(a_job())

    def fill_again(connection: Connection) -> list[list[object]]:
        tables = {"image_tags": "tag", "job_inputs": "digest"}
        for table, statement in zip(tables, MIGRATION._FILL[connection.dialect.name], strict=True):
            connection.exec_driver_sql(f"DELETE FROM {table}")
            connection.exec_driver_sql(statement)
        return [
            [row[0] for row in connection.exec_driver_sql(f"SELECT {column} FROM {table} ORDER BY 1")]
            for table, column in tables.items()
        ]

    assert await stores.database.write(fill_again) == [["dusk", "sea"], ["b" * 64]]
