"""The page of comparisons without a script: a price is seen, a round is begun, looked at blind, voted on, told."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from limner.testing.faults import Fault
from tests.api.served import Site, serving
from tests.web.test_gallery import led
from tests.web.test_pages import get, send

PAID = "openai/gpt-image-2"
SKETCH = "sketch/sketch"
PROMPT = "A <b>still</b> lake at dusk"
TELLING = ("sketch artist", "sketch/", "gpt", "openai", "$", "receipt", "recipe", "file?", "/images/")
"""What the page of a blind round must not hold but for the price of the whole round, in small letters."""
PATIENCE = 60.0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: it counts its rounds and purchases."""
    with serving(tmp_path_factory.mktemp("compare")) as found:
        yield found


def fields(*models: str, **given: str) -> Any:
    """What stands in the form."""
    return {"prompt": PROMPT, "shape": "1:1", "model": list(models), **given}


def press(site: Site, *models: str, **given: str) -> httpx2.Response:
    return send(site, "/compare", **fields(*models, **given))


def painted(site: Site, path: str) -> None:
    """Waits until all pictures of a round have come."""
    pause, until = threading.Event(), time.monotonic() + PATIENCE
    while site.client.get(f"/api/v1/comparisons/{path.rpartition('/')[2]}").json()["waiting"]:
        assert time.monotonic() < until
        pause.wait(0.05)


def begun(site: Site, *models: str, **given: str) -> str:
    """The path of a round whose pictures have come."""
    path = led(press(site, *models, **given))
    painted(site, path)
    return path


def section(page: str, name: str) -> str:
    """The region of a page that has this name."""
    return page.partition(f'aria-label="{name}"')[2].partition("</section>")[0]


@pytest.mark.req("S3-112")
def test_a_round_is_begun_voted_on_and_told(site: Site) -> None:
    first = get(site, "/compare").text
    assert '<label for="prompt">Prompt</label>' in first
    assert re.search(rf'type="checkbox" name="model" value="{SKETCH}" aria-label="Sketch artist"', first)
    assert "Nobody has won anything yet" in section(first, "Leaderboard")
    path = begun(site, SKETCH, PAID)
    blind = get(site, path).text
    vote = section(blind, "Vote")
    assert [f"{letter} is best" in vote for letter in "ABC"] == [True, True, False]
    assert all(word in vote for word in ("They are equal", "None of them", "Skip"))
    assert "2 models · 2 images · $" in section(blind, "Prompt")
    assert "A &lt;b&gt;still&lt;/b&gt; lake at dusk" in section(blind, "Prompt")
    assert led(send(site, f"{path}/vote", vote="A")) == "/compare?new=1#last"
    page = get(site, "/compare").text
    last = section(page, "Last round")
    assert "You chose A." in last
    assert last.count("Your pick") == 1
    assert all(title in last for title in ("Sketch artist", "GPT Image 2"))
    assert "Nobody has won" not in section(page, "Leaderboard")
    assert "1 vote" in section(page, "Leaderboard")
    # The next round offers the same models, and other words.
    assert re.search(rf'value="{SKETCH}"[^>]* checked>', page)
    assert re.search(rf'value="{PAID}"[^>]* checked>', page)


def test_the_source_of_a_blind_round_tells_nothing(site: Site) -> None:
    """Not even by the names of the round before, which often has the same models."""
    assert led(send(site, f"{begun(site, SKETCH, PAID)}/skip")) == "/compare?new=1#last"
    assert "GPT Image 2" in section(get(site, "/compare?new=1").text, "Last round")
    path = begun(site, SKETCH, PAID)
    assert "GPT Image 2" in section(get(site, "/compare?new=1").text, "Last round")
    round_id = path.rpartition("/")[2]
    for address in (path, f"{path}/round", "/compare"):
        page = get(site, address).text
        rest = re.sub(r"\$[0-9.]+ this round", "", page.partition('aria-label="Leaderboard"')[0]).lower()
        assert 'aria-label="last round"' not in rest
        assert [word for word in TELLING if word in rest] == []
        jobs = site.client.get("/api/v1/jobs", params={"limit": 2}).json()["items"]
        for job in jobs:
            assert job["id"] not in page
            assert job["images"][0]["id"] not in page
        addresses = re.findall(r'(?:src|href|data-whole)="([^"]*/pictures/[^"]*)"', page)
        assert {each.partition("?")[0] for each in addresses} == {
            f"/api/v1/comparisons/{round_id}/pictures/{letter}" for letter in "AB"
        }
        sizes = re.findall(r'<img src="/api/v1/comp[^>]*width="(\d+)" height="(\d+)"', page)
        assert sizes == [("1024", "1024")] * 2
    assert led(send(site, f"{path}/skip")) == "/compare?new=1#last"


def test_while_it_is_painted_only_how_many_are_there_is_told(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.stand_in.faults.add(Fault(delay=60))  # it comes after all is over
        path = led(press(site, SKETCH, PAID))
        page = get(site, path).text
        vote = section(page, "Vote")
        assert re.search(r"[01] of 2 are ready\. All of them are shown together", vote)
        assert "is best" not in vote
        assert "<img" not in vote
        assert '<noscript><meta http-equiv="refresh"' in page
        refused = send(site, f"{path}/vote", vote="equal")
        assert refused.status_code == 422
        assert "still to come" in refused.text
        assert led(send(site, f"{path}/skip")) == "/compare?new=1#last"
        assert "You skipped this round" in get(site, path).text
        assert site.client.get(f"{path}/round").status_code == 204


def test_one_press_is_one_round(site: Site) -> None:
    key, before = str(uuid4()), site.stand_in.purchases
    first = led(press(site, SKETCH, PAID, key=key))
    assert led(press(site, SKETCH, PAID, key=key)) == first
    painted(site, first)
    assert site.stand_in.purchases == before + 1
    assert led(send(site, f"{first}/vote", vote="none")) == "/compare?new=1#last"
    again = send(site, f"{first}/vote", vote="A")
    assert (again.status_code, "A vote cannot be changed" in again.text) == (422, True)


def test_what_waits_and_the_shape_come_before_the_models_and_it_says_how_many_are_chosen(site: Site) -> None:
    path = begun(site, SKETCH, PAID)
    page = press(site, SKETCH, PAID, prompt=" ").text
    places = [page.index(each) for each in (f'href="{path}"', "Prompt</label>", "Shape</legend>", ">Models</h3>")]
    assert places == sorted(places)
    assert ">2 chosen, of 2 to 4</span>" in page
    assert ">Sketch artist \u00b7 GPT Image 2</p>" in page
    assert ">1 chosen, of 1 or 2</span>" in press(site, SKETCH, prompt=" ", second="Fog").text
    send(site, f"{path}/skip")


def test_a_price_that_nobody_has_seen_is_shown_first(site: Site) -> None:
    before, long = site.stand_in.purchases, "A lake at dusk. " * 120  # tokens that have to be paid for
    shown = press(site, SKETCH, PAID, prompt=long)
    assert shown.status_code == 200
    assert "press Start again" in shown.text
    assert site.stand_in.purchases == before
    [token] = re.findall(r'name="token" value="([^"]+)"', shown.text)
    [quoted] = re.findall(r'name="quoted" value="([^"]+)"', shown.text)
    # The price is one of these fields: with others it says nothing, and nothing dearer is bought with it.
    other = press(site, SKETCH, PAID, prompt=long, second="A sea.", token=token, quoted=quoted)
    assert (other.status_code, site.stand_in.purchases) == (200, before)
    path = led(press(site, SKETCH, PAID, prompt=long, token=token, quoted=quoted))
    painted(site, path)
    assert site.stand_in.purchases == before + 1
    assert led(send(site, f"{path}/skip")) == "/compare?new=1#last"


@pytest.mark.parametrize(
    ("models", "given", "said"),
    [
        ((), {}, "Choose 2 to 4"),
        ((SKETCH,), {"second": " "}, "Choose 2 to 4"),
        ((SKETCH, "nobody/nothing"), {}, "There is no model"),
        ((SKETCH, PAID), {"prompt": ""}, "Prompt cannot be empty"),
        ((SKETCH, PAID), {"shape": "wide"}, "is not a shape"),
    ],
)
def test_what_is_wrong_is_said_beside_the_fields_as_they_were(
    site: Site, models: tuple[str, ...], given: dict[str, str], said: str
) -> None:
    answer = press(site, *models, **{"second": "Other words", **given})
    assert answer.status_code == 422
    assert said in answer.text
    assert f"{given.get('second', 'Other words')}</textarea>" in answer.text


def test_a_picture_that_was_deleted_since_says_so(site: Site) -> None:
    path = begun(site, SKETCH, PAID)
    send(site, f"{path}/vote", vote="A")
    told = site.client.get(f"/api/v1/comparisons/{path.rpartition('/')[2]}").json()["contenders"]
    gone = {"do": "forget", "sure": "yes", "back": "/gallery", "id": told[1]["image_id"]}
    send(site, "/gallery/change", do="trash", back="/gallery", id=told[1]["image_id"])
    send(site, "/gallery/change", **gone)
    last = section(get(site, path).text, "Last round")
    assert last.count("Deleted since") == 1
    assert told[1]["title"] in last
    assert site.client.get(f"/api/v1/comparisons/{path.rpartition('/')[2]}/pictures/B").status_code == 404


@pytest.mark.req("S1-128")
def test_two_prompts_are_compared_on_one_model(site: Site) -> None:
    path = begun(site, SKETCH, prompt="A lake", second="A lake in fog")
    prompts = section(get(site, path).text, "Prompt")
    assert "1 model · 2 prompts · 2 images · free" in prompts
    assert prompts.index("A lake<") < prompts.index("A lake in fog<")
    send(site, f"{path}/vote", vote="B")
    page = get(site, "/compare?by=prompt").text
    assert "A lake in fog" in section(page, "Leaderboard")
    assert "A lake in fog" in section(page, "Last round")


def test_the_price_follows_the_fields(site: Site) -> None:
    def price(*models: str, **given: str) -> str:
        answer = send(site, "/compare/price", **fields(*models, **given))
        assert answer.status_code == 200
        return re.sub(r"</?span>", "", answer.text)

    assert "Choose 2 to 4 models" in price(SKETCH)
    assert "<b>2 images · $" in price(SKETCH, PAID)
    assert 'name="token" value=""' in price(SKETCH, PAID, prompt=" ")
    assert "At most 4 pictures" in price(SKETCH, PAID, "a/b", second="x")
    assert 'name="token" value=""' not in price(SKETCH, PAID)


def test_who_could_not_paint_is_told_afterwards(tmp_path: Path) -> None:
    refused = {"error": {"message": "This model is asleep.", "code": "invalid_value"}}
    with serving(tmp_path) as site:
        site.stand_in.faults.add(Fault(status=400, body=refused))
        path = led(press(site, SKETCH, PAID, second="A lake in fog"))
        painted(site, path)
        blind = section(get(site, path).text, "Vote")
        assert "1 of 4 could not be painted." in blind
        assert blind.count("is best") == 3
        assert "asleep" not in blind
        [shown, *_] = re.findall(r'name="vote" value="([A-D])"', blind)
        send(site, f"{path}/vote", vote=shown)
        told = section(get(site, path).text, "Last round")
        assert told.count("Could not paint") == 1
        assert "This model is asleep." in told


def test_where_nothing_can_be_compared_the_names_are_told(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "No.", "code": "invalid_value"}}))
        path = led(press(site, SKETCH, PAID))
        painted(site, path)
        page = get(site, path).text
        assert "Nothing to compare: fewer than two pictures came." in section(page, "Last round")
        assert "GPT Image 2" in section(page, "Last round")
        assert 'aria-label="Vote"' not in page


def test_what_is_not_there_is_not_found(site: Site) -> None:
    for path in (f"/compare/{uuid4()}", "/compare/nonsense", f"/compare/{uuid4()}/round"):
        assert get(site, path).status_code == 404
    assert send(site, f"/compare/{uuid4()}/vote", vote="A").status_code == 404
    assert send(site, f"/compare/{uuid4()}/skip").status_code == 404


def test_pictures_that_exist_are_shown_with_their_names_and_nothing_is_bought(site: Site) -> None:
    ids = [site.paint(prompt=prompt)["images"][0]["id"] for prompt in ("<i>Reeds</i>", "An owl")]  # type: ignore[index]  # JSON
    before = site.client.get("/api/v1/jobs", params={"limit": 200}).json()
    for query in (f"ids={','.join(ids)}", f"id={ids[0]}&id={ids[1]}&back=%2Fgallery&tags="):  # by a script, and a form
        page = get(site, f"/compare?{query}").text
        side = section(page, "Side by side")
        assert side.count("Sketch artist") == 2
        assert all(f'href="/images/{each}"' in side for each in ids)
        assert "&lt;i&gt;Reeds&lt;/i&gt;" in side
        assert "<i>Reeds" not in side
    assert site.client.get("/api/v1/jobs", params={"limit": 200}).json() == before
    assert 'formaction="/compare" formmethod="get"' in get(site, "/gallery").text


@pytest.mark.parametrize("query", ["ids={0}", "ids={0},{0},{0},{0},{0}"])
def test_two_to_four_pictures_are_compared(site: Site, query: str) -> None:
    picture = site.paint()["images"][0]["id"]  # type: ignore[index]  # JSON
    answer = get(site, f"/compare?{query.format(picture)}")
    assert (answer.status_code, "Choose 2 to 4 pictures" in answer.text) == (422, True)
    assert get(site, f"/compare?ids={picture},{uuid4()}").status_code == 404
