"""Projects that people share: what each sees, may do, and keeps."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from limner.domain.people import Role, User
from tests.api.people import accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site

SKETCH = {"prompt": "a lake at dawn", "model": "sketch", "size": "64x64", "project": "harbour"}
WAIT = {"Prefer": "wait=30"}
NAMES = ("ann", "ben", "cat")


@dataclass(frozen=True)
class Team:
    """Three people of a server, and their browsers."""

    site: Site
    users: dict[str, User]
    clients: dict[str, httpx2.Client]

    def paint(self, who: str, **fields: object) -> Any:
        answer = self.clients[who].post("/api/v1/jobs", json={**SKETCH, **fields}, headers=WAIT)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def share(self, who: str = "ann", name: str = "harbour") -> str:
        answer = self.clients[who].post("/api/v1/projects", json={"name": name})
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == f"/api/v1/projects/{answer.json()['id']}"
        return f"/api/v1/projects/{answer.json()['id']}"

    def let_in(self, project: str, whom: str, role: str = "member", *, by: str = "ann") -> Any:
        return self.clients[by].put(f"{project}/members", json={"email": f"{whom}@example.com", "role": role})

    def seen(self, who: str, project: str) -> list[str]:
        return [each["id"] for each in self.clients[who].get(f"{project}/images").json()["items"]]


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    quick_hashes(monkeypatch)
    with ExitStack() as stack:
        site = stack.enter_context(accounts_site(tmp_path))
        users = {name: add_user(tmp_path, f"{name}@example.com") for name in NAMES}
        clients = {name: stack.enter_context(client_of(site, f"{name}@example.com")) for name in NAMES}
        yield Team(site, users, clients)


def addresses(job: Any) -> list[str]:
    picture = job["images"][0]["id"]
    here = f"/api/v1/images/{picture}"
    return [
        f"/api/v1/jobs/{job['id']}",
        f"/api/v1/jobs/{job['id']}/events",
        here,
        f"{here}/file",
        f"{here}/thumbnail",
        f"{here}/recipe",
        f"/images/{picture}",
        f"/jobs/{job['id']}",
    ]


def test_members_see_what_is_made_in_a_project_and_others_nothing(team: Team) -> None:
    ann, ben, cat = (team.clients[name] for name in NAMES)
    before = team.paint("ann")
    private = team.paint("ben")
    project = team.share()
    assert team.let_in(project, "ben").status_code == 200
    after, elsewhere = team.paint("ben"), team.paint("ann", project="default")
    for job in (before, after):
        for path in addresses(job):
            assert (ann.get(path).status_code, ben.get(path).status_code, cat.get(path).status_code) == (
                200,
                200,
                404,
            ), path
    # What one made before one joined, or elsewhere, is nobody else's.
    for path in addresses(private):
        assert (ann.get(path).status_code, ben.get(path).status_code) == (404, 200), path
    for path in addresses(elsewhere):
        assert (ann.get(path).status_code, ben.get(path).status_code) == (200, 404), path
    both = [after["images"][0]["id"], before["images"][0]["id"]]
    assert team.seen("ann", project) == team.seen("ben", project) == both
    assert cat.get(f"{project}/images").status_code == cat.get(f"{project}/jobs").status_code == 404
    assert cat.get(project).status_code == 404
    assert cat.get("/api/v1/projects").json()["items"] == []
    first = ben.get(f"{project}/images?limit=1").json()
    second = ben.get(f"{project}/images?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"], second["next"]] == [*both, None]
    first = ben.get(f"{project}/jobs?limit=1").json()
    second = ben.get(f"{project}/jobs?limit=1&cursor={first['next']}").json()
    assert [first["items"][0]["id"], second["items"][0]["id"], second["next"]] == [after["id"], before["id"], None]


def test_what_others_made_may_be_looked_at_and_not_changed(team: Team) -> None:
    project = team.share()
    team.let_in(project, "ben")
    job = team.paint("ann")
    ben = team.clients["ben"]
    assert ben.delete(f"/api/v1/jobs/{job['id']}").status_code == 404
    assert ben.post(f"/api/v1/jobs/{job['id']}/cancel").status_code == 404
    assert ben.get("/api/v1/images").json()["items"] == []


def test_favourites_are_each_persons_own(team: Team) -> None:
    project = team.share()
    team.let_in(project, "ben")
    job = team.paint("ann")
    picture = job["images"][0]["id"]
    assert team.clients["ann"].put(f"/api/v1/images/{picture}/favorite").is_success
    for who, marked in (("ann", True), ("ben", False)):
        client = team.clients[who]
        (listed,) = client.get(f"{project}/images").json()["items"]
        (of_job,) = client.get(f"/api/v1/jobs/{job['id']}").json()["images"]
        alone = client.get(f"/api/v1/images/{picture}").json()
        assert [each["favorite"] for each in (listed, of_job, alone)] == [marked] * 3


def test_others_pictures_may_be_favourites_as_long_as_they_may_be_looked_at(team: Team) -> None:
    ann, ben, cat = (team.clients[who] for who in ("ann", "ben", "cat"))
    project = team.share()
    for who, role in (("ben", "member"), ("cat", "viewer")):
        team.let_in(project, who, role)
    picture, private = team.paint("ann")["images"][0]["id"], team.paint("ann", project="hers")["images"][0]["id"]
    here, hidden = (f"/api/v1/images/{each}/favorite" for each in (picture, private))
    for client in (ben, cat):
        assert client.put(here).json()["favorite"] is True
        assert client.put(hidden).status_code == client.delete(hidden).status_code == 404
        assert client.get(f"{project}/images").json()["items"][0]["favorite"] is True
        # It is theirs alone, it is no picture of theirs, and nothing of it is changed.
        assert client.get("/api/v1/images", params={"favorite": True}).json()["items"] == []
        tagging = {"ids": [picture], "action": "tag", "tags": ["mine"]}
        assert picture not in str(client.post("/api/v1/images/bulk", json=tagging).json().get("changed", []))
    assert ann.get(f"/api/v1/images/{picture}").json()["favorite"] is False
    page = ben.get(f"/images/{picture}", headers={"Accept": "text/html"}).text
    assert f'name="unfavorite" value="{picture}"' in page
    assert ben.delete(here).json()["favorite"] is False
    assert cat.get(f"/api/v1/images/{picture}").json()["favorite"] is True
    assert cat.delete(f"{project}/members/{team.users['cat'].id}").status_code == 204
    assert cat.put(here).status_code == cat.delete(here).status_code == 404
    assert cat.get("/api/v1/images", params={"favorite": True}).json()["items"] == []


def test_a_viewer_of_a_project_looks_and_paints_elsewhere(team: Team) -> None:
    project = team.share()
    team.let_in(project, "cat", "viewer")
    job = team.paint("ann")
    assert team.seen("cat", project) == [job["images"][0]["id"]]
    refused = team.clients["cat"].post("/api/v1/jobs", json=SKETCH)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert team.clients["cat"].get("/api/v1/jobs").json()["items"] == []
    team.paint("cat", project="other")
    team.let_in(project, "cat", "member")
    team.paint("cat")
    assert len(team.seen("ann", project)) == 2


def test_who_leaves_sees_no_more_and_what_they_made_stays(team: Team) -> None:
    ann, ben = team.clients["ann"], team.clients["ben"]
    project = team.share()
    team.let_in(project, "ben")
    theirs, others = team.paint("ben"), team.paint("ann")
    assert ben.delete(f"{project}/members/{team.users['ben'].id}").status_code == 204
    assert ben.get(project).status_code == 404
    assert ben.get(f"/api/v1/jobs/{others['id']}").status_code == 404
    assert ben.get(f"/api/v1/jobs/{theirs['id']}").status_code == 200
    assert len(team.seen("ann", project)) == 2
    assert ann.delete(f"{project}/members/{team.users['ben'].id}").status_code == 404
    team.let_in(project, "ben")
    assert ann.delete(project).status_code == 204
    assert ann.get(project).status_code == ben.get(project).status_code == 404
    assert ann.get(f"/api/v1/jobs/{theirs['id']}").status_code == 404
    assert ann.get(f"/api/v1/jobs/{others['id']}").status_code == 200


def test_the_owner_alone_says_who_shares_a_project(team: Team) -> None:
    ann, ben = team.clients["ann"], team.clients["ben"]
    project = team.share()
    shown = team.let_in(project, "ben").json()
    assert [(each["email"], each["role"]) for each in shown["members"]] == [
        ("ann@example.com", "owner"),
        ("ben@example.com", "member"),
    ]
    owner = team.users["ann"].id
    for refused in (
        team.let_in(project, "cat", by="ben"),
        ben.delete(project),
        ben.delete(f"{project}/members/{owner}"),
        ann.delete(f"{project}/members/{owner}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert team.let_in(project, "cat", by="cat").status_code == 404
    assert team.let_in(project, "nobody").json()["field"] == "email"
    assert team.let_in(project, "ann").json()["field"] == "email"
    assert team.let_in(project, "ben", "owner").json()["field"] == "role"
    again = ann.post("/api/v1/projects", json={"name": "harbour"})
    assert (again.status_code, again.json()["code"]) == (409, "project_exists")
    assert ann.post("/api/v1/projects", json={"name": "default"}).json()["field"] == "name"
    assert ann.get("/api/v1/projects/0").status_code == 404


def test_of_two_projects_of_one_name_nobody_guesses_which_is_meant(team: Team) -> None:
    for owner in ("ann", "cat"):
        team.let_in(team.share(owner), "ben", by=owner)
    refused = team.clients["ben"].post("/api/v1/jobs", json=SKETCH)
    assert (refused.status_code, refused.json()["field"]) == (422, "project")
    team.paint("ann")


def test_whoever_is_removed_leaves_their_pictures_to_those_who_shared_them(team: Team, tmp_path: Path) -> None:
    project = team.share()
    team.let_in(project, "ben")
    team.paint("ben")
    with client_of(team.site, add_user(tmp_path, "root@example.com", Role.OWNER).email) as root:
        assert root.delete(f"/api/v1/users/{team.users['ben'].id}").status_code == 204
        acts = [each["act"] for each in root.get("/api/v1/audit?limit=200").json()["items"]]
        assert "member_added" in acts
    assert len(team.seen("ann", project)) == 1


def test_what_its_maker_puts_into_the_trash_is_not_in_the_project_until_it_is_taken_out(team: Team) -> None:
    project = team.share()
    team.let_in(project, "ben")
    kept, thrown = (team.paint("ann")["images"][0]["id"] for _ in range(2))
    here = f"/api/v1/images/{thrown}"
    assert team.clients["ben"].delete(here).status_code == 404
    assert team.clients["ann"].delete(here).status_code == 204
    assert team.seen("ann", project) == team.seen("ben", project) == [kept]
    assert team.clients["ann"].post(f"{here}/restore").status_code == 200
    assert team.seen("ben", project) == [thrown, kept]
