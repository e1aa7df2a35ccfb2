"""The editor without a script: areas and margins by numbers, prices before the press, and nothing bought twice."""

import io
import re
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from PIL import Image, ImageChops

from tests.api.served import Site
from tests.web.test_gallery import led
from tests.web.test_pages import PAGE, get, send

AREA = {"x": "16", "y": "8", "width": "24", "height": "16"}


@pytest.fixture(scope="module")
def picture(site: Site) -> str:
    """The id of a picture to edit, 96 by 64 pixels."""
    job: Any = site.paint(prompt="Moorings at low tide", size="96x64", seed=5)
    found: str = job["images"][0]["id"]
    return found


def filled(**fields: str) -> dict[str, str]:
    given = {"kind": "inpaint", "prompt": "a red buoy", "feather": "0", "protect": "yes"}
    return {**given, "inpaint_model": "sketch/sketch", "extend_model": "sketch/sketch", **fields}


def sent(site: Site, here: str, mask: bytes, **fields: str) -> httpx2.Response:
    """The form with a mask that was drawn."""
    file = {"mask": ("mask.png", mask, "image/png")}
    return site.client.post(here, data=filled(**fields), files=file, headers={**PAGE, "Origin": site.url})


def made(site: Site, page: str) -> Any:
    """The finished job of a page."""
    for _ in range(2000):
        job: Any = site.client.get(f"/api/v1{page}").json()
        if job["finished"]:
            return job
    raise AssertionError(f"{page} does not end")


def pixels(site: Site, image: str) -> Image.Image:
    return Image.open(io.BytesIO(site.client.get(f"/api/v1/images/{image}/file?format=png").content)).convert("RGB")


def outside(site: Site, one: str, other: str, box: tuple[int, int, int, int]) -> bool:
    """Whether two pictures are the same outside of a box, and another within it."""
    apart = ImageChops.difference(pixels(site, one), pixels(site, other))
    assert apart.getbbox() is not None
    apart.paste((0, 0, 0), box)
    return apart.getbbox() is None


def png(size: tuple[int, int], *boxes: tuple[int, int, int, int]) -> bytes:
    mask, out = Image.new("L", size, 0), io.BytesIO()
    for box in boxes:
        mask.paste(255, box)
    mask.save(out, "PNG")
    return out.getvalue()


def test_an_area_by_numbers_is_painted_anew_and_the_rest_stays(site: Site, picture: str) -> None:
    here, key = f"/images/{picture}/edit", str(uuid4())
    page = get(site, here).text
    assert "1 image · free · about 2 s" in re.sub(r"</?span>", "", page)
    assert "The original is kept" in page
    assert re.search(r"Only models that take a mask are listed\. \d+ of \d+\.", page)
    first = led(send(site, here, **filled(key=key, **AREA)))
    assert led(send(site, here, **filled(key=key, **AREA))) == first
    job = made(site, first)
    asked = job["request"]
    assert (asked["operation"], asked["protect"], asked["prompt"]) == ("inpaint", True, "a red buoy")
    child = job["images"][0]
    assert child["parents"] == [picture]
    assert outside(site, picture, child["id"], (16, 8, 40, 24))
    assert f'href="/images/{child["id"]}/edit"' in get(site, here).text


def test_a_drawn_mask_is_feathered_here(site: Site, picture: str) -> None:
    here = f"/images/{picture}/edit"
    job = made(site, led(sent(site, here, png((96, 64), (32, 16, 72, 48)), feather="12", strength="35")))
    assert job["request"]["strength"] == 0.35
    apart = ImageChops.difference(pixels(site, picture), pixels(site, job["images"][0]["id"]))
    box = apart.getbbox()
    assert box is not None
    assert 20 < box[0] < 32


def test_margins_by_numbers_extend_it(site: Site, picture: str) -> None:
    here = f"/images/{picture}/edit"
    job = made(site, led(send(site, here, **filled(kind="extend", prompt="", right="40", top="8"))))
    child = job["images"][0]
    assert (child["width"], child["height"]) == (136, 72)
    kept = pixels(site, child["id"]).crop((0, 8, 96, 72))
    assert ImageChops.difference(kept, pixels(site, picture)).getbbox() is None


def test_what_is_erased_needs_no_words(site: Site, picture: str) -> None:
    job = made(site, led(send(site, f"/images/{picture}/edit", **filled(kind="erase", prompt="", **AREA))))
    assert job["request"]["prompt"].startswith("Remove what is here")
    assert job["state"] == "succeeded"


@pytest.mark.parametrize(
    "fields,said",
    [
        ({}, "Nothing is marked. Paint over what is to change, or give an area."),
        ({**AREA, "x": "96"}, "Give an area that lies on the picture of 96x64 pixels."),
        ({**AREA, "width": "wide"}, "Width is a whole number from 0 to 16,384."),
        ({**AREA, "feather": "65"}, "Feather is a whole number from 0 to 64."),
        ({**AREA, "width": "2", "height": "2", "feather": "40"}, "too little for a feather of 40 pixels"),
        ({**AREA, "strength": "101"}, "Strength is a whole number from 0 to 100."),
        ({**AREA, "prompt": " "}, "Prompt cannot be empty."),
        ({**AREA, "inpaint_model": "nobody/nothing"}, "There is no model called"),
        ({"kind": "extend"}, "Say how far it extends"),
        ({"kind": "extend", "left": "-8"}, "Left is a whole number from 0 to 16,384."),
        ({"kind": "extend", "right": "16000", "bottom": "16000"}, "more than the 64 million pixels"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_bought(
    site: Site, picture: str, fields: dict[str, str], said: str
) -> None:
    here = f"/images/{picture}/edit"
    before = site.client.get("/api/v1/jobs", params={"limit": 1}).json()["items"][0]["id"]
    answer = send(site, here, **filled(**fields))
    assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert f">{fields.get('prompt', 'a red buoy')}</textarea>" in answer.text
    assert site.client.get("/api/v1/jobs", params={"limit": 1}).json()["items"][0]["id"] == before


@pytest.mark.parametrize(
    "mask,said",
    [
        (png((64, 96), (0, 0, 9, 9)), "The mask measures 64x96 pixels and the picture 96x64."),
        (png((96, 64)), "The mask marks nothing."),
        (b"no picture at all", "The mask is not a picture"),
    ],
    ids=["size", "blank", "text"],
)
def test_a_mask_that_does_not_fit_is_said_so(site: Site, picture: str, mask: bytes, said: str) -> None:
    answer = sent(site, f"/images/{picture}/edit", mask)
    assert (answer.status_code, said in answer.text) == (422, True), answer.text


def test_a_price_that_has_risen_is_shown_before_anything_is_bought(site: Site, picture: str) -> None:
    here, bought = f"/images/{picture}/edit", site.stand_in.purchases
    fields = filled(inpaint_model="openai/gpt-image-2", **AREA)
    part = get(site, f"{here}/price", params={**fields, "prompt": ""}).text
    agreed = re.search(r'name="agreed" value="(\d+)"', part)
    assert agreed
    assert re.search(r"1 image · \$0\.\d+ · about", re.sub(r"</?span>", "", part))
    dear = send(site, here, **fields, agreed="10")
    assert (dear.status_code, "costs more now than was shown" in dear.text) == (422, True), dear.text
    assert f'value="{agreed[1]}"' in dear.text
    assert site.stand_in.purchases == bought
    assert made(site, led(send(site, here, **fields, agreed=agreed[1])))["state"] == "succeeded"
    assert site.stand_in.purchases == bought + 1


def test_a_picture_too_large_to_draw_on_is_edited_by_numbers(site: Site) -> None:
    file = io.BytesIO()
    Image.new("L", (4200, 4100), 90).save(file, "PNG")
    kept: Any = site.client.post(
        "/api/v1/images", content=file.getvalue(), headers={"Content-Type": "image/png"}
    ).json()
    page = get(site, f"/images/{kept['image']['id']}/edit").text
    assert "more pixels than a browser can draw on" in page
    assert "data-too-large" in page
    assert '<details class="fold for-mask" data-part="numbers" open>' in page
