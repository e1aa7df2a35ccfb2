"""Pictures out as a ZIP file, and uploads in: bytes as they are, nothing claimed, nothing twice."""

import hashlib
import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from tests.api.served import Site


def a_file(colour: str, *, format: str = "PNG", orientation: int = 1) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (40, 20), colour).save(out, format, exif=exif)
    return out.getvalue()


def upload(site: Site, data: bytes, **query: Any) -> Any:
    return site.client.post("/api/v1/images", content=data, params=query, headers={"Content-Type": "image/png"})


def test_pictures_go_into_a_zip_file_under_their_own_names(site: Site) -> None:
    job: Any = site.paint(prompt="A harbour, at dusk", count=2)
    ids = [each["id"] for each in job["images"]]
    answer = site.client.post("/api/v1/images/export", json={"ids": [*ids, ids[0]], "recipes": True})
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = sorted(archive.namelist())
        assert len(names) == 4
        assert all(name.startswith("a-harbour-at-dusk-") for name in names)
        (recipe, *_) = [name for name in names if name.endswith(".json")]
        assert json.loads(archive.read(recipe))["request"]["prompt"] == "A harbour, at dusk"
        whole = {archive.read(name) for name in names if name.endswith(".png")}
    assert whole == {site.client.get(f"/api/v1/images/{name}/file").content for name in ids}
    plain = site.client.post("/api/v1/images/export", json={"ids": ids[:1], "original": True}).content
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        (name,) = archive.namelist()
        assert hashlib.sha256(archive.read(name)).hexdigest() == job["images"][0]["original"]["sha256"]


@pytest.mark.parametrize(
    "body,status",
    [({"ids": []}, 422), ({"ids": [str(uuid4())]}, 404), ({"ids": ["x"]}, 404), ({"ids": ["x"], "format": "svg"}, 422)],
)
def test_only_pictures_that_are_there_are_exported(site: Site, body: dict[str, object], status: int) -> None:
    assert site.client.post("/api/v1/images/export", json=body).status_code == status


def test_an_upload_is_a_picture_of_the_library(site: Site) -> None:
    data = a_file("navy")
    answer = upload(site, data, name="my_harbour.png", tag=["own", "sea"], project="brought")
    assert answer.status_code == 201
    body = answer.json()
    image = body["image"]
    assert body["duplicate"] is False
    assert (image["operation"], image["cost"]["micro_usd"], image["tags"]) == ("upload", 0, ["own", "sea"])
    assert (image["prompt"], image["project"]) == ("my harbour", "brought")
    # Byte for byte: nobody has painted it here, so nothing is signed into it.
    assert site.client.get(image["url"]).content == data
    assert site.client.get(image["url"], params={"original": "true"}).content == data
    found = site.client.get("/api/v1/images", params={"q": "harbour", "tag": "own"}).json()["items"]
    assert [each["id"] for each in found] == [image["id"]]
    assert b"trainedAlgorithmicMedia" not in site.client.get(image["url"], params={"format": "webp"}).content
    assert site.client.get(f"/images/{image['id']}").status_code == 200
    assert site.client.get(f"/api/v1/jobs/{image['job_id']}").json()["state"] == "succeeded"


def test_the_same_file_is_told_and_kept_once(site: Site) -> None:
    data = a_file("teal")
    first = upload(site, data).json()["image"]["id"]
    again = upload(site, data, title="another name")
    assert (again.status_code, again.json()["duplicate"], again.json()["image"]["id"]) == (200, True, first)
    wanted = upload(site, data, again=True)
    assert (wanted.status_code, wanted.json()["image"]["id"] == first) == (201, False)
    site.client.delete(f"/api/v1/images/{first}")
    site.client.delete(f"/api/v1/images/{wanted.json()['image']['id']}")
    assert upload(site, data).status_code == 201


def test_a_turned_photograph_is_shown_upright_and_kept_as_it_came(site: Site) -> None:
    data = a_file("olive", format="JPEG", orientation=6)
    image = site.client.post("/api/v1/images", files={"file": ("photo.jpg", data)}).json()["image"]
    assert (image["width"], image["height"]) == (20, 40)
    assert image["changes"] == ["Turned upright."]
    assert site.client.get(image["url"], params={"original": "true"}).content == data


def test_a_picture_made_from_an_upload_says_so(site: Site) -> None:
    source = upload(site, a_file("maroon")).json()["image"]["id"]
    job: Any = site.paint(operation="variations", prompt="", inputs=[{"role": "source", "image_id": source}], size=None)
    assert job["images"][0]["parents"] == [source]
    recipe = site.client.get(job["images"][0]["recipe_url"]).json()
    assert recipe["inputs"][0]["brought"] is True


def test_uploads_that_are_no_pictures_are_refused(site: Site) -> None:
    for data in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", a_file("red")[:60]):
        assert upload(site, data).status_code == 422
    assert upload(site, a_file("red"), tag=["x" * 201]).status_code == 422
    assert upload(site, a_file("red"), colour="red").status_code == 422
    text = site.client.post("/api/v1/images", content=b"hello", headers={"Content-Type": "text/plain"})
    assert text.status_code == 415
    assert site.client.post("/api/v1/images", files={"picture": ("a.png", a_file("red"))}).status_code == 422
    body = {"prompt": "x", "operation": "upload", "model": "sketch"}
    assert site.client.post("/api/v1/jobs", json=body).status_code == 422
