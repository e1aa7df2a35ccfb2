"""The load client against a real server."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from aiohttp import web

from bench.load import KEPT, Line, parcel, press, same


class Echo:
    """A server in a thread of its own that answers with what it was sent."""

    def __init__(self) -> None:
        self.address = ""
        self.most = 0
        self._now = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self._now += 1
        self.most = max(self.most, self._now)
        body = await request.read()
        await asyncio.sleep(0.005)
        self._now -= 1
        if request.path == "/chunked":
            answer = web.StreamResponse()
            answer.enable_chunked_encoding()
            await answer.prepare(request)
            await answer.write(body)
            await answer.write(body)
            return answer
        return web.Response(body=body, status=500 if request.path == "/broken" else 200)

    def _run(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    server = Echo()
    server.start()
    yield server
    server.stop()


def test_every_number_is_asked_once_over_so_many_connections(echo: Echo) -> None:
    done = press(echo.address, lambda number: parcel(echo.address, "POST", "/", {"n": number}), connections=4, total=20)
    done.check()
    assert sorted(answer.body for answer in done.answers) == sorted(b'{"n": %d}' % number for number in range(20))
    assert echo.most == 4


def test_chunked_answers_are_put_together(echo: Echo) -> None:
    assert same(echo.address, parcel(echo.address, "POST", "/chunked", "ab")).answers[0].body == b'"ab""ab"'


def test_of_a_large_answer_the_beginning_is_kept(echo: Echo) -> None:
    long, short = (same(echo.address, parcel(echo.address, "POST", "/", text)) for text in ("a" * 2 * KEPT, "b"))
    assert long.answers[0].body == b'"' + b"a" * (KEPT - 1)
    assert short.answers[0].body == b'"b"'


def test_an_error_is_no_good_answer(echo: Echo) -> None:
    asked = parcel(echo.address, "GET", "/broken")
    done = press(echo.address, lambda _: asked, connections=1, total=3)
    assert (done.good, len(done.answers)) == (0, 3)
    with pytest.raises(RuntimeError, match="3 errors; first: 500"):
        done.check()


async def test_a_server_that_is_not_there_is_status_0() -> None:
    line = Line("http://127.0.0.1:1")
    assert (await line.ask(parcel("http://127.0.0.1:1", "GET", "/"))).status == 0
