"""Who may come in, how much they may bring, and what every answer carries."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator

import httpx2
import orjson
import pytest
from fastapi import FastAPI, Request

from limner.api import errors
from limner.api.door import Door, Rules
from limner.api.journal import JsonLines, TextLines
from limner.domain.authority import authority_of, is_loopback
from limner.testing.fakes import CountingIds

LIMIT = 1000


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    errors.install(app)
    rules = Rules(
        public=authority_of("https://limner.example:8443/studio"),
        max_body=LIMIT,
        origins=frozenset({"https://app.test"}),
    )
    app.add_middleware(Door, rules=rules, ids=CountingIds())

    @app.api_route("/echo", methods=["GET", "POST"])
    async def echo(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8003") as client:
        yield client


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8003", "127.8.9.1", "localhost", "LOCALHOST:1", "[::1]:8003", "a.localhost"]
)
async def test_this_machine_is_at_home(client: httpx2.AsyncClient, host: str) -> None:
    assert (await client.get("/echo", headers={"Host": host})).status_code == 200


async def test_the_configured_name_is_at_home(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/echo", headers={"Host": "limner.example:8443"})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "", "[::1", "limner.example"],
)
async def test_other_names_are_turned_away(client: httpx2.AsyncClient, host: str) -> None:
    for method in ("GET", "POST"):
        answer = await client.request(method, "/echo", headers={"Host": host})
        assert answer.status_code == 421
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "foreign_host"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:8004", "http://127.0.0.1"]
)
async def test_foreign_pages_change_nothing(client: httpx2.AsyncClient, origin: str) -> None:
    refused = await client.post("/echo", headers={"Origin": origin})
    assert refused.status_code == 403
    assert refused.json()["code"] == "foreign_origin"
    assert (await client.get("/echo", headers={"Origin": origin})).status_code == 200


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8003", "https://limner.example:8443"])
async def test_own_pages_may(client: httpx2.AsyncClient, origin: str) -> None:
    assert (await client.post("/echo", headers={"Origin": origin})).status_code == 200


@pytest.mark.req("S0-069")
async def test_bodies_have_a_limit_whether_or_not_they_say_their_length(client: httpx2.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 100

    assert (await client.post("/echo", content=b"x" * LIMIT)).json() == LIMIT
    for content in (b"x" * (LIMIT + 1), chunks()):
        answer = await client.post("/echo", content=content)
        assert answer.status_code == 413
        assert answer.json()["code"] == "body_too_large"


async def test_a_body_has_to_come(app: FastAPI) -> None:
    never = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x"
        await never.wait()

    for rules in (
        Rules(public=None, max_body=LIMIT, between_pieces=0.05),
        Rules(public=None, max_body=LIMIT, whole_body=0.05),
    ):
        transport = httpx2.ASGITransport(app=Door(app, rules=rules, ids=CountingIds()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8003") as client:
            answer = await client.post("/echo", content=stuck())
        assert (answer.status_code, answer.json()["code"]) == (400, "body_late")
        assert answer.headers["connection"] == "close"


async def test_headers_that_stand_twice_are_read_together(client: httpx2.AsyncClient) -> None:
    twice = [("Host", "127.0.0.1"), ("Origin", "http://127.0.0.1:8003"), ("Origin", "https://evil.example")]
    assert (await client.post("/echo", headers=twice[:2])).status_code == 403
    assert (await client.post("/echo", headers=[("Host", "127.0.0.1:8003"), *twice[1:]])).status_code == 403
    assert (await client.post("/echo", headers=[("Host", "127.0.0.1:8003"), twice[1]])).status_code == 200


async def test_every_answer_has_a_name_and_says_what_it_is(client: httpx2.AsyncClient) -> None:
    for path in ("/echo", "/nothing"):
        answer = await client.get(path)
        assert answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "server" not in answer.headers


async def test_a_callers_own_name_is_kept_where_it_is_harmless(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/echo", headers={"X-Request-Id": "abc-1.2_3"})).headers["x-request-id"] == "abc-1.2_3"
    for name in ("a b", "<script>", "x" * 65):
        assert (await client.get("/echo", headers={"X-Request-Id": name})).headers["x-request-id"] != name


@pytest.mark.req("S4-067", "S4-068")
async def test_each_request_is_one_line_in_the_log_without_secrets(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "limner.access")
    answer = await client.get("/echo?token=hunter2", headers={"Authorization": "Bearer hunter3"})
    (record,) = [record for record in caplog.records if record.name == "limner.access"]
    line = orjson.loads(JsonLines().format(record))
    assert line["request_id"] == answer.headers["x-request-id"]
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request", "GET", "/echo", 200)
    assert "hunter" not in str(line)


def test_a_line_for_people_tells_the_same() -> None:
    try:
        raise OSError("no disk")
    except OSError:
        given = {
            "msg": "request_failed",
            "levelname": "ERROR",
            "created": 0.5,
            "path": "/x\n",
            "exc_info": sys.exc_info(),
        }
    first, *rest = TextLines().format(logging.makeLogRecord(given)).splitlines()
    assert first == "1970-01-01T00:00:00.500000Z error    request_failed path='/x\\n'"
    assert rest[-1] == "OSError: no disk"
    told = orjson.loads(JsonLines().format(logging.makeLogRecord(given)))
    assert (told["level"], told["path"], told["exception"].splitlines()[-1]) == ("error", "/x\n", "OSError: no disk")


@pytest.mark.parametrize(
    "authority",
    [
        "[",
        "a[b]",
        "127.0.0.1@evil.example",
        "evil@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1#x",
        "127.0.0.1:x",
        "127.1",
        '"x.localhost',
    ],
)
def test_odd_names_are_not_this_machine(authority: str) -> None:
    assert not is_loopback(authority)


@pytest.mark.req("S4-032")
async def test_pages_of_other_origins_that_are_named_may_ask_and_read(client: httpx2.AsyncClient) -> None:
    theirs = {"Origin": "https://app.test"}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    preflight = await client.options("/echo", headers={**theirs, **asks})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "https://app.test")
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    for answer in (
        await client.post("/echo", headers=theirs, content=b"abc"),
        await client.get("/nothing", headers=theirs),
    ):
        assert answer.headers["access-control-allow-origin"] == "https://app.test"
        assert "Origin" in answer.headers["vary"]
        assert "access-control-allow-credentials" not in answer.headers
    for foreign in ("https://evil.test", "https://app.test.evil.test", "null"):
        refused = await client.post("/echo", headers={"Origin": foreign})
        asked = await client.options("/echo", headers={"Origin": foreign, **asks})
        read = await client.get("/echo", headers={"Origin": foreign})
        assert (refused.status_code, asked.status_code, read.status_code) == (403, 405, 200)
        for answer in (refused, asked, read):
            assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-origin" not in (await client.get("/echo")).headers
