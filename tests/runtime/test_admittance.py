"""Who is let in as time goes by."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from limner.db.database import Database
from limner.domain.audit import Act
from limner.domain.errors import Forbidden, InvalidRequest, NotConfigured, TooManyRequests
from limner.domain.identity import Claims, IssuerUnavailable
from limner.domain.people import LOCAL, USUAL_SCOPES, Principal, Role, SignInRefused, SignInRequired, TokenScope, User
from limner.engine import passwords
from limner.engine.passwords import Argon2Passwords
from limner.engine.quotes import HmacSealer
from limner.runtime.admittance import Admittance, admittance
from limner.settings import read_settings
from limner.testing.fakes import CountingIds, FakeClock

PASSWORD = "correct horse battery"
SETTINGS = {"GOOGLE_CLIENT_ID": "ours, also-ours", "LIMNER_SIGN_UP_DOMAINS": "example.com, gmail.com"}
DAY = timedelta(days=1).total_seconds()


class FakeIssuer:
    """Google, as far as it says whose a token is."""

    def __init__(self) -> None:
        self.said: dict[str, Claims] = {}

    async def google(self, token: str) -> Claims | None:
        return self.said.get(token)

    async def document(self, address: str) -> Claims:
        raise IssuerUnavailable(address)

    async def redeem(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Claims | None:
        return None

    async def described(self, address: str, headers: Mapping[str, str]) -> Claims | None:
        return None


@dataclass(frozen=True)
class House:
    """An installation with one person in it."""

    admittance: Admittance
    issuer: FakeIssuer
    clock: FakeClock
    ann: User

    async def sign_in(self, password: str = PASSWORD, *, stays: bool = True) -> str:
        opened = await self.admittance.signing_in.sign_in(self.ann.email, password, "127.0.0.1", stays=stays)
        return opened.secret

    async def knows(self, secret: str) -> bool:
        try:
            return (await self.admittance.signing_in.with_session(secret)).id == self.ann.id
        except SignInRequired:
            return False


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    database, clock = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}"), FakeClock()
    issuer = FakeIssuer()
    settings, sealer = read_settings(SETTINGS, tmp_path), HmacSealer(b"a secret")
    joined = admittance(database, issuer, settings, clock, CountingIds(), sealer)
    ann = await joined.accounts.add("ann@example.com", PASSWORD, Role.MEMBER, LOCAL)
    yield House(joined, issuer, clock, ann)
    await database.close()


async def test_a_session_that_is_used_lasts_thirty_days(house: House) -> None:
    secret = await house.sign_in()
    for _ in range(9):
        assert await house.knows(secret)
        house.clock.advance(3 * DAY)
    house.clock.advance(3 * DAY - 1)
    assert await house.knows(secret)
    house.clock.advance(1)
    assert not await house.knows(secret)


async def test_a_session_that_is_not_used_lasts_seven_days(house: House) -> None:
    secret = await house.sign_in()
    house.clock.advance(7 * DAY - 1)
    assert await house.knows(secret)
    house.clock.advance(7 * DAY)
    assert not await house.knows(secret)


async def test_a_session_that_is_not_to_stay_lasts_a_day(house: House) -> None:
    secret = await house.sign_in(stays=False)
    house.clock.advance(DAY - 1)
    assert await house.knows(secret)
    house.clock.advance(1)
    assert not await house.knows(secret)


async def test_a_sign_in_takes_the_place_of_the_session_before(house: House) -> None:
    old = await house.sign_in()
    new = await house.admittance.signing_in.sign_in(house.ann.email, PASSWORD, "127.0.0.1", replaced=old)
    assert (await house.knows(old), await house.knows(new.secret)) == (False, True)


async def test_a_token_lasts_as_long_as_was_said(house: House) -> None:
    ann, clock = house.ann.principal(), house.clock
    with pytest.raises(InvalidRequest):
        await house.admittance.tokens.add("late", ann, expires=clock.now())
    made = await house.admittance.tokens.add("notebook", ann, expires=clock.now() + timedelta(hours=1))
    clock.advance(3599)
    found = await house.admittance.signing_in.with_token(made.secret)
    assert (found.id, found.token, found.scopes) == (ann.id, made.token.id, USUAL_SCOPES)
    clock.advance(1)
    with pytest.raises(SignInRequired):
        await house.admittance.signing_in.with_token(made.secret)


async def test_an_administrators_token_administers_only_with_that_scope(house: House) -> None:
    await house.admittance.accounts.change_role(house.ann.id, Role.ADMIN, LOCAL)
    ann = (await house.admittance.accounts.get(house.ann.id, LOCAL)).principal()

    async def principal(*scopes: TokenScope) -> Principal:
        made = await house.admittance.tokens.add("x", ann, scopes=scopes)
        return await house.admittance.signing_in.with_token(made.secret)

    assert not (await principal(TokenScope.GENERATE)).administrator
    assert (await principal(TokenScope.MANAGE)).administrator
    with pytest.raises(Forbidden):
        await house.admittance.tokens.add("y", await principal(TokenScope.READ))


async def test_failures_are_forgotten_after_a_success_and_after_a_quarter_of_an_hour(house: House) -> None:
    async def fail(times: int) -> None:
        for _ in range(times):
            with pytest.raises(SignInRefused):
                await house.sign_in("wrong password")

    await fail(4)
    await house.sign_in()
    await fail(5)
    with pytest.raises(TooManyRequests) as refused:
        await house.sign_in()
    assert refused.value.retry_after == 900
    house.clock.advance(900)
    assert await house.knows(await house.sign_in())
    failed = await house.admittance.audit.page(limit=50, cursor=None, act=Act.SIGN_IN_FAILED)
    assert len(failed.items) == 9
    with pytest.raises(SignInRefused):
        await house.admittance.signing_in.sign_in("my-secret-password", "", "127.0.0.1")
    (newest,) = (await house.admittance.audit.page(limit=1, cursor=None)).items
    assert (newest.deed.act, newest.deed.name) == (Act.SIGN_IN_FAILED, "")


async def test_one_address_fails_thirty_times_with_whatever_accounts(house: House) -> None:
    async def tried(number: int) -> None:
        await house.admittance.signing_in.sign_in(f"user{number}@example.com", "wrong password", "10.0.0.1")

    for number in range(30):
        with pytest.raises(SignInRefused):
            await tried(number)
    with pytest.raises(TooManyRequests):
        await tried(31)
    await house.sign_in()


async def test_a_setup_link_is_good_for_a_day(house: House) -> None:
    assert await house.admittance.signing_in.offer_setup() is None
    await house.admittance.accounts.remove(house.ann.id, LOCAL)
    code = await house.admittance.signing_in.offer_setup()
    assert code is not None
    house.clock.advance(DAY)
    with pytest.raises(SignInRefused):
        await house.admittance.signing_in.set_up(code, "root@example.com", PASSWORD, "")


async def test_passwords_are_argon2id_and_an_unknown_one_is_compared_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = Argon2Passwords()
    known = await kept.hash(PASSWORD)
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    compared: list[str] = []
    real = PasswordHash.verify

    def watched(self: PasswordHash, password: str, known: str) -> bool:
        compared.append(known)
        return real(self, password, known)

    monkeypatch.setattr(PasswordHash, "verify", watched)
    assert await kept.verify(PASSWORD, known)
    assert not await kept.verify("wrong password", known)
    assert not await kept.verify(PASSWORD, None)
    assert not await kept.verify(passwords.UNGUESSABLE, None)
    assert len(compared) == 4
    assert {each.rpartition("$")[0].rpartition("$")[0] for each in compared} == {"$argon2id$v=19$m=65536,t=3,p=4"}
    assert not await kept.verify(PASSWORD + "x" * passwords.LONGEST, known)


def said(house: House, email: str, /, **other: object) -> Claims:
    """What Google says of a token of somebody's, all of it as text."""
    expires = str(int(house.clock.now().timestamp()) + 60)
    known = {"aud": "ours", "sub": f"sub {email}", "email": email, "email_verified": "true", "exp": expires}
    return {**known, **other}


async def test_a_google_account_signs_in_and_is_made_once(house: House) -> None:
    house.issuer.said["t"] = said(house, "Ben@Gmail.com", aud="also-ours")
    first = await house.admittance.federation.sign_in_with_google("t")
    assert (first.email, first.role, first.password) == ("ben@gmail.com", Role.MEMBER, None)
    # The same person with another address is the same person.
    house.issuer.said["u"] = said(house, "new@gmail.com", sub="sub Ben@Gmail.com")
    assert await house.admittance.federation.sign_in_with_google("u") == first
    with pytest.raises(SignInRefused):
        await house.admittance.signing_in.sign_in("ben@gmail.com", "", "127.0.0.1")
    (deed,) = (await house.admittance.audit.page(limit=5, cursor=None, act=Act.USER_ADDED)).items[:1]
    assert (deed.deed.who, deed.deed.detail) == (first.id, "https://accounts.google.com")


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another program's"},
        {"aud": None},
        {"exp": "0"},
        {"exp": "soon"},
        {"email_verified": "false"},
        {"email": ""},
        {"sub": ""},
        {"email": "eve@elsewhere.example"},
        {"email": "ann@example.com"},
    ],
)
async def test_what_google_does_not_vouch_for_is_refused(house: House, wrong: dict[str, object]) -> None:
    house.issuer.said["t"] = said(house, "ben@example.com", **wrong)
    with pytest.raises(SignInRefused):
        await house.admittance.federation.sign_in_with_google("t")
    for unknown in ("", "other", "x" * 5000):
        with pytest.raises(SignInRefused):
            await house.admittance.federation.sign_in_with_google(unknown)
    assert len(await house.admittance.accounts.all(LOCAL)) == 1


async def test_an_account_with_a_password_is_that_of_an_address_that_google_runs_itself(house: House) -> None:
    made = await house.admittance.accounts.add("dan@gmail.com", PASSWORD, Role.VIEWER, LOCAL)
    house.issuer.said["t"] = said(house, "dan@gmail.com")
    assert (await house.admittance.federation.sign_in_with_google("t")).id == made.id
    house.clock.advance(60)
    with pytest.raises(SignInRefused):
        await house.admittance.federation.sign_in_with_google("t")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"LIMNER_OIDC_ISSUER": "https://id.example.com"}, "LIMNER_OIDC_CLIENT_ID"),
        ({"LIMNER_OIDC_CLIENT_ID": "limner"}, "LIMNER_OIDC_ISSUER"),
        ({"LIMNER_OIDC_ISSUER": "http://id.example.com", "LIMNER_OIDC_CLIENT_ID": "limner"}, "https"),
        ({"LIMNER_OIDC_ISSUER": "id.example.com", "LIMNER_OIDC_CLIENT_ID": "limner"}, "https"),
        ({"LIMNER_OIDC_ISSUER": "https://id.example.com:door", "LIMNER_OIDC_CLIENT_ID": "limner"}, "https"),
        ({"LIMNER_OIDC_ISSUER": "https://[id", "LIMNER_OIDC_CLIENT_ID": "limner"}, "https"),
        ({"SUPABASE_URL": "http://abc.supabase.co"}, "SUPABASE_URL"),
        ({"SUPABASE_URL": "https://abc.supabase.co", "SUPABASE_JWT_SECRET": "short"}, "SUPABASE_JWT_SECRET"),
    ],
)
async def test_issuers_that_are_set_wrongly_are_told(tmp_path: Path, variables: dict[str, str], named: str) -> None:
    settings = read_settings({"LIMNER_AUTH": "accounts", **variables}, tmp_path)
    database = await Database.open(f"sqlite:///{tmp_path / 'limner.db'}")
    try:
        with pytest.raises(NotConfigured, match=named) as refused:
            admittance(database, FakeIssuer(), settings, FakeClock(), CountingIds(), HmacSealer(b"a secret"))
        assert "short" not in refused.value.message
        # Where nobody signs in nobody is kept from working by them.
        alone = read_settings(variables, tmp_path)
        joined = admittance(database, FakeIssuer(), alone, FakeClock(), CountingIds(), HmacSealer(b"a secret"))
        assert (joined.openid.client, joined.bearers.supabase) == (None, None)
    finally:
        await database.close()
