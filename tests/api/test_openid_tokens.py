"""Programs that come with an access token of the issuer's: only one that was made for this server lets them in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from limner.testing.openid_stand_in import CLIENT_ID, OpenIdStandIn
from limner.testing.signing import SigningKeys, signed_with_secret, unsigned
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

PUBLIC = "https://limner.example"
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[OpenIdStandIn]:
    with in_a_thread(OpenIdStandIn()) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def site(issuer: OpenIdStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    known: dict[str, Any] = {"oidc_issuer": issuer.issuer, "oidc_client_id": CLIENT_ID, "public_url": PUBLIC}
    with serving(tmp_path_factory.mktemp("tokens"), auth="accounts", **known) as found:
        yield found


def claims(issuer: OpenIdStandIn, **changed: Any) -> dict[str, Any]:
    now = time.time()
    said = {
        "iss": issuer.issuer,
        "sub": "mia-1",
        "aud": f"{PUBLIC}/mcp",
        "iat": now,
        "exp": now + 300,
        "email": "mia@tokens.example",
        "email_verified": True,
    }
    return {name: value for name, value in {**said, **changed}.items() if value is not None}


def ask(site: Site, token: str, path: str = "/api/auth/session") -> httpx2.Response:
    return httpx2.get(f"{site.url}{path}", headers={"Authorization": f"Bearer {token}"})


def test_a_token_for_this_server_lets_its_person_in(site: Site, issuer: OpenIdStandIn) -> None:
    token = issuer.keys.sign(claims(issuer))
    user = ask(site, token).json()["user"]
    assert (user["email"], user["role"]) == ("mia@tokens.example", "member")
    hello = httpx2.post(
        f"{site.url}/mcp",
        json=HELLO,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"},
    )
    assert hello.status_code == 200
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx2.post(f"{site.url}/api/v1/tokens", json={"name": "another"}, headers=headers).status_code == 403
    later = issuer.keys.sign(claims(issuer, email=None, email_verified=None, aud=[PUBLIC, "https://other.example"]))
    assert ask(site, later).json()["user"] == user


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": CLIENT_ID},
        {"aud": "https://other.example/mcp"},
        {"aud": None},
        {"aud": f"{PUBLIC}/mcp/more"},
        {"iss": "https://other.example"},
        {"exp": 1},
        {"exp": None},
        {"sub": "nobody-2", "email": None},
        {"sub": "nobody-3", "email_verified": False},
        {"sub": None},
    ],
)
def test_any_other_token_is_refused(site: Site, issuer: OpenIdStandIn, changed: dict[str, Any]) -> None:
    answer = ask(site, issuer.keys.sign(claims(issuer, **changed)))
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused")


def test_nobodys_signature_is_none(site: Site, issuer: OpenIdStandIn) -> None:
    said = claims(issuer)
    forged = (unsigned(said, alg="none"), SigningKeys().sign(said), signed_with_secret(said, b"x" * 32, kid="key-1"))
    for token in forged:
        assert ask(site, token).status_code == 401


def test_clients_are_led_to_who_gives_tokens(site: Site, issuer: OpenIdStandIn) -> None:
    where = f"{PUBLIC}/.well-known/oauth-protected-resource/mcp"
    nobody = httpx2.post(f"{site.url}/mcp", json=HELLO)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, f'Bearer resource_metadata="{where}"')
    wrong = httpx2.post(f"{site.url}/mcp", json=HELLO, headers={"Authorization": "Bearer a.b.c"})
    assert wrong.headers["www-authenticate"] == f'Bearer resource_metadata="{where}", error="invalid_token"'
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        told = httpx2.get(f"{site.url}{path}").json()
        assert (told["resource"], told["authorization_servers"]) == (f"{PUBLIC}/mcp", [issuer.issuer])
    assert ask(site, "a.b.c", "/api/v1/jobs").headers["www-authenticate"] == "Bearer"


def test_where_there_is_no_issuer_nobody_is_led_anywhere(tmp_path: Path) -> None:
    with serving(tmp_path, auth="accounts") as site:
        assert httpx2.get(f"{site.url}/.well-known/oauth-protected-resource/mcp").status_code == 404
        assert httpx2.post(f"{site.url}/mcp", json=HELLO).headers["www-authenticate"] == "Bearer"
