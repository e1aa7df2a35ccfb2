"""Sockets, headers of the administrator's own, and files that lie behind the same door."""

from contextlib import aclosing
from dataclasses import replace

import pytest
from aiohttp import WSMsgType, web

from limner.domain.errors import FailureCode, NotConfigured, ProviderError, Spent
from limner.domain.request import Size
from limner.providers.connecting import connections
from limner.testing.examples import CARD
from limner.testing.pictures import PictureMaker
from limner.wire.connection import Connection, read_headers, without_credentials
from limner.wire.outgoing import Outgoing
from tests.shipped import shipped
from tests.wire.conftest import KEY, Handler, aborted, never, site

PNG = PictureMaker().png(Size(8, 8))
HELLO = Outgoing(method="GET", path="ws", json={"type": "hello"}, deadline=10.0, purchase=False)


async def echo(request: web.Request) -> web.StreamResponse:
    """Repeats the first message, says who came and closes."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.send_str((await socket.receive()).data)
    await socket.send_bytes(str(request.headers.get("Authorization")).encode())
    await socket.close()
    return socket


async def test_messages_come_as_they_are_sent_until_the_service_closes() -> None:
    async with site(echo) as place:
        got = [message async for message in place.line.listen(HELLO)]
        assert got == ['{"type":"hello"}', f"Bearer {KEY}".encode()]
        assert "Origin" not in place.requests[0].headers


async def test_a_socket_that_is_left_is_closed() -> None:
    seen: list[WSMsgType] = []

    async def waiting(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("one")
        while not socket.closed:
            seen.append((await socket.receive()).type)
        return socket

    async with site(waiting) as place, aclosing(place.line.listen(HELLO)) as messages:
        async for message in messages:
            assert message == "one"
            break
    assert WSMsgType.CLOSE in seen


async def elsewhere(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://127.0.0.1:9/inside")


async def dropping(request: web.Request) -> web.StreamResponse:
    return aborted(request)


async def plain(_: web.Request) -> web.StreamResponse:
    return web.Response(text="no socket here")


@pytest.mark.parametrize(
    ("handler", "code", "deadline"),
    [
        (elsewhere, FailureCode.BAD_ANSWER, 10.0),
        (plain, FailureCode.BAD_ANSWER, 10.0),
        (dropping, FailureCode.LINE_DROPPED, 10.0),
        (never, FailureCode.TIMED_OUT, 0.05),
    ],
    ids=["redirect", "no socket", "dropped", "late"],
)
async def test_a_socket_that_does_not_open(handler: Handler, code: FailureCode, deadline: float) -> None:
    async with site(handler) as place:
        with pytest.raises(ProviderError) as caught:
            async for _ in place.line.listen(replace(HELLO, deadline=deadline)):
                pass
        assert (caught.value.code, caught.value.spent) == (code, Spent.NO)
        assert {request.path for request in place.requests} == {"/v1/ws"}


async def test_an_answer_without_a_type_and_without_a_body_is_no_picture() -> None:
    async def done(_: web.Request) -> web.StreamResponse:
        return web.Response()

    async with site(done) as place:
        answer = await place.line.send(Outgoing(path="queue", json={}, deadline=10.0, purchase=False))
        assert (answer.ok, answer.file, answer.body.value) == (True, None, None)


@pytest.mark.parametrize("own", [False, True])
async def test_a_file_of_the_services_own_is_fetched_with_its_headers(own: bool) -> None:
    async def picture(_: web.Request) -> web.StreamResponse:
        return web.Response(body=PNG, content_type="image/png")

    async with site(picture) as place:
        await place.line.download(f"{place.base_url}/a.png", deadline=10.0, own=own)
        assert ("Authorization" in place.requests[0].headers) is own
        elsewhere = replace(place.line, connection=Connection(base_url="http://127.0.0.1:9"))
        await elsewhere.download(f"{place.base_url}/a.png", deadline=10.0, own=own)
        assert "Authorization" not in place.requests[1].headers


async def test_headers_of_the_administrator_win_and_are_never_told() -> None:
    async def gossip(request: web.Request) -> web.StreamResponse:
        return web.Response(text=f"no {request.headers['Authorization']}", status=500)

    async with site(gossip) as place:
        connection = replace(place.line.connection, headers=(("Authorization", "Basic open-sesame-77"),))
        line = replace(place.line, connection=connection).adapted(headers={"Authorization": "Bearer x"})
        with pytest.raises(ProviderError) as caught:
            await line.send(HELLO)
        assert place.requests[0].headers["Authorization"] == "Basic open-sesame-77"
        assert "sesame" not in caught.value.message + repr(connection)


async def test_a_local_service_never_owes_money() -> None:
    async with site(dropping) as place:
        line = replace(place.line, card=replace(CARD, local=True))
        with pytest.raises(ProviderError) as caught:
            await line.send(replace(HELLO, purchase=True))
        assert caught.value.spent is Spent.NO
        assert "charged" not in caught.value.message


def test_headers_are_written_one_a_line() -> None:
    assert read_headers("X-One: 1\n  Authorization:  Bearer a b:c \n\n") == (
        ("X-One", "1"),
        ("Authorization", "Bearer a b:c"),
    )
    for wrong in ("nothing", "X One: 1", "X-One: \u20ac", ": 1", "X-One:"):
        with pytest.raises(ValueError, match="one header a line"):
            read_headers(wrong)


def test_user_and_password_of_an_address_become_a_header() -> None:
    assert without_credentials("http://me:p%40ss@127.0.0.1:8188/x") == (
        "http://127.0.0.1:8188/x",
        (("Authorization", "Basic bWU6cEBzcw=="),),
    )
    assert without_credentials("https://api.example.com/v1") == ("https://api.example.com/v1", ())
    assert without_credentials("http://[broken") == ("http://[broken", ())


def test_headers_come_from_the_environment() -> None:
    cards = shipped().services
    found = connections(cards, {"OPENAI_HEADERS": "X-Door: open", "OPENAI_BASE_URL": "http://me:you@box:8188/"})
    assert found["openai"].base_url == "http://box:8188"
    assert [name for name, _ in found["openai"].headers] == ["Authorization", "X-Door"]
    with pytest.raises(NotConfigured) as caught:
        connections(cards, {"OPENAI_HEADERS": "secret-without-name"})
    assert "OPENAI_HEADERS" in caught.value.message
    assert "secret" not in caught.value.message
