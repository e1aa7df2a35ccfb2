"""Pictures over HTTP: lists, files in every format, parts of files, recipes."""

import hashlib
import io
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from tests.api.served import Site


@pytest.fixture(scope="module")
def picture(site: Site) -> Any:
    job: Any = site.paint(prompt="Zermatt in winter", size="96x64", seed=5, tags=["alpine"])
    return job["images"][0]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_a_picture_tells_its_story(site: Site, picture: Any) -> None:
    found = site.client.get(f"/api/v1/images/{picture['id']}").json()
    assert found["prompt"] == "Zermatt in winter"
    assert (found["width"], found["height"], found["seed"]) == (96, 64, 5)
    assert found["service"] == "sketch"
    assert found["tags"] == ["alpine"]
    assert found["cost"] == {"micro_usd": 0, "usd": "0.00"}
    recipe = site.client.get(found["recipe_url"]).json()
    assert recipe["request"]["prompt"] == "Zermatt in winter"


@pytest.mark.parametrize(
    "wanted,name", [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP"), ("avif", "AVIF"), (None, "PNG")]
)
@pytest.mark.req("S1-091")
def test_files_come_in_every_format(site: Site, picture: Any, wanted: str | None, name: str) -> None:
    answer = site.client.get(picture["url"], params={"format": wanted} if wanted else {})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"image/{name.lower()}"
    assert opened(answer.content).format == name
    assert opened(answer.content).size == (96, 64)
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_width_is_exact(site: Site, picture: Any) -> None:
    answer = site.client.get(picture["url"], params={"width": 33})
    assert opened(answer.content).width == 33
    for wrong in ({"width": 0}, {"width": 99999}, {"format": "svg"}, {"colour": "red"}):
        assert site.client.get(picture["url"], params=wrong).status_code == 422


def test_the_original_is_unchanged(site: Site, picture: Any) -> None:
    content = site.client.get(picture["url"], params={"original": "true"}).content
    assert hashlib.sha256(content).hexdigest() == picture["original"]["sha256"]


def test_files_are_kept_by_browsers_and_do_nothing_in_them(site: Site, picture: Any) -> None:
    answer = site.client.get(picture["url"])
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert answer.headers["content-disposition"].startswith('inline; filename="zermatt-in-winter')
    saved = site.client.get(picture["url"], params={"download": "true"})
    assert saved.headers["content-disposition"].startswith("attachment;")


def test_who_has_a_file_is_not_sent_it_again(site: Site, picture: Any) -> None:
    etag = site.client.get(picture["url"]).headers["etag"]
    for header in (etag, f'W/{etag}, "other"', "*"):
        answer = site.client.get(picture["url"], headers={"If-None-Match": header})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    assert site.client.get(picture["url"], headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("asked,part", [("bytes=0-9", (0, 10)), ("bytes=10-", (10, None)), ("bytes=-7", (-7, None))])
def test_parts_of_files(site: Site, picture: Any, asked: str, part: tuple[int, int | None]) -> None:
    whole = site.client.get(picture["url"]).content
    answer = site.client.get(picture["url"], headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == whole[slice(*part)]
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")


def test_parts_that_are_not_there_or_not_understood(site: Site, picture: Any) -> None:
    whole = site.client.get(picture["url"]).content
    assert site.client.get(picture["url"], headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    for asked in ("bytes=9-3", "lines=1-2", "bytes=0-1,4-5"):
        assert site.client.get(picture["url"], headers={"Range": asked}).content == whole
    stale = {"Range": "bytes=0-9", "If-Range": '"stale"'}
    assert site.client.get(picture["url"], headers=stale).content == whole


def test_head_gives_the_same_without_the_file(site: Site, picture: Any) -> None:
    answer = site.client.head(picture["url"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(site.client.get(picture["url"]).content))


@pytest.mark.parametrize("edge", [256, 512, 1024])
def test_thumbnails(site: Site, picture: Any, edge: int) -> None:
    answer = site.client.get(f"/api/v1/images/{picture['id']}/thumbnail", params={"edge": edge})
    assert answer.headers["content-type"] == "image/webp"
    assert max(opened(answer.content).size) <= edge


def test_pictures_are_found_by_their_words_and_service(site: Site, picture: Any) -> None:
    def ids(**which: str) -> list[str]:
        return [each["id"] for each in site.client.get("/api/v1/images", params=which).json()["items"]]

    assert ids(q="zermatt winter") == [picture["id"]]
    assert picture["id"] in ids(service="sketch", model="sketch/sketch", project="default", limit="200")
    assert ids(q="zermatt", service="openai") == []
    assert ids(project="another") == []


def test_pages_of_pictures_follow_each_other(site: Site) -> None:
    job: Any = site.paint(prompt="leafing through", count=3)
    first = site.client.get("/api/v1/images", params={"q": "leafing", "limit": 2}).json()
    second = site.client.get("/api/v1/images", params={"q": "leafing", "limit": 2, "cursor": first["next"]}).json()
    shown = [each["id"] for each in first["items"] + second["items"]]
    assert sorted(shown) == sorted(each["id"] for each in job["images"])
    assert second["next"] is None


def test_unknown_pictures_are_not_there(site: Site) -> None:
    for name in (str(uuid4()), "nonsense"):
        for part in ("", "/file", "/thumbnail", "/recipe"):
            assert site.client.get(f"/api/v1/images/{name}{part}").status_code == 404
