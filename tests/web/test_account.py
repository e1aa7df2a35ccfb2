"""The settings' access tokens and one's own account, without a script."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from limner.domain.people import Role
from limner.testing.openid_stand_in import CLIENT_ID, OpenIdStandIn
from limner.web import wording
from limner.web.languages import KNOWN, speaking
from tests.api.people import PASSWORD, accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving
from tests.cli.conftest import in_a_thread

HERE = "/settings/account"
TOKENS = "/settings/tokens"
NEW = {"name": "notebook", "scope": "generate", "days": "90"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        add_user(tmp_path, "eve@example.com", Role.VIEWER)
        yield site


def secret_in(page: httpx2.Response) -> str:
    found = re.search(r">(lim_[A-Za-z0-9_-]{43})<", page.text)
    assert found is not None, page.text
    return found[1]


def whose(site: Site, secret: str) -> httpx2.Response:
    return httpx2.get(f"{site.url}/api/auth/session", headers={"Authorization": f"Bearer {secret}"})


def test_tokens_are_made_shown_once_and_removed(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann, client_of(site, "eve@example.com") as eve:
        assert f'href="{HERE}"' in ann.get("/").text
        made = ann.post(TOKENS, data=NEW)
        assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
        secret = secret_in(made)
        assert whose(site, secret).json()["user"]["email"] == "ann@example.com"
        page = ann.get(TOKENS)
        masked = f"lim_••••••••{secret[-4:]}"
        assert (secret in page.text, "notebook" in page.text, masked in page.text) == (False, True, True)
        assert ("until" in page.text, "notebook" in eve.get(TOKENS).text) == (True, False)
        (action,) = re.findall(rf'href="({TOKENS}/[^"]+/remove)"', page.text)
        assert (eve.get(action).status_code, eve.post(action).status_code) == (404, 404)
        assert "Remove the token “notebook”?" in ann.get(action).text
        removed = ann.post(action)
        assert (removed.status_code, removed.headers["location"]) == (303, f"{TOKENS}?done=removed")
        assert "The token is removed" in ann.get(removed.headers["location"]).text
        assert whose(site, secret).status_code == 401
        for unknown in (uuid4(), "x", "%00"):
            assert ann.post(f"{TOKENS}/{unknown}/remove").status_code == 404
        # Whoever only looks has programs that only look.
        looks = secret_in(eve.post(TOKENS, data={**NEW, "scope": "manage", "days": ""}))
        assert whose(site, looks).json()["user"]["role"] == "viewer"


def test_a_token_that_cannot_be_made_is_told_beside_the_form(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann:
        for wrong in ({"name": " "}, {"name": "x" * 201}, {"scope": "all"}, {"days": "1e9"}, {"scope": ""}):
            refused = ann.post(TOKENS, data={**NEW, **wrong})
            assert (refused.status_code, 'role="alert"' in refused.text, ">lim_" in refused.text) == (422, True, False)
        shown = ann.post(TOKENS, data={**NEW, "name": "<b>bold</b>", "scope": "all"})
        assert ("<b>bold" in shown.text, "&lt;b&gt;bold" in shown.text) == (False, True)


def test_an_administrator_gives_a_token_a_budget_of_its_own(site: Site, tmp_path: Path) -> None:
    add_user(tmp_path, "ada@example.com", Role.ADMIN)
    with client_of(site, "ada@example.com") as ada, client_of(site, "ann@example.com") as ann:
        for wrong in ("much", "-1"):
            refused = ada.post(TOKENS, data={**NEW, "budget": wrong})
            assert (refused.status_code, 'role="alert"' in refused.text, ">lim_" in refused.text) == (422, True, False)
        secret_in(ada.post(TOKENS, data={**NEW, "budget": "2.50"}))
        assert "$2.50 left this month" in ada.get(TOKENS).text
        assert "Token notebook, " in ada.get("/settings/budgets").text
        secret_in(ann.post(TOKENS, data={**NEW, "budget": "2.50"}))
        assert ("$2.50" in ann.get(TOKENS).text, 'name="budget"' in ann.get(TOKENS).text) == (False, False)


@pytest.mark.parametrize(
    ("language", "scopes", "left"),
    [
        ("en", ["look", "make pictures", "manage"], "$2.50 left this month"),
        ("de", ["ansehen", "Bilder machen", "verwalten"], "2,50\u00a0$ \u00fcbrig in diesem Monat"),
        ("ar", ["مشاهدة", "صنع الصور", "إدارة"], "2.50"),
    ],
)
def test_what_a_token_and_people_may_do_is_said_in_the_language_of_the_page(
    site: Site, tmp_path: Path, language: str, scopes: list[str], left: str
) -> None:
    add_user(tmp_path, "ada@example.com", Role.ADMIN)
    with client_of(site, "ada@example.com") as ada:
        secret_in(ada.post(TOKENS, data={**NEW, "scope": "manage", "budget": "2.50"}))
        made = ada.post("/settings/projects", data={"name": "harbours"})
        assert made.status_code == 303, made.text
        ada.cookies.set("language", language)
        badges = re.findall(r'<span class="badge">([^<]*)</span>', ada.get(TOKENS).text)
        assert badges[:3] == scopes
        assert left in badges[3]
        for place in ("/settings/people", "/settings/projects"):
            page = ada.get(place).text
            with speaking(KNOWN[language]):
                assert f">{wording.role(Role.ADMIN if place.endswith('people') else Role.OWNER)}<" in page, place
                assert wording.project("default") != "default"
                assert wording.project("harbours") == "harbours"
            assert language != "ar" or not re.search(r">(owner|administrator|member|viewer)", page, re.IGNORECASE)


def test_a_token_that_may_not_manage_makes_no_others_here_either(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann:
        bearer = {"Authorization": f"Bearer {secret_in(ann.post(TOKENS, data=NEW))}"}
    password = {"present": PASSWORD, "password": "another password"}
    for path, form in ((TOKENS, NEW), (f"{HERE}/password", password)):
        assert site.client.post(path, data=form, headers=bearer).status_code == 403
    assert site.client.post(f"{HERE}/sign-out-everywhere", headers=bearer).status_code == 403


def test_another_password_ends_all_other_sessions(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann, client_of(site, "ann@example.com") as other:
        form = {"present": PASSWORD, "password": "another password"}
        for wrong, status in (({"present": "wrong password"}, 401), ({"password": "short"}, 422)):
            refused = ann.post(f"{HERE}/password", data={**form, **wrong})
            assert (refused.status_code, 'role="alert"' in refused.text) == (status, True)
            assert "wrong password" not in refused.text
        changed = ann.post(f"{HERE}/password", data=form)
        assert (changed.status_code, changed.headers["location"]) == (303, f"{HERE}?done=password")
        assert "Your password is changed" in ann.get(changed.headers["location"]).text
        assert other.get("/api/auth/session").status_code == 401
        for _ in range(5):
            ann.post(f"{HERE}/password", data=form)
        waiting = ann.post(f"{HERE}/password", data=form)
        assert (waiting.status_code, int(waiting.headers["retry-after"]) > 0) == (429, True)
    with client_of(site, "eve@example.com") as eve:
        assert (
            eve.post(f"{HERE}/password", data={"present": PASSWORD, "password": "yet another one"}).status_code == 303
        )


def test_somebody_signs_out_everywhere(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann, client_of(site, "ann@example.com") as other:
        left = ann.post(f"{HERE}/sign-out-everywhere")
        assert (left.status_code, left.headers["location"]) == (303, "/login")
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert other.get("/api/auth/session").status_code == 401


def test_whoever_signs_in_elsewhere_has_no_password_to_change(tmp_path: Path) -> None:
    with in_a_thread(OpenIdStandIn(secret=None)) as issuer:
        known: dict[str, Any] = {"oidc_issuer": issuer.issuer, "oidc_client_id": CLIENT_ID}
        with (
            serving(tmp_path, auth="accounts", **known) as site,
            httpx2.Client(base_url=site.url, follow_redirects=True) as client,
        ):
            page = client.get("/api/auth/oidc/start", params={"next": HERE})
            assert ("you sign in elsewhere" in page.text, 'name="present"' in page.text) == (True, False)


def test_nobody_has_an_account_where_nobody_signs_in(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        for path in (HERE, TOKENS, "/settings/people", "/settings/projects"):
            assert site.client.get(path).status_code == 404
        assert TOKENS not in site.client.get("/settings/keys").text
        assert HERE not in site.client.get("/").text
    with accounts_site(tmp_path / "2") as site:
        led = site.client.get(HERE, headers={"Accept": "text/html"})
        assert led.headers["location"] == "/login?next=%2Fsettings%2Faccount"


def test_whoever_only_looks_is_told_so_and_offered_nothing_to_make(site: Site) -> None:
    told = "Your account may look, not make or change anything."
    go = re.compile(r'<button class="btn primary lg" data-part="go"[^>]*>')
    with client_of(site, "eve@example.com") as eve:
        page = eve.get("/").text
        assert told in page
        assert "Draw the first picture" not in page
        assert " disabled" in go.findall(page)[0]
        assert "Make a picture" not in eve.get("/gallery").text
    with client_of(site, "ann@example.com") as ann:
        page = ann.get("/").text
        assert told not in page
        assert "Draw the first picture" in page
        assert " disabled" not in go.findall(page)[0]
        assert "Make a picture" in ann.get("/gallery").text
