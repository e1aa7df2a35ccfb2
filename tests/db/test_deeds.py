"""What the audit log says is written in the transaction of the deed: both stand, or neither does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from limner.catalog.texts import load_texts
from limner.db import audit
from limner.db.audit import SqlAudit
from limner.db.sealed import reseal
from limner.db.statements import Columns
from limner.db.tables import metadata
from limner.db.walls import EVERYBODY
from limner.domain.audit import Act, Deed
from limner.domain.errors import StorageError
from limner.domain.identity import Identity
from limner.domain.people import LOCAL, Principal, Role, SignInRefused
from limner.domain.vault import KeyChange
from limner.engine.keyrings import Keyrings
from limner.engine.quotes import HmacSealer
from limner.engine.vault import NewKey, Vault
from limner.providers.inquiries import Inquiries
from limner.runtime.admittance import Admittance, admittance
from limner.sealing import AesSeals
from limner.settings import read_settings
from limner.testing.fakes import CountingIds, FakeClock, FakeServices
from tests.db.conftest import SECRET, Stores
from tests.runtime.test_admittance import FakeIssuer
from tests.shipped import shipped

SECRET_OF_A_KEY = "sk-proj-the-secret-of-this-very-key-7777"
ANOTHER = "sk-proj-another-secret-of-the-key-8888"
CAT = Identity(issuer="https://id.example.com", subject="cat-1", email="cat@example.com", vouched=False)
ELSEWHERE = "https://other.example.com"


@dataclass(frozen=True)
class Desk:
    """Where people do their deeds."""

    stores: Stores
    people: Admittance
    vault: Vault
    ada: Principal
    """An owner, who does them."""
    bob: Principal
    """To whom some of them are done."""

    async def project(self) -> str:
        return (await self.people.projects.add("lakes", self.ada)).id

    async def project_with_bob(self) -> str:
        project = await self.project()
        await self.people.projects.put_member(project, self.bob.name, Role.MEMBER, self.ada)
        return project

    async def token(self) -> str:
        return (await self.people.tokens.add("scripts", self.ada)).token.id

    async def cat(self) -> str:
        return (await self.people.federation.enter(CAT)).id

    async def session(self) -> str:
        user = await self.people.accounts.get(self.ada.id, self.ada)
        return (await self.people.signing_in.let_in(user, "", stays=True)).secret

    async def key(self, *, shared: bool = False, by: Principal | None = None) -> str:
        new = NewKey(service="openai", secret=SECRET_OF_A_KEY, label="Mine", shared=shared)
        return (await self.vault.add(new, by or self.ada)).id

    async def change(self, key: str, **change: object) -> object:
        return await self.vault.replace(key, KeyChange(**change), self.ada)  # type: ignore[arg-type]  # as it is named

    async def rotated(self) -> object:
        seals, log = AesSeals(lambda: (b"another secret, as long as it", SECRET)), self.people.audit
        deed = Deed(act=Act.SECRET_ROTATED, who=self.ada.id, name=self.ada.name)
        return await reseal(self.stores.database, seals, lambda _: log.record(deed))


@dataclass(frozen=True)
class Case:
    """A deed, what has to be there before it, and what the log says of it."""

    acts: Sequence[Act]
    do: Callable[[Desk, str], Awaitable[object]]
    before: Callable[[Desk], Awaitable[str]] | None = None


CASES = {
    "a token is made": Case([Act.TOKEN_ADDED], lambda desk, _: desk.token()),
    "a token is made for somebody else": Case(
        [Act.TOKEN_ADDED], lambda desk, _: desk.people.tokens.add("scripts", LOCAL, owner=desk.bob.id)
    ),
    "a token is removed": Case(
        [Act.TOKEN_REMOVED], lambda desk, token: desk.people.tokens.remove(token, desk.ada), Desk.token
    ),
    "a project is shared": Case([Act.PROJECT_SHARED], lambda desk, _: desk.project()),
    "a sharing is ended": Case(
        [Act.SHARING_ENDED], lambda desk, project: desk.people.projects.remove(project, desk.ada), Desk.project_with_bob
    ),
    "somebody is let in": Case(
        [Act.MEMBER_ADDED],
        lambda desk, project: desk.people.projects.put_member(project, desk.bob.name, Role.VIEWER, desk.ada),
        Desk.project,
    ),
    "somebody leaves": Case(
        [Act.MEMBER_REMOVED],
        lambda desk, project: desk.people.projects.remove_member(project, desk.bob.id, desk.bob),
        Desk.project_with_bob,
    ),
    "somebody signs in": Case([Act.SIGNED_IN], lambda desk, _: desk.session()),
    "somebody signs out everywhere": Case(
        [Act.SIGNED_OUT_EVERYWHERE],
        lambda desk, _: desk.people.signing_in.sign_out_everywhere(desk.ada),
        Desk.session,
    ),
    "somebody comes from elsewhere": Case([Act.USER_ADDED], lambda desk, _: desk.people.federation.enter(CAT)),
    "an account that is there gets a second way in": Case(
        [Act.IDENTITY_LINKED], lambda desk, _: desk.people.federation.enter(replace(CAT, issuer=ELSEWHERE)), Desk.cat
    ),
    "a key is stored": Case([Act.KEY_ADDED], lambda desk, _: desk.key()),
    "a key is replaced": Case([Act.KEY_REPLACED], lambda desk, key: desk.change(key, secret=ANOTHER), Desk.key),
    "a key is shared": Case([Act.KEY_SHARED], lambda desk, key: desk.change(key, shared=True), Desk.key),
    "somebody else's key is shared no more": Case(
        [Act.KEY_UNSHARED],
        lambda desk, key: desk.change(key, shared=False),
        lambda desk: desk.key(shared=True, by=LOCAL),
    ),
    "a key is replaced, shared and called otherwise": Case(
        [Act.KEY_REPLACED, Act.KEY_SHARED, Act.KEY_CHANGED],
        lambda desk, key: desk.change(key, secret=ANOTHER, shared=True, label="Ours", weight=2.0),
        Desk.key,
    ),
    "a key is removed": Case([Act.KEY_REMOVED], lambda desk, key: desk.vault.remove(key, desk.ada), Desk.key),
    "somebody else's shared key is removed": Case(
        [Act.KEY_REMOVED],
        lambda desk, key: desk.vault.remove(key, desk.ada),
        lambda desk: desk.key(shared=True, by=LOCAL),
    ),
    "the secret is rotated": Case([Act.SECRET_ROTATED], lambda desk, _: desk.rotated(), Desk.key),
}


@pytest.fixture
async def desk(stores: Stores, tmp_path: Path) -> Desk:
    database, clock, ids = stores.database, FakeClock(), CountingIds()
    settings = read_settings({}, tmp_path, data_dir=tmp_path / "data")
    people = admittance(database, FakeIssuer(), settings, clock, ids, HmacSealer(b"s" * 32))
    ada = await people.accounts.add("ada@example.com", "a long password of hers", Role.OWNER, LOCAL)
    bob = await people.accounts.add("bob@example.com", "a long password of his", Role.MEMBER, LOCAL)
    vault = Vault(
        catalog=shipped(),
        texts=load_texts(),
        keys=stores.keys,
        keyrings=Keyrings(keys=stores.keys, clock=clock),
        asks=Inquiries(services=FakeServices({})),
        audit=people.audit,
        clock=clock,
        ids=ids,
    )
    return Desk(stores=stores, people=people, vault=vault, ada=ada.principal(), bob=bob.principal())


async def everything(stores: Stores) -> dict[str, list[str]]:
    """All rows of all tables."""

    def read(connection: Connection) -> dict[str, list[str]]:
        found = {name: connection.exec_driver_sql(f"SELECT * FROM {name}") for name in metadata.tables}
        return {name: sorted(map(repr, rows)) for name, rows in found.items()}

    return await stores.database.read(read, owner=EVERYBODY)


class Failing:
    """The statement that writes the entry, where it comes to nothing after the deed."""

    def many(self, connection: Connection, rows: Sequence[Columns]) -> None:
        raise StorageError("The disk is full.")


@pytest.mark.parametrize("name", CASES)
async def test_a_deed_and_its_entry_stand_or_fall_together(
    desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    found = "" if case.before is None else await case.before(desk)
    before = await everything(desk.stores)
    with monkeypatch.context() as patched:
        patched.setattr(audit, "_NOTE", Failing())
        with pytest.raises(StorageError):
            await case.do(desk, found)
    assert await everything(desk.stores) == before

    await case.do(desk, found)
    after = await everything(desk.stores)
    assert {table for table in after if after[table] != before[table]} > {"audit_log"}
    new = len(after["audit_log"]) - len(before["audit_log"])
    page = await SqlAudit(desk.stores.database, FakeClock(), CountingIds()).page(limit=new, cursor=None)
    assert [record.deed.act for record in page.items][::-1] == list(case.acts)
    assert SECRET_OF_A_KEY[-4:] not in str(after["audit_log"])
    assert ANOTHER[-4:] not in str(after["audit_log"])


async def test_what_changes_nothing_about_a_key_is_no_deed(desk: Desk) -> None:
    key = await desk.key()
    before = len((await everything(desk.stores))["audit_log"])
    await desk.change(key, label="Mine", shared=False)
    assert len((await everything(desk.stores))["audit_log"]) == before
    (newest,) = (await desk.people.audit.page(limit=1, cursor=None)).items
    assert (newest.deed.act, newest.deed.subject, newest.deed.detail) == (Act.KEY_ADDED, "Mine", "openai, weight 1")


async def test_a_second_way_into_an_account_is_told_once_and_names_the_issuer(desk: Desk) -> None:
    cat = await desk.people.federation.enter(CAT)
    again = replace(CAT, issuer=ELSEWHERE)
    for _ in range(2):
        assert await desk.people.federation.enter(again) == cat
    deeds = [record.deed for record in (await desk.people.audit.page(limit=2, cursor=None)).items]
    assert [(deed.act, deed.who, deed.subject, deed.detail) for deed in deeds] == [
        (Act.IDENTITY_LINKED, cat.id, cat.email, ELSEWHERE),
        (Act.USER_ADDED, cat.id, cat.email, CAT.issuer),
    ]


async def test_who_is_not_let_into_an_account_leaves_no_entry(desk: Desk) -> None:
    before = await everything(desk.stores)
    with pytest.raises(SignInRefused):
        await desk.people.federation.enter(replace(CAT, email=desk.bob.name))
    assert await everything(desk.stores) == before
