"""Profiles as rows: one default, names that are taken once, tags, writers at the same moment, each person alone."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from limner.domain.budgets import Kind
from limner.domain.errors import LimnerError, NotFound
from limner.domain.profile import Profile, ProfileExists, ProfileTag
from limner.domain.vault import StoredKey
from tests.db.conftest import Stores, plain_connection
from tests.db.values import NOON, a_budget, later, new_id


def a_profile(name: str = "Harbour", *, owner: str = "ann", is_default: bool = False, **fields: object) -> Profile:
    profile = Profile(
        id=new_id("profile"),
        owner=owner,
        name=name,
        service="openai",
        model="dall-e-3",
        key=None,
        base_url=None,
        parameters={},
        is_default=is_default,
        created=NOON,
        updated=NOON,
    )
    return replace(profile, **fields)  # type: ignore[arg-type]  # tests name fields as they are


def a_tag(tag: str = "sea", seconds: float = 0) -> ProfileTag:
    return ProfileTag(id=new_id("tag"), tag=tag, created=later(seconds))


@pytest.mark.req("S2-054", "S2-059")
async def test_what_was_written_is_read(stores: Stores) -> None:
    key = StoredKey(
        id=new_id("key"), owner="ann", service="openai", label="Mine", last_four="", created=NOON, changed=NOON
    )
    await stores.keys.add(key, "sk-0123456789abcdef")
    full = a_profile(
        key=key.id,
        base_url="https://example.com/v1",
        parameters={"quality": "hd", "nested": {"list": [1, 2.5, None, True]}, "text": "\0 ümlaut"},
        is_default=True,
    )
    await stores.profiles.add(full)
    assert await stores.profiles.find(full.id, "ann") == full
    assert await stores.profiles.find("Harbour", "ann") == full
    bare = a_profile("Bare")
    await stores.profiles.add(bare)
    assert await stores.profiles.all("ann") == [full, bare]
    await stores.keys.remove(key)
    assert (await stores.profiles.find(full.id, "ann")).key is None


@pytest.mark.req("S2-054")
async def test_a_row_that_says_only_what_it_must_has_the_documents_defaults(stores: Stores) -> None:
    def insert(connection: Connection) -> None:
        connection.exec_driver_sql(
            """
            INSERT INTO image_profiles (id, user_id, name, provider, model_name, created_at, updated_at)
            VALUES ('p1', 'ann', 'Plain', 'openai', 'dall-e-3', '2026-11-21T12:00:00.000000Z',
                '2026-11-21T12:00:00.000000Z')
            """
        )

    await stores.database.write(insert)
    found = await stores.profiles.find("Plain", "ann")
    assert (found.parameters, found.is_default, found.key, found.base_url) == ({}, False, None, None)


@pytest.mark.req("S2-056", "S2-036")
async def test_a_name_is_taken_once_by_each_person(stores: Stores) -> None:
    await stores.profiles.add(a_profile())
    with pytest.raises(ProfileExists, match="Harbour"):
        await stores.profiles.add(a_profile())
    await stores.profiles.add(a_profile(owner="bob"))
    other = a_profile("Other")
    await stores.profiles.add(other)
    with pytest.raises(ProfileExists):
        await stores.profiles.replace(replace(other, name="Harbour", updated=later(1)), NOON)
    assert (await stores.profiles.find(other.id, "ann")).name == "Other"


async def test_of_many_who_take_a_name_at_once_one_gets_it(stores: Stores, other: Stores) -> None:
    async def taken(side: Stores) -> bool:
        try:
            await side.profiles.add(a_profile())
        except ProfileExists:
            return False
        return True

    assert sum(await asyncio.gather(*(taken(side) for _ in range(10) for side in (stores, other)))) == 1


@pytest.mark.req("S2-042")
async def test_a_new_default_takes_the_place_of_the_old_one(stores: Stores) -> None:
    first, second = a_profile("First", is_default=True), a_profile("Second", is_default=True)
    hers = a_profile("Hers", owner="eve", is_default=True)
    for profile in (first, hers, second):
        await stores.profiles.add(profile)
    assert [(each.name, each.is_default) for each in await stores.profiles.all("ann")] == [
        ("Second", True),
        ("First", False),
    ]
    again = await stores.profiles.find(first.id, "ann")
    assert await stores.profiles.replace(replace(again, is_default=True, updated=later(1)), again.updated)
    assert [each.name for each in await stores.profiles.all("ann") if each.is_default] == ["First"]
    assert (await stores.profiles.find(hers.id, "eve")).is_default


async def test_of_many_defaults_at_once_one_is_left(stores: Stores, other: Stores) -> None:
    await asyncio.gather(
        *(
            side.profiles.add(a_profile(f"{number}", is_default=True))
            for number, side in enumerate((stores, other) * 10)
        )
    )
    found = await stores.profiles.all("ann")
    assert (len(found), sum(profile.is_default for profile in found)) == (20, 1)


@pytest.mark.req("S2-056")
async def test_the_database_itself_keeps_a_second_default_out(stores: Stores) -> None:
    await stores.profiles.add(a_profile("First", is_default=True))
    await stores.profiles.add(a_profile("Second"))

    with plain_connection(stores.url) as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("UPDATE image_profiles SET is_default = true")


async def test_who_saw_an_older_state_writes_nothing(stores: Stores) -> None:
    profile = a_profile(is_default=True)
    await stores.profiles.add(profile)
    assert await stores.profiles.replace(replace(profile, model="gpt-image-2", updated=later(1)), NOON)
    assert not await stores.profiles.replace(replace(profile, model="dall-e-2", updated=later(2)), NOON)
    assert (await stores.profiles.find(profile.id, "ann")).model == "gpt-image-2"


async def test_who_saw_the_old_default_does_not_make_it_that_again(stores: Stores) -> None:
    old = a_profile("Old", is_default=True)
    await stores.profiles.add(old)
    await stores.profiles.add(a_profile("New", is_default=True, updated=later(1)))
    assert not await stores.profiles.replace(replace(old, model="gpt-image-2", updated=later(2)), old.updated)
    assert [each.name for each in await stores.profiles.all("ann") if each.is_default] == ["New"]


@pytest.mark.req("S2-057")
async def test_tags_come_once_in_order_and_go_with_their_profile(stores: Stores) -> None:
    profile = a_profile()
    await stores.profiles.add(profile)
    sea, dusk = a_tag("sea"), a_tag("dusk", 1)
    await stores.profiles.tag(profile.id, "ann", sea)
    await stores.profiles.tag(profile.id, "ann", dusk)
    again = await stores.profiles.tag(profile.id, "ann", a_tag("sea", 2))
    assert again.tags == (sea, dusk)
    assert (await stores.profiles.all("ann"))[0].tags == (sea, dusk)
    assert (await stores.profiles.untag(profile.id, "ann", "sea")).tags == (dusk,)
    await stores.profiles.remove(profile.id, "ann")
    left = await stores.database.read(
        lambda connection: connection.exec_driver_sql("SELECT count(*) FROM image_profile_tags").scalar_one()
    )
    assert left == 0


@pytest.mark.req("S2-082", "S2-084")
async def test_somebody_elses_profile_is_not_there(stores: Stores) -> None:
    profile = a_profile()
    await stores.profiles.add(profile)
    mallory = "mallory"
    assert await stores.profiles.all(mallory) == []
    for attempt in (
        stores.profiles.find(profile.id, mallory),
        stores.profiles.find(profile.name, mallory),
        stores.profiles.remove(profile.id, mallory),
        stores.profiles.tag(profile.id, mallory, a_tag()),
        stores.profiles.untag(profile.id, mallory, "sea"),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert not await stores.profiles.replace(replace(profile, owner=mallory, updated=later(1)), NOON)
    assert await stores.profiles.find(profile.id, "ann") == profile


async def test_removing_twice_is_told(stores: Stores) -> None:
    profile = a_profile()
    await stores.profiles.add(profile)
    await stores.profiles.remove(profile.id, "ann")
    with pytest.raises(LimnerError, match=profile.id):
        await stores.profiles.remove(profile.id, "ann")


async def test_budgets_of_my_profiles_cover_me(stores: Stores) -> None:
    await stores.profiles.add(a_profile())
    budget = a_budget(Kind.PROFILE, "Harbour", 1000)
    await stores.budgets.add(budget)
    await stores.budgets.add(a_budget(Kind.PROFILE, "Elsewhere", 1000))
    assert list(await stores.budgets.covering("ann", None)) == [budget]
    assert list(await stores.budgets.covering("bob", None)) == []
