"""Pictures that a request starts from: in the body, in a form, from the library."""

import base64
import io
import json
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from tests.api.served import Site


def png(width: int = 64, height: int = 64, colour: object = (90, 120, 160)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB" if isinstance(colour, tuple) else "L", (width, height), colour).save(out, "PNG")  # type: ignore[arg-type]  # Pillow's stub wants a narrower colour
    return out.getvalue()


PLAIN = base64.b64encode(png()).decode()


def moving(kind: str = "GIF") -> bytes:
    out, frames = io.BytesIO(), [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def edit(site: Site, inputs: list[dict[str, object]], **fields: object) -> Any:
    body = {"prompt": "more snow", "model": "sketch", "operation": "edit", "inputs": inputs, **fields}
    return site.client.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=30"})


def test_a_picture_in_the_body(site: Site) -> None:
    for data in (PLAIN, f"data:image/png;base64,{PLAIN}"):
        answer = edit(site, [{"data": data}])
        assert answer.status_code == 201, answer.text
        assert answer.json()["state"] == "succeeded"
        assert answer.json()["request"]["inputs"][0]["role"] == "source"
        assert PLAIN not in answer.text


@pytest.mark.parametrize("kind", ["GIF", "AVIF"])
def test_of_a_moving_picture_the_first_frame_is_painted_on_and_the_receipt_says_so(site: Site, kind: str) -> None:
    source = base64.b64encode(moving(kind)).decode()
    answer = edit(site, [{"data": source}], strength=0.0)
    assert answer.status_code == 201, answer.text
    (line,) = [line for line in answer.json()["receipt"] if line["field"] == "inputs"]
    assert (line["treatment"], line["wanted"], line["sent"]) == ("mapped", kind.lower(), "png")
    assert "first frame" in line["why"]
    (image,) = answer.json()["images"]
    shown = Image.open(io.BytesIO(site.client.get(f"/api/v1/images/{image['id']}/file").content)).convert("RGB")
    red, _, blue = shown.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # type: ignore[misc]  # an RGB pixel
    assert red > blue
    refused = edit(site, [{"data": source}], strictness="strict")
    assert (refused.status_code, refused.json()["field"]) == (422, "inputs")


def test_a_kept_picture_becomes_the_parent(site: Site) -> None:
    parent: Any = site.paint()["images"][0]  # type: ignore[index]  # a job's images are a list
    job = edit(site, [{"image_id": parent["id"]}]).json()
    assert job["images"][0]["parents"] == [parent["id"]]
    assert edit(site, [{"image_id": str(uuid4())}]).status_code == 404


def test_a_mask_is_fitted_to_its_picture(site: Site) -> None:
    mask = base64.b64encode(png(colour=255)).decode()
    answer = edit(site, [{"role": "mask", "data": mask}, {"data": PLAIN}], operation="inpaint")
    assert answer.status_code == 201, answer.text
    assert edit(site, [{"role": "mask", "data": mask}], operation="inpaint").status_code == 422


@pytest.mark.parametrize(
    "image,code",
    [
        ({"data": PLAIN, "image_id": str(uuid4())}, "invalid_request"),
        ({}, "invalid_request"),
        ({"data": "not base64!"}, "bad_picture"),
        ({"data": "data:image/png,plain"}, "bad_picture"),
        ({"data": base64.b64encode(b"%PDF-1.7 nothing").decode()}, "bad_picture"),
        ({"data": base64.b64encode(png()[:-60]).decode()}, "bad_picture"),
    ],
)
def test_what_is_no_picture_is_refused(site: Site, image: dict[str, object], code: str) -> None:
    answer = edit(site, [image])
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == code
    assert answer.json()["spent"] == "no"


def test_files_in_a_form(site: Site) -> None:
    wish = {"prompt": "more snow", "model": "sketch", "operation": "inpaint"}
    files: list[Any] = [
        ("request", (None, json.dumps(wish), "application/json")),
        ("mask", ("mask.png", png(colour=255), "image/png")),
        ("source", ("harbour.png", png(), "image/png")),
    ]
    answer = site.client.post("/api/v1/jobs", files=files, headers={"Prefer": "wait=30"})
    assert answer.status_code == 201, answer.text
    assert [each["role"] for each in answer.json()["request"]["inputs"]] == ["source", "mask"]
    assert site.client.post("/api/v1/quotes", files=files).status_code == 200


def test_forms_that_cannot_be_read_say_why(site: Site) -> None:
    def sent(*parts: Any) -> Any:
        return site.client.post("/api/v1/jobs", files=list(parts))

    wish = ("request", (None, '{"prompt": "x", "operation": "edit"}', "application/json"))
    wrong = sent(wish, ("source", ("notes.txt", b"hello", "text/plain")))
    assert wrong.status_code == 422
    assert "notes.txt" in wrong.json()["detail"]
    assert sent(wish, ("hat", ("hat.png", png(), "image/png"))).json()["field"] == "hat"
    assert sent(wish, ("source", (None, "text", "text/plain"))).json()["field"] == "source"
    assert sent(("request", (None, "{", "application/json"))).status_code == 400
    crowd = [("reference", (f"{number}.png", png(), "image/png")) for number in range(17)]
    assert sent(wish, *crowd).status_code == 400
    cut = site.client.post("/api/v1/jobs", content=b"--x\r\nbroken", headers={"Content-Type": "multipart/form-data"})
    assert cut.status_code == 400


@pytest.mark.parametrize(
    ("operation", "options", "field"),
    [
        ("outpaint", {"margins": {"right": 9_000, "bottom": 9_000}}, "margins"),
        ("upscale", {"size": "9000x9000", "scale": 4}, "size"),
    ],
)
def test_a_result_of_too_many_pixels_is_refused_before_it_has_a_price(
    site: Site, operation: str, options: dict[str, object], field: str
) -> None:
    body = {"prompt": "snow", "model": "sketch", "operation": operation, "inputs": [{"data": PLAIN}], **options}
    for path in ("/api/v1/quotes", "/api/v1/jobs"):
        answer = site.client.post(path, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"] == field
        assert "at most 64 million in all" in answer.json()["detail"]
