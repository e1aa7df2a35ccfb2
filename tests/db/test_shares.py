"""Share links as rows: for what is one's own, until they expire, by the hash of a token."""

import asyncio
from datetime import timedelta

import pytest

from limner.db.shares import SqlShares
from limner.domain.collecting import Share
from limner.domain.errors import NotFound
from limner.engine.linking import hashed
from tests.db.conftest import Stores
from tests.db.test_pictures import kept
from tests.db.values import NOON, later, new_id


def a_share(picture: str, owner: str = "ann") -> Share:
    return Share(
        id=new_id("share"), owner=owner, picture_id=picture, created=NOON, expires=NOON + timedelta(seconds=60)
    )


async def test_a_link_works_until_it_expires(stores: Stores) -> None:
    shares = SqlShares(stores.database)
    (picture,) = await kept(stores, "a boat")
    share = a_share(picture.id)
    await shares.add(share, hashed("token"))
    assert await shares.find(hashed("token"), later(59)) == share
    for token, moment in (("token", later(60)), ("Token", NOON), (hashed("token"), NOON)):
        with pytest.raises(NotFound):
            await shares.find(hashed(token), moment)
    await asyncio.gather(*(shares.view(share.id, later(number)) for number in range(5)))
    assert (await shares.find(hashed("token"), NOON)).views == 5


async def test_only_what_is_ones_own_is_shared_and_revoked(stores: Stores) -> None:
    shares = SqlShares(stores.database)
    (picture,) = await kept(stores, "a boat")
    with pytest.raises(NotFound):
        await shares.add(a_share(picture.id, owner="bob"), hashed("one"))
    share = a_share(picture.id)
    await shares.add(share, hashed("two"))
    with pytest.raises(NotFound):
        await shares.revoke(share.id, "bob", NOON)
    assert await shares.all("bob", None, None) == []
    assert await shares.all("ann", picture.id, None) == [share]
    await shares.revoke(share.id, "ann", NOON)
    assert await shares.all("ann", None, None) == []
    with pytest.raises(NotFound):
        await shares.find(hashed("two"), NOON)
