"""Whose account somebody's is who signs in elsewhere, in both databases, and what happens at the same moment."""

import asyncio
from dataclasses import replace

import pytest

from limner.db.identities import SqlIdentities
from limner.db.people import SqlPeople
from limner.domain.identity import Identity
from limner.domain.people import Role, SignInRefused, User
from tests.db.conftest import Stores, count_rows
from tests.db.values import NOON

ANN = Identity(issuer="https://id.example.com", subject="ann-1", email="ann@example.com", vouched=False)


def an_account(name: str, email: str = ANN.email, password: str | None = None) -> User:
    return User(id=name, email=email, role=Role.MEMBER, created=NOON, password=password)


async def test_it_is_the_subject_of_an_issuer_that_is_known_again(stores: Stores) -> None:
    identities = SqlIdentities(stores.database)
    assert await identities.find(ANN.issuer, ANN.subject) is None
    first = await identities.enter(ANN, an_account("a"))
    assert first == (an_account("a"), True)
    moved = replace(ANN, email="ann@elsewhere.example")
    assert await identities.enter(moved, an_account("b", moved.email)) == (an_account("a"), False)
    assert await identities.find(ANN.issuer, ANN.subject) == an_account("a")
    assert await identities.find("https://other.example.com", ANN.subject) is None
    assert await identities.find(ANN.issuer, "ann-2") is None
    await SqlPeople(stores.database).remove("a", NOON)
    assert await identities.find(ANN.issuer, ANN.subject) is None


@pytest.mark.parametrize(
    ("password", "vouched", "verified", "theirs"),
    [
        (None, False, True, True),
        (None, False, False, False),
        ("hash", False, True, False),
        ("hash", False, False, False),
        ("hash", True, True, True),
    ],
)
async def test_an_account_that_is_there_already(
    stores: Stores, password: str | None, vouched: bool, verified: bool, theirs: bool
) -> None:
    people, identities = SqlPeople(stores.database), SqlIdentities(stores.database)
    known = an_account("known", password=password)
    await people.add(known)
    identity = replace(ANN, vouched=vouched, verified=verified)
    if theirs:
        assert await identities.enter(identity, an_account("new")) == (known, False)
        assert await identities.find(ANN.issuer, ANN.subject) == known
    else:
        with pytest.raises(SignInRefused):
            await identities.enter(identity, an_account("new"))
        assert await identities.find(ANN.issuer, ANN.subject) is None
    assert await people.all() == [known]


async def test_nobody_new_gets_in_where_no_account_is_to_be_made(stores: Stores) -> None:
    identities = SqlIdentities(stores.database)
    with pytest.raises(SignInRefused):
        await identities.enter(ANN, None)
    await SqlPeople(stores.database).add(an_account("known"))
    assert await identities.enter(ANN, None) == (an_account("known"), False)


@pytest.mark.parametrize("verified", [True, False])
async def test_whoever_comes_many_times_at_once_has_one_account(stores: Stores, other: Stores, verified: bool) -> None:
    sides = [SqlIdentities(stores.database), SqlIdentities(other.database)]
    for turn in range(5):
        someone = replace(ANN, subject=f"someone-{turn}", email=f"someone-{turn}@example.com", verified=verified)
        entered = await asyncio.gather(
            *(sides[each % 2].enter(someone, an_account(f"{turn}-{each}", someone.email)) for each in range(8))
        )
        assert len({user.id for user, _ in entered}) == 1
        assert sum(is_new for _, is_new in entered) == 1


async def test_whoever_comes_at_once_with_two_addresses_has_one_account(stores: Stores, other: Stores) -> None:
    sides = [SqlIdentities(stores.database), SqlIdentities(other.database)]
    for turn in range(5):
        comings = [replace(ANN, subject=f"s{turn}", email=f"{turn}-{each}@example.com") for each in range(4)]
        entered = await asyncio.gather(
            *(
                sides[each % 2].enter(coming, an_account(f"{turn}-{each}", coming.email))
                for each, coming in enumerate(comings)
            )
        )
        assert len({user.id for user, _ in entered}) == 1
    rows = await stores.database.read(count_rows)
    assert (rows["users"], rows["user_identities"]) == (5, 5)
