"""The pages without a script: they post, page, link, and explain."""

import re
import time
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from limner.testing.faults import Drop, Fault
from tests.api.served import Site

PAGE = {"Accept": "text/html"}


def get(site: Site, path: str, **given: Any) -> httpx2.Response:
    return site.client.get(path, headers=PAGE, **given)


def send(site: Site, path: str, **fields: str) -> httpx2.Response:
    return site.client.post(path, data=fields, headers={**PAGE, "Origin": site.url})


def composed(**fields: str) -> dict[str, str]:
    return {"prompt": "a lake", "model": "sketch/sketch", "shape": "1:1", "count": "1", "seed": "", **fields}


@pytest.fixture(scope="module")
def job(site: Site) -> Any:
    return site.paint(prompt="<b>Karst</b> peaks", steps=28, count=2)


def test_a_form_leads_to_its_job_and_a_second_sending_to_the_same(site: Site) -> None:
    key = str(uuid4())
    first = send(site, "/", **composed(key=key))
    assert first.status_code == 303
    assert re.fullmatch(r"/jobs/[0-9a-f-]{36}", first.headers["location"])
    assert send(site, "/", **composed(key=key)).headers["location"] == first.headers["location"]
    assert "a lake" in get(site, first.headers["location"]).text


def test_an_idea_needs_no_prompt(site: Site) -> None:
    answer = send(site, "/", **composed(prompt="", idea="Karst peaks in mist"))
    assert "Karst peaks in mist" in get(site, answer.headers["location"]).text


@pytest.mark.parametrize(
    "fields,said",
    [
        ({"prompt": ""}, "Prompt cannot be empty"),
        ({"seed": "seven"}, "A seed is a whole number"),
        ({"shape": "wide"}, "is not a shape"),
        ({"model": "nope/nope"}, "There is no model called"),
        ({"count": "99"}, "A request makes 1 to 10 pictures"),
    ],
)
def test_what_is_wrong_is_said_beside_the_fields_as_they_were(site: Site, fields: dict[str, str], said: str) -> None:
    answer = send(site, "/", **composed(negative_prompt="boats", **fields))
    assert answer.status_code == 422
    assert said in answer.text
    assert "boats</textarea>" in answer.text


@pytest.mark.req("S0-066")
def test_what_people_type_stays_text(site: Site, job: Any) -> None:
    for path in ("/", "/jobs", f"/jobs/{job['id']}", f"/images/{job['images'][0]['id']}"):
        page = get(site, path).text
        assert "<b>Karst</b>" not in page
        assert "&lt;b&gt;Karst" in page


@pytest.mark.req("S1-083")
def test_a_card_shows_pictures_price_and_receipt(site: Site, job: Any) -> None:
    page = get(site, f"/jobs/{job['id']}").text
    assert page.count("/thumbnail?edge=512") >= 2
    assert "What was sent:" in page
    assert "dropped" in page
    assert "free ·" in page
    card = get(site, f"/jobs/{job['id']}/card").text
    assert card.lstrip().startswith("<article")


@pytest.mark.req("S1-091")
def test_a_picture_page_has_its_story_and_four_formats(site: Site, job: Any) -> None:
    picture = job["images"][0]
    page = get(site, picture["page_url"]).text
    for name in ("png", "jpeg", "webp", "avif"):
        link = f"/api/v1/images/{picture['id']}/file?format={name}&amp;download=true"
        assert link in page
        assert site.client.get(link.replace("&amp;", "&")).headers["content-type"] == f"image/{name}"
    assert str(picture["seed"]) in page
    assert picture["recipe_url"] in page
    assert "Drawn by an algorithm" in page


def test_a_request_can_be_used_again(site: Site, job: Any) -> None:
    page = get(site, "/", params={"from": job["id"]}).text
    assert "&lt;b&gt;Karst&lt;/b&gt; peaks</textarea>" in page
    assert re.search(r'value="2" checked', page)
    assert get(site, "/", params={"from": str(uuid4())}).status_code == 404


def test_older_jobs_are_one_link_away(site: Site) -> None:
    for _ in range(13):
        site.paint(prompt="one of many")
    first = get(site, "/").text
    found = re.search(r'href="(/\?before=[^"]+)">Older jobs', first)
    assert found
    second = get(site, found[1].replace("&amp;", "&")).text
    assert "Newest jobs" in second
    shown = [set(re.findall(r'id="job-([0-9a-f-]{36})"', page)) for page in (first, second)]
    assert len(shown[0]) == 12
    assert shown[1]
    assert not shown[0] & shown[1]


def test_a_running_job_is_cancelled_from_its_card(site: Site) -> None:
    site.stand_in.faults.add(Fault(delay=3.0))
    bought = site.stand_in.purchases
    here = send(site, "/", **composed(model="openai/gpt-image-2")).headers["location"]
    for _ in range(400):
        if site.stand_in.purchases > bought:
            break
        time.sleep(0.02)
    page = get(site, here).text
    assert f'action="{here}/cancel"' in page
    assert 'http-equiv="refresh"' in page
    answer = send(site, f"{here}/cancel")
    assert (answer.status_code, answer.headers["location"]) == (303, here)


def test_a_lost_purchase_is_settled_with_one_press(site: Site) -> None:
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    body = {"prompt": "a harbour", "model": "openai/gpt-image-2", "quality": "low"}
    lost = site.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"}).json()
    page = get(site, f"/jobs/{lost['id']}").text
    assert "Needs you" in page
    assert "set aside" in page
    assert "was not made" not in page
    found = re.search(r'action="(/jobs/[^"]+/resolve)"', page)
    assert found
    assert send(site, found[1], charged="no").headers["location"] == f"/jobs/{lost['id']}"
    assert "Nothing was charged." in get(site, f"/jobs/{lost['id']}").text


def test_the_theme_is_remembered_and_leads_back_to_this_server_only(site: Site) -> None:
    answer = send(site, "/theme", theme="vellum", back="/jobs?x=1")
    assert answer.headers["location"] == "/jobs?x=1"
    assert "theme=vellum" in answer.headers["set-cookie"]
    assert 'data-theme="vellum"' in site.client.get("/", headers={"Cookie": "theme=vellum"}).text
    assert 'data-theme="ink"' in site.client.get("/", headers={"Cookie": "theme=<script>"}).text
    for elsewhere in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""):
        assert send(site, "/theme", theme="ink", back=elsewhere).headers["location"] == "/"


def test_foreign_pages_cannot_post(site: Site) -> None:
    answer = site.client.post("/", data=composed(), headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_pages_allow_no_script_or_style_but_their_own(site: Site, job: Any) -> None:
    for path in ("/", "/jobs", f"/jobs/{job['id']}", job["images"][0]["page_url"], "/docs"):
        answer = get(site, path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        nonce = re.search(r"'nonce-([^']+)'", policy)
        assert nonce
        assert all(f'nonce="{nonce[1]}"' in style for style in re.findall(r"<style[^>]*>", answer.text))
        assert not re.search(r"\sstyle=|\son\w+=", answer.text)
        assert re.findall(r"<script[^>]*>", answer.text) == re.findall(
            r'<script type="module" src="/static/\w+/[a-z]+\.js">', answer.text
        )


def test_files_of_the_pages_are_kept_for_ever_under_their_version(site: Site) -> None:
    page = get(site, "/").text
    for address in set(re.findall(r'"(/static/[^"#]+)', page)):
        answer = site.client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]
    assert site.client.get("/static/old/site.css").headers["cache-control"] == "no-cache"
    for wrong in ("nothing.css", "../views.py", "..%2fviews.py"):
        assert site.client.get(f"/static/old/{wrong}").status_code == 404


def test_browsers_see_problems_as_pages_and_programs_as_documents(site: Site) -> None:
    for path in ("/nothing", f"/jobs/{uuid4()}", "/images/nonsense"):
        page = get(site, path)
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
        assert "<h1>Not found</h1>" in page.text
        plain = site.client.get(path, headers={"Accept": "*/*"})
        assert plain.headers["content-type"] == "application/problem+json"


def test_an_address_that_cannot_be_read_is_a_page_too(site: Site) -> None:
    page = get(site, "/", params={"before": "x" * 300})
    assert page.status_code == 422
    assert "This address cannot be read." in page.text


def test_a_problem_leads_back_to_where_its_address_belongs(site: Site) -> None:
    for path, back in (("/settings/nothing", "/settings"), (f"/collections/{uuid4()}", "/gallery"), ("/nothing", "/")):
        page = get(site, path).text
        assert re.search(rf'<a class="btn primary" href="{back}">', page), path
        assert (f'href="{back}" data-command aria-current="page"' in page) is (back != "/"), path


def test_a_place_in_a_list_that_is_none_is_told_to_a_person(site: Site) -> None:
    page = get(site, "/gallery", params={"cursor": "nonsense"})
    assert page.status_code == 422
    assert "This part of the list cannot be found." in page.text
    assert '<a class="btn primary" href="/gallery">' in page.text


def test_a_link_that_is_gone_shows_strangers_nothing_of_the_studio(site: Site) -> None:
    page = get(site, "/s/nothing-at-all")
    assert page.status_code == 404
    assert "<h1" in page.text
    assert not re.search(r'class="(rail|tabbar|topbar)"|Make a picture|href="/login"', page.text)


def test_every_state_has_its_words(site: Site) -> None:
    blocked = {"error": {"message": "Blocked.", "type": "user_error", "code": "moderation_blocked"}}
    site.stand_in.faults.add(Fault(status=400, body=blocked))
    body = {"prompt": "a harbour", "model": "openai/gpt-image-2", "quality": "low"}
    refused = site.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"}).json()
    page = get(site, f"/jobs/{refused['id']}").text
    assert "Refused" in page
    assert "Edit the prompt" in page
    assert "Nothing was charged." in page
    assert "$0 of $" in page
