"""A server that people sign in to: who gets in, as whom, and what others see."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from limner.domain.people import Role
from tests.api.people import PASSWORD, accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving

SKETCH = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64"}
PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}
WAIT = {"Prefer": "wait=30"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)


def login(site: Site, email: str, password: str) -> httpx2.Response:
    return httpx2.post(f"{site.url}/api/auth/login", json={"email": email, "password": password})


def test_nothing_but_what_is_open_is_there_without_a_sign_in(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        document = site.client.get("/openapi.json").json()
        opened = {
            (method, path)
            for path, methods in document["paths"].items()
            for method in methods
            if site.client.request(method, path.replace("{", "x").replace("}", "x"), json={}).status_code != 401
        }
        assert opened == {
            ("get", "/health"),
            ("get", "/ready"),
            ("post", "/api/auth/google"),
            ("post", "/api/auth/login"),
            ("post", "/api/auth/logout"),
            ("post", "/api/v1/webhooks/{service}"),
            ("post", "/webhooks/{service}"),
        }
        refused = site.client.get("/api/v1/images")
        assert refused.headers["www-authenticate"] == "Bearer"
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.json()["code"], refused.json()["status"]) == ("sign_in_required", 401)
        assert site.client.get("/docs").status_code == 200
        for page in ("/", "/jobs", "/nothing"):
            assert site.client.get(page).status_code == 401
            led = site.client.get(f"{page}?a=b", headers={"Accept": "text/html"})
            assert led.status_code == 303
            assert led.headers["location"].startswith("/login?next=%2F")
            assert led.headers["location"].endswith("%3Fa%3Db")


def test_the_description_says_which_routes_want_a_sign_in(site: Site) -> None:
    document = site.client.get("/openapi.json").json()
    without = {path for path, methods in document["paths"].items() for each in methods.values()
               if "401" not in each["responses"]}  # fmt: skip
    assert without == {"/health", "/ready", "/api/auth/logout", "/api/v1/webhooks/{service}", "/webhooks/{service}"}


def test_somebody_signs_in_paints_and_signs_out(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        ann = add_user(tmp_path, "Ann@Example.com")
        answer = login(site, " ann@example.COM", PASSWORD)
        assert answer.status_code == 200
        assert answer.json() == {"user": {"id": ann.id, "email": "ann@example.com", "role": "member"}}
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        with client_of(site, "ann@example.com") as client:
            assert client.get("/api/auth/session").json()["user"]["email"] == "ann@example.com"
            job = client.post("/api/v1/jobs", json=SKETCH, headers=WAIT)
            assert job.status_code == 201
            assert client.get("/").status_code == 200
            old = client.cookies["limner_session"]
            assert client.post("/api/auth/logout").status_code == 204
            assert client.get("/api/auth/session").status_code == 401
            assert client.get("/api/auth/session", headers={"Cookie": f"limner_session={old}"}).status_code == 401
            assert client.post("/api/auth/logout").status_code == 204


def test_the_cookie_is_secure_where_the_name_is_not_this_machines_own(tmp_path: Path) -> None:
    with accounts_site(tmp_path, public_url="https://limner.example.com") as site:
        add_user(tmp_path, "ann@example.com")
        answer = httpx2.post(
            f"{site.url}/api/auth/login",
            json={"email": "ann@example.com", "password": PASSWORD, "stays": False},
            headers={"Host": "limner.example.com"},
        )
        assert answer.headers["set-cookie"].endswith("; Secure")
        assert "Max-Age" not in answer.headers["set-cookie"]


def test_an_unknown_user_and_a_wrong_password_are_told_the_same(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        known, unknown = (login(site, who, "wrong password") for who in ("ann@example.com", "eve@example.com"))
        for answer in (known, unknown):
            assert answer.status_code == 401
            assert "set-cookie" not in answer.headers
        different = {"request_id"}
        assert {k: v for k, v in known.json().items() if k not in different} == {
            k: v for k, v in unknown.json().items() if k not in different
        }
        assert known.json()["code"] == "sign_in_refused"


def test_repeated_failures_have_to_wait_even_with_the_right_password_and_after_a_restart(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        add_user(tmp_path, "ben@example.com")
        for who in ("ann@example.com", "eve@example.com"):
            statuses = [login(site, who, "wrong password").status_code for _ in range(6)]
            assert statuses == [401] * 5 + [429]
        assert login(site, "ben@example.com", PASSWORD).status_code == 200
    with accounts_site(tmp_path) as site:
        refused = login(site, "ann@example.com", PASSWORD)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 900
        assert refused.json()["code"] == "too_many_sign_ins"


@pytest.mark.req("S2-082", "S2-086")
def test_somebody_elses_things_are_not_there(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        for who in ("ann@example.com", "ben@example.com"):
            add_user(tmp_path, who)
        with client_of(site, "ann@example.com") as ann, client_of(site, "ben@example.com") as ben:
            job = ann.post("/api/v1/jobs", json=SKETCH, headers=WAIT).json()
            picture = job["images"][0]["id"]
            token = ann.post("/api/v1/tokens", json={"name": "x"}).json()["id"]
            for path in (
                f"/api/v1/jobs/{job['id']}",
                f"/api/v1/jobs/{job['id']}/events",
                f"/api/v1/images/{picture}",
                f"/api/v1/images/{picture}/file",
                f"/api/v1/images/{picture}/thumbnail",
                f"/api/v1/images/{picture}/recipe",
                f"/images/{picture}",
                f"/jobs/{job['id']}",
            ):
                assert ann.get(path).status_code == 200, path
                assert ben.get(path).status_code == 404, path
            assert ben.delete(f"/api/v1/tokens/{token}").status_code == 404
            assert ben.delete(f"/api/v1/jobs/{job['id']}").status_code in {404, 405}
            assert ben.get("/api/v1/images").json()["items"] == []
            assert ben.get("/api/v1/jobs").json()["items"] == []


def test_a_token_signs_a_program_in_until_it_is_removed(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        with client_of(site, "ann@example.com") as client:
            made = client.post("/api/auth/tokens", json={"name": "notebook"})
            assert made.status_code == 201
            token = made.json()["token"]
            assert token.startswith("lim_")
            bearer = {"Authorization": f"Bearer {token}"}
            assert site.client.get("/api/auth/session", headers=bearer).json()["user"]["email"] == "ann@example.com"
            assert site.client.post("/api/v1/jobs", json=SKETCH, headers={**bearer, **WAIT}).status_code == 201
            # A program that leaks its token gives nobody the means to make another one.
            assert site.client.post("/api/v1/tokens", json={"name": "y"}, headers=bearer).json()["code"] == "forbidden"
            assert site.client.post("/api/auth/logout-everywhere", headers=bearer).status_code == 403
            listed = client.get("/api/auth/tokens")
            assert token not in listed.text
            (item,) = listed.json()["items"]
            assert (item["name"], item["last_four"], item["scopes"]) == ("notebook", token[-4:], ["generate", "read"])
            assert item["used"] is not None
            assert client.delete(f"/api/auth/tokens/{item['id']}").status_code == 204
            assert site.client.get("/api/auth/session", headers=bearer).status_code == 401
        for wrong in ("Bearer lim_nothing", "Bearer", "Basic YTpi", f"Token {token}"):
            assert site.client.get("/api/auth/session", headers={"Authorization": wrong}).status_code == 401


def test_viewers_and_tokens_that_may_only_read_change_nothing(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "eve@example.com", Role.VIEWER)
        add_user(tmp_path, "ann@example.com")
        with client_of(site, "ann@example.com") as client:
            token = client.post("/api/v1/tokens", json={"name": "reads", "scopes": ["read"]}).json()["token"]
        reader = httpx2.Client(base_url=site.url, headers={"Authorization": f"Bearer {token}"})
        with client_of(site, "eve@example.com") as viewer, reader:
            for client in (viewer, reader):
                assert client.get("/api/v1/models").status_code == 200
                assert client.post("/api/v1/quotes", json=SKETCH).status_code == 200
                for method, path, body in (
                    ("POST", "/api/v1/jobs", SKETCH),
                    ("POST", "/api/v1/webhooks", {"url": "https://example.com"}),
                    ("POST", "/", None),
                ):
                    refused = client.request(method, path, json=body)
                    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
            assert viewer.get("/").status_code == 200


def test_a_change_signed_in_by_a_cookie_has_to_come_from_a_page_of_ours(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        with client_of(site, "ann@example.com") as client:
            cookie = {"Cookie": f"limner_session={client.cookies['limner_session']}"}

        def painted(**headers: str) -> Any:
            return httpx2.post(f"{site.url}/api/v1/jobs", json=SKETCH, headers={**cookie, **headers})

        cross = painted(**{"Sec-Fetch-Site": "cross-site"})
        assert (cross.status_code, cross.json()["code"]) == (403, "foreign_page")
        assert painted(**{"Sec-Fetch-Site": "same-site"}).status_code == 403
        assert painted(Origin="https://evil.example").json()["code"] == "foreign_origin"
        assert painted(**{"Sec-Fetch-Site": "same-origin"}).status_code == 202
        assert painted().status_code == 202, "a program that keeps its cookie is no page"
        assert painted(Origin=site.url).status_code == 202


def test_whoever_is_removed_or_gets_another_role_or_password_is_out_at_once(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "root@example.com", Role.OWNER)
        ben = add_user(tmp_path, "ben@example.com")
        with client_of(site, "root@example.com") as root:
            for change in ({"role": "viewer"}, {"password": "another password"}):
                with client_of(site, "ben@example.com") as client:
                    changed = root.patch(f"/api/v1/users/{ben.id}", json=change)
                    assert changed.status_code == 200
                    assert client.get("/api/v1/images").status_code == 401
            with client_of(site, "ben@example.com", "another password") as client:
                bearer = {
                    "Authorization": f"Bearer {client.post('/api/v1/tokens', json={'name': 'x'}).json()['token']}"
                }
                assert root.delete(f"/api/v1/users/{ben.id}").status_code == 204
                assert client.get("/api/v1/images").status_code == 401
                assert site.client.get("/api/v1/images", headers=bearer).status_code == 401
            assert login(site, "ben@example.com", "another password").status_code == 401
            assert root.delete(f"/api/v1/users/{ben.id}").status_code == 404


def test_people_are_kept_by_administrators_and_owners_by_owners(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        root = add_user(tmp_path, "root@example.com", Role.OWNER)
        ada = add_user(tmp_path, "ada@example.com", Role.ADMIN)
        ben = add_user(tmp_path, "ben@example.com")
        with client_of(site, "ben@example.com") as member:
            assert member.get("/api/v1/users").json()["code"] == "administrators_only"
            assert member.get(f"/api/v1/users/{ben.id}").json()["email"] == "ben@example.com"
            assert member.get(f"/api/v1/users/{ada.id}").status_code == 404
            assert member.post("/api/v1/users", json={"email": "x@y", "password": PASSWORD}).status_code == 403
            assert member.get("/api/v1/audit").status_code == 403
        with client_of(site, "ada@example.com") as admin:
            emails = [each["email"] for each in admin.get("/api/v1/users").json()["items"]]
            assert emails == ["ada@example.com", "ben@example.com", "root@example.com"]
            new = {"email": "new@example.com", "password": PASSWORD}
            assert admin.post("/api/v1/users", json=new).status_code == 201
            assert admin.post("/api/v1/users", json=new).json()["code"] == "user_exists"
            assert admin.post("/api/v1/users", json={**new, "email": "no address"}).json()["field"] == "email"
            assert admin.post("/api/v1/users", json={"email": "y@z", "password": "short"}).json()["field"] == "password"
            for refused in (
                admin.post("/api/v1/users", json={**new, "email": "o@example.com", "role": "owner"}),
                admin.patch(f"/api/v1/users/{root.id}", json={"role": "member"}),
                admin.delete(f"/api/v1/users/{root.id}"),
                admin.patch(f"/api/v1/users/{ada.id}", json={"role": "owner"}),
            ):
                assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        with client_of(site, "root@example.com") as owner:
            last = owner.delete(f"/api/v1/users/{root.id}")
            assert (last.status_code, last.json()["code"]) == (409, "last_owner")
            assert owner.patch(f"/api/v1/users/{root.id}", json={"role": "admin"}).status_code == 409
            assert owner.patch(f"/api/v1/users/{ada.id}", json={"role": "owner"}).status_code == 200
            acts = [each["act"] for each in owner.get("/api/v1/audit").json()["items"]]
            assert acts[0] == "role_changed"
            assert {"signed_in", "user_added"} <= set(acts)
            page = owner.get("/api/v1/audit?limit=1&act=user_added").json()
            assert (page["items"][0]["name"], page["items"][0]["subject"]) == ("ada@example.com", "new@example.com")
            following = owner.get(f"/api/v1/audit?limit=1&act=user_added&cursor={page['next']}").json()
            assert following["items"][0]["subject"] == "ben@example.com"


def test_a_new_password_ends_the_other_sessions_and_wants_the_old_one(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        with client_of(site, "ann@example.com") as here, client_of(site, "ann@example.com") as there:
            body = {"present": "not this one", "password": "a better password"}
            assert here.post("/api/auth/password", json=body).status_code == 401
            assert here.post("/api/auth/password", json={**body, "present": PASSWORD}).status_code == 204
            assert here.get("/api/auth/session").status_code == 200
            assert there.get("/api/auth/session").status_code == 401
            assert login(site, "ann@example.com", PASSWORD).status_code == 401
        with client_of(site, "ann@example.com", "a better password") as again:
            assert again.post("/api/auth/logout-everywhere").status_code == 204
            assert again.get("/api/auth/session").status_code == 401


def test_budgets_that_are_set_up_and_removed_are_written_down(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ada@example.com", Role.ADMIN)
        with client_of(site, "ada@example.com") as admin:
            wanted = {"kind": "project", "name": "harbour", "window": "month", "usd": "25"}
            budget = admin.post("/api/v1/budgets", json=wanted).json()["id"]
            assert admin.delete(f"/api/v1/budgets/{budget}").status_code == 204
            newest = admin.get("/api/v1/audit?limit=2").json()["items"]
        told = [(each["act"], each["name"], each["subject"], each["detail"]) for each in newest]
        assert told == [
            (act, "ada@example.com", "project harbour", "$25/month") for act in ("budget_removed", "budget_added")
        ]


@pytest.mark.req("S3-082")
def test_with_accounts_ten_pictures_an_hour_are_the_limit_for_each_person(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        for who in ("ann@example.com", "ben@example.com"):
            add_user(tmp_path, who)
        with client_of(site, "ann@example.com") as ann, client_of(site, "ben@example.com") as ben:
            assert ann.post("/api/v1/jobs", json={**PAID, "count": 10}, headers=WAIT).status_code == 201
            refused = ann.post("/api/v1/jobs", json=PAID)
            assert refused.status_code == 429
            assert refused.json()["detail"].startswith("Hourly limit exceeded (10 images/hour)")
            assert ben.post("/api/v1/jobs", json=PAID, headers=WAIT).status_code == 201


def test_without_accounts_there_is_one_person_and_nobody_signs_in(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        assert site.client.get("/api/auth/session").json() == {"user": {"id": "local", "email": None, "role": "owner"}}
        refused = site.client.post("/api/auth/login", json={"email": "a@b", "password": "x"})
        assert (refused.status_code, refused.json()["code"]) == (403, "no_accounts")
