"""`/mcp` of a real server: whose sessions are whose, how many there may be, and how they end."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from limner.domain.people import Role
from limner.testing.faults import Fault
from tests.api.people import PASSWORD, accounts_site, add_user, client_of, quick_hashes
from tests.api.served import Site, serving
from tests.mcp.conftest import ERAS, FREE, PAID, Person, problem_of, told

JSON = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
PAINTS = {"prompt": "a cat", **PAID}


def message(method: str, number: int | None = 1, **params: Any) -> dict[str, Any]:
    named = {} if number is None else {"id": number}
    return {"jsonrpc": "2.0", "method": method, "params": params, **named}


HELLO = message(
    "initialize", 0, protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "tests", "version": "1"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A session as a program without a library has it."""

    site: Site
    headers: dict[str, str]

    def send(self, body: object, **headers: str) -> httpx2.Response:
        return httpx2.post(f"{self.site.url}/mcp", json=body, headers={**self.headers, **headers}, timeout=30)

    def answer(self, body: object) -> Any:
        """The result in the stream that answers."""
        answer = self.send(body)
        assert answer.status_code == 200, answer.text
        said = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
        return json.loads(said[-1])["result"]


def begun(site: Site, token: str | None = None) -> Line:
    """A session, introduced."""
    headers = JSON if token is None else {**JSON, "Authorization": f"Bearer {token}"}
    hello = httpx2.post(f"{site.url}/mcp", json=HELLO, headers=headers, timeout=30)
    assert hello.status_code == 200, hello.text
    name = hello.headers["mcp-session-id"]
    line = Line(site=site, headers={**headers, "Mcp-Session-Id": name, "MCP-Protocol-Version": "2025-11-25"})
    assert line.send(message("notifications/initialized", None)).status_code == 202
    return line


def token_of(site: Site, email: str, *scopes: str) -> tuple[str, str]:
    """A token of somebody's, and its id."""
    with client_of(site, email, PASSWORD) as browser:
        made = browser.post("/api/v1/tokens", json={"name": "a model", "scopes": list(scopes) or ["read", "generate"]})
        assert made.status_code == 201, made.text
        return made.json()["token"], made.json()["id"]


@contextmanager
def talking(site: Site, token: str, person: Person | None = None, era: str = "legacy") -> Iterator[Any]:
    """A function that asks a tool as somebody, with the official client."""

    async def call(tool: str, arguments: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as client:
            transport = streamable_http_client(f"{site.url}/mcp", http_client=client)
            async with Client(transport, mode=era, elicitation_callback=person) as mcp:
                return await mcp.call_tool(tool, arguments)

    yield lambda tool, **arguments: asyncio.run(call(tool, arguments))


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A server that Ann, Ben and Vic, who may only look, sign in to."""
    folder = tmp_path_factory.mktemp("mcp")
    with pytest.MonkeyPatch.context() as patch:
        quick_hashes(patch)
        with accounts_site(folder) as site:
            for name, role in {"ann": Role.MEMBER, "ben": Role.MEMBER, "vic": Role.VIEWER}.items():
                add_user(folder, f"{name}@mcp.example", role)
            yield site, folder


def test_nobody_is_let_in_unnamed(people: tuple[Site, Path]) -> None:
    site, _ = people
    for headers in ({}, {"Authorization": "Bearer lim_nobody"}, {"Authorization": "Basic eDp5"}):
        for method in ("POST", "GET", "DELETE"):
            answer = httpx2.request(method, f"{site.url}/mcp", headers={**JSON, **headers}, content=json.dumps(HELLO))
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("era", ERAS)
def test_two_people_see_their_own_things_only(people: tuple[Site, Path], era: str) -> None:
    site, _ = people
    ann, _ = token_of(site, "ann@mcp.example")
    ben, _ = token_of(site, "ben@mcp.example")
    person = Person()
    with talking(site, ann, person, era) as as_ann, talking(site, ben, None, era) as as_ben:
        before = site.stand_in.purchases
        job = told(as_ann("generate", prompt=f"a cat of Ann's, {era}", **PAID))
        assert (len(person.asked), site.stand_in.purchases) == (1, before + 1)
        (picture,) = job["pictures"]
        assert picture["url"] == f"{site.url}/images/{picture['id']}"
        assert problem_of(as_ben("get", id=job["job_id"]))["code"] == "not_found"
        assert problem_of(as_ben("get", id=picture["uri"]))["code"] == "not_found"
        assert problem_of(as_ben("cancel", id=job["job_id"]))["code"] == "not_found"
        assert told(as_ben("search", words="Ann's"))["pictures"] == []
        assert told(as_ann("get", id=job["job_id"]))["job"]["pictures"] == job["pictures"]


def test_a_session_is_whose_who_began_it(people: tuple[Site, Path]) -> None:
    site, _ = people
    ann, ben = token_of(site, "ann@mcp.example")[0], token_of(site, "ben@mcp.example")[0]
    line = begun(site, ann)
    stolen = {"Authorization": f"Bearer {ben}"}
    assert line.answer(message("tools/list", 1))["tools"]
    assert line.send(message("tools/list", 2), **stolen).status_code == 404
    url = f"{site.url}/mcp"
    for method in ("GET", "DELETE"):
        assert httpx2.request(method, url, headers={**line.headers, **stolen}).status_code == 404
    assert line.answer(message("tools/list", 3))["tools"]
    assert httpx2.delete(url, headers=line.headers).status_code == 200
    assert line.send(message("tools/list", 4)).status_code == 404


def test_a_token_may_do_no_more_here_than_elsewhere(people: tuple[Site, Path]) -> None:
    site, _ = people
    reads, _ = token_of(site, "ann@mcp.example", "read")
    looks, _ = token_of(site, "vic@mcp.example")
    for token in (reads, looks):
        with talking(site, token) as ask:
            assert problem_of(ask("generate", prompt="a cat", **FREE))["code"] == "forbidden"
            assert told(ask("estimate", **PAINTS))["quote"]["most_usd"]


def test_a_token_that_is_taken_away_ends_its_session(people: tuple[Site, Path]) -> None:
    site, _ = people
    token, name = token_of(site, "ben@mcp.example")
    line = begun(site, token)
    with client_of(site, "ben@mcp.example") as browser:
        assert browser.delete(f"/api/v1/tokens/{name}").status_code in (200, 204)
    assert line.send(message("tools/list", 1)).status_code == 401


def test_a_stream_ends_when_its_token_is_taken_away(people: tuple[Site, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.mcp.sessions.ASKED_AFTER", 0.05)
    site, _ = people
    token, name = token_of(site, "ben@mcp.example")
    headers = {**begun(site, token).headers, "Accept": "text/event-stream"}
    with httpx2.stream("GET", f"{site.url}/mcp", headers=headers, timeout=30) as stream:
        assert stream.status_code == 200
        with client_of(site, "ben@mcp.example") as browser:
            browser.delete(f"/api/v1/tokens/{name}")
        with suppress(httpx2.RemoteProtocolError):  # the stream is cut, or ends
            assert stream.read() is not None


def test_limits_hold_here_as_they_do_elsewhere(people: tuple[Site, Path]) -> None:
    site, _ = people
    token, _ = token_of(site, "ben@mcp.example")
    before = site.stand_in.purchases
    with talking(site, token) as ask:
        told(ask("generate", count=8, max_cost_usd="1", **PAINTS))
        refused = problem_of(ask("generate", count=8, max_cost_usd="1", **PAINTS))
    assert (refused["code"], refused["spent"]) == ("image_limit_exceeded", "no")
    assert "10 images/hour" in refused["message"]
    assert site.stand_in.purchases - before <= 8


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of one person."""
    with serving(tmp_path_factory.mktemp("alone")) as site:
        yield site


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_other_peoples_pages_are_turned_away(alone: Site, method: str) -> None:
    line = begun(alone)
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Host": "evil.example"}):
        answer = httpx2.request(
            method, f"{alone.url}/mcp", headers={**line.headers, **foreign}, content=json.dumps(message("ping"))
        )
        assert answer.status_code in {403, 421}, answer.text


def test_a_request_that_is_sent_again_buys_once(alone: Site) -> None:
    line = begun(alone)
    before = alone.stand_in.purchases
    call = message("tools/call", 7, name="generate", arguments={**PAINTS, "max_cost_usd": "0.10"})
    first = line.answer(call)["structuredContent"]
    again = line.answer(call)["structuredContent"]
    assert (first["job_id"], alone.stand_in.purchases) == (again["job_id"], before + 1)
    other = line.answer({**call, "id": 8})["structuredContent"]
    assert (other["job_id"] != first["job_id"], alone.stand_in.purchases) == (True, before + 2)


def test_who_hangs_up_gets_the_rest_when_they_come_back(alone: Site) -> None:
    line = begun(alone)
    alone.stand_in.faults.add(Fault(delay=1.0))
    call = message("tools/call", 1, name="generate", arguments={**PAINTS, "max_cost_usd": "0.10"})
    with httpx2.stream("POST", f"{alone.url}/mcp", json=call, headers=line.headers, timeout=30) as stream:
        last = next(text for text in stream.iter_lines() if text.startswith("id: ")).removeprefix("id: ")
    back = {**line.headers, "Last-Event-ID": last, "Accept": "text/event-stream"}
    with httpx2.stream("GET", f"{alone.url}/mcp", headers=back, timeout=30) as stream:
        assert stream.status_code == 200
        data = next(text for text in stream.iter_lines() if text.startswith("data: {") and '"result"' in text)
    assert json.loads(data.removeprefix("data: "))["result"]["structuredContent"]["state"] == "succeeded"
    nobody = {**back, "Mcp-Session-Id": begun(alone).headers["Mcp-Session-Id"]}
    with httpx2.stream("GET", f"{alone.url}/mcp", headers={**nobody, "Last-Event-ID": "999"}, timeout=30) as stream:
        assert all('"result"' not in text for text in stream.iter_lines())


def test_somebody_has_so_many_sessions_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.mcp.sessions.MOST_SESSIONS_EACH", 2)
    with serving(tmp_path) as site:
        idle, busy = begun(site), begun(site)
        stream = {**busy.headers, "Accept": "text/event-stream"}
        with httpx2.stream("GET", f"{site.url}/mcp", headers=stream, timeout=30) as listening:
            assert listening.status_code == 200
            third = begun(site)
            assert idle.send(message("tools/list", 1)).status_code == 404
            with httpx2.stream(
                "GET", f"{site.url}/mcp", headers={**stream, **third.headers, "Accept": stream["Accept"]}
            ):
                full = httpx2.post(f"{site.url}/mcp", json=HELLO, headers=JSON)
                assert (full.status_code, "sessions" in full.text) == (503, True)
        assert httpx2.delete(f"{site.url}/mcp", headers=third.headers).status_code == 200
        begun(site)


def test_somebody_has_so_many_calls_under_way_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("limner.mcp.sessions.MOST_CALLS_EACH", 1)
    with serving(tmp_path) as site:
        line = begun(site)
        stream = {**line.headers, "Accept": "text/event-stream"}
        with httpx2.stream("GET", f"{site.url}/mcp", headers=stream, timeout=30) as listening:
            assert listening.status_code == 200
            refused = line.send(message("tools/list", 1))
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
            assert refused.headers["retry-after"] == "5"


def test_a_body_that_is_too_large_is_refused(alone: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    line = begun(alone)
    large = message("tools/call", 1, name="edit", arguments={"image": "data:" + "a" * 25_000_001, "prompt": "x"})
    assert line.send(large).status_code == 413


def test_streams_end_with_the_server_and_the_job_goes_on(tmp_path: Path) -> None:
    with httpx2.Client(timeout=30) as client:
        with serving(tmp_path) as site:
            line, url = begun(site), f"{site.url}/mcp"
            site.stand_in.faults.add(Fault(delay=5))
            call = message("tools/call", 1, name="generate", arguments={**PAINTS, "max_cost_usd": "0.10"})
            asked = (
                client.build_request("GET", url, headers={**line.headers, "Accept": "text/event-stream"}),
                client.build_request("POST", url, json=call, headers=line.headers),
            )
            streams = [client.send(request, stream=True) for request in asked]
            while not site.stand_in.purchases:
                assert not streams[1].is_closed
        for stream in streams:
            with suppress(httpx2.HTTPError):
                assert '"result"' not in stream.read().decode()
    with serving(tmp_path) as site:
        (job,) = site.client.get("/api/v1/jobs").json()["items"]
        assert job["state"] in {"running", "succeeded", "ambiguous"}


def test_nothing_of_it_is_loaded_before_it_is_asked_for() -> None:
    code = (
        "import sys, limner.server, limner.cli.commands; sys.exit(any(n.split('.')[0] == 'mcp' for n in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
