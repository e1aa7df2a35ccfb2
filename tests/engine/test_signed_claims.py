"""What issuers publish, and how long it is believed; whose signature counts."""

from collections.abc import Mapping

import pytest

from limner.domain.identity import Claims, IssuerUnavailable
from limner.engine.signed_claims import FRESH_FOR, KEYS_AGAIN, STALE_FOR, TRIED_AGAIN, Published, Signatures
from limner.testing.fakes import FakeClock
from limner.testing.signing import SigningKeys, signed_with_secret, unsigned

HERE = "https://id.example.com/keys"
SAYS = {"sub": "ann"}


class FakeIssuer:
    """Publishes keys at one address."""

    def __init__(self) -> None:
        self.keys = SigningKeys()
        self.asked = 0
        self.away = False

    async def google(self, token: str) -> Claims | None:
        return None

    async def document(self, address: str) -> Claims:
        self.asked += 1
        if self.away:
            raise IssuerUnavailable("away")
        return self.keys.published()

    async def redeem(self, address: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Claims | None:
        return None

    async def described(self, address: str, headers: Mapping[str, str]) -> Claims | None:
        return None


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def signatures(issuer: FakeIssuer, clock: FakeClock) -> Signatures:
    return Signatures(Published(issuer, clock))


async def test_keys_are_asked_for_once_in_ten_minutes(
    signatures: Signatures, issuer: FakeIssuer, clock: FakeClock
) -> None:
    token = issuer.keys.sign(SAYS)
    for _ in range(5):
        assert await signatures.by_published(token, HERE) == SAYS
    assert issuer.asked == 1
    clock.advance(FRESH_FOR)
    assert await signatures.by_published(token, HERE) == SAYS
    assert issuer.asked == 2


async def test_a_key_that_is_new_is_looked_for_and_one_that_is_withdrawn_ends(
    signatures: Signatures, issuer: FakeIssuer, clock: FakeClock
) -> None:
    old = issuer.keys.sign(SAYS)
    assert await signatures.by_published(old, HERE) == SAYS
    issuer.keys.rotate(keep=True)
    clock.advance(KEYS_AGAIN)
    assert await signatures.by_published(issuer.keys.sign(SAYS), HERE) == SAYS
    assert await signatures.by_published(old, HERE) == SAYS
    assert issuer.asked == 2
    issuer.keys.rotate()
    clock.advance(FRESH_FOR)
    assert await signatures.by_published(old, HERE) is None
    assert await signatures.by_published(issuer.keys.sign(SAYS), HERE) == SAYS


async def test_tokens_that_somebody_invents_do_not_make_us_ask_each_time(
    signatures: Signatures, issuer: FakeIssuer, clock: FakeClock
) -> None:
    foreign = SigningKeys()
    assert await signatures.by_published(issuer.keys.sign(SAYS), HERE) == SAYS
    for _ in range(20):
        assert await signatures.by_published(foreign.sign(SAYS), HERE) is None
    assert issuer.asked == 1
    clock.advance(KEYS_AGAIN)
    for _ in range(20):
        assert await signatures.by_published(foreign.sign(SAYS), HERE) is None
    assert issuer.asked == 2
    assert await signatures.by_published(unsigned(SAYS, alg="none"), HERE) is None
    assert await signatures.by_published("no token", HERE) is None
    assert issuer.asked == 2


async def test_an_issuer_that_is_away_is_believed_for_an_hour_and_asked_now_and_then(
    signatures: Signatures, issuer: FakeIssuer, clock: FakeClock
) -> None:
    token = issuer.keys.sign(SAYS)
    assert await signatures.by_published(token, HERE) == SAYS
    issuer.away = True
    clock.advance(FRESH_FOR)
    for _ in range(5):
        assert await signatures.by_published(token, HERE) == SAYS
    assert issuer.asked == 2
    clock.advance(TRIED_AGAIN)
    assert await signatures.by_published(token, HERE) == SAYS
    assert issuer.asked == 3
    clock.advance(STALE_FOR)
    for _ in range(5):
        with pytest.raises(IssuerUnavailable):
            await signatures.by_published(token, HERE)
    assert issuer.asked == 4
    issuer.away = False
    clock.advance(TRIED_AGAIN)
    assert await signatures.by_published(token, HERE) == SAYS


async def test_what_is_published_verifies_nothing_that_is_signed_with_a_secret(
    signatures: Signatures, issuer: FakeIssuer
) -> None:
    for secret in (issuer.keys.public_pem(), b"x" * 64):
        token = signed_with_secret(SAYS, secret, kid="key-1")
        assert await signatures.by_published(token, HERE) is None
    key = {"kty": "oct", "k": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg"}
    assert await signatures.by_secret(signed_with_secret(SAYS, b"x" * 32), key) == SAYS
    assert await signatures.by_secret(signed_with_secret(SAYS, b"y" * 32), key) is None
    assert await signatures.by_secret(issuer.keys.sign(SAYS), key) is None
    assert await signatures.by_secret(unsigned(SAYS, alg="none"), key) is None


@pytest.mark.parametrize("token", ["", "..", "a.b.c", "e30.e30.", "bnVsbA.e30.AA", "x" * 20_000, "[].[].[]", "é.é.é"])
async def test_what_is_no_token_says_nothing(signatures: Signatures, issuer: FakeIssuer, token: str) -> None:
    assert await signatures.by_published(token, HERE) is None
    assert issuer.asked == 0


async def test_keys_that_cannot_be_used_are_passed_over(
    signatures: Signatures, issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = issuer.keys.published()["keys"]
    assert isinstance(good, list)
    bad = [None, {}, {"kty": "EC"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {"kty": "PQ", "kid": "key-1"}]
    monkeypatch.setattr(issuer.keys, "published", lambda: {"keys": [*bad, {**good[0], "use": "enc"}, *good]})
    assert await signatures.by_published(issuer.keys.sign(SAYS), HERE) == SAYS
    monkeypatch.setattr(issuer.keys, "published", lambda: {"keys": "none"})
    assert await Signatures(Published(issuer, FakeClock())).by_published(issuer.keys.sign(SAYS), HERE) is None
