"""What OpenAI is sent, and what becomes of its answers."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest
from aiohttp import web

from limner.domain.call import Call, Finished, Landed, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.prices import Meter
from limner.domain.request import Operation, Role, Size
from limner.testing.conformance import KEY
from limner.testing.examples import CALL, CARD, Bench, input_picture, provider_at
from limner.testing.faults import Drop, Fault
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.wire.connection import Connection


@asynccontextmanager
async def openai(*faults: Fault) -> AsyncIterator[tuple[OpenAIStandIn, Bench]]:
    async with OpenAIStandIn(key=KEY) as stand_in:
        stand_in.faults.add(*faults)
        connection = Connection(base_url=stand_in.base_url, api_key=KEY, organization="org-1", base_url_overridden=True)
        async with provider_at(CARD, connection) as bench:
            yield stand_in, bench


def at(base_url: str) -> AbstractAsyncContextManager[Bench]:
    """OpenAI's format at another address, without a key."""
    return provider_at(CARD, Connection(base_url=base_url, base_url_overridden=True))


async def streamed(bench: Bench, call: Call) -> list[Partial | Finished]:
    return [item async for item in bench.provider.stream(call)]  # type: ignore[attr-defined]  # OpenAI streams


@pytest.mark.req("S0-019")
async def test_a_generation_as_it_is_sent() -> None:
    call = replace(
        CALL, count=3, size=Size(1536, 1024), format="webp", background="transparent", extra={"moderation": "low"}
    )
    async with openai() as (stand_in, bench):
        await bench.provider.submit(call)
    assert stand_in.log[0].path == "/v1/images/generations"
    assert stand_in.log[0].body == {
        "model": "gpt-image-2",
        "prompt": "a red fox in snow",
        "n": 3,
        "size": "1536x1024",
        "quality": "low",
        "output_format": "webp",
        "background": "transparent",
        "moderation": "low",
    }
    assert stand_in.log[0].headers["OpenAI-Organization"] == "org-1"
    assert stand_in.log[0].headers["Authorization"] == f"Bearer {KEY}"


async def test_what_is_not_wanted_is_left_out_but_never_the_quality() -> None:
    bare = Call(id="1", model="gpt-image-2.6-flare", operation=Operation.GENERATE, prompt="fox", count=1)
    async with openai() as (stand_in, bench):
        await bench.provider.submit(replace(bare, extra={"moderation": None}))
    assert stand_in.log[0].body == {"model": "gpt-image-2.6-flare", "prompt": "fox", "n": 1, "quality": "auto"}


@pytest.mark.parametrize("name", ["prompt", "image", "image[]", "mask", "n", "model"])
async def test_what_was_looked_at_and_priced_is_not_changed_afterwards(name: str) -> None:
    async with openai() as (stand_in, bench):
        with pytest.raises(ProviderError) as refused:
            await bench.provider.submit(replace(CALL, extra={name: "another"}))
    assert (refused.value.field, refused.value.spent) == (f"extra.{name}", Spent.NO)
    assert stand_in.log == []


async def test_an_account_without_a_key_sends_none() -> None:
    async with OpenAIStandIn() as stand_in, at(stand_in.base_url) as bench:
        await bench.provider.submit(CALL)
    assert "Authorization" not in stand_in.log[0].headers


async def test_usage_is_counted_in_tokens() -> None:
    async with openai() as (_, bench):
        finished = await bench.provider.submit(replace(CALL, count=2))
    assert isinstance(finished, Finished)
    assert finished.usage == {
        Meter.INPUT_TEXT_TOKEN: Decimal(4),
        Meter.INPUT_IMAGE_TOKEN: Decimal(0),
        Meter.OUTPUT_IMAGE_TOKEN: Decimal(392),
        Meter.OUTPUT_TEXT_TOKEN: Decimal(0),
    }
    assert (finished.request_id, finished.cost) == ("req_1", None)


async def test_usage_without_details_is_all_picture() -> None:
    usage = {"input_tokens": 9, "output_tokens": 196, "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}}
    body = {"created": 1, "data": [{"b64_json": "iVBORw0KGgo=", "revised_prompt": "a fox"}], "usage": usage}
    async with openai(Fault(status=200, body=body)) as (_, bench):
        finished = await bench.provider.submit(CALL)
    assert isinstance(finished, Finished)
    assert finished.usage[Meter.OUTPUT_IMAGE_TOKEN] == 196
    assert finished.pictures[0].revised_prompt == "a fox"


@pytest.mark.parametrize(
    "operation", [Operation.EDIT, Operation.INPAINT, Operation.STYLE_TRANSFER, Operation.VARIATIONS]
)
async def test_an_edit_sends_the_source_first_and_the_mask_apart(operation: Operation) -> None:
    source = input_picture(Role.SOURCE, number=1)
    inputs = (
        input_picture(Role.STYLE, number=2),
        input_picture(Role.MASK),
        replace(input_picture(Role.REFERENCE, number=3), media_type="image/png"),
        source,
    )
    async with openai() as (stand_in, bench):
        finished = await bench.provider.submit(replace(CALL, operation=operation, inputs=inputs))
    assert isinstance(finished, Finished)
    assert finished.usage[Meter.INPUT_IMAGE_TOKEN] == 9
    body = stand_in.log[0].body
    assert stand_in.log[0].path == "/v1/images/edits"
    images, mask = body["image[]"], body["mask"]
    assert isinstance(images, list)
    assert [str(image).split()[:2] for image in images] == [
        ["source-0.png", "image/png"],
        ["style-1.png", "image/png"],
        ["reference-2.png", "image/png"],
    ]
    assert str(mask).startswith("mask.png image/png")
    assert {name: body[name] for name in ("model", "n", "quality", "prompt")} == {
        "model": "gpt-image-2",
        "n": 1,
        "quality": "low",
        "prompt": "a red fox in snow",
    }


async def test_one_picture_goes_by_another_field_than_several() -> None:
    async with openai() as (stand_in, bench):
        await bench.provider.submit(replace(CALL, operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),)))
        references = tuple(input_picture(Role.REFERENCE, number=number) for number in range(16))
        await bench.provider.submit(replace(CALL, inputs=references))
    assert "image" in stand_in.log[0].body
    several = stand_in.log[1].body["image[]"]
    assert isinstance(several, list)
    assert len(several) == 16


async def test_fewer_pictures_than_asked_are_delivered() -> None:
    async with openai(Fault(pictures=1), Fault(garbage="!!")) as (_, bench):
        for _ in range(2):
            finished = await bench.provider.submit(replace(CALL, count=2))
            assert isinstance(finished, Finished)
            assert len(finished.pictures) == 1


async def test_partial_pictures_are_shown_and_land() -> None:
    async with openai() as (stand_in, bench):
        news = await streamed(bench, replace(CALL, count=2, partials=2))
        assert [(type(item), getattr(item, "index", None)) for item in news] == [
            (Partial, 0),
            (Partial, 0),
            (Partial, 1),
            (Partial, 1),
            (Finished, None),
        ]
        assert all(isinstance(item.preview, Landed) for item in news if isinstance(item, Partial))
        assert len(bench.blobs.files) == 6
    finished = news[-1]
    assert isinstance(finished, Finished)
    assert len(finished.pictures) == 2
    assert finished.usage[Meter.OUTPUT_IMAGE_TOKEN] == 792
    assert (stand_in.log[0].body["stream"], stand_in.log[0].body["partial_images"]) == (True, 2)


async def test_an_edit_streams_as_well() -> None:
    call = replace(CALL, operation=Operation.EDIT, inputs=(input_picture(Role.SOURCE),), partials=1)
    async with openai() as (stand_in, bench):
        news = await streamed(bench, call)
    assert [type(item) for item in news] == [Partial, Finished]
    assert stand_in.log[0].body["stream"] is True


@pytest.mark.parametrize(
    "fault, code",
    [
        (Fault(error_event=True), FailureCode.FAILED),
        (Fault(drop=Drop.IN_ANSWER), FailureCode.LINE_DROPPED),
    ],
)
async def test_a_stream_that_breaks_keeps_what_was_whole(fault: Fault, code: FailureCode) -> None:
    async with openai(fault, fault) as (_, bench):
        finished = (await streamed(bench, replace(CALL, count=2, partials=1)))[-1]
        assert isinstance(finished, Finished)
        assert (len(finished.pictures), finished.lost, finished.usage) == (1, 1, {})
        assert "OpenAI" in str(finished.pictures[0].notes["cut_short"])
        with pytest.raises(ProviderError) as caught:
            await streamed(bench, replace(CALL, partials=1))
    assert (caught.value.code, caught.value.spent) == (code, Spent.UNKNOWN)


async def test_a_refusal_within_a_stream_is_a_refusal() -> None:
    error = '{"error": {"message": "no safety_violations=[sexual]", "code": "moderation_blocked", "type": "x"}}'

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(text=f"event: error\ndata: {error}\n\n", content_type="text/event-stream")

    async with small_server(refuse) as base_url, at(base_url) as bench:
        with pytest.raises(ProviderError) as caught:
            await streamed(bench, CALL)
    assert (caught.value.code, caught.value.spent) == (FailureCode.REFUSED, Spent.NO)


async def test_a_stream_without_a_picture_was_paid_for() -> None:
    async with openai(Fault(pictures=0)) as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await streamed(bench, CALL)
    assert (caught.value.code, caught.value.spent) == (FailureCode.BAD_ANSWER, Spent.YES)


@asynccontextmanager
async def small_server(handler: object) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]  # a handler by its use
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    await runner.cleanup()


async def test_a_compatible_service_may_give_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.wire.line.PAUSES", (0.0, 0.0))
    png = input_picture(Role.SOURCE).data
    posts: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.Response(body=png, status=200 if request.path == "/files/1" else 503)
        posts.append(request.path)
        places = {1: ["1"], 2: ["gone"]}.get(len(posts), ["gone", "1"])
        return web.json_response({"data": [{"url": f"http://{request.host}/files/{place}"} for place in places]})

    async with small_server(serve) as base_url, at(base_url) as bench:
        await bench.provider.submit(CALL)
        assert list(bench.blobs.files.values()) == [png]
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(CALL)
        assert (caught.value.spent, caught.value.retryable) == (Spent.YES, False)
        finished = await bench.provider.submit(replace(CALL, count=2))
    assert isinstance(finished, Finished)
    [picture] = finished.pictures
    assert "503" in str(picture.notes["cut_short"])
    assert len(posts) == 3


async def test_an_organisation_and_key_are_checked_by_listing_models() -> None:
    async with OpenAIStandIn(key=KEY) as stand_in:
        for key, overridden in ((KEY, False), (KEY, True), ("sk-wrong-0123456789", True)):
            connection = Connection(base_url=stand_in.base_url, api_key=key, base_url_overridden=overridden)
            async with provider_at(CARD, connection) as bench:
                if key == KEY:
                    models = await bench.provider.list_models()  # type: ignore[attr-defined]  # OpenAI lists them
                    assert "gpt-image-2" in models
                else:
                    with pytest.raises(ProviderError) as caught:
                        await bench.provider.list_models()  # type: ignore[attr-defined]  # OpenAI lists them
                    assert caught.value.code == FailureCode.AUTHENTICATION
                    assert "Invalid API key" in caught.value.message


async def test_no_call_goes_on_there() -> None:
    async with openai() as (_, bench):
        with pytest.raises(ProviderError) as caught:
            await bench.provider.poll(Pending(ticket={"id": "x"}, poll_after=1.0))
    assert caught.value.code == FailureCode.EXPIRED
