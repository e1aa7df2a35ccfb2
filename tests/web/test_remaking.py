"""Variations, enlargements, styles and cut-outs without a script: priced before the press, and never bought twice."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.api.served import Site
from tests.web.test_editing import made
from tests.web.test_gallery import led
from tests.web.test_pages import get, send


@pytest.fixture(scope="module")
def picture(site: Site) -> str:
    """The id of a picture of 96 by 64 pixels."""
    job: Any = site.paint(prompt="A weir in spate", size="96x64", seed=8)
    found: str = job["images"][0]["id"]
    return found


def offered(page: str, part: str = "buying") -> dict[str, str]:
    """What a form of the page would send."""
    form = re.search(rf'<form [^>]*data-part="{part}">(.*?)</form>', page, re.DOTALL)
    assert form, page
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))


def test_the_picture_leads_to_what_can_be_made_of_it(site: Site, picture: str) -> None:
    page = get(site, f"/images/{picture}").text
    for way in ("edit", "vary", "upscale", "style", "cutout"):
        assert f'href="/images/{picture}/{way}"' in page
        assert get(site, f"/images/{picture}/{way}").status_code == 200
        assert get(site, f"/images/{uuid4()}/{way}").status_code == 404


def test_variations_are_made_once_as_many_as_were_asked_for(site: Site, picture: str) -> None:
    here = f"/images/{picture}/vary"
    page = get(site, here, params={"count": "3", "strength": "35"}).text
    assert "3 images · free · about" in page
    sent = offered(page)
    first = led(send(site, here, **sent))
    assert led(send(site, here, **sent)) == first
    job = made(site, first)
    assert (job["request"]["operation"], job["request"]["strength"]) == ("variations", 0.35)
    assert [each["parents"] for each in job["images"]] == [[picture]] * 3


@pytest.mark.parametrize(
    "asked,size",
    [
        ({"scale": "2"}, (192, 128)),
        ({"scale": "4"}, (384, 256)),
        ({"scale": "exactly", "width": "200"}, (200, 133)),
    ],
)
def test_an_enlargement_comes_at_its_exact_size(
    site: Site, picture: str, asked: dict[str, str], size: tuple[int, int]
) -> None:
    here = f"/images/{picture}/upscale"
    page = get(site, here, params=asked).text
    job = made(site, led(send(site, here, **offered(page))))
    assert (job["images"][0]["width"], job["images"][0]["height"]) == size


def test_a_style_is_previewed_by_whoever_takes_less(site: Site, picture: str) -> None:
    here, bought = f"/images/{picture}/style", site.stand_in.purchases
    free = get(site, here, params={"preset": "oil"}).text
    assert "See it first" not in free
    dear = get(site, here, params={"preset": "oil", "model": "openai/gpt-image-2"}).text
    assert re.search(r"1 image · \$0\.\d+ · about", dear)
    assert re.search(r"Sketch artist, drawn by rules · <b class=\"num\">free", dear)
    assert "GPT Image 2, at its lowest quality, low" in dear
    job = made(site, led(send(site, here, **offered(dear, "trial"))))
    assert (job["model"], job["request"]["presets"]) == ("sketch/sketch", ["oil"])
    assert site.stand_in.purchases == bought
    assert made(site, led(send(site, here, **offered(dear))))["model"] == "openai/gpt-image-2"
    assert site.stand_in.purchases == bought + 1


def test_how_wide_it_may_become_is_said_from_both_ends(site: Site, picture: str) -> None:
    page = get(site, f"/images/{picture}/upscale").text
    assert "From 97 to 384. The height follows." in page


def test_a_background_is_removed(site: Site, picture: str) -> None:
    here = f"/images/{picture}/cutout"
    job = made(site, led(send(site, here, **offered(get(site, here).text))))
    assert (job["request"]["operation"], job["state"]) == ("remove_background", "succeeded")


@pytest.mark.parametrize(
    "way,asked,said",
    [
        ("vary", {"count": "many"}, "Count is a whole number from 1 to 10."),
        ("vary", {"strength": "101"}, "Strength is a whole number from 0 to 100."),
        ("upscale", {"scale": "3"}, "scale is 2 or 4"),
        ("upscale", {"scale": "exactly", "width": "96"}, "Width is a whole number from 97 to 384."),
        ("style", {"preset": "", "words": "oil", "model": "nobody/nothing"}, "There is no model called"),
        ("style", {"preset": "cubism"}, "cubism"),
    ],
)
def test_what_cannot_be_made_says_why(site: Site, picture: str, way: str, asked: dict[str, str], said: str) -> None:
    answer = get(site, f"/images/{picture}/{way}", params=asked)
    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert 'data-part="buying"' not in answer.text
    forged = send(site, f"/images/{picture}/{way}", token="x.y", key=str(uuid4()))
    assert (forged.status_code, "was not issued here" in forged.text) == (422, True)
