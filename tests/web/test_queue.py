"""The queue without a script: lanes, states, filters, stopping, and buying again for the price that was shown."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from limner.domain.job import JobState
from limner.domain.money import Money
from limner.testing.faults import Drop, Fault
from limner.web import queue_words
from limner.web.languages import KNOWN, speaking
from tests.api.served import Site, serving
from tests.web.test_pages import get, send

PAID = {"model": "openai/gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
BAD = Fault(status=400, body={"error": {"message": "Your prompt was no good.", "code": "invalid_value"}})
REFUSED = Fault(status=400, body={"error": {"message": "no", "code": "moderation_blocked"}})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: what others do is in no list here."""
    with serving(tmp_path_factory.mktemp("queue")) as found:
        yield found


def asked(site: Site, *faults: Fault, **fields: object) -> Any:
    """The job of a paid request that meets some faults, at its end or while it goes on."""
    site.stand_in.faults.add(*faults)
    prompt = fields.pop("prompt", "a harbour")
    wait = {"Prefer": "wait=30"} if fields.pop("wait", True) else {}
    return site.client.post("/api/v1/jobs", json={"prompt": prompt, **PAID, **fields}, headers=wait).json()


def row(page: str, job: Any) -> str:
    """One job's line."""
    found = re.search(rf'<tr role="row" data-part="{job["id"]}">.*?</tr>', page, re.DOTALL)
    assert found, job
    return found[0]


@pytest.fixture(scope="module")
def jobs(site: Site) -> dict[str, Any]:
    """A job in each state that a queue shows."""
    return {
        "done": site.paint(prompt="<b>Reeds</b>"),
        "failed": asked(site, BAD, prompt="a failure"),
        "partial": asked(site, Fault(pictures=1), prompt="half of it", count=2),
        "refused": asked(site, REFUSED, prompt="somebody"),
        "ambiguous": asked(site, Fault(drop=Drop.AFTER_READING), prompt="a lost one"),
    }


def test_each_state_has_its_word_and_what_can_be_done(site: Site, jobs: dict[str, Any]) -> None:
    page = get(site, "/jobs").text
    assert "<b>Reeds" not in page
    assert "OpenAI: 0 of" in page or "OpenAI: 0 at once" in page
    wanted = {
        "done": ("Done", "Use again:"),
        "failed": ("Failed", "Retry:", "Your prompt was no good."),
        "refused": ("Refused",),
        "ambiguous": ("Needs you", "Decide", "set aside"),
        "partial": ("1 of 2 done", "Retry:"),
    }
    for state, words in wanted.items():
        line = row(page, jobs[state])
        for word in words:
            assert word in line, (state, word)
    assert "Retry:" not in row(page, jobs["refused"])
    idle = page.partition('<details class="receipt"><summary>')[2].partition("</details>")[0]
    assert ("OpenAI: 0 " in idle, re.search(r"\d+ providers? (is|are) idle", idle) is not None) == (True, True)
    assert "Retry failed" in page


@pytest.mark.parametrize(
    "query,shown",
    [
        ("", {"done", "failed", "partial", "refused", "ambiguous"}),
        ("?show=active", set()),
        ("?show=needs", {"failed", "partial", "ambiguous"}),
        ("?show=finished", {"done", "failed", "partial", "refused", "ambiguous"}),
    ],
)
def test_the_address_says_which_jobs_are_wanted(site: Site, jobs: dict[str, Any], query: str, shown: set[str]) -> None:
    page = get(site, f"/jobs{query}").text
    for text in (page, get(site, f"/jobs/list{query}").text):
        assert {state for state, job in jobs.items() if f'data-part="{job["id"]}"' in text} == shown
    assert ("No job matches this." in page) == (not shown)
    assert ("Clear the filters" in page) == (not shown)


def test_nothing_is_bought_before_its_price_was_seen(site: Site, jobs: dict[str, Any]) -> None:
    before = site.stand_in.purchases
    link = re.search(r'href="(/jobs/retry\?id=[^"]+)"[^>]*>(?:(?!</a>).)*Retry failed', get(site, "/jobs").text)
    assert link
    page = get(site, link[1].replace("&amp;", "&")).text
    assert "1 image \u00b7 $" in page
    assert "at most" in page
    fields = dict(re.findall(r'name="(most-[0-9a-f-]+)" value="(\d+)"', page))
    assert set(fields) == {f"most-{jobs[state]['id']}" for state in ("failed", "partial")}
    assert site.stand_in.purchases == before
    name = jobs["failed"]["id"]
    again = send(site, "/jobs/retry", **{"id": name, f"most-{name}": "1"})
    assert again.status_code == 409
    assert "Nothing was bought" in again.text
    assert site.stand_in.purchases == before
    for _ in range(2):
        answer = send(site, "/jobs/retry", **{"id": name, f"most-{name}": fields[f"most-{name}"]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?show=active")
    listed = site.client.get("/api/v1/jobs", params={"limit": 200}).json()["items"]
    found = [site.client.get(f"/api/v1/jobs/{job['id']}").json() for job in listed]
    assert [job["retry_of"] for job in found].count(name) == 1
    assert "Retry:" not in row(get(site, "/jobs").text, jobs["failed"])
    assert "being made already" in get(site, "/jobs/retry", params={"id": name}).text


def test_what_cannot_be_bought_again_says_why(site: Site, jobs: dict[str, Any]) -> None:
    page = get(site, "/jobs/retry", params={"id": [jobs["done"]["id"], jobs["ambiguous"]["id"]]}).text
    assert "Nothing is missing." in page
    assert "Say first whether it was charged." in page
    assert 'name="id"' not in page
    for wrong in (str(uuid4()), "nonsense"):
        assert get(site, "/jobs/retry", params={"id": wrong}).status_code == 404
        assert send(site, "/jobs/retry", id=wrong).status_code == 404
    name = jobs["partial"]["id"]
    assert send(site, "/jobs/retry", **{"id": name, f"most-{name}": "-5"}).status_code == 409


def test_a_running_job_shows_how_far_it_is_and_can_be_stopped(site: Site, jobs: dict[str, Any]) -> None:
    job = asked(site, Fault(delay=20.0), prompt="a slow one", wait=False)
    page = get(site, "/jobs?show=active").text
    line = row(page, job)
    assert re.search(r"Active \d", page)
    assert 'role="progressbar"' in line or "in line" in line
    assert "about" in line
    assert '<div class="bars lanes"><div' in page.replace("\n", "")  # the lane it is in is not folded away
    assert "Cancel: a slow one" in line
    assert re.search(r"\d (running|queued)", page)
    assert 'data-every="3000"' in page
    assert send(site, f"/jobs/{job['id']}/cancel").status_code == 303
    assert 'data-part="lanes"' in get(site, "/jobs/list?show=active").text


def test_older_jobs_are_one_link_away(site: Site, jobs: dict[str, Any]) -> None:
    rows = [{"prompt": f"lake {number}", "model": "sketch", "size": "64x64"} for number in range(52)]
    site.client.post("/api/v1/batches", json={"requests": rows, "concurrency": 8})
    link = None
    while link is None:
        link = re.search(r'href="(/jobs\?before=[^"]+)"', get(site, "/jobs").text)
    second = get(site, link[1]).text
    assert jobs["done"]["id"] in second
    narrowed = re.search(r'href="(/jobs\?show=finished&amp;before=[^"]+)"', get(site, "/jobs?show=finished").text)
    assert narrowed is None or "data-part" in get(site, narrowed[1].replace("&amp;", "&")).text


def test_the_queue_is_said_whole_in_the_language_of_the_page() -> None:
    counts = {JobState.RUNNING: 2, JobState.QUEUED: 1}
    assert (queue_words.tally(counts), queue_words.in_line(10), queue_words.in_line(11)) == (
        "2 running, 1 queued",
        "Tenth in line",
        "Number 11 in line",
    )
    assert (queue_words.stage("cooling"), queue_words.stage("")) == ("Cooling", "Sending")
    with speaking(KNOWN["de"]):
        assert queue_words.tally(counts) == "2 laufen, 1 wartet"
        assert queue_words.lane_in_full(1, 1, 3) == "1 von 1 Platz belegt, 3 warten"
        assert queue_words.at_most(Money.usd("0.16")) == "höchstens 0,16\u00a0$"
    with speaking(KNOWN["ar"]):
        assert queue_words.in_line(3) == "الثالثة في الانتظار"
        assert queue_words.lane_in_full(1, 2, 3) == "المشغول 1 من أصل مكانين، 3 في الانتظار"
        assert queue_words.lane(2, 0, 0) == "اثنتان معًا"


def test_a_paused_queue_says_so_on_the_page_and_on_the_card(site: Site) -> None:
    assert "Go on" not in get(site, "/jobs").text
    assert send(site, "/jobs/pause").headers["location"] == "/jobs"
    before = site.stand_in.purchases
    job = asked(site, prompt="one that waits", wait=False)
    page = get(site, "/jobs").text
    assert "Your queue is paused since" in page
    assert 'action="/jobs/resume"' in page
    assert 'action="/jobs/pause"' not in page
    assert "Waits: your queue is paused" in row(page, job)
    card = get(site, f"/jobs/{job['id']}/card").text
    assert card.count("Waits: your queue is paused") == 1
    # What else the stage may become stands in an attribute, for the script.
    assert "Waiting for a place" not in re.sub(r'data-stages="[^"]*"', "", card)
    assert "shimmer" not in card
    assert "Starting" not in card
    assert 'href="/jobs"' in card
    assert "To the front" not in row(page, job)
    other = asked(site, prompt="another that waits", wait=False)
    page = get(site, "/jobs").text
    assert "To the front: another that waits" in row(page, other)
    assert send(site, f"/jobs/{other['id']}/front").headers["location"] == "/jobs"
    assert send(site, f"/jobs/{other['id']}/cancel").status_code == 303
    assert send(site, f"/jobs/{job['id']}/cancel").status_code == 303
    assert site.client.get(f"/api/v1/jobs/{job['id']}").json()["state"] == "cancelled"
    assert send(site, "/jobs/resume").headers["location"] == "/jobs"
    assert "Your queue is paused since" not in get(site, "/jobs").text
    assert site.stand_in.purchases == before
