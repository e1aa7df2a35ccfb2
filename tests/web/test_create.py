"""The Create page without a script: what its form makes, what it shows beside the button, and what its cards say."""

import io
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from PIL import Image

from limner.testing.faults import Drop, Fault
from tests.api.served import Site, serving

PAGE = {"Accept": "text/html"}
PAID = "openai/gpt-image-2"
REFUSED = {"error": {"message": "Blocked.", "type": "user_error", "code": "moderation_blocked"}}


def get(site: Site, path: str, **given: Any) -> httpx2.Response:
    return site.client.get(path, headers=PAGE, **given)


def send(site: Site, path: str, fields: dict[str, str], **given: Any) -> httpx2.Response:
    return site.client.post(path, data=fields, headers={**PAGE, "Origin": site.url}, **given)


def composed(**fields: str) -> dict[str, str]:
    usual = {"prompt": "a lake", "model": "sketch/sketch", "shape": "1:1", "count": "1", "seed": ""}
    return {**usual, "key": str(uuid4()), **fields}


def job_at(site: Site, answer: httpx2.Response) -> Any:
    assert answer.status_code == 303, answer.text
    return site.client.get(f"/api/v1{answer.headers['location']}").json()


@pytest.fixture
def with_comfyui(tmp_path: Path) -> Iterator[Site]:
    """A site that finds somebody at ComfyUI's address, who never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = f"http://127.0.0.1:{engine.getsockname()[1]}"
        with serving(tmp_path, variables={"COMFYUI_BASE_URL": address}) as found:
            yield found


NO_PICTURES = [
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "drawing.svg is an SVG drawing"),
    ("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "phone.heic is a HEIC photograph"),
    ("notes.txt", b"only words", "notes.txt"),
]
"""Files that are none, and what is said of them."""


def picture(kind: str = "PNG", colour: tuple[int, int, int] = (40, 90, 120)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (96, 64), colour).save(target, kind)
    return target.getvalue()


def purchases(site: Site) -> int:
    return site.stand_in.purchases


@pytest.mark.req("S0-079", "S1-089", "S3-114")
def test_every_control_reaches_the_request(site: Site) -> None:
    fields = composed(
        negative_prompt="people",
        steps="30",
        steps_usual="28",
        guidance="9.5",
        guidance_usual="7",
        seed="7",
        shape="3:2",
        count="2",
        preset="ink",
        format="webp",
        project="harbours",
    )
    asked = job_at(site, send(site, "/", fields))["request"]
    assert (asked["steps"], asked["guidance"], asked["seed"], asked["negative_prompt"]) == (30, 9.5, 7, "people")
    assert (asked["aspect"], asked["count"], asked["format"], asked["project"]) == ("3:2", 2, "webp", "harbours")
    assert asked["presets"] == ["ink"]


def test_a_slider_that_nobody_moved_is_the_models_choice(site: Site) -> None:
    asked = job_at(site, send(site, "/", composed(steps="28", steps_usual="28", strength="60", strength_usual="60")))
    assert "steps" not in asked["request"]
    assert "strength" not in asked["request"]


def test_a_number_that_is_none_is_refused_by_name(site: Site) -> None:
    answer = send(site, "/", composed(steps="many"))
    assert answer.status_code == 422
    assert "steps is a number" in answer.text


@pytest.mark.req("S1-088")
def test_styles_are_shown_with_pictures_that_are_there(site: Site) -> None:
    page = get(site, "/").text
    pictures = re.findall(r'value="([a-z-]+)"[^>]*><img src="(/static/\w+/preset-[a-z-]+\.webp)"', page)
    assert {"photograph", "watercolor", "ink", "poster", "oil", "pixel", "nocturne"} <= {name for name, _ in pictures}
    for _, address in pictures:
        answer = site.client.get(address)
        assert answer.headers["content-type"] == "image/webp"
        assert Image.open(io.BytesIO(answer.content)).size == (240, 240)


def test_a_style_of_ones_own_stands_among_them_without_a_picture(site: Site) -> None:
    made = site.client.post("/api/v1/presets", json={"id": "create-own", "name": "Zinc", "value": "zinc plate"})
    assert made.status_code == 201
    page = get(site, "/").text
    assert 'value="create-own"><span class="none" aria-hidden="true">Z</span><span>Zinc</span>' in page


def rules_of(page: str, model: str) -> Any:
    found = re.search(rf'value="{re.escape(model)}"[^>]*data-rules="([^"]+)"', page)
    assert found, model
    return json.loads(found[1].replace("&#34;", '"').replace("&quot;", '"'))


def test_each_model_says_which_controls_it_has(site: Site) -> None:
    page = get(site, "/").text
    sketch, paid = rules_of(page, "sketch/sketch"), rules_of(page, PAID)
    assert (sketch["seed"], sketch["steps"], sketch["guidance"], sketch["negative_prompt"]) == (True, None, None, True)
    assert sketch["strength"] == [0, 100, 1, 60]
    assert (paid["negative_prompt"], paid["seed"], "high" in paid["quality"]) == (False, False, True)
    assert paid["references"] > 1


def test_the_list_of_models_groups_them_and_says_what_the_others_need(site: Site) -> None:
    page = get(site, "/").text
    assert 'aria-label="Sketch artist, Free, 2 s"' in page
    groups = re.findall(r'<h2 id="group-\d+"><span class="prov \w+">([^<]+)</span>', page)
    assert groups[0] == "Built in"
    assert {"OpenAI", "Black Forest Labs", "Stability AI"} <= set(groups)
    needy = page[page.index(">Black Forest Labs</span>") :][:2500]
    assert 'aria-disabled="true"' in needy
    assert "Add a key" in needy
    assert "BFL_API_KEY" in needy


def test_the_price_follows_the_fields_and_spends_nothing(site: Site) -> None:
    before = purchases(site)
    one = send(site, "/create/price", composed(model=PAID, quality="low")).text
    four = send(site, "/create/price", composed(model=PAID, quality="low", count="4", shape="3:2")).text
    assert re.search(r"<b>1 image · \$0\.\d+ · about 20 s</b><span>\$[\d.]+ left today</span>", one)
    assert "<b>4 images · $0." in four
    assert re.search(r'data-pixels="\d+ \u00d7 \d+"', four)
    free = send(site, "/create/price", composed(count="2")).text
    assert "<b>2 images · free · about 2 s</b><span>Drawn on this machine</span>" in free
    assert "There is no model called" in send(site, "/create/price", composed(model="nope/nope")).text
    assert purchases(site) == before


def test_first_looks_are_shown_where_they_cost_nothing_and_else_where_they_are_wanted(site: Site) -> None:
    assert job_at(site, send(site, "/", composed()))["request"]["previews"] == 2
    paid = composed(model=PAID, quality="low", prompt="a quay that grows")
    plain, growing = (
        re.search(r'data-part="priced" value="(\d+)"', send(site, "/create/price", fields).text)
        for fields in (paid, {**paid, "previews": "yes"})
    )
    assert plain
    assert growing
    assert int(growing[1]) > int(plain[1])


def test_without_words_there_is_a_price_already(site: Site) -> None:
    assert "1 image · free" in send(site, "/create/price", composed(prompt="")).text


def test_what_is_too_dear_or_cannot_be_painted_names_models_that_are_chosen_by_a_button(site: Site) -> None:
    limit = {"kind": "project", "name": "Tight", "window": "day", "usd": "0.001"}
    site.paint(model="sketch", size="64x64", project="Tight")
    assert site.client.post("/api/v1/budgets", json=limit).is_success
    before = purchases(site)
    dear = composed(model=PAID, quality="low", project="Tight", negative_prompt="people")
    line = send(site, "/create/price", dear).text
    assert "This would take you" in line
    others = others_of(line)
    assert others["sketch/sketch"].endswith("Sketch artist · free")
    assert all(name.endswith(" · free") for name in others.values())  # nothing else is within what is left
    assert others_of(send(site, "/create/price", composed(model=PAID)).text) == {}
    blind = composed(model=PAID, seed="not a number")
    assert others_of(send(site, "/create/price", blind).text) == {}  # no other model would paint that either
    page = send(site, "/create/use", {**dear, "use": "sketch/sketch"})
    assert page.status_code == 200
    assert re.search(r'name="model" value="sketch/sketch"[^>]* checked', page.text)
    assert "1 image · free" in page.text
    assert ">people</textarea>" in page.text
    assert send(site, "/create/use", {**dear, "use": "no/such"}).status_code == 200
    assert purchases(site) == before


def others_of(page: str) -> dict[str, str]:
    """The models that buttons offer instead, with what they are called."""
    return dict(re.findall(r'name="use" value="([^"]+)"[^>]*aria-label="Use this: ([^"]+)"', page))


@pytest.mark.req("S1-090")
def test_a_card_comes_back_to_the_script_and_a_second_press_is_the_same_job(site: Site) -> None:
    before, fields = purchases(site), composed(model=PAID, quality="low", prompt="a quay pressed twice", count="2")
    first, second = (send(site, "/create/job", fields) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    ids = [re.findall(r'id="job-([0-9a-f-]{36})"', answer.text) for answer in (first, second)]
    assert ids[0] == ids[1]
    done = site.client.get(f"/api/v1/jobs/{ids[0][0]}/events").text
    assert "finished" in done
    assert purchases(site) == before + 1
    assert len(site.client.get(f"/api/v1/jobs/{ids[0][0]}").json()["images"]) == 2


def test_what_is_wrong_comes_back_to_the_script_as_a_sentence(site: Site) -> None:
    answer = send(site, "/create/job", composed(prompt="  "))
    assert answer.status_code == 422
    assert answer.json() == {"detail": "Prompt cannot be empty. Describe the picture.", "field": "prompt"}


def test_a_price_that_is_higher_than_the_one_shown_asks_again(site: Site) -> None:
    before = purchases(site)
    fields = composed(model=PAID, quality="low", prompt="a dearer quay", shown="10")
    answer = send(site, "/create/job", fields)
    assert answer.status_code == 409
    assert "The price was $0.0000 at most when this page showed it. It has changed." in answer.text
    assert re.search(r"Generate Image for \$0\.\d{4}<", answer.text)
    assert purchases(site) == before
    page = send(site, "/", fields)
    assert page.status_code == 200
    assert "<h1>Agree to the price</h1>" in page.text
    assert purchases(site) == before
    job = job_at(site, send(site, "/create/confirm", offer_of(page.text)))
    assert job["request"]["prompt"] == "a dearer quay"
    assert "finished" in site.client.get(job["links"]["events"]).text


def offer_of(page: str) -> dict[str, str]:
    found = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("token", "key")}
    return {name: value[1] for name, value in found.items() if value}


def test_whoever_wants_to_agree_to_prices_is_asked_and_the_browser_remembers_it(site: Site) -> None:
    before = purchases(site)
    fields = composed(model=PAID, quality="low", prompt="an agreed quay", asks="yes", asks_shown="1")
    page = send(site, "/", fields)
    assert page.status_code == 200
    assert "confirm=on" in page.headers["set-cookie"]
    site.client.cookies.clear()
    for words in (
        "Constraints",
        "Supported sizes",
        "Alternatives",
        "Built in · Sketch artist",
        "Nothing has been charged",
    ):
        assert words in page.text
    assert "sketch/sketch" in others_of(page.text)
    fields_of_it = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.text)
    again = send(site, "/create/use", {**dict(fields_of_it), "use": "sketch/sketch"}).text
    assert "an agreed quay</textarea>" in again
    assert "1 image · free" in again
    offer = offer_of(page.text)
    jobs = [send(site, "/create/confirm", {**offer, "part": "1"}) for _ in range(2)]
    assert [answer.status_code for answer in jobs] == [201, 201]
    ids = {re.findall(r'id="job-([0-9a-f-]{36})"', answer.text)[0] for answer in jobs}
    assert len(ids) == 1
    assert "finished" in site.client.get(f"/api/v1/jobs/{ids.pop()}/events").text
    assert purchases(site) == before + 1
    forged = send(site, "/create/confirm", {**offer, "key": str(uuid4()), "part": "1"})
    assert forged.status_code == 422
    asked = site.client.get("/", headers={**PAGE, "Cookie": "confirm=on"}).text
    assert re.search(r'name="asks" value="yes" checked', asked)


def test_what_is_free_needs_nobodys_word(site: Site) -> None:
    assert send(site, "/create/job", composed(asks="yes")).status_code == 201


@pytest.mark.req("S1-086")
def test_a_form_brings_a_picture_to_start_from(site: Site) -> None:
    files = {"file": ("quay.png", picture(), "image/png")}
    job = job_at(
        site, send(site, "/", composed(prompt="the same at night", strength="40", strength_usual="60"), files=files)
    )
    assert job["operation"] == "edit"
    assert job["request"]["strength"] == 0.4
    reference = job["request"]["inputs"][0]
    assert reference["role"] == "source"
    again = get(site, "/", params={"from": job["id"]}).text
    assert f'name="reference" value="{reference["image_id"]}"' in again
    start = get(site, "/", params={"reference": reference["image_id"]}).text
    assert f'name="reference" value="{reference["image_id"]}"' in start


def test_a_model_that_reads_no_pictures_leaves_them_for_the_next_one(with_comfyui: Site) -> None:
    site = with_comfyui
    brought = site.client.post("/api/v1/images", files={"file": ("kept.png", picture(), "image/png")}).json()
    fields = composed(model="openai/dall-e-3", reference=brought["image"]["id"])
    page = get(site, "/").text
    blind = next(
        model
        for model in re.findall(r'name="model" value="(comfyui/[^"]+)"', page)
        if not rules_of(page, model)["references"]
    )
    assert "price" not in send(site, "/create/price", {**fields, "model": blind}).headers
    assert "1 image · free" in send(site, "/create/price", {**fields, "model": blind}).text


@pytest.mark.parametrize(("asked", "shape"), [("640x480", "4:3"), ("1000x618", "500:309"), ("512x512", "1:1")])
def test_a_job_asked_for_in_pixels_is_used_again_in_its_shape(site: Site, asked: str, shape: str) -> None:
    job = site.client.post("/api/v1/jobs", json={"prompt": "a pier", "model": "sketch", "size": asked}).json()
    page = get(site, "/", params={"from": job["id"]}).text
    assert re.search(rf'name="shape" value="{shape}"[^>]* checked', page)


def test_a_job_says_which_models_were_passed_over_and_why(site: Site) -> None:
    job = site.client.post("/api/v1/jobs", json={"prompt": "a pier", "tier": "high", "size": "512x512"}).json()
    page = get(site, f"/jobs/{job['id']}").text
    assert re.search(r"Passed over: \d+", page)
    assert "bfl/flux-3-image: Needs a key: set BFL_API_KEY." in page


def test_each_picture_is_for_what_was_chosen_and_a_role_that_a_model_lacks_is_said(with_comfyui: Site) -> None:
    site = with_comfyui
    one, two = (
        site.client.post("/api/v1/images", files={"file": ("it.png", picture(colour=(9, 9, each)), "image/png")}).json()
        for each in (90, 91)
    )
    first, second = one["image"]["id"], two["image"]["id"]
    fields: dict[str, Any] = {**composed(model=PAID, quality="low"), "reference": [first, second]}
    chosen = {**fields, f"role-{first}": "style", f"role-{second}": "source"}
    job = job_at(site, send(site, "/", chosen))
    assert [(each["role"], each["image_id"]) for each in job["request"]["inputs"]] == [
        ("style", first),
        ("source", second),
    ]
    assert job["request"]["operation"] == "edit"
    again = get(site, "/", params={"from": job["id"]}).text
    for name, role in ((first, "style"), (second, "source")):
        assert re.search(rf'name="role-{name}".*?<option value="{role}" selected', again, re.DOTALL)
    alone = {**composed(model=PAID, quality="low", reference=first), f"role-{first}": "style"}
    job = job_at(site, send(site, "/", alone))
    assert "operation" not in job["request"]  # it is generated
    assert job["request"]["inputs"][0]["role"] == "style"
    traced = composed(model="comfyui/sdxl-controlnet", reference=first)
    assert rules_of(get(site, "/").text, "comfyui/sdxl-controlnet")["roles"] == ["control"]
    assert "1 image · free" in send(site, "/create/price", traced).text
    line = send(site, "/create/price", {**traced, f"role-{first}": "reference"}).text
    assert "needs a control picture. Add one." in line
    assert "sketch/sketch" in others_of(line)
    twice = {**fields, f"role-{first}": "source", f"role-{second}": "source"}
    assert "A picture starts from one other picture alone." in send(site, "/create/price", twice).text
    unknown = {**fields, f"role-{first}": "frame"}
    assert "Choose what each picture is for from the list." in send(site, "/create/price", unknown).text


@pytest.mark.parametrize(("name", "content", "said"), NO_PICTURES)
def test_a_file_that_is_no_picture_is_named_and_changes_nothing(
    site: Site, name: str, content: bytes, said: str
) -> None:
    files = {"file": (name, content, "application/octet-stream")}
    page = send(site, "/", composed(prompt="kept words"), files=files)
    assert page.status_code == 422
    assert said in page.text
    assert "kept words</textarea>" in page.text


def test_what_goes_on_is_shown_alone_and_can_be_stopped(site: Site) -> None:
    site.stand_in.faults.add(Fault(delay=2.0))
    body, before = {"prompt": "a slow quay", "model": PAID, "quality": "low"}, len(site.stand_in.log)
    job = site.client.post("/api/v1/jobs", json=body).json()
    for _ in range(3000):  # or the fault is left for a later test
        if len(site.stand_in.log) > before:
            break
        time.sleep(0.01)
    page = get(site, "/", params={"show": "active"}).text
    assert f'id="job-{job["id"]}"' in page
    assert re.search(r"Active <span class=\"num\">\d+</span>", page)
    assert "/cancel" in page
    assert site.client.post(f"/api/v1/jobs/{job['id']}/cancel").is_success
    assert "finished" in site.client.get(job["links"]["events"]).text


def test_what_did_not_come_is_bought_once_at_the_price_beside_the_button(site: Site) -> None:
    site.stand_in.faults.add(Fault(pictures=1))
    job = site.paint(prompt="a quay and a half", model=PAID, quality="low", count=2)
    page = get(site, f"/jobs/{job['id']}").text
    for words in ("1 of 2 done", "You pay for one", "Retry this one", "This one was not made"):
        assert words in page
    assert re.search(r"1 image · \$0\.\d+ · about 20 s", page)
    fields = {
        name: value[1] for name in ("key", "most") if (value := re.search(rf'name="{name}" value="([^"]+)"', page))
    }
    dear = send(site, f"/jobs/{job['id']}/retry", {**fields, "most": "0.000001"})
    assert dear.status_code == 422
    before = purchases(site)
    first, second = (send(site, f"/jobs/{job['id']}/retry", fields) for _ in range(2))
    assert first.headers["location"] == second.headers["location"] != f"/jobs/{job['id']}"
    assert "finished" in site.client.get(f"/api/v1{first.headers['location']}/events").text
    assert purchases(site) == before + 1


def test_a_refusal_wants_another_prompt_and_nothing_is_tried_elsewhere(site: Site) -> None:
    site.stand_in.faults.add(Fault(status=400, body=REFUSED))
    job = site.paint(prompt="a refused quay", model=PAID, quality="low")
    page = get(site, f"/jobs/{job['id']}").text
    for words in (
        "Refused",
        "Limner does not retry refusals on other providers. Nothing was charged.",
        "Edit the prompt",
    ):
        assert words in page
    assert "/retry" not in page


def test_a_failure_says_who_what_and_how_to_go_on(site: Site) -> None:
    site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "No such size.", "code": "invalid_value"}}))
    job = site.paint(prompt="a failed quay", model=PAID, quality="low")
    page = get(site, "/", params={"show": "attention"}).text
    card = page[page.index(f'id="job-{job["id"]}"') :]
    card = card[: card.index("</article>")]
    for words in ("Failed", "No such size.", "Nothing was charged.", "Re-run on another model", "Retry"):
        assert words in card


def test_a_lost_purchase_can_be_settled_from_the_create_page(site: Site) -> None:
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    job = site.paint(prompt="a lost quay", model=PAID, quality="low")
    page = get(site, "/", params={"show": "attention"}).text
    assert f'action="/jobs/{job["id"]}/calls/' in page
    assert "It was not charged" in page
    found = re.search(rf'action="(/jobs/{job["id"]}/calls/[^"]+)"', page)
    assert found
    assert send(site, found[1], {"charged": "no"}).status_code == 303


def test_a_cancelled_job_says_when_and_can_be_run_again(site: Site) -> None:
    body = {"prompt": "stopped at once", "model": "sketch", "size": "2048x2048", "count": 8}
    job = site.client.post("/api/v1/jobs", json=body).json()
    site.client.post(f"/api/v1/jobs/{job['id']}/cancel")
    assert "finished" in site.client.get(job["links"]["events"]).text
    page = get(site, f"/jobs/{job['id']}").text
    assert "Cancelled" in page
    assert re.search(r"You stopped this after [\d.]+ s, .+ made\. Nothing was charged\.", page)
    assert "Run again" in page


def test_a_finished_job_offers_what_comes_next(site: Site) -> None:
    job = site.paint(prompt="a finished quay", seed=4)
    page = get(site, f"/jobs/{job['id']}").text
    for words in ("Vary", "Re-run on", "Start from this picture", "Use again"):
        assert words in page
    varied = get(site, "/", params={"from": job["id"], "vary": "1"}).text
    assert "a finished quay</textarea>" in varied
    assert 'id="seed" name="seed" value=""' in varied


def test_improving_says_who_and_that_it_costs_nothing(site: Site) -> None:
    part = get(site, "/create/improve").text
    assert "Limner describes the same picture more fully, for nothing." in part


def test_nobody_elses_job_is_shown_or_retried(site: Site) -> None:
    for path in (f"/jobs/{uuid4()}", f"/jobs/{uuid4()}/card", f"/?from={uuid4()}"):
        assert get(site, path).status_code == 404
    assert send(site, f"/jobs/{uuid4()}/retry", {}).status_code == 404
