"""Invitations: made by administrators, taken up once by whoever has the link."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from limner.domain.people import Role
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site

PEOPLE = "/settings/people"
CHOSEN = "a password of my own"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "olga@example.com", Role.OWNER)
        add_user(tmp_path, "ada@example.com", Role.ADMIN)
        add_user(tmp_path, "ann@example.com")
        yield site


def stranger(site: Site) -> httpx2.Client:
    return httpx2.Client(base_url=site.url, headers={"Accept": "text/html", "Origin": site.url}, timeout=30)


def link_in(page: str) -> str:
    found = re.search(r'id="made">([^<]+)<', page)
    assert found is not None
    return found[1]


def test_somebody_is_invited_from_the_page_and_chooses_a_password(site: Site) -> None:
    with client_of(site, "ada@example.com") as ada, stranger(site) as ben:
        made = ada.post(PEOPLE, data={"email": "Ben@example.com", "role": "member", "password": ""})
        assert made.status_code == 200
        link = link_in(made.text)
        assert link.startswith(f"{site.url}/invitation?code=")
        listed = ada.get(PEOPLE).text
        assert ("ben@example.com" in listed, link in listed) == (True, False)  # shown once
        page = ben.get(link)
        assert page.status_code == 200
        assert "ada@example.com invites you to" in page.text
        fields = {"code": link.partition("=")[2], "password": "short", "email": "eve@example.com"}
        short = ben.post("/invitation", data=fields)
        assert (short.status_code, "10 to 200 characters" in short.text) == (422, True)
        assert fields["code"] in short.text
        joined = ben.post("/invitation", data={**fields, "password": CHOSEN})
        assert (joined.status_code, joined.headers["location"]) == (303, "/")
        user = ben.get("/api/auth/session").json()["user"]
        assert (user["email"], user["role"]) == ("ben@example.com", "member")  # not what the form says
        for again in (ben.get(link), ben.post("/invitation", data={**fields, "password": CHOSEN})):
            assert (again.status_code, "Ask for another one" in again.text) == (401, True)
        assert "ben@example.com" in ada.get(PEOPLE).text
        deeds = ada.get("/api/v1/audit").json()["items"]
        told = [(deed["act"], deed["name"], deed["detail"]) for deed in deeds if deed["subject"] == "ben@example.com"]
        assert told == [
            ("user_added", "ben@example.com", "member, invited by ada@example.com"),
            ("user_invited", "ada@example.com", "member"),
        ]
        assert link.partition("=")[2] not in str(deeds)


def test_what_cannot_be_invited_is_said_beside_the_form(site: Site) -> None:
    with client_of(site, "ada@example.com") as ada:
        for email, role, status in (
            ("ann@example.com", "member", 422),
            ("nonsense", "member", 422),
            ("ben@example.com", "king", 422),
            ("ben@example.com", "owner", 403),
        ):
            refused = ada.post(PEOPLE, data={"email": email, "role": role, "password": ""})
            assert refused.status_code == status, (email, role)
        assert ada.get("/api/v1/invitations").json() == {"items": []}


def test_a_withdrawn_or_replaced_link_is_useless(site: Site) -> None:
    with client_of(site, "olga@example.com") as olga, stranger(site) as ben:
        urls = [olga.post("/api/v1/invitations", json={"email": "ben@example.com"}).json()["url"] for _ in range(2)]
        assert [ben.get(url).status_code for url in urls] == [401, 200]
        listed = olga.get("/api/v1/invitations").json()["items"]
        assert [(each["email"], each["role"], each["inviter"], "url" in each) for each in listed] == [
            ("ben@example.com", "member", "olga@example.com", False)
        ]
        place = f"{PEOPLE}/invitations/{listed[0]['id']}/withdraw"
        assert olga.post(place).headers["location"] == f"{PEOPLE}?done=withdrawn"
        assert olga.post(place).status_code == 404
        assert ben.get(urls[1]).status_code == 401
        kept = olga.post("/api/v1/invitations", json={"email": "ben@example.com", "role": "admin"}).json()
        assert olga.delete(f"/api/v1/invitations/{kept['id']}").status_code == 204
        assert olga.delete(f"/api/v1/invitations/{kept['id']}").status_code == 404


def test_only_administrators_invite_and_see_who_is_invited(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann, client_of(site, "ada@example.com") as ada:
        made = ada.post("/api/v1/invitations", json={"email": "ben@example.com"})
        assert made.status_code == 201
        assert ann.get("/api/v1/invitations").status_code == 403
        assert ann.post("/api/v1/invitations", json={"email": "cal@example.com"}).status_code == 403
        assert ann.delete(f"/api/v1/invitations/{made.json()['id']}").status_code == 403
        assert ann.post(f"{PEOPLE}/invitations/{made.json()['id']}/withdraw").status_code == 403
        assert ada.post("/api/v1/invitations", json={"email": "eve@example.com", "role": "owner"}).status_code == 403
