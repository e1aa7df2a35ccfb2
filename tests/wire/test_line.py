"""One request, one answer, and what every failure between them means."""

import asyncio
import base64
import socket
import traceback
from contextlib import aclosing
from dataclasses import replace

import orjson
import pytest
from aiohttp import BodyPartReader, web

from limner.domain.errors import FailureCode, Interrupted, ProviderError, Spent, StorageError
from limner.domain.request import Size
from limner.testing.fakes import MemoryReceiver
from limner.testing.pictures import PictureMaker
from limner.wire.answers import Limits
from limner.wire.outgoing import Form, FormFile, Outgoing
from limner.wire.pace import InTurn, Pace
from tests.wire.conftest import KEY, Handler, aborted, never, site

PNG = PictureMaker().png(Size(32, 32))
GOOD = orjson.dumps({"data": [{"b64_json": base64.b64encode(PNG).decode()}], "n": 1.5})


async def good(_: web.Request) -> web.Response:
    return web.Response(body=GOOD, content_type="application/json", headers={"X-Request-Id": "req-1"})


async def failure(handler: Handler, outgoing: Outgoing, limits: Limits | None = None) -> ProviderError:
    async with site(handler, limits=limits) as place:
        with pytest.raises(ProviderError) as caught:
            await place.line.send(outgoing)
        assert not place.blobs.files
        assert all(receiver.state == "discarded" for receiver in place.blobs.receivers)
        assert len(place.requests) == 1
    assert KEY not in "".join(traceback.format_exception(caught.value))
    return caught.value


async def test_a_picture_in_json_lands(purchase: Outgoing) -> None:
    async with site(good) as place:
        answer = await place.line.send(purchase)
        landed = answer.body.landed("data", 0, "b64_json")
        assert landed is not None
        assert place.blobs.files[landed.digest] == PNG
        assert answer.body.pictures == (landed,)
        assert answer.headers["x-request-id"] == "req-1"
        assert answer.body.number("n") == 1.5
        sent = place.requests[0]
        assert (sent.path, sent.headers["Authorization"]) == ("/v1/paint", f"Bearer {KEY}")
        assert sent.headers["Accept-Encoding"] == "identity"


async def test_a_picture_as_the_whole_body_lands(purchase: Outgoing) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=PNG, content_type="image/png")

    async with site(picture) as place:
        answer = await place.line.send(purchase)
        assert answer.file is not None
        assert (place.blobs.files[answer.file.digest], answer.media_type) == (PNG, "image/png")


async def test_a_body_that_is_no_picture_is_a_bad_answer(purchase: Outgoing) -> None:
    async def words(_: web.Request) -> web.Response:
        return web.Response(body=b"nothing to see here", content_type="image/png")

    problem = (await failure(words, purchase)).problem()
    assert (problem.code, problem.spent) == (FailureCode.BAD_ANSWER, Spent.YES)


async def test_a_form_goes_out_with_names_and_types(purchase: Outgoing) -> None:
    seen: list[tuple[str | None, str | None, str | None, bytes]] = []

    async def read(request: web.Request) -> web.Response:
        async for part in await request.multipart():
            assert isinstance(part, BodyPartReader)
            seen.append((part.name, part.filename, part.headers.get("Content-Type"), bytes(await part.read())))
        return await good(request)

    file = FormFile(name="image[]", filename="a.png", media_type="image/png", data=PNG)
    form = Form.of({"n": 2, "stream": False, "svg": {"model": "x"}, "prompt": "žluťoučký"}, [file, file])
    async with site(read) as place:
        await place.line.send(replace(purchase, json=None, form=form))
    assert [(name, data) for name, filename, _, data in seen if filename is None] == [
        ("n", b"2"),
        ("stream", b"false"),
        ("svg[model]", b"x"),
        ("prompt", "žluťoučký".encode()),
    ]
    assert [entry for entry in seen if entry[1]] == [("image[]", "a.png", "image/png", PNG)] * 2


async def test_a_large_body_arrives_whole(purchase: Outgoing) -> None:
    lengths: list[int] = []

    async def count(request: web.Request) -> web.Response:
        lengths.append(len(await request.read()))
        return await good(request)

    body = {"image": "A" * 900_000}
    async with site(count) as place:
        await place.line.send(replace(purchase, json=body))
    assert lengths == [len(orjson.dumps(body))]


@pytest.mark.parametrize(
    "body, limits, words",
    [
        (b'{"data":[{"b64_json":"' + b"QUJD" * 1_000 + b'"}]}', Limits(picture=500), "larger than 500 bytes"),
        (b'{"text":"' + b"x" * 9_000 + b'"}', Limits(rest=500), "more than 500 bytes"),
        (b'{"data":[{"b64_json":"QUJD!"}]}', Limits(), "base64 is wrong"),
        (b"<html>", Limits(), "no JSON"),
    ],
)
async def test_an_answer_that_cannot_be_used_was_paid_for(
    body: bytes, limits: Limits, words: str, purchase: Outgoing
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    problem = (await failure(answer, purchase, limits)).problem()
    assert (problem.code, problem.spent, problem.retryable) == (FailureCode.BAD_ANSWER, Spent.YES, False)
    assert words in problem.message


async def test_an_answer_that_is_not_http(purchase: Outgoing) -> None:
    async def noise(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        return aborted(request)

    problem = (await failure(noise, purchase)).problem()
    assert problem.spent is Spent.UNKNOWN
    assert not problem.retryable


async def test_a_huge_refusal_is_cut_and_still_clear(purchase: Outgoing) -> None:
    async def long(_: web.Request) -> web.Response:
        return web.Response(status=401, text=f"no {KEY} " + "x" * 1_000_000)

    error = await failure(long, purchase)
    assert error.problem().code == FailureCode.AUTHENTICATION
    assert len(error.message) < 1_000


async def test_a_refusal_whose_body_is_cut_is_clear_all_the_same(purchase: Outgoing) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=429, headers={"Retry-After": "2", "Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b"{")
        return aborted(request)

    problem = (await failure(cut, purchase)).problem()
    assert (problem.code, problem.retryable, problem.retry_after) == (FailureCode.RATE_LIMITED, True, 2.0)


async def test_trouble_with_a_question_costs_nothing_and_may_pass(question: Outgoing) -> None:
    async def busy(_: web.Request) -> web.Response:
        return web.Response(status=503)

    async def dropped(request: web.Request) -> web.Response:
        return aborted(request)

    # The second request has to arrive before its time is up, also on a machine that is busy.
    for handler, seconds, code in ((busy, 20.0, FailureCode.OVERLOADED), (never, 0.5, FailureCode.TIMED_OUT)):
        problem = (await failure(handler, replace(question, deadline=seconds))).problem()
        assert (problem.code, problem.retryable, problem.spent) == (code, True, Spent.NO)
    async with site(dropped) as place:
        with pytest.raises(ProviderError) as caught:
            await place.line.send(question)
    assert (caught.value.retryable, caught.value.spent) == (True, Spent.NO)


async def test_a_connection_that_has_gone_stale_is_not_used_to_send_twice(purchase: Outgoing) -> None:
    """The second request meets a line that the server has just closed: it stays one request."""

    async def once(request: web.Request) -> web.Response:
        return await good(request) if len(served) == 0 else aborted(request)

    served: list[int] = []
    async with site(once) as place:
        await place.line.send(purchase)
        served.append(1)
        with pytest.raises(ProviderError) as caught:
            await place.line.send(purchase)
        assert caught.value.spent is Spent.UNKNOWN
        assert len(place.requests) == 2


async def test_nobody_there(purchase: Outgoing) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with site(good) as place:
            connection = replace(place.line.connection, base_url=f"http://127.0.0.1:{port}")
            with pytest.raises(ProviderError) as caught:
                await replace(place.line, connection=connection).send(purchase)
    problem = caught.value.problem()
    assert (problem.code, problem.retryable, problem.spent) == (FailureCode.UNREACHABLE, True, Spent.NO)


async def test_a_server_that_speaks_no_tls_was_sent_nothing(purchase: Outgoing) -> None:
    async with site(good) as place:
        connection = replace(place.line.connection, base_url=place.base_url.replace("http:", "https:"))
        with pytest.raises(ProviderError) as caught:
            await replace(place.line, connection=connection).send(purchase)
        assert not place.requests
    assert (caught.value.code, caught.value.spent) == (FailureCode.UNREACHABLE, Spent.NO)


async def test_a_full_disk_is_told_with_what_was_paid(purchase: Outgoing, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: MemoryReceiver, __: bytes) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(MemoryReceiver, "write", full)
    async with site(good) as place:
        with pytest.raises(StorageError) as caught:
            await place.line.send(purchase)
        assert caught.value.problem().spent is Spent.YES
        assert [receiver.state for receiver in place.blobs.receivers] == ["discarded"]


async def test_a_closed_wire_sends_nothing(purchase: Outgoing) -> None:
    async with site(good) as place:
        line = place.line
    with pytest.raises(Interrupted):
        await line.send(purchase)


async def test_a_cancelled_purchase_leaves_nothing_behind(purchase: Outgoing) -> None:
    half = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        await answer.write(GOOD[: len(GOOD) // 2])
        half.set()
        await asyncio.sleep(30)
        return answer

    async with site(slow) as place:
        receive, opened = place.blobs.receive, asyncio.Event()

        async def noted() -> MemoryReceiver:
            opened.set()
            return await receive()

        place.blobs.receive = noted  # type: ignore[method-assign]  # the fake's own method, watched
        task = asyncio.ensure_future(place.line.send(purchase))
        await half.wait()
        await opened.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [receiver.state for receiver in place.blobs.receivers] == ["discarded"]


async def test_so_many_purchases_at_once_and_no_more() -> None:
    pace = Pace(requests_per_second=0, concurrency=2)
    await pace.enter()
    await pace.enter()
    third = asyncio.ensure_future(pace.enter())
    await asyncio.sleep(0)
    assert not third.done()
    pace.leave()
    await third


@pytest.mark.req("S1-015")
async def test_who_waits_for_a_models_own_pace_takes_no_place_at_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Pace(requests_per_second=0, concurrency=2)
    slow, other = (InTurn(Pace(requests_per_second=0, concurrency=1), service) for _ in range(2))
    await slow.enter()
    second = asyncio.ensure_future(slow.enter())
    await other.enter()
    assert (second.done(), service.load) == (False, 2)
    slow.leave()
    await second
    other.leave()
    slow.leave()
    assert service.load == 0
    monkeypatch.setattr("limner.wire.pace.PATIENCE", 0.01)
    full = Pace(requests_per_second=0, concurrency=1)
    await full.enter()
    own = Pace(requests_per_second=0, concurrency=1)
    with pytest.raises(TimeoutError):
        await InTurn(own, full).enter()
    assert own.load == 0


@pytest.mark.req("S4-010")
async def test_requests_a_second_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(requests_per_second=0.5, concurrency=1)
    monkeypatch.setattr("limner.wire.pace.PATIENCE", 0.03)
    await pace.enter()
    pace.leave()
    with pytest.raises(TimeoutError):
        await pace.enter()
    limitless = Pace(requests_per_second=0, concurrency=0)
    for _ in range(100):
        await limitless.enter()


async def test_a_pace_may_change_while_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(requests_per_second=0.5, concurrency=0)
    monkeypatch.setattr("limner.wire.pace.PATIENCE", 0.03)
    await pace.enter()
    pace.hold(0.5)
    with pytest.raises(TimeoutError):
        await pace.enter()
    pace.hold(0)
    for _ in range(100):
        await pace.enter()
    pace.hold(0.5)
    await pace.enter()
    with pytest.raises(TimeoutError):
        await pace.enter()
    assert pace.load == 102


async def test_events_come_as_they_are_sent(purchase: Outgoing) -> None:
    first_read = asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "x-request-id": "req-9"})
        await answer.prepare(request)
        await answer.write(b'event: a\ndata: {"n":1}\n\n')
        await first_read.wait()
        await answer.write(b'event: b\ndata: {"data":[{"b64_json":"QUJD"}]}\n\n')
        return answer

    async with site(stream) as place:
        names = []
        async for event in place.line.stream(purchase):
            names.append(event.name)
            first_read.set()
            assert event.headers["x-request-id"] == "req-9"
        assert names == ["a", "b"]
        assert list(place.blobs.files.values()) == [b"ABC"]


async def test_a_service_that_does_not_stream_gives_one_event(purchase: Outgoing) -> None:
    async with site(good) as place:
        events = [event async for event in place.line.stream(purchase)]
    assert [(event.name, event.body.number("n")) for event in events] == [("", 1.5)]


async def test_a_stream_that_falls_silent_is_given_up(purchase: Outgoing) -> None:
    async def silent(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        await answer.write(b'data: {"b64_json":"QUJD')
        await asyncio.sleep(30)
        return answer

    async with site(silent) as place:
        with pytest.raises(ProviderError) as caught:
            async for _ in place.line.stream(replace(purchase, deadline=0.05)):
                pass
        assert [receiver.state for receiver in place.blobs.receivers] == ["discarded"]
    assert (caught.value.code, caught.value.spent) == (FailureCode.TIMED_OUT, Spent.UNKNOWN)


async def test_a_stream_that_is_left_closes_its_line(purchase: Outgoing) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b'data: {"n":1}\n\n')
                await asyncio.sleep(0.005)
        finally:
            gone.set()

    gone = asyncio.Event()
    async with site(endless) as place:
        async with aclosing(place.line.stream(purchase)) as events:
            async for _ in events:
                break
        await asyncio.wait_for(gone.wait(), 5)


async def test_a_picture_that_its_headers_call_spoilt_is_not_taken_in(purchase: Outgoing) -> None:
    async def blurred(_: web.Request) -> web.Response:
        return web.Response(body=PNG, content_type="image/png", headers={"Finish-Reason": "CONTENT_FILTERED"})

    async with site(blurred) as place:
        answer = await place.line.send(replace(purchase, spoilt={"finish-reason": "CONTENT_FILTERED"}))
        assert (answer.ok, answer.file, answer.headers["finish-reason"]) == (True, None, "CONTENT_FILTERED")
        assert not place.blobs.receivers
        answer = await place.line.send(replace(purchase, spoilt={"finish-reason": "OTHER"}))
        assert answer.file is not None


async def test_nothing_yet_is_no_picture_whatever_its_type(purchase: Outgoing) -> None:
    async def accepted(_: web.Request) -> web.Response:
        return web.Response(status=202)  # goes out as application/octet-stream

    async with site(accepted) as place:
        answer = await place.line.send(purchase)
    assert (answer.status, answer.file, answer.body.value) == (202, None, None)


async def test_the_length_of_a_form_is_never_told_too_small(purchase: Outgoing) -> None:
    lengths: list[int] = []

    async def weigh(request: web.Request) -> web.Response:
        lengths.append(len(await request.read()))
        return web.json_response({})

    file = FormFile(name="image", filename="source.png", media_type="image/png", data=PNG)
    async with site(weigh) as place:
        for form in (
            Form(),
            Form(fields=(("prompt", "f\u00fcchse"),)),
            Form(fields=(("a", "b"),) * 20, files=(file,) * 3),
        ):
            await place.line.send(replace(purchase, json=None, form=form))
            assert form.length >= lengths[-1] > 0


async def test_what_would_be_refused_is_told_in_our_own_words() -> None:
    async with site(good) as place:
        problem = place.line.unfit("inputs", "takes less.").problem()
    assert (problem.message, problem.field, problem.spent) == ("OpenAI takes less.", "inputs", Spent.NO)


@pytest.mark.parametrize("status, retryable, spent", [(401, False, Spent.UNKNOWN), (503, True, Spent.NO)])
async def test_a_question_after_a_purchase_that_is_refused_leaves_open_what_became_of_it(
    question: Outgoing, status: int, retryable: bool, spent: Spent
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({}, status=status)

    error = await failure(refuse, replace(question, after_purchase=True))
    assert (error.retryable, error.spent) == (retryable, spent)
    assert ("may have been charged" in error.message) is (spent is Spent.UNKNOWN)


async def test_of_several_results_those_that_can_be_had_are_taken() -> None:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=PNG) if request.path == "/good" else web.Response(status=404)

    async with site(serve) as place:
        landed, why = await place.line.downloads([f"{place.base_url}/{name}" for name in ("gone", "good")], deadline=5)
        assert [one and place.blobs.files[one.digest] for one in landed] == [None, PNG]
        assert why is not None
        assert "no longer has the picture" in why
        assert (await place.line.downloads([f"{place.base_url}/good"], deadline=5))[1] is None
        with pytest.raises(ProviderError) as caught:
            await place.line.downloads([f"{place.base_url}/gone"], deadline=5)
    assert (caught.value.code, caught.value.spent) == (FailureCode.EXPIRED, Spent.YES)


async def test_of_several_results_none_is_given_up_while_trouble_may_pass() -> None:
    async def serve(request: web.Request) -> web.Response:
        return web.Response(body=PNG) if request.path == "/good" else web.Response(status=503)

    async with site(serve) as place:
        with pytest.raises(ProviderError) as caught:
            await place.line.downloads([f"{place.base_url}/{name}" for name in ("good", "bad")], deadline=5)
        assert (caught.value.retryable, caught.value.spent) == (True, Spent.NO)
        addresses = [f"{place.base_url}/{name}" for name in ("bad", "good")]
        landed, why = await place.line.downloads(addresses, deadline=5, bought_now=True)
        assert [one is None for one in landed] == [True, False]
        assert why is not None
        assert "503" in why


async def test_an_answer_without_a_body_is_no_file() -> None:
    async def empty(_: web.Request) -> web.Response:
        return web.Response(status=204)

    async with site(empty) as place:
        answer = await place.line.send(Outgoing(path="upload", deadline=5, purchase=False))
        assert (answer.ok, answer.file, answer.body.value) == (True, None, None)
        assert not place.blobs.receivers


async def test_without_a_path_a_request_goes_to_the_base_url_itself() -> None:
    async with site(good) as place:
        await place.line.send(Outgoing(deadline=5, purchase=False))
        assert place.requests[0].path == "/v1"


async def test_a_question_on_a_connection_that_was_kept_and_breaks_is_not_sent_again() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        return aborted(request)

    answers: list[Handler] = [good, broken]

    async def one_after_another(request: web.Request) -> web.StreamResponse:
        return await answers.pop(0)(request)

    async with site(one_after_another) as place:
        question = Outgoing(method="GET", path="paint", deadline=5, purchase=False)
        await place.line.send(question)
        with pytest.raises(ProviderError) as caught:
            await place.line.send(question)
        assert (caught.value.code, caught.value.retryable) == (FailureCode.LINE_DROPPED, True)
        assert (len(place.requests), answers) == (2, [])


async def test_a_refusal_may_be_for_the_adapter_to_read(question: Outgoing) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"why": "unsafe"}, status=422)

    async with site(refuse) as place:
        answer = await place.line.send(replace(question, any_status=True))
    assert (answer.ok, answer.status, answer.body.text("why")) == (False, 422, "unsafe")
