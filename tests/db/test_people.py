"""People, sessions, tokens and failed sign-ins in both databases, and what happens at the same moment."""

import asyncio
from datetime import timedelta

import pytest

from limner.db.admission import SqlAttempts, SqlSessions, SqlTokens
from limner.db.audit import SqlAudit
from limner.db.people import SqlPeople
from limner.domain.audit import Act, Deed
from limner.domain.errors import NotFound, TooManyRequests
from limner.domain.membership import Tries
from limner.domain.people import ApiToken, Role, Session, TokenScope, User
from limner.testing.fakes import CountingIds, FakeClock
from tests.db.conftest import Stores, count_rows
from tests.db.values import NOON, later

LONG = timedelta(days=1)


def a_user(name: str, role: Role = Role.MEMBER) -> User:
    return User(id=name, email=f"{name}@example.com", role=role, created=NOON, password="hash")


def a_session(digest: str, user: str = "ann") -> Session:
    return Session(digest=digest, user_id=user, created=NOON, seen=NOON, expires=NOON + LONG, stays=True)


def a_token(name: str, owner: str = "ann") -> ApiToken:
    return ApiToken(
        id=name,
        owner=owner,
        name=name,
        digest=f"digest of {name}",
        last_four="abcd",
        scopes=frozenset({TokenScope.READ}),
        created=NOON,
        expires=NOON + LONG,
    )


async def test_a_person_is_kept_found_and_forgotten_with_all_that_is_theirs(stores: Stores) -> None:
    people, sessions, tokens = SqlPeople(stores.database), SqlSessions(stores.database), SqlTokens(stores.database)
    ann = a_user("ann")
    assert await people.add(ann)
    assert not await people.add(User(id="other", email=ann.email, role=Role.OWNER, created=NOON))
    assert await people.all() == [ann]
    assert await people.get("ann") == await people.named(ann.email) == ann
    assert await people.named("nobody@example.com") is None
    await sessions.begin(a_session("s"), None)
    assert await tokens.add(a_token("t"), 1)
    assert await people.remove("ann", NOON)
    assert await sessions.find("s") is None
    assert await tokens.find("digest of t") is None
    for work in (people.get("ann"), people.remove("ann", NOON), people.change_role("ann", Role.ADMIN)):
        with pytest.raises(NotFound):
            await work
    with pytest.raises(NotFound):
        await people.change_password("ann", "other")
    rows = await stores.database.read(count_rows)
    assert (rows["users"], rows["user_sessions"], rows["api_tokens"]) == (0, 0, 0)


async def test_the_last_owner_stays(stores: Stores, other: Stores) -> None:
    people = SqlPeople(stores.database)
    await people.add(a_user("ann", Role.OWNER))
    assert not await people.remove("ann", NOON)
    assert not await people.change_role("ann", Role.ADMIN)
    assert await people.change_role("ann", Role.OWNER)
    for _ in range(5):
        await people.add(a_user("ben", Role.OWNER))
        await asyncio.gather(people.change_role("ann", Role.ADMIN), SqlPeople(other.database).remove("ben", NOON))
        owners = [user.id for user in await people.all() if user.role is Role.OWNER]
        assert len(owners) == 1
        await people.change_role("ann", Role.OWNER)


async def test_of_many_first_owners_at_once_there_is_one(stores: Stores, other: Stores) -> None:
    sides = [SqlPeople(stores.database), SqlPeople(other.database)]
    for number, side in enumerate(sides):
        assert await side.offer_setup(f"code{number}", NOON + LONG)
    assert await sides[0].is_open_setup("code1", NOON)
    assert not await sides[0].is_open_setup("code1", NOON + LONG)
    assert not await sides[0].add_first(User(id="x", email="x", role=Role.OWNER, created=NOON + LONG), "code0")
    made = await asyncio.gather(
        *(sides[n % 2].add_first(a_user(f"u{n}", Role.OWNER), f"code{n // 2 % 2}") for n in range(8))
    )
    assert sum(made) == 1
    assert len(await sides[0].all()) == 1
    assert not await sides[0].offer_setup("code2", NOON + LONG)
    assert (await stores.database.read(count_rows))["setup_codes"] == 0


async def test_a_session_takes_the_place_of_another_and_ends(stores: Stores) -> None:
    people, sessions = SqlPeople(stores.database), SqlSessions(stores.database)
    ann = a_user("ann")
    await people.add(ann)
    await sessions.begin(a_session("one"), None)
    assert await sessions.find("one") == (a_session("one"), ann)
    await sessions.begin(a_session("two"), "one")
    assert await sessions.find("one") is None
    await sessions.note_seen("two", later(60))
    found = await sessions.find("two")
    assert found is not None
    assert found[0].seen == later(60)
    await sessions.end("two")
    await sessions.end("two")
    assert await sessions.find("two") is None


@pytest.mark.parametrize("what", ["role", "password", "all", "expiry", "idleness"])
async def test_all_sessions_end_together(stores: Stores, what: str) -> None:
    people, sessions = SqlPeople(stores.database), SqlSessions(stores.database)
    for name in ("ann", "ben"):
        await people.add(a_user(name))
        await sessions.begin(a_session(f"of {name}", name), None)
    if what == "role":
        await people.change_role("ann", Role.VIEWER)
    elif what == "password":
        await people.change_password("ann", "other")
    elif what == "all":
        await sessions.end_all("ann")
    elif what == "expiry":
        await sessions.forget_before(NOON + LONG, NOON - LONG)
    else:
        await sessions.note_seen("of ben", later(60))
        await sessions.forget_before(NOON, NOON)
    assert await sessions.find("of ann") is None
    assert (await sessions.find("of ben") is None) is (what == "expiry")


async def test_tokens_are_counted_exactly_and_are_their_owners_alone(stores: Stores, other: Stores) -> None:
    people = SqlPeople(stores.database)
    sides = [SqlTokens(stores.database), SqlTokens(other.database)]
    for name in ("ann", "ben"):
        await people.add(a_user(name))
    added = await asyncio.gather(*(sides[n % 2].add(a_token(f"t{n}"), 5) for n in range(12)))
    assert sum(added) == 5
    kept = await sides[0].all("ann")
    assert len(kept) == 5
    assert await sides[0].all("ben") == []
    one = kept[0]
    found = await sides[1].find(one.digest)
    assert found == (one, a_user("ann"))
    await sides[0].note_used(one.id, later(1))
    assert (await sides[0].all("ann"))[0].used == later(1)
    with pytest.raises(NotFound):
        await sides[0].remove(one.id, "ben")
    assert (await sides[0].remove(one.id, "ann")).id == one.id
    assert await sides[0].find(one.digest) is None
    with pytest.raises(NotFound):
        await sides[0].add(a_token("x", "nobody"), 5)


async def test_of_many_tries_at_once_exactly_as_many_are_let_through_as_may(stores: Stores, other: Stores) -> None:
    sides = [SqlAttempts(stores.database), SqlAttempts(other.database)]
    tries = [Tries("account:ann", 5, timedelta(minutes=15)), Tries("address:1", 100, timedelta(minutes=15))]

    async def passes(side: SqlAttempts) -> bool:
        try:
            await side.begin(tries, NOON)
        except TooManyRequests:
            return False
        return True

    assert sum(await asyncio.gather(*(passes(sides[n % 2]) for n in range(40)))) == 5
    # Those who were turned away count nowhere: the address has 95 left.
    with pytest.raises(TooManyRequests) as refused:
        await sides[0].begin([Tries("address:1", 5, timedelta(minutes=15))], later(600))
    assert refused.value.retry_after == 300
    await sides[0].begin(tries, later(900))
    await sides[0].forgive("account:ann", "address:1")
    await SqlSessions(stores.database).forget_before(later(900), NOON)
    assert (await stores.database.read(count_rows))["sign_in_attempts"] == 1
    await SqlSessions(stores.database).forget_before(later(1800), NOON)
    assert (await stores.database.read(count_rows))["sign_in_attempts"] == 0


async def test_deeds_page_newest_first_and_by_kind(stores: Stores) -> None:
    clock = FakeClock()
    audit = SqlAudit(stores.database, clock, CountingIds())
    for number in range(5):
        act = Act.SIGNED_IN if number % 2 else Act.USER_ADDED
        await audit.note(Deed(act=act, who="ann", name="ann@example.com", subject=str(number)))
    first = await audit.page(limit=3, cursor=None)
    second = await audit.page(limit=3, cursor=first.next)
    assert [record.deed.subject for record in (*first.items, *second.items)] == ["4", "3", "2", "1", "0"]
    assert second.next is None
    signed_in = await audit.page(limit=9, cursor=None, act=Act.SIGNED_IN)
    assert [record.deed.subject for record in signed_in.items] == ["3", "1"]
