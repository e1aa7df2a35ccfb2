"""Invitations in both databases, and what happens at the same moment."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from limner.db.audit import SqlAudit
from limner.db.invitations import SqlInvitations
from limner.db.people import SqlPeople
from limner.domain.audit import Act, Deed, Record
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.invitations import Invitation
from limner.domain.people import Role, User
from limner.testing.fakes import CountingIds, FakeClock
from tests.db.conftest import Stores
from tests.db.values import NOON, later

WEEK = timedelta(days=7)


def an_invitation(name: str, *, inviter: str = "ada@example.com", number: int = 0) -> Invitation:
    return Invitation(
        id=f"i-{name}-{number}",
        digest=f"digest of {name} {number}",
        email=f"{name}@example.com",
        role=Role.MEMBER,
        inviter=inviter,
        created=NOON,
        expires=NOON + WEEK,
    )


def a_user(name: str, number: int = 0) -> User:
    return User(id=f"{name}{number}", email=f"{name}@example.com", role=Role.MEMBER, created=later(60), password="hash")


def a_record(act: Act) -> Record:
    return Record(id=f"record of {act}", at=NOON, deed=Deed(act=act, who="ada", name="ada"))


async def test_a_newer_invitation_takes_the_place_of_an_older_one(stores: Stores) -> None:
    kept, record = SqlInvitations(stores.database), a_record(Act.USER_INVITED)
    first, second = an_invitation("ben"), an_invitation("ben", number=1)
    assert await kept.offer(first, 2, record)
    assert await kept.offer(second, 2, a_record(Act.ROLE_CHANGED))
    assert await kept.all(NOON) == [second]
    assert await kept.find(first.digest, NOON) is None
    assert await kept.find(second.digest, NOON + WEEK - timedelta(seconds=1)) == second
    assert await kept.find(second.digest, NOON + WEEK) is None
    assert await kept.all(NOON + WEEK) == []


async def test_there_are_only_so_many_and_none_for_those_who_are_there(stores: Stores) -> None:
    kept, record = SqlInvitations(stores.database), a_record(Act.USER_INVITED)
    await SqlPeople(stores.database).add(a_user("ann"))
    assert not await kept.offer(an_invitation("ann"), 2, record)
    assert await kept.offer(an_invitation("ben"), 1, record)
    with pytest.raises(InvalidRequest, match="1 open invitations"):
        await kept.offer(an_invitation("cal"), 1, record)
    assert [each.email for each in await kept.all(NOON)] == ["ben@example.com"]
    late = replace(an_invitation("cal"), created=NOON + WEEK, expires=NOON + 2 * WEEK)
    assert await kept.offer(late, 1, a_record(Act.ROLE_CHANGED))  # the expired one is forgotten
    assert await kept.all(NOON + WEEK) == [late]


async def test_of_many_who_come_with_one_link_one_gets_in(stores: Stores, other: Stores) -> None:
    sides = [SqlInvitations(stores.database), SqlInvitations(other.database)]
    invitation = an_invitation("ben")
    assert await sides[0].offer(invitation, 9, a_record(Act.USER_INVITED))
    made = await asyncio.gather(
        *(
            sides[n % 2].accept(
                invitation.digest,
                a_user("ben", n),
                Record(id=f"r{n}", at=NOON, deed=Deed(act=Act.USER_ADDED, who="x", name="x")),
            )
            for n in range(8)
        )
    )
    assert sum(made) == 1
    assert len(await SqlPeople(stores.database).all()) == 1
    deeds = (await SqlAudit(stores.database, FakeClock(NOON), CountingIds()).page(limit=9, cursor=None)).items
    assert sorted(record.deed.act for record in deeds) == [Act.USER_ADDED, Act.USER_INVITED]


async def test_an_invitation_is_withdrawn_and_goes_with_whoever_gave_it(stores: Stores) -> None:
    kept, people = SqlInvitations(stores.database), SqlPeople(stores.database)
    for name in ("root", "ada", "eve"):
        role = Role.OWNER if name == "root" else Role.ADMIN
        await people.add(User(id=name, email=f"{name}@example.com", role=role, created=NOON))
    for number, (name, inviter) in enumerate((("ben", "root"), ("cal", "ada"), ("dan", "eve"))):
        record = Record(id=f"r{number}", at=NOON, deed=Deed(act=Act.USER_INVITED, who=inviter, name=inviter))
        assert await kept.offer(an_invitation(name, inviter=f"{inviter}@example.com"), 9, record)
    await people.remove("ada", NOON)
    await people.change_role("eve", Role.MEMBER)
    assert [each.email for each in await kept.all(NOON)] == ["ben@example.com"]
    record = a_record(Act.INVITATION_WITHDRAWN)
    with pytest.raises(NotFound):
        await kept.withdraw("nothing", record)
    await kept.withdraw("i-ben-0", record)
    assert await kept.all(NOON) == []
    assert not await kept.accept("digest of ben 0", a_user("ben"), a_record(Act.USER_ADDED))
