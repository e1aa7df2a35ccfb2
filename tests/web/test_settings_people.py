"""The settings' people and shared projects, without a script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from limner.domain.people import Role
from tests.api.people import PASSWORD, accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site

PEOPLE, PROJECTS = "/settings/people", "/settings/projects"
NEW = {"email": "new@example.com", "password": "a first password", "role": "member"}


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


def test_administrators_add_change_and_remove_people(site: Site) -> None:
    with client_of(site, "ada@example.com") as ada, client_of(site, "olga@example.com") as olga:
        assert ada.post(PEOPLE, data=NEW).headers["location"] == f"{PEOPLE}?done=added"
        page = ada.get(PEOPLE)
        assert ("new@example.com" in page.text, "4 people on this server." in page.text) == (True, True)
        for wrong in ({}, {"email": "nonsense"}, {"password": "short"}, {"role": "king"}):
            refused = ada.post(PEOPLE, data={**NEW, **wrong})
            assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), wrong
            assert "a first password" not in refused.text
        ids = dict(re.findall(rf'href="{PEOPLE}/([0-9a-f-]+)/remove" aria-label="Remove ([^"]+)"', page.text))
        place = {email: f"{PEOPLE}/{name}" for name, email in ids.items()}
        assert "olga@example.com" not in place  # owners are changed by owners only
        new = place["new@example.com"]
        with client_of(site, "new@example.com", "a first password") as person:
            assert ada.post(new, data={"role": "viewer"}).headers["location"] == f"{PEOPLE}?done=changed"
            assert person.get("/api/auth/session").status_code == 401
        assert ada.post(new, data={"role": "owner"}).status_code == 403
        assert ada.post(new, data={"role": "king"}).status_code == 422
        assert ada.post(f"{new}/password", data={"password": "short"}).status_code == 422
        given = ada.post(f"{new}/password", data={"password": "a second password"})
        assert given.headers["location"] == f"{PEOPLE}?done=password"
        with client_of(site, "new@example.com", "a second password") as person:
            assert "Viewer" in ada.get(new).text
            assert "Their pictures are kept, for nobody." in ada.get(f"{new}/remove").text
            assert ada.post(f"{new}/remove").headers["location"] == f"{PEOPLE}?done=removed"
            assert person.get("/api/auth/session").status_code == 401
        own = re.search(rf'href="({PEOPLE}/[0-9a-f-]+)/remove" aria-label="Remove olga', olga.get(PEOPLE).text)
        assert own is not None
        last = olga.post(f"{own[1]}/remove")
        assert (last.status_code, "only owner" in last.text) == (422, True)


def test_people_are_for_administrators(site: Site) -> None:
    with client_of(site, "ann@example.com") as ann:
        page = ann.get("/settings/keys")
        assert (PEOPLE in page.text, PROJECTS in page.text) == (False, True)
        for path in (PEOPLE, f"{PEOPLE}/0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"):
            for verb in (ann.get, ann.post):
                refused = verb(path, headers={"Accept": "text/html"})
                assert (refused.status_code, "<h1>" in refused.text, "Ask one." in refused.text) == (403, True, True)


def test_projects_are_shared_joined_and_left(site: Site, tmp_path: Path) -> None:
    add_user(tmp_path, "ben@example.com")
    with client_of(site, "ann@example.com") as ann, client_of(site, "ben@example.com") as ben:
        shared = ann.post(PROJECTS, data={"name": "harbour"})
        assert shared.headers["location"] == f"{PROJECTS}?done=shared"
        page = ann.get(PROJECTS)
        (members,) = re.findall(rf'action="({PROJECTS}/[^"]+/members)"', page.text)
        here = members.removesuffix("/members")
        assert ben.post(members, data={"email": "ben@example.com", "role": "member"}).status_code == 404
        for wrong in ({"email": "nobody@example.com"}, {"role": "owner"}, {"role": "king"}):
            refused = ann.post(members, data={"email": "ben@example.com", "role": "member", **wrong})
            assert (refused.status_code, 'role="alert"' in refused.text) == (422, True), wrong
        assert ann.post(PROJECTS, data={"name": "harbour"}).status_code == 422
        let_in = ann.post(members, data={"email": "ben@example.com", "role": "viewer"})
        assert let_in.headers["location"] == f"{PROJECTS}?done=in"
        joined = ben.get(PROJECTS)
        assert ("harbour" in joined.text, "End the sharing" in joined.text) == (True, False)
        assert ben.post(f"{here}/end").status_code == 403
        (leave,) = re.findall(rf'href="({PROJECTS}/[^"]+/remove)"', joined.text)
        assert "Leave the project “harbour”?" in ben.get(leave).text
        assert "Send “ben@example.com” out of the project “harbour”?" in ann.get(leave).text
        assert ben.post(leave).headers["location"] == f"{PROJECTS}?done=gone"
        assert ben.get(f"{here}/end").status_code == 404
        assert "Nothing is deleted." in ann.get(f"{here}/end").text
        assert ann.post(f"{here}/end").headers["location"] == f"{PROJECTS}?done=ended"
        assert "You share no project yet." in ann.get(PROJECTS).text
    assert PASSWORD not in page.text
