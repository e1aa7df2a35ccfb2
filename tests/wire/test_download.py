"""Files are fetched from where a service or a user says they lie, and from nowhere else."""

import pytest
from aiohttp import web

from limner.domain.errors import BadPicture, FailureCode, InvalidRequest, ProviderError, Spent
from limner.domain.request import Size
from limner.testing.pictures import PictureMaker
from limner.wire.answers import Limits
from limner.wire.download import fetch_for_user
from limner.wire.guard import Guard
from limner.wire.kinds import picture_type
from tests.wire.conftest import never, site

PNG = PictureMaker().png(Size(32, 32), length=300_000)


async def files(request: web.Request) -> web.StreamResponse:
    name = request.path.removeprefix("/")
    if name.startswith("hop"):
        left = int(name[3:])
        raise web.HTTPFound(f"/hop{left - 1}" if left else "/a.png")
    if name == "inside":
        raise web.HTTPFound("http://169.254.169.254/latest/meta-data")
    if name == "nowhere":
        return web.Response(status=302, headers={"Location": "http://[::1/"})
    if name == "a.png":
        return web.Response(body=PNG, content_type="text/html")
    if name == "words":
        return web.Response(body=b"<html>signed in?</html>" * 100, content_type="image/png")
    if name == "empty":
        return web.Response(body=b"", content_type="image/png")
    raise web.HTTPGone if name == "gone" else web.HTTPServiceUnavailable


async def test_a_result_is_fetched_without_the_key() -> None:
    async with site(files) as place:
        landed = await place.line.download(f"{place.base_url}/a.png", deadline=5)
        assert place.blobs.files[landed.digest] == PNG
        assert "Authorization" not in place.requests[0].headers


async def test_redirects_are_followed_so_far() -> None:
    async with site(files) as place:
        landed = await place.line.download(f"{place.base_url}/hop4", deadline=5)
        assert place.blobs.files[landed.digest] == PNG
        with pytest.raises(ProviderError, match="more than 5 times"):
            await place.line.download(f"{place.base_url}/hop5", deadline=5)


@pytest.mark.parametrize(
    "path, code, spent, retryable",
    [
        ("inside", FailureCode.BAD_ANSWER, Spent.YES, False),
        ("gone", FailureCode.EXPIRED, Spent.YES, False),
        ("busy", FailureCode.FAILED, Spent.NO, True),
        ("words", FailureCode.BAD_ANSWER, Spent.YES, False),
        ("empty", FailureCode.BAD_ANSWER, Spent.YES, False),
        ("nowhere", FailureCode.BAD_ANSWER, Spent.YES, False),
    ],
)
async def test_what_cannot_be_fetched(path: str, code: FailureCode, spent: Spent, retryable: bool) -> None:
    async with site(files) as place:
        with pytest.raises(ProviderError) as caught:
            await place.line.download(f"{place.base_url}/{path}", deadline=5)
        assert not place.blobs.files
        assert all(receiver.state == "discarded" for receiver in place.blobs.receivers)
    assert (caught.value.code, caught.value.spent, caught.value.retryable) == (code, spent, retryable)


async def test_a_result_is_asked_for_again_and_what_was_bought_is_not_bought_again() -> None:
    answers = [503, 500, 200]

    async def flaky(_: web.Request) -> web.StreamResponse:
        return web.Response(status=answers.pop(0), body=PNG)

    async with site(flaky) as place:
        landed = await place.line.download(f"{place.base_url}/a.png", deadline=5, bought_now=True)
        assert place.blobs.files[landed.digest] == PNG
        answers += [503, 503, 503]
        with pytest.raises(ProviderError) as caught:
            await place.line.download(f"{place.base_url}/a.png", deadline=5, bought_now=True)
        assert not answers
    assert (caught.value.problem().spent, caught.value.problem().retryable) == (Spent.YES, False)


async def test_a_service_cannot_send_us_to_another_place_inside() -> None:
    async with site(files, trusted=False) as place:
        with pytest.raises(ProviderError) as caught:
            await place.line.download(f"{place.base_url}/a.png", deadline=5)
        assert not place.requests
    assert (caught.value.code, caught.value.spent) == (FailureCode.BAD_ANSWER, Spent.YES)


async def test_size_and_time_have_limits() -> None:
    async with site(files, limits=Limits(picture=1_000)) as place:
        with pytest.raises(ProviderError, match="larger than 1000 bytes"):
            await place.line.download(f"{place.base_url}/a.png", deadline=5)
    async with site(never) as place:
        with pytest.raises(ProviderError) as caught:
            await place.line.download(f"{place.base_url}/a.png", deadline=0.05)
    assert (caught.value.code, caught.value.retryable) == (FailureCode.TIMED_OUT, True)


async def test_a_user_may_fetch_from_the_allow_list_only() -> None:
    async with site(files) as place:
        with pytest.raises(InvalidRequest, match="private network"):
            await fetch_for_user(place.line.wire, f"{place.base_url}/a.png", deadline=5, limit=1_000_000)
        assert not place.requests
    async with site(files) as other:
        guard = Guard([other.base_url.removeprefix("http://")])
        async with site(files, guard=guard, trusted=False) as place:
            fetched = await fetch_for_user(place.line.wire, f"{other.base_url}/hop1", deadline=5, limit=1_000_000)
            assert (place.blobs.files[fetched.landed.digest], fetched.media_type) == (PNG, "image/png")
            for path, error in (("inside", InvalidRequest), ("gone", InvalidRequest), ("words", BadPicture)):
                with pytest.raises(error) as caught:
                    await fetch_for_user(place.line.wire, f"{other.base_url}/{path}", deadline=5, limit=1_000_000)
                assert caught.value.field == "url"
            with pytest.raises(BadPicture, match="larger than"):
                await fetch_for_user(place.line.wire, f"{other.base_url}/a.png", deadline=5, limit=1_000)


@pytest.mark.parametrize(
    "head, kind",
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"GIF89a", "image/gif"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', "image/svg+xml"),
        (b"\xef\xbb\xbf <svg>", "image/svg+xml"),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"\x00\x00\x00\x1cftypmp42", None),
        (b"<html><svg>", None),
        (b"", None),
    ],
)
def test_the_type_is_by_content(head: bytes, kind: str | None) -> None:
    assert picture_type(head) == kind
