"""The pages of the sign-in, without a script."""

import re
from pathlib import Path

import httpx2
import pytest

from limner.domain.people import Role
from tests.api.people import PASSWORD, accounts_site, add_user, quick_hashes
from tests.api.served import Site, serving

PAGE = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_hashes(monkeypatch)


def browser(site: Site) -> httpx2.Client:
    return httpx2.Client(base_url=site.url, headers={**PAGE, "Origin": site.url}, timeout=30)


def setup_link(capsys: pytest.CaptureFixture[str]) -> str:
    found = re.search(r"/setup\?code=\S+", capsys.readouterr().out)
    return "" if found is None else found[0]


def test_the_first_start_prints_a_link_that_makes_the_owner_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with accounts_site(tmp_path) as site, browser(site) as client:
        link = setup_link(capsys)
        page = client.get(link)
        assert (page.status_code, "Set up your studio" in page.text) == (200, True)
        code = link.partition("=")[2]
        fields = {"code": code, "email": "Root@example.com", "password": "short"}
        short = client.post("/setup", data=fields)
        assert (short.status_code, "10 to 200 characters" in short.text) == (422, True)
        assert 'value="Root@example.com"' in short.text
        for wrong in ("", "x", code + "x"):
            assert client.get(f"/setup?code={wrong}").status_code == 401
            assert client.post("/setup", data={**fields, "code": wrong, "password": PASSWORD}).status_code == 401
        made = client.post("/setup", data={**fields, "password": PASSWORD})
        assert (made.status_code, made.headers["location"]) == (303, "/")
        user = client.get("/api/auth/session").json()["user"]
        assert (user["email"], user["role"]) == ("root@example.com", "owner")
        again = client.post("/setup", data={**fields, "email": "eve@example.com", "password": PASSWORD})
        assert (again.status_code, "not valid any more" in again.text) == (401, True)
        assert client.get(link).status_code == 401
    with accounts_site(tmp_path):
        assert setup_link(capsys) == ""


def test_somebody_is_led_to_the_sign_in_and_back(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site, browser(site) as client:
        add_user(tmp_path, "ann@example.com", Role.ADMIN)
        led = client.get("/jobs?before=x")
        assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2Fjobs%3Fbefore%3Dx")
        form = client.get(led.headers["location"])
        assert 'name="next" value="/jobs?before=x"' in form.text
        assert form.headers["cache-control"] == "no-store"
        fields = {"email": "ann@example.com", "password": "wrong password", "next": "/jobs", "stays": "yes"}
        wrong = client.post("/login", data=fields)
        assert (wrong.status_code, "That email and password do not match. Four tries left." in wrong.text) == (
            401,
            True,
        )
        assert ('value="ann@example.com"' in wrong.text, "wrong password" in wrong.text) == (True, False)
        entered = client.post("/login", data={**fields, "password": PASSWORD})
        assert (entered.status_code, entered.headers["location"]) == (303, "/jobs")
        assert "Max-Age=2592000" in entered.headers["set-cookie"]
        page = client.get("/jobs")
        assert 'action="/logout"' in page.text
        assert client.get("/login?next=/jobs").headers["location"] == "/jobs"
        left = client.post("/logout")
        assert (left.status_code, left.headers["location"]) == (303, "/login")
        assert client.get("/jobs").status_code == 303


def test_a_problem_shows_whoever_is_not_signed_in_nothing_but_the_way_in(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site, browser(site) as client:
        page = client.get("/static/old/nothing.css")
        assert (page.status_code, 'href="/login"' in page.text) == (404, True)
        assert not re.search(r'class="(rail|tabbar|topbar)"|Make a picture', page.text)


@pytest.mark.parametrize(
    "onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_away(tmp_path: Path, onward: str) -> None:
    with accounts_site(tmp_path) as site, browser(site) as client:
        add_user(tmp_path, "ann@example.com")
        fields = {"email": "ann@example.com", "password": PASSWORD, "next": onward}
        entered = client.post("/login", data=fields)
        assert entered.headers["location"] == "/"
        assert client.get("/login", params={"next": onward}).headers["location"] == "/"


def test_too_many_failures_are_told_on_the_page(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site, browser(site) as client:
        fields = {"email": "ann@example.com", "password": "wrong password"}
        for _ in range(5):
            assert client.post("/login", data=fields).status_code == 401
        waiting = client.post("/login", data=fields)
        assert (waiting.status_code, "Too many failed sign-ins" in waiting.text) == (429, True)
        assert int(waiting.headers["retry-after"]) > 0


def test_a_foreign_page_signs_nobody_in(tmp_path: Path) -> None:
    with accounts_site(tmp_path) as site:
        add_user(tmp_path, "ann@example.com")
        fields = {"email": "ann@example.com", "password": PASSWORD}
        refused = site.client.post("/login", data=fields, headers={"Origin": "https://evil.example"})
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers


def test_without_accounts_there_is_no_sign_in(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        for path in ("/login", "/setup"):
            assert site.client.get(path, headers=PAGE).status_code == 404
        assert "Sign out" not in site.client.get("/").text


def test_a_language_is_chosen_before_anybody_signs_in_and_leads_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with accounts_site(tmp_path) as site, browser(site) as client:
        link = setup_link(capsys)
        page = client.get(link, headers={"Accept-Language": "ar"}).text
        assert '<html lang="ar" dir="rtl"' in page
        failed = client.post("/setup", data={"code": link.partition("=")[2], "email": "a", "password": "short"})
        for shown in (page, failed.text):
            back = re.search(r'name="back" value="([^"]+)"', shown)
            assert back is not None
            assert back[1] == link
        chosen = client.post("/language", data={"language": "de", "back": link})
        assert (chosen.status_code, chosen.headers["location"]) == (303, link)
        assert 'lang="de"' in client.get(link).text
        assert 'lang="de"' in client.get("/login?next=%2Fjobs").text
        assert 'name="back" value="/login?next=%2Fjobs"' in client.get("/login?next=%2Fjobs").text
        client.headers["Origin"] = "https://elsewhere.test"
        assert client.post("/language", data={"language": "ar"}).status_code == 403
