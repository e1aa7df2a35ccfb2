"""OpenAI's own client paints with Limner, and its hidden repeats never buy twice."""

import asyncio
import base64
import http.client
import io
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from PIL import Image

from limner.testing.faults import Drop, Fault
from tests.api.served import Site

PAID = {"model": "gpt-image-2", "size": "1024x1024", "quality": "low"}


@pytest.fixture
def client(site: Site) -> Iterator[OpenAI]:
    with OpenAI(api_key="unused", base_url=f"{site.url}/v1", max_retries=2) as client:
        yield client


def png(color: str = "white", size: tuple[int, int] = (64, 64), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, "PNG")
    return out.getvalue()


def opened(text: str | None) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text or "", validate=True)))


def test_pictures_come_in_base64(client: OpenAI) -> None:
    answer = client.images.generate(model="sketch", prompt="a lighthouse", n=2, size="64x64")
    assert [opened(picture.b64_json).size for picture in answer.data or []] == [(64, 64)] * 2
    assert (answer.size, answer.output_format, answer.background) == ("64x64", "png", "opaque")


def test_pictures_come_by_address(client: OpenAI, site: Site) -> None:
    answer = client.images.generate(model="sketch", prompt="a pier", size="64x64", response_format="url")
    picture = (answer.data or [])[0]
    assert picture.b64_json is None
    assert picture.url is not None
    assert picture.url.startswith(f"{site.url}/api/v1/images/")
    assert Image.open(io.BytesIO(site.client.get(picture.url).content)).size == (64, 64)


def test_a_services_picture_comes_as_it_is_with_its_usage(client: OpenAI, site: Site) -> None:
    answer = client.images.generate(prompt="a harbour at noon", **PAID)
    assert opened((answer.data or [])[0].b64_json).size == (1024, 1024)
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0
    job = site.client.get(f"/api/v1/jobs/{answer.model_dump()['limner']['job']}").json()
    original = site.client.get(f"/api/v1/images/{job['images'][0]['id']}/file?original=true").content
    assert base64.b64decode((answer.data or [])[0].b64_json or "") == original


def test_a_retired_model_leads_to_its_successor_and_the_answer_says_so(client: OpenAI) -> None:
    raw = client.images.with_raw_response.generate(
        model="dall-e-3", prompt="an old name", size="1024x1024", quality="standard", style="vivid"
    )
    assert raw.headers["x-limner-model"] == "openai/gpt-image-2"
    said = raw.parse().model_dump()
    assert said["model"] == "openai/gpt-image-2"
    assert said["quality"] == "medium"
    assert {"model", "style"} <= {line["field"] for line in said["limner"]["receipt"]}


async def test_the_asynchronous_client_paints_several_at_once(site: Site) -> None:
    async with AsyncOpenAI(api_key="unused", base_url=f"{site.url}/v1") as client:
        answers = await asyncio.gather(
            *(client.images.generate(model="sketch", prompt=f"boat {number}", size="64x64") for number in range(4))
        )
    assert all(opened((answer.data or [])[0].b64_json) for answer in answers)


def test_a_stream_shows_partial_pictures_and_then_the_whole_one(client: OpenAI) -> None:
    stream = client.images.generate(prompt="a slow harbour", stream=True, partial_images=2, **PAID)
    events = list(stream)
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert [getattr(event, "partial_image_index", None) for event in events[:2]] == [0, 1]
    assert all(opened(event.b64_json) for event in events)
    last = events[-1]
    assert last.type == "image_generation.completed"
    assert last.usage.total_tokens > 0
    assert (last.size, last.output_format) == ("1024x1024", "png")


def test_a_stream_of_an_edit_has_its_own_names(client: OpenAI) -> None:
    events = list(client.images.edit(image=("in.png", png(), "image/png"), prompt="more snow", stream=True, **PAID))
    assert [event.type for event in events] == ["image_edit.completed"]


def test_a_failure_in_a_stream_is_an_error(client: OpenAI, site: Site) -> None:
    site.stand_in.faults.add(Fault(status=400, body={"error": {"message": "no such thing", "code": "bad"}}))
    with pytest.raises(openai.APIError, match="no such thing"):
        list(client.images.generate(prompt="a failing harbour", stream=True, **PAID))


def test_several_pictures_and_a_mask_are_edited(client: OpenAI, site: Site) -> None:
    mask = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 32, 64))
    out = io.BytesIO()
    mask.save(out, "PNG")
    answer = client.images.edit(
        image=[("one.png", png("red"), "image/png"), ("two.png", png("blue"), "image/png")],
        mask=("mask.png", out.getvalue(), "image/png"),
        prompt="put the second into the first",
        **PAID,
    )
    job = site.client.get(f"/api/v1/jobs/{answer.model_dump()['limner']['job']}").json()
    assert job["request"]["operation"] == "inpaint"
    assert [picture["role"] for picture in job["request"]["inputs"]] == ["source", "reference", "mask"]


def test_variations_are_made_of_a_picture(client: OpenAI) -> None:
    with pytest.warns(DeprecationWarning, match="deprecated"):  # OpenAI itself no longer has them
        answer = client.images.create_variation(image=("in.png", png(), "image/png"), model="dall-e-2", n=2)
    assert len(answer.data or []) == 2


def test_models_are_listed_and_found(client: OpenAI) -> None:
    names = {model.id for model in client.models.list()}
    assert {"sketch", "gpt-image-2"} <= names
    assert "dall-e-3" not in names
    assert client.models.retrieve("dall-e-3").owned_by == "openai"
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("no-such-model")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize(
    "fields,param",
    [
        ({"n": 11}, "n"),
        ({"size": "large"}, "size"),
        ({"quality": "splendid"}, "quality"),
        ({"background": "pink"}, "background"),
        ({"output_format": "bmp"}, "output_format"),
        ({"prompt": ""}, "prompt"),
    ],
)
def test_bad_fields_are_named(client: OpenAI, fields: dict[str, object], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(**{"model": "sketch", "prompt": "a boat", **fields})
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_unknown_models_are_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.images.generate(model="nobody/nothing", prompt="a boat")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_what_may_not_be_painted_is_a_bad_request(client: OpenAI, site: Site) -> None:
    refused = {
        "message": "safety_violations=[violence]",
        "type": "image_generation_user_error",
        "code": "moderation_blocked",
    }
    site.stand_in.faults.add(Fault(status=400, body={"error": refused}))
    with pytest.raises(openai.BadRequestError) as caught:
        client.images.generate(prompt="something refused", **PAID)
    assert caught.value.code == "moderation_blocked"


def test_a_lost_purchase_is_not_repeated_by_the_client_nor_by_its_user(client: OpenAI, site: Site) -> None:
    before = site.stand_in.purchases
    prompt = f"lost {uuid4()}"
    site.stand_in.faults.add(Fault(drop=Drop.AFTER_READING))
    with pytest.raises(openai.InternalServerError) as first:
        client.images.generate(prompt=prompt, **PAID)
    assert first.value.response.headers["x-should-retry"] == "false"
    bought = site.stand_in.purchases
    assert bought - before <= 1
    with pytest.raises(openai.InternalServerError) as second:
        client.images.generate(prompt=prompt, **PAID)
    assert second.value.message == first.value.message
    assert site.stand_in.purchases == bought
    requests = [entry for entry in site.stand_in.log if entry.body.get("prompt") == prompt]
    assert len(requests) == 1
    assert client.images.generate(prompt=f"{prompt}, another", **PAID).data


def test_a_client_that_loses_patience_gets_the_picture_that_it_bought(site: Site) -> None:
    prompt = f"patience {uuid4()}"
    site.stand_in.faults.add(Fault(delay=1.5))
    with OpenAI(api_key="unused", base_url=f"{site.url}/v1", max_retries=5, timeout=0.7) as hasty:
        assert hasty.images.generate(prompt=prompt, **PAID).data
    requests = [entry for entry in site.stand_in.log if entry.body.get("prompt") == prompt]
    assert len(requests) == 1


def test_the_job_of_a_caller_who_left_goes_on(site: Site) -> None:
    prompt = f"left {uuid4()}"
    site.stand_in.faults.add(Fault(delay=0.8))
    with pytest.raises(httpx2.ReadTimeout):
        site.client.post("/v1/images/generations", json={"prompt": prompt, **PAID}, timeout=0.3)
    jobs: list[dict[str, Any]] = []
    for _ in range(400):
        jobs = [one for one in site.client.get("/api/v1/jobs").json()["items"] if one["prompt"] == prompt]
        if jobs:
            break
        time.sleep(0.02)
    job = jobs[0]
    with site.client.stream("GET", job["links"]["events"]) as events:
        events.read()
    assert site.client.get(job["links"]["self"]).json()["state"] == "succeeded"


def test_the_same_key_and_body_give_the_same_picture(client: OpenAI) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, second = (
        client.images.generate(model="sketch", prompt="once", size="64x64", extra_headers=headers) for _ in range(2)
    )
    assert first.data == second.data
    with pytest.raises(openai.BadRequestError):
        client.images.generate(model="sketch", prompt="twice", size="64x64", extra_headers=headers)


def test_too_many_at_the_service_say_when_to_come_again(site: Site) -> None:
    told = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}
    site.stand_in.faults.add(*[Fault(status=429, body=told, headers={"Retry-After": "0"})] * 12)
    answer = site.client.post("/v1/images/generations", json={"prompt": "busy", **PAID}, timeout=120)
    assert answer.status_code == 429, answer.text
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("path", ["/v1/nothing", "/compat/openai/v1/nothing"])
def test_what_is_not_there_is_told_in_openais_shape(site: Site, path: str) -> None:
    answer = site.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "headers,content,status",
    [
        ({"Host": "evil.example"}, b"{}", 421),
        ({"Origin": "https://evil.example"}, b"{}", 403),
        ({"Content-Type": "application/json"}, b"{", 400),
        ({"Content-Type": "text/plain"}, b"{}", 415),
    ],
)
def test_refusals_at_the_door_keep_openais_shape(
    site: Site, headers: dict[str, str], content: bytes, status: int
) -> None:
    answer = site.client.post("/v1/images/generations", headers=headers, content=content)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


def test_a_body_that_is_too_large_is_told_in_openais_shape(site: Site) -> None:
    line = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=10)
    line.putrequest("POST", "/v1/images/edits")
    line.putheader("Content-Length", "999999999999")
    line.endheaders()
    answer = line.getresponse()
    assert answer.status == 413
    assert set(json.loads(answer.read())) == {"error"}
    line.close()


def test_other_methods_are_refused_in_openais_shape(site: Site) -> None:
    answer = site.client.get("/v1/images/generations")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_the_surface_is_there_once_more_under_its_name(site: Site) -> None:
    body = {"model": "sketch", "prompt": "compat", "size": "64x64", "n": None, "quality": None}
    answer = site.client.post("/compat/openai/v1/images/generations", json=body)
    assert answer.status_code == 200
    assert answer.json()["model"] == "sketch/sketch"


@pytest.mark.parametrize("model", ["openai", "dalle3", "tier/high", "openai/gpt-image-2"])
def test_services_tiers_and_full_names_are_models_too(site: Site, model: str) -> None:
    answer = site.client.post("/v1/images/generations", json={"model": model, "prompt": f"named {model}", "n": 1})
    assert answer.status_code == 200, answer.text
    assert answer.json()["model"].startswith("openai/")


def test_pictures_are_edited_from_json_too(site: Site) -> None:
    data = "data:image/png;base64," + base64.b64encode(png()).decode()
    answer = site.client.post(
        "/v1/images/edits",
        json={"prompt": "at night", "images": [{"image_url": data}], "output_format": "jpeg", **PAID},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["output_format"] == "jpeg"
    far = site.client.post(
        "/v1/images/edits", json={"prompt": "x", "images": [{"image_url": "https://e.example/a.png"}]}
    )
    assert (far.status_code, far.json()["error"]["param"]) == (400, "image_url")


def test_what_the_builtin_artist_paints_is_signed_inline_too(site: Site) -> None:
    answer = site.client.post("/v1/images/generations", json={"model": "sketch", "prompt": "signed", "size": "64x64"})
    assert b"c2pa" in base64.b64decode(answer.json()["data"][0]["b64_json"])
