"""Tokens and cookies that stand for nobody, pages of other sites, and signs that only we should make."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from limner.runtime.cookies import SESSION_COOKIE
from tests.api.hostile import PAINTING, Front, Target, Watch, check_shape, watched
from tests.api.people import PASSWORD, accounts_site, add_user, client_of
from tests.api.served import serving

SHOWN = Front(name="jobs", path="/api/v1/jobs")
FUTURE = "2099-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server that Ann signs in to, and what she has there."""

    target: Target
    session: str
    token: str
    old_token: str
    """It has expired."""
    old_session: str
    """The same."""
    foreign_token: str
    """Of another installation."""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    here, there = tmp_path_factory.mktemp("guarded"), tmp_path_factory.mktemp("elsewhere")
    add_user(there, "ann.of.tokens@example.com")
    with accounts_site(there) as site, client_of(site, "ann.of.tokens@example.com") as ann:
        foreign = ann.post("/api/v1/tokens", json={"name": "foreign"}).json()["token"]
    add_user(here, "ann.of.tokens@example.com")
    with accounts_site(here) as site:
        with client_of(site, "ann.of.tokens@example.com") as ann:
            old_session = ann.cookies[SESSION_COOKIE]
            old = ann.post("/api/v1/tokens", json={"name": "old", "expires": FUTURE}).json()["token"]
        _let_expire(here)
        with client_of(site, "ann.of.tokens@example.com") as ann:
            token = ann.post("/api/v1/tokens", json={"name": "good", "expires": FUTURE}).json()["token"]
            session = ann.cookies[SESSION_COOKIE]
        yield Guarded(Target(site, here, ""), session, token, old, old_session, foreign)


def _let_expire(folder: Path) -> None:
    """Everything that is there now ended years ago."""
    with closing(sqlite3.connect(folder / "data" / "limner.db")) as database, database:
        for table in ("api_tokens", "user_sessions"):
            database.execute(f"UPDATE {table} SET expires_at = '2020' || substr(expires_at, 5)")


@pytest.fixture
def seen(guarded: Guarded) -> Iterator[Watch]:
    with watched(guarded.target) as found:
        yield found


def jwt(**head: str) -> str:
    claims = {"sub": "ann", "email": "ann.of.tokens@example.com", "role": "owner", "exp": 4_000_000_000}
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, claims)]
    return ".".join([*parts, "" if head["alg"] == "none" else "c2lnbmF0dXJl"])


def forged(guarded: Guarded) -> dict[str, dict[str, str]]:
    """Headers that stand for nobody, by what is wrong with them."""
    token, cookie = guarded.token, guarded.session
    bearers = {
        "one that has expired": guarded.old_token,
        "another installation's": guarded.foreign_token,
        "a cut one": token[:-1],
        "one with more to it": f"{token}x",
        "one with another letter": token[:-1] + ("a" if token[-1] != "a" else "b"),
        "its beginning alone": "lim_",
        "a session's id": cookie,
        "a signed one without a signature": jwt(alg="none", typ="JWT"),
        "a signed one of nobody's": jwt(alg="HS256", typ="JWT"),
        "a signed one of a key that is to be fetched": jwt(alg="RS256", jku="http://169.254.169.254/keys"),
        "SQL": "lim_' OR '1'='1",
        "two in one": f"{token}, Bearer {token}",
    }
    cookies = {
        "of a session that has expired": guarded.old_session,
        "cut": cookie[:-1],
        "with another letter": cookie[:-1] + ("a" if cookie[-1] != "a" else "b"),
        "with more to it": f"{cookie}x",
        "with a token": token,
        "of nothing": "",
        "of SQL": "' OR 1=1 --",
    }
    return {
        "no sign-in at all": {},
        "a token that is left out": {"Authorization": "Bearer"},
        "Basic": {"Authorization": f"Basic {base64.b64encode(f'ann:{PASSWORD}'.encode()).decode()}"},
        "a token under another name": {"X-API-Key": token, "Api-Key": token},
        **{f"a token: {name}": {"Authorization": f"Bearer {value}"} for name, value in bearers.items()},
        **{f"a cookie {name}": {"Cookie": f"{SESSION_COOKIE}={value}"} for name, value in cookies.items()},
        "a wrong token beside a right cookie": {
            "Authorization": "Bearer lim_nothing",
            "Cookie": f"{SESSION_COOKIE}={cookie}",
        },
    }


@pytest.mark.req("S2-013")
@pytest.mark.parametrize("front", PAINTING, ids=lambda front: front.name)
def test_whoever_shows_nothing_that_is_good_is_nobody(guarded: Guarded, seen: Watch, front: Front) -> None:
    client = seen.site.client
    with seen.nothing_happens(secret=guarded.token) as note:
        for headers in forged(guarded).values():
            answer = client.post(front.path, json=seen.target.body(front), headers=headers)
            note(answer)
            check_shape(front, answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
            assert guarded.token not in answer.text


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "key", SESSION_COOKIE, "authorization"])
def test_nothing_that_stands_in_an_address_signs_anybody_in(guarded: Guarded, seen: Watch, name: str) -> None:
    for value in (guarded.token, guarded.session, f"Bearer {guarded.token}"):
        with seen.nothing_happens(secret=value) as note:
            for front in PAINTING:
                answer = seen.site.client.post(front.path, params={name: value}, json=seen.target.body(front))
                note(answer)
                check_shape(front, answer, 401)


def test_two_tokens_are_none(guarded: Guarded, seen: Watch) -> None:
    twice = [("Authorization", f"Bearer {guarded.token}"), ("Authorization", "Bearer lim_nothing")]
    for headers in (twice, twice[::-1]):
        with seen.nothing_happens(secret=guarded.token) as note:
            answer = seen.site.client.get(SHOWN.path, headers=headers)
            note(answer)
            check_shape(SHOWN, answer, 401)


FOREIGN = {
    "another origin": {"Origin": "https://evil.example"},
    "an origin that hides": {"Origin": "null"},
    "our name at another port": {"Origin": "http://127.0.0.1:1"},
    "our name before theirs": {"Origin": "{own}.evil.example"},
    "our name as their user": {"Origin": "{own}@evil.example"},
    "a page of another site": {"Sec-Fetch-Site": "cross-site"},
    "a page of another part of the site": {"Sec-Fetch-Site": "same-site"},
    "a form of another site": {
        "Origin": "https://evil.example",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
    },
    "no known word": {"Sec-Fetch-Site": "same-origin, cross-site"},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_no_page_of_another_site_changes_anything_with_a_persons_cookie(
    guarded: Guarded, seen: Watch, name: str
) -> None:
    told = {key: value.format(own=seen.site.url) for key, value in FOREIGN[name].items()}
    headers = {**told, "Cookie": f"{SESSION_COOKIE}={guarded.session}"}
    client = seen.site.client
    with seen.nothing_happens(secret=guarded.session) as note:
        for front in PAINTING:
            answer = client.post(front.path, json=seen.target.body(front), headers=headers)
            note(answer)
            check_shape(front, answer, 403)
        for path in ("/", "/logout", "/settings/tokens", "/settings/account/password"):
            answer = client.post(path, data={"prompt": "a lake", "name": "x"}, headers=headers)
            note(answer)
            assert answer.status_code == 403, (path, answer.text)
            assert "set-cookie" not in answer.headers


def test_a_session_is_never_one_that_somebody_else_chose(guarded: Guarded) -> None:
    site = guarded.target.site
    for chosen in ("chosen-by-somebody-else", "x" * 43):
        with httpx2.Client(base_url=site.url, cookies={SESSION_COOKIE: chosen}) as client:
            body = {"email": "ann.of.tokens@example.com", "password": PASSWORD}
            opened = client.post("/api/auth/login", json=body)
            assert opened.status_code == 200
            told = opened.headers["set-cookie"]
            assert chosen not in told
            assert "HttpOnly" in told
            assert "SameSite=Lax" in told
        known = site.client.get(SHOWN.path, headers={"Cookie": f"{SESSION_COOKIE}={chosen}"})
        assert known.status_code == 401


@pytest.mark.parametrize(
    "onward",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=1",
        "javascript:1",
    ],
)
def test_nobody_is_led_away_after_signing_in(guarded: Guarded, onward: str) -> None:
    site = guarded.target.site
    form = {"email": "ann.of.tokens@example.com", "password": PASSWORD, "next": onward}
    with httpx2.Client(base_url=site.url, follow_redirects=False) as client:
        answer = client.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "x=1" not in answer.headers["set-cookie"]


def test_a_quote_of_another_installation_or_another_price_buys_nothing(watch: Watch, tmp_path: Path) -> None:
    wish = {"prompt": "a lake", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
    with serving(tmp_path) as elsewhere:
        foreign = elsewhere.client.post("/api/v1/quotes", json=wish).json()["token"]
    own = watch.site.client.post("/api/v1/quotes", json=wish).json()["token"]
    changed = own[:-2] + ("AA" if own[-2:] != "AA" else "BB")
    for token in (foreign, changed, own[:-1], own + "A", own.partition(".")[0], jwt(alg="none"), "x", "\u2603"):
        with watch.nothing_happens() as note:
            answer = watch.site.client.post("/api/v1/jobs", json={"quote": token})
            note(answer)
            assert answer.status_code in (403, 409, 422), answer.text
            check_shape(SHOWN, answer, answer.status_code)
