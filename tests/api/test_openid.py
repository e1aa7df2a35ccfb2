"""People who sign in with OpenID Connect, against an issuer on this machine; and those who try to be somebody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from limner.domain.people import Role
from limner.testing.openid_stand_in import CLIENT_ID, CLIENT_SECRET, OpenIdStandIn
from limner.testing.signing import SigningKeys, signed_with_secret, unsigned
from tests.api.people import add_user, quick_hashes
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

START, CALLBACK = "/api/auth/oidc/start", "/api/auth/oidc/callback"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def issuer() -> Iterator[OpenIdStandIn]:
    with in_a_thread(OpenIdStandIn()) as stand_in:
        yield stand_in


@contextmanager
def at(issuer: OpenIdStandIn, folder: Path, **given: Any) -> Iterator[Site]:
    """A server whose people sign in at the issuer."""
    known = {"oidc_issuer": issuer.issuer, "oidc_client_id": CLIENT_ID, "oidc_client_secret": issuer.secret}
    with serving(folder, auth="accounts", **{**known, "oidc_name": "Harbour House", **given}) as site:
        yield site


def browser(site: Site) -> httpx2.Client:
    return httpx2.Client(base_url=site.url, timeout=30)


def sent_back(client: httpx2.Client, onward: str = "/jobs") -> str:
    """Leaves for the issuer; the address to which it sends this browser back."""
    leaving = client.get(START, params={"next": onward})
    assert leaving.status_code == 303, leaving.text
    back = httpx2.get(leaving.headers["location"])
    assert back.status_code == 302, back.text
    return str(back.headers["location"])


def entered(site: Site, onward: str = "/jobs") -> httpx2.Response:
    """The whole way in."""
    with browser(site) as client:
        return client.get(sent_back(client, onward))


def who(site: Site, entry: httpx2.Response) -> Any:
    """Whoever a session is of."""
    assert entry.status_code == 303, entry.text
    cookie = next(each for each in entry.headers.get_list("set-cookie") if each.startswith("limner_session="))
    return httpx2.get(f"{site.url}/api/auth/session", headers={"Cookie": cookie.partition(";")[0]}).json()["user"]


def check_refused(answer: httpx2.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused"), answer.text
    assert not [each for each in answer.headers.get_list("set-cookie") if each.startswith("limner_session=")]


def test_somebody_new_signs_in_and_is_led_on(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site, browser(site) as client:
        form = client.get("/login?next=/jobs", headers=PAGE)
        assert "Sign in with Harbour House" in form.text
        assert f'href="{START}?next=%2Fjobs"' in form.text
        back = sent_back(client)
        entry = client.get(back)
        assert (entry.status_code, entry.headers["location"]) == (303, "/jobs")
        assert entry.headers["cache-control"] == "no-store"
        user = who(site, entry)
        assert (user["email"], user["role"]) == ("ann@example.com", "member")
        assert client.get("/api/auth/session").json()["user"] == user
        assert not [name for name in client.cookies if name.startswith("limner_leaving")]
        assert who(site, entered(site)) == user
        asked = issuer.asked[0]
        assert (asked["response_type"], asked["scope"]) == ("code", "openid email")
        assert asked["redirect_uri"] == f"{site.url}{CALLBACK}"
        assert len({each["state"] for each in issuer.asked} | {each["nonce"] for each in issuer.asked}) == 4


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_issuers_sign_in_several_ways(tmp_path: Path, algorithm: str) -> None:
    with in_a_thread(OpenIdStandIn(algorithm=algorithm, secret=None)) as issuer, at(issuer, tmp_path) as site:
        assert who(site, entered(site))["email"] == "ann@example.com"


def test_it_is_the_subject_that_is_known_again(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site:
        first = who(site, entered(site))
        issuer.person = {**issuer.person, "email": "ann@elsewhere.example"}
        assert who(site, entered(site)) == first
        issuer.person = {**issuer.person, "sub": "ben-2", "email": "ben@example.com"}
        assert who(site, entered(site))["id"] != first["id"]


def test_an_account_with_a_password_is_nobodys_by_its_address_alone(
    tmp_path: Path, issuer: OpenIdStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    with at(issuer, tmp_path) as site:
        add_user(tmp_path, "ann@example.com", Role.OWNER)
        check_refused(entered(site))


def test_only_addresses_that_may_make_an_account_do(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path, sign_up_domains="harbour.example") as site:
        check_refused(entered(site))
        issuer.person = {**issuer.person, "email": "Ann@Harbour.example"}
        assert who(site, entered(site))["email"] == "ann@harbour.example"


def test_the_address_may_be_told_apart_from_the_token(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    issuer.in_token = False
    with at(issuer, tmp_path) as site:
        assert who(site, entered(site))["email"] == "ann@example.com"
        issuer.person = {**issuer.person, "sub": "ben-2", "email": "ben@example.com"}
        issuer.changed = {"sub": "not ben"}
        check_refused(entered(site))


WRONG: tuple[dict[str, object], ...] = (
    {"nonce": "another one"},
    {"nonce": None},
    {"exp": time.time() - 1},
    {"exp": None},
    {"exp": "soon"},
    {"iat": time.time() + 3600},
    {"iat": None},
    {"aud": "another program"},
    {"aud": None},
    {"aud": [CLIENT_ID, "another program"]},
    {"aud": [CLIENT_ID, "another program"], "azp": "another program"},
    {"azp": "another program"},
    {"iss": "https://accounts.example.com"},
    {"sub": None},
    {"sub": ""},
    {"sub": "a\0b"},
    {"sub": "x" * 256},
    {"email": "no address"},
    {"email_verified": False},
    {"email_verified": None},
    {"email": ""},
)


def test_claims_that_are_not_as_they_should_be_are_refused(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site:
        for changed in WRONG:
            issuer.changed = changed
            check_refused(entered(site))


def test_an_issuer_that_says_nothing_of_addresses_is_trusted_where_that_is_set(
    tmp_path: Path, issuer: OpenIdStandIn
) -> None:
    with at(issuer, tmp_path, oidc_trusts_addresses=True) as site:
        issuer.changed = {"email_verified": None}
        assert who(site, entered(site))["email"] == "ann@example.com"
        for changed in ({"email_verified": False}, {"email_verified": "no"}, {"email_verified": None, "email": ""}):
            issuer.changed = changed
            check_refused(entered(site))


def test_two_tabs_may_be_on_their_way_at_once(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site, browser(site) as client:
        first, second = sent_back(client, "/jobs"), sent_back(client, "/docs")
        for back, onward in ((first, "/jobs"), (second, "/docs")):
            entry = client.get(back)
            assert (entry.status_code, entry.headers["location"]) == (303, onward)
        assert not [name for name in client.cookies if name.startswith("limner_leaving")]


def test_several_may_be_meant_where_it_is_us_who_asked(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    issuer.changed = {"aud": [CLIENT_ID, "another program"], "azp": CLIENT_ID}
    with at(issuer, tmp_path) as site:
        assert who(site, entered(site))["email"] == "ann@example.com"


def test_signatures_that_are_nobodys_are_refused(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    foreign = SigningKeys("ES256")
    with at(issuer, tmp_path) as site:
        for sign in (
            lambda claims: unsigned(claims, alg="none"),
            lambda claims: unsigned(claims, alg="ES256", kid="key-1"),
            foreign.sign,
            lambda claims: signed_with_secret(claims, issuer.keys.public_pem(), kid="key-1"),
            lambda claims: signed_with_secret(claims, CLIENT_SECRET.encode() * 4, kid="key-1"),
            lambda claims: issuer.keys.sign(claims)[:-8] + "AAAAAAAA",
            lambda claims: "no token",
        ):
            issuer.sign = sign
            check_refused(entered(site))
        issuer.sign = None
        assert who(site, entered(site))["email"] == "ann@example.com"


def test_an_answer_is_good_once_in_the_browser_that_left_and_nowhere_else(
    tmp_path: Path, issuer: OpenIdStandIn
) -> None:
    with at(issuer, tmp_path) as site, browser(site) as ann, browser(site) as eve:
        back = sent_back(ann)
        check_refused(eve.get(back))  # without any cookie
        sent_back(eve)
        check_refused(eve.get(back))  # with the cookie of another sign-in
        name, ticket = next(each for each in ann.cookies.items() if each[0].startswith("limner_leaving"))
        assert ann.get(back).status_code == 303
        check_refused(ann.get(back))
        with browser(site) as thief:
            check_refused(thief.get(back, headers={"Cookie": f"{name}={ticket}"}))  # the code is used up
            forged = f"{ticket[:-4]}AAAA"
            check_refused(thief.get(back, headers={"Cookie": f"{name}={forged}"}))


def test_an_answer_of_another_issuer_or_without_a_code_is_refused(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site, browser(site) as client:
        mixed = sent_back(client).replace("iss=http", "iss=https")
        check_refused(client.get(mixed))
        state = parse_qs(urlsplit(sent_back(client)).query)["state"][0]
        denied = client.get(CALLBACK, params={"state": state, "error": "access_denied"})
        check_refused(denied)
        assert "It says access_denied." in denied.json()["detail"]
        sent_back(client)
        shown = client.get(CALLBACK, params={"state": "x", "error": "<script>"}, headers=PAGE)
        assert (shown.status_code, "begun in another browser" in shown.text) == (401, True)
        assert "Sign in with Harbour House" in shown.text


def test_nobody_is_led_away(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site:
        away = ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)")
        for onward in (*away, "/" + "x" * 4000):  # a cookie has no room for that one
            assert entered(site, onward).headers["location"] == "/", onward


def test_failures_from_one_address_have_to_wait(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path) as site, browser(site) as client:
        statuses = {client.get(CALLBACK).status_code for _ in range(30)}
        waiting = client.get(CALLBACK)
        assert (statuses, waiting.status_code) == ({401}, 429)
        assert int(waiting.headers["retry-after"]) > 0


def test_an_issuer_that_is_away_or_another_one_is_told(tmp_path: Path, issuer: OpenIdStandIn) -> None:
    with at(issuer, tmp_path, oidc_issuer="http://127.0.0.1:9") as site:
        away = site.client.get(START)
        assert (away.status_code, away.json()["code"], away.json()["retryable"]) == (503, "issuer_unavailable", True)
        page = site.client.get(START, headers=PAGE)
        assert (page.status_code, "cannot be asked now" in page.text) == (503, True)
    issuer.facts = {"issuer": "https://login.example.com"}
    with at(issuer, tmp_path / "2") as site:
        other = site.client.get(START)
        assert (other.status_code, other.json()["code"]) == (503, "not_configured")
        assert "https://login.example.com" in other.json()["detail"]
    issuer.facts = {"token_endpoint": "http://login.example.com/token"}
    with at(issuer, tmp_path / "3") as site, browser(site) as client:
        assert client.get(sent_back(client)).json()["code"] == "issuer_unavailable"


def test_without_an_issuer_there_is_no_way_to_one(tmp_path: Path) -> None:
    with serving(tmp_path, auth="accounts") as site:
        assert site.client.get(START).json()["code"] == "not_configured"
        assert site.client.get(CALLBACK).json()["code"] == "not_configured"
        assert START not in site.client.get("/login", headers=PAGE).text
    with serving(tmp_path / "local") as site:
        assert site.client.get(START).status_code == 404
