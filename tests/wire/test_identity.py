"""What issuers answer: in pieces, too much, too little, and where they must not send us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import orjson
import pytest
from aiohttp import web

from limner.domain.identity import IssuerUnavailable
from limner.testing.fakes import MemoryBlobs
from limner.testing.stand_in import broken_off
from limner.wire.client import Wire
from limner.wire.guard import Guard
from limner.wire.identity import MOST_READ, WireIssuer
from tests.wire.conftest import Handler, site

SAYS = {"issuer": "https://id.example.com", "jwks_uri": "https://id.example.com/keys"}


@asynccontextmanager
async def issuer(handler: Handler) -> AsyncIterator[tuple[WireIssuer, str]]:
    async with site(handler, trusted=False) as found, Wire(MemoryBlobs(), guard=Guard()) as wire:
        yield WireIssuer(wire, {}, found.base_url, None, "no address", "https://[id"), found.base_url


def answering(status: int, body: object = SAYS) -> Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=orjson.dumps(body))

    return answer


async def in_pieces(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    text = orjson.dumps({**SAYS, "scopes": ["x" * 50_000]})
    for start in range(0, len(text), 1000):
        await answer.write(text[start : start + 1000])
    return answer


async def broken(request: web.Request) -> web.StreamResponse:
    return broken_off(request)


async def garbled(_: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>")


async def elsewhere(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("https://evil.example/keys")


async def too_much(_: web.Request) -> web.StreamResponse:
    return web.Response(body=b'{"keys": "' + b"x" * MOST_READ + b'"}')


async def test_a_document_that_comes_in_pieces_is_read_whole() -> None:
    async with issuer(in_pieces) as (asked, here):
        found = await asked.document(here)
        assert found["jwks_uri"] == SAYS["jwks_uri"]
        assert found["scopes"] == ["x" * 50_000]


@pytest.mark.parametrize(
    "handler", [broken, garbled, elsewhere, too_much, answering(404), answering(500), answering(401)]
)
async def test_what_is_no_document_is_none(handler: Handler) -> None:
    async with issuer(handler) as (asked, here):
        with pytest.raises(IssuerUnavailable) as refused:
            await asked.document(f"{here}/secret")
        assert "secret" not in refused.value.message


async def test_a_refusal_is_told_apart_from_a_failure() -> None:
    for status in (400, 401):
        async with issuer(answering(status, {"error": "invalid_grant"})) as (asked, here):
            assert await asked.redeem(here, {"code": "x"}, {}) is None
            assert await asked.described(here, {}) is None
    async with issuer(answering(403)) as (asked, here):
        assert await asked.described(here, {}) is None
        with pytest.raises(IssuerUnavailable):
            await asked.redeem(here, {"code": "x"}, {})
    async with issuer(answering(200, ["no", "object"])) as (asked, here):
        assert await asked.redeem(here, {"code": "x"}, {}) == {}


async def test_a_form_goes_out_as_one_and_only_where_it_is_meant() -> None:
    taken: list[tuple[str, str, str]] = []

    async def take(request: web.Request) -> web.StreamResponse:
        form = await request.text()
        taken.append((request.method, request.headers["Authorization"], form))
        return web.json_response({"id_token": "x"})

    async with issuer(take) as (asked, here):
        given = await asked.redeem(f"{here}/token", {"code": "a&b=c", "x": "ü"}, {"Authorization": "Basic abc"})
    assert given == {"id_token": "x"}
    ((method, authorization, form),) = taken
    assert (method, authorization, parse_qs(form)) == ("POST", "Basic abc", {"code": ["a&b=c"], "x": ["ü"]})


@pytest.mark.parametrize("place", ["http://127.0.0.1:9/token", "https://10.0.0.1/token", "file:///etc/passwd", "", "x"])
async def test_an_issuer_sends_us_nowhere_inside_our_network(place: str) -> None:
    async with issuer(answering(200)) as (asked, _):
        with pytest.raises(IssuerUnavailable, match="cannot be used"):
            await asked.redeem(place, {"code": "x"}, {})
