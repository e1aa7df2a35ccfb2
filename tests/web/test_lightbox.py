"""The page of one picture without a script: its neighbours, family, tags, links, reports, and another model."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from limner.domain.money import Money
from limner.web import wording
from limner.web.languages import KNOWN, speaking
from limner.web.rerunning import difference
from tests.api.served import Site, serving
from tests.web.test_gallery import led
from tests.web.test_pages import PAGE, get, send


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site of its own: it counts its pictures."""
    with serving(tmp_path_factory.mktemp("lightbox")) as found:
        yield found


@pytest.fixture(scope="module")
def row(site: Site) -> list[str]:
    """Ids of some pictures, the newest first, of which the first three show owls."""
    for prompt in ("Reeds", "An owl"):
        site.paint(prompt=f"<i>{prompt}</i>", count=3)
    items = site.client.get("/api/v1/images", params={"limit": 6}).json()["items"]
    return [each["id"] for each in items]


def edited(site: Site, parent: str, prompt: str) -> str:
    """The id of a picture that was made from another one."""
    inputs = [{"role": "source", "image_id": parent}]
    job: Any = site.paint(prompt=prompt, operation="edit", inputs=inputs, size=None)
    found: str = job["images"][0]["id"]
    return found


def test_it_lies_among_those_that_it_was_opened_in(site: Site, row: list[str]) -> None:
    page = get(site, f"/images/{row[1]}").text
    assert f'href="/images/{row[0]}" data-part="newer"' in page
    assert f'href="/images/{row[2]}" data-part="older"' in page
    last = get(site, f"/images/{row[2]}?q=owl").text
    assert "3 of 3</span>" in last
    assert f'href="/images/{row[1]}?q=owl" data-part="newer"' in last
    assert 'data-part="older"' not in last
    assert 'href="/gallery?q=owl" data-part="close"' in last
    assert "<i>" not in last
    assert get(site, f"/images/{uuid4()}").status_code == 404


def test_its_model_and_file_go_by_name_and_every_format_says_what_becomes_of_it(site: Site, row: list[str]) -> None:
    page = get(site, f"/images/{row[0]}").text
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))
    kept = site.client.get(f"/api/v1/images/{row[0]}").json()
    assert facts["By"] == "Sketch artist \u00b7 Built in"
    assert facts["Asked for"] == "Sketch artist"
    assert facts["File"] == f"PNG \u00b7 {wording.file_size(kept['size_bytes'])}"
    menu = page.partition('<details class="formats">')[2].partition("</details>")[0]
    assert re.findall(r'download>([^<]+)<span class="push">([^<]+)<', menu) == [
        ("PNG", "as made"),
        ("JPEG", "converted"),
        ("WebP", "converted"),
        ("AVIF", "converted"),
        ("As delivered", "untouched"),
    ]


@pytest.mark.parametrize(("count", "said"), [(400, "1 KB"), (310_400, "310 KB"), (1_640_000, "1.6 MB")])
def test_sizes_of_files_are_told_in_a_few_figures(count: int, said: str) -> None:
    assert wording.file_size(count) == said


def test_its_family_stands_on_it_from_both_ends(site: Site, row: list[str]) -> None:
    child = edited(site, row[5], "in snow")
    grandchild = edited(site, child, "at night")
    for each in (row[5], child, grandchild):
        page = get(site, f"/images/{each}").text
        family = page.partition("<h2>Family</h2>")[2].partition("</section>")[0]
        found = re.findall(r'<a href="/images/([^"]+)"( aria-current="true")?', family)
        assert [name for name, _ in found] == [row[5], child, grandchild]
        assert [name for name, current in found if current] == [each]
    assert f'data-before="/api/v1/images/{child}/file?format=webp"' in get(site, f"/images/{grandchild}").text
    assert "<h2>Family</h2>" not in get(site, f"/images/{row[0]}").text


@pytest.mark.parametrize(("language", "done"), [("en", "Upscale"), ("de", "Hochskalieren"), ("ar", "رفع الدقة")])
def test_what_takes_no_prompt_is_called_by_what_was_done(site: Site, row: list[str], language: str, done: str) -> None:
    inputs = [{"role": "source", "image_id": row[0]}]
    job: Any = site.paint(prompt="", operation="upscale", inputs=inputs, size=None, scale=2)
    [made] = job["images"]
    speaks = {"Cookie": f"language={language}"}
    card = site.client.get(f"/jobs/{job['id']}/card", headers=speaks).text
    assert re.search(rf'<h2 class="ask"[^>]*><a [^>]*>{done}</a></h2>', card)
    queue = site.client.get("/jobs", headers={**PAGE, **speaks}).text
    assert f'<b class="clamp2">{done}</b>' in queue
    assert re.search(rf'aria-label="[^"]+: {done}"', queue)
    page = site.client.get(f"/images/{made['id']}", headers={**PAGE, **speaks}).text
    assert f"<title>{done}" in page
    assert f'<p class="words" dir="auto">{done}</p>' in page
    for whole in (page, site.client.get("/gallery", headers={**PAGE, **speaks}).text):
        assert re.search(rf'alt="{done}[^"]+sketch', whole)
    gallery = site.client.get("/gallery", headers={**PAGE, **speaks}).text
    with speaking(KNOWN[language]):
        assert f'<option value="default">{wording.project("default")}</option>' in gallery
    site.client.delete(f"/api/v1/images/{made['id']}")
    trash = site.client.get("/gallery?trash=1", headers={**PAGE, **speaks}).text
    assert re.search(rf'alt="{done}[^"]+sketch', trash)


def test_a_parent_that_has_gone_is_no_kin(site: Site) -> None:
    job: Any = site.paint(prompt="To be forgotten")
    parent = job["images"][0]["id"]
    child = edited(site, parent, "in rain")
    assert site.client.delete(f"/api/v1/images/{parent}").is_success
    assert site.client.delete("/api/v1/trash").is_success
    page = get(site, f"/images/{child}")
    assert page.status_code == 200
    assert "data-before" not in page.text


def test_tags_are_put_on_and_taken_off(site: Site, row: list[str]) -> None:
    here = f"/images/{row[0]}"
    assert led(send(site, f"{here}/tags?q=owl", tags="nocturne, <u>")) == f"{here}?q=owl"
    page = get(site, here).text
    assert "Take off the tag nocturne" in page
    assert "<u>" not in page
    led(send(site, f"{here}/tags", remove="nocturne"))
    assert "nocturne" not in get(site, here).text
    wrong = send(site, f"{here}/tags", tags=" ")
    assert (wrong.status_code, "Name 1 to 50 tags." in wrong.text) == (422, True)


def test_a_link_is_shown_once_and_ended(site: Site, row: list[str]) -> None:
    here = f"/images/{row[0]}"
    made = send(site, f"{here}/share", expires_in="86400").text
    link = re.search(r"http://[^<]+(/s/[\w-]+)", made)
    assert link
    assert site.client.get(link[1]).status_code == 200
    page = get(site, here).text
    assert link[1] not in page
    assert "looked at 1 time" in page
    end = re.search(r'action="([^"]+/revoke)"', page)
    assert end
    led(send(site, end[1]))
    assert site.client.get(link[1]).status_code == 404
    assert send(site, f"{here}/share", expires_in="1").status_code == 422


def test_a_report_is_taken_once(site: Site, row: list[str]) -> None:
    here = f"/images/{row[3]}/report"
    assert (
        "An administrator will look at it." in send(site, here, reason="It is harmful", details="Too many reeds").text
    )
    assert "You have reported it before." in send(site, here, reason="It is harmful").text
    wrong = send(site, here, reason="")
    assert (wrong.status_code, "Say in a word or two" in wrong.text) == (422, True)


def test_another_model_takes_it_with_its_settings_and_the_difference_in_price(site: Site) -> None:
    job: Any = site.paint(prompt="A pier", size="1536x1024", negative_prompt="people", seed=77)
    here = f"/images/{job['images'][0]['id']}/rerun"
    assert "Show what it costs" in get(site, here).text
    offered = get(site, here, params={"model": "openai/gpt-image-2"}).text
    price = re.search(r"(\$[0-9.]+)</b>", offered)
    assert price
    # The list says the same price, that of this picture, and not what a usual one costs.
    assert re.findall(r"GPT Image 2 \u00b7 ([^ <]+)", offered) == [price[1]]
    assert "more than this picture cost" in offered
    assert "Negative prompt" in offered
    assert "dropped" in offered or "adapted" in offered
    fields = {name: re.search(rf'name="{name}" value="([^"]+)"', offered) for name in ("token", "key", "model")}
    sent = {name: found[1] for name, found in fields.items() if found}
    assert set(sent) == set(fields)
    bought = site.stand_in.purchases
    first = led(send(site, here, **sent))
    assert led(send(site, here, **sent)) == first
    made: Any = site.client.get(f"/api/v1{first}").json()
    assert made["request"]["model"] == "openai/gpt-image-2"
    assert made["request"]["seed"] == 77
    for _ in range(1000):
        if site.client.get(f"/api/v1{first}").json()["state"] == "succeeded":
            break
    assert site.stand_in.purchases == bought + 1


def test_what_cannot_be_made_again_says_why(site: Site, row: list[str]) -> None:
    here = f"/images/{row[0]}/rerun"
    wrong = get(site, here, params={"model": "nobody/nothing"})
    assert (wrong.status_code, "There is no model called" in wrong.text) == (422, True)
    forged = send(site, here, token="x.y", key=str(uuid4()), model="sketch/sketch")
    assert (forged.status_code, "was not issued here" in forged.text) == (422, True)


@pytest.mark.parametrize(
    "price,charged,said",
    [
        ("0.05", "0.04", "$0.01 more than this picture cost"),
        ("0.04", "0.05", "$0.01 less than this picture cost"),
        ("0.04", "0.04", "as much as this picture cost"),
    ],
)
def test_the_difference_in_words(price: str, charged: str, said: str) -> None:
    assert difference(Money.usd(Decimal(price)), Money.usd(Decimal(charged))) == said
    assert difference(None, Money.usd(Decimal(charged))) == difference(Money.usd(Decimal(price)), None) == ""
