"""People of a Supabase project, against a stand-in for the part of it that knows them."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from limner.domain.people import Role
from limner.testing.openid_stand_in import CLIENT_ID, OpenIdStandIn
from limner.testing.signing import SigningKeys, signed_with_secret, unsigned
from limner.testing.supabase_stand_in import ANON_KEY, SupabaseStandIn
from tests.api.people import add_user, client_of, quick_hashes
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

SECRET = "the secret that a project of the older kind signs with"
SKETCH = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
ANN = "1f0c7f1e-9d6e-4c9f-a3c3-2f6d7f0b1a11"
BEN = "9a1d5a7c-0b1e-4f7e-8c55-6d1c2a3b4c5d"


@pytest.fixture
def project() -> Iterator[SupabaseStandIn]:
    with in_a_thread(SupabaseStandIn()) as stand_in:
        yield stand_in


def asked(site: Site, token: str, path: str = "/api/auth/session") -> httpx2.Response:
    return httpx2.get(f"{site.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def who(site: Site, token: str) -> Any:
    answer = asked(site, token)
    assert answer.status_code == 200, answer.text
    return answer.json()["user"]


@pytest.mark.req("S4-057")
def test_a_token_of_the_project_signs_in_and_makes_an_account_once(tmp_path: Path, project: SupabaseStandIn) -> None:
    with serving(tmp_path, auth="accounts", variables={"SUPABASE_URL": f"{project.root}/"}) as site:
        token = project.keys.sign(project.claims(ANN, "Ann@Example.com"))
        ann = who(site, token)
        assert (ann["email"], ann["role"]) == ("ann@example.com", "member")
        assert who(site, project.keys.sign(project.claims(ANN, "ann@elsewhere.example"))) == ann
        bearer = {"Authorization": f"Bearer {token}", "Prefer": "wait=30"}
        job = site.client.post("/api/v1/jobs", json=SKETCH, headers=bearer)
        assert job.status_code == 201
        ben = project.keys.sign(project.claims(BEN, "ben@example.com"))
        assert asked(site, ben, f"/api/v1/jobs/{job.json()['id']}").status_code == 404
        assert asked(site, ben, "/api/v1/images").json()["items"] == []
        assert project.looked == 1
        # The project's people are taken as bearers alone; a cookie is a session of ours.
        assert (
            httpx2.get(f"{site.url}/api/auth/session", headers={"Cookie": f"limner_session={token}"}).status_code == 401
        )


def test_what_is_no_persons_token_is_refused(tmp_path: Path, project: SupabaseStandIn) -> None:
    claims = project.claims
    wrong: tuple[dict[str, object], ...] = (
        {"exp": time.time() - 1},
        {"exp": None},
        {"iat": time.time() + 3600},
        {"iss": "https://another.supabase.co/auth/v1"},
        {"iss": None},
        {"aud": "anon"},
        {"aud": None},
        {"role": "anon"},
        {"role": "service_role"},
        {"role": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\0b"},
        {"sub": "x" * 256},
        {"sub": 7},
        {"email": "no address"},
        {"email": "a\0@example.com"},
        {"is_anonymous": True},
        {"email": None},
        {"email": ""},
    )
    with serving(tmp_path, auth="accounts", variables={"SUPABASE_URL": project.root}) as site:
        good = claims(ANN, "ann@example.com")
        tokens = [project.keys.sign(claims(ANN, "ann@example.com", **changed)) for changed in wrong]
        forged = [
            SigningKeys("ES256").sign(good),
            unsigned(good, alg="none"),
            signed_with_secret(good, project.keys.public_pem(), kid="key-1"),
            signed_with_secret(good, SECRET.encode()),
            project.keys.sign(good)[:-8] + "AAAAAAAA",
            "a.b.c",
            "x" * 20_000,
        ]
        for token in (*tokens, *forged):
            refused = asked(site, token)
            assert (refused.status_code, token in refused.text) == (401, False), token
        assert who(site, project.keys.sign(good))["email"] == "ann@example.com"


def test_a_project_of_the_older_kind_signs_with_a_secret(tmp_path: Path, project: SupabaseStandIn) -> None:
    variables = {"SUPABASE_URL": project.root, "SUPABASE_JWT_SECRET": SECRET}
    with serving(tmp_path, auth="accounts", variables=variables) as site:
        token = signed_with_secret(project.claims(ANN, "ann@example.com"), SECRET.encode())
        ann = who(site, token)
        assert project.looked == 0
        assert asked(site, signed_with_secret(project.claims(BEN, "b@example.com"), b"x" * 40)).status_code == 401
        # On its way to keys a project signs with both.
        assert who(site, project.keys.sign(project.claims(ANN, "ann@example.com"))) == ann


@pytest.mark.req("S4-058")
def test_with_its_key_the_project_is_asked_about_whoever_is_new(tmp_path: Path, project: SupabaseStandIn) -> None:
    def token_of(subject: str, email: str, /, **told: object) -> str:
        token = project.keys.sign(project.claims(subject, email))
        project.people[subject] = {"id": subject, "email": email, "token": token, **told}
        return token

    variables = {"SUPABASE_URL": project.root, "SUPABASE_ANON_KEY": ANON_KEY}
    with serving(tmp_path, auth="accounts", variables=variables) as site:
        confirmed = {"email_confirmed_at": "2026-11-28T09:00:00Z"}
        ann = token_of(ANN, "ann@example.com", **confirmed)
        user = who(site, ann)
        del project.people[ANN]
        assert who(site, ann) == user, "who is known is not asked about again"
        for told in ({}, {"email_confirmed_at": None}, {**confirmed, "id": "another"}, {**confirmed, "email": ""}):
            refused = asked(site, token_of(BEN, "ben@example.com", **told))
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
        removed = project.keys.sign(project.claims("gone", "gone@example.com"))
        assert asked(site, removed).status_code == 401
        ben = token_of(BEN, "ben@example.com", **confirmed)
        project.broken = True
        away = asked(site, ben)
        assert (away.status_code, away.json()["code"], away.json()["retryable"]) == (503, "issuer_unavailable", True)
        assert who(site, ann) == user, "while the project is away its keys are known"
        project.broken = False
        assert who(site, ben)["email"] == "ben@example.com"
    with serving(tmp_path / "2", auth="accounts", variables={**variables, "SUPABASE_ANON_KEY": "wrong"}) as site:
        assert asked(site, ben).status_code == 401


def test_an_account_is_nobodys_by_its_address_alone(
    tmp_path: Path, project: SupabaseStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_hashes(monkeypatch)
    with serving(tmp_path, auth="accounts", variables={"SUPABASE_URL": project.root}) as site:
        root = add_user(tmp_path, "root@example.com", Role.OWNER)
        refused = asked(site, project.keys.sign(project.claims(ANN, "root@example.com")))
        assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")
        ben = project.keys.sign(project.claims(BEN, "ben@example.com"))
        user = who(site, ben)
        with client_of(site, root.email) as client:
            # What somebody may do is looked up at each request: it ends at once, whatever their token says.
            assert client.patch(f"/api/v1/users/{user['id']}", json={"role": "viewer"}).status_code == 200
            refused = site.client.post("/api/v1/jobs", json=SKETCH, headers={"Authorization": f"Bearer {ben}"})
            assert refused.status_code == 403


def test_an_account_that_was_made_elsewhere_is_not_theirs_either(tmp_path: Path, project: SupabaseStandIn) -> None:
    with in_a_thread(OpenIdStandIn(secret=None)) as issuer:
        known: dict[str, Any] = {"oidc_issuer": issuer.issuer, "oidc_client_id": CLIENT_ID}
        with serving(tmp_path, auth="accounts", variables={"SUPABASE_URL": project.root}, **known) as site:
            with httpx2.Client(base_url=site.url, follow_redirects=True) as client:
                client.get("/api/auth/oidc/start")
                assert client.get("/api/auth/session").json()["user"]["email"] == "ann@example.com"
            refused = asked(site, project.keys.sign(project.claims(ANN, "ann@example.com")))
            assert (refused.status_code, refused.json()["code"]) == (401, "sign_in_refused")


def test_without_a_project_its_tokens_are_nobodys(tmp_path: Path, project: SupabaseStandIn) -> None:
    with serving(tmp_path, auth="accounts") as site:
        assert asked(site, project.keys.sign(project.claims(ANN, "ann@example.com"))).status_code == 401
    assert project.looked == 0
