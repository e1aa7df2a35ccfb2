"""Messages to addresses that people gave: signed, sent once, never further than the guard allows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web
from standardwebhooks import WebhookVerificationError

from limner.domain.errors import InvalidRequest
from limner.domain.webhooks import Answered, Errand, WebhookEvent
from limner.testing.fakes import MemoryBlobs
from limner.testing.faults import Drop, Fault
from limner.wire.client import Wire
from limner.wire.guard import Guard
from limner.wire.posting import WirePosts
from tests.receiver import Receiver
from tests.wire.conftest import Handler, site

BODY = '{"type":"job.succeeded","data":{"id":"j1","say":"żółw"}}'.encode()
SECRET = "whsec_c2V2ZW50ZWVuIGJ5dGVzISEhISEhISE="
OTHER = "whsec_c2V2ZW50ZWVuIGJ5dGVzPz8/Pz8/Pz8="


def errand(url: str) -> Errand:
    return Errand(
        id="0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11",
        worker="w1",
        tries=1,
        webhook_id="h1",
        url=url,
        secret=SECRET,
        event=WebhookEvent.SUCCEEDED,
        created=datetime.now(UTC),
        data={},
    )


@asynccontextmanager
async def posts(*allowed: str) -> AsyncIterator[WirePosts]:
    async with Wire(MemoryBlobs(), guard=Guard(allowed)) as wire:
        yield WirePosts(wire)


async def post(url: str, *allowed: str, deadline: float = 10.0) -> Answered:
    async with posts(*allowed) as found:
        return await found.post(errand(url), BODY, at=datetime.now(UTC), deadline=deadline)


async def test_a_message_is_what_the_official_package_takes_for_genuine() -> None:
    async with Receiver() as receiver:
        assert await post(receiver.url, receiver.place) == Answered(status=204)
        (message,) = receiver.messages
    assert message.body == BODY
    assert message.id == errand("").id
    assert message.headers["content-type"] == "application/json"
    assert message.verified(SECRET) == {"type": "job.succeeded", "data": {"id": "j1", "say": "żółw"}}
    with pytest.raises(WebhookVerificationError):
        message.verified(OTHER)
    with pytest.raises(WebhookVerificationError):
        replace(message, body=BODY + b" ").verified(SECRET)


@pytest.mark.parametrize("status", [400, 410, 500, 503])
async def test_what_the_target_answers_is_told(status: int) -> None:
    async with Receiver() as receiver:
        receiver.faults.add(Fault(status=status, body="no " * 10))
        found = await post(receiver.url, receiver.place)
    assert found == Answered(status=status, problem=f"The target answered {status}.")


async def test_a_redirect_is_not_followed() -> None:
    async with Receiver() as receiver:
        receiver.faults.add(Fault(status=307, headers={"Location": receiver.url}))
        found = await post(receiver.url, receiver.place)
        assert len(receiver.messages) == 1
    assert found.status == 307
    assert "not followed" in found.problem


async def test_silence_and_a_broken_line_are_told() -> None:
    async with Receiver() as receiver:
        receiver.faults.add(Fault(delay=5))
        assert await post(receiver.url, receiver.place, deadline=0.1) == Answered(
            problem="The target did not answer within 0.1 seconds."
        )
        receiver.faults.add(Fault(drop=Drop.AFTER_READING))
        broken = await post(receiver.url, receiver.place)
    assert (broken.status, broken.problem[:28]) == (None, "The target cannot be reached")
    closed = await post(receiver.url, receiver.place)
    assert (closed.status, closed.problem[:28]) == (None, "The target cannot be reached")


def answering(*chunks: bytes) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for chunk in chunks:
            await answer.write(chunk)
        return answer

    return handler


async def test_no_more_of_an_answer_is_read_than_is_worth_it() -> None:
    async with site(answering(*[b"x" * 65_536] * 400), guard=Guard(), trusted=False) as found:
        place = found.base_url.removeprefix("http://")
        assert await post(found.base_url, place) == Answered(status=200)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/hook",
        "http://localhost:9/hook",
        "http://[::1]:9/hook",
        "http://169.254.169.254/latest",
        "http://10.0.0.8/hook",
        "ftp://example.com/hook",
        "https://user:pass@example.com/hook",
        "nonsense",
    ],
)
async def test_nothing_is_sent_into_a_private_network(url: str) -> None:
    found = await post(url, "127.0.0.1:10")
    assert found.status is None
    assert found.problem


async def test_an_address_is_checked_before_it_is_kept() -> None:
    async with posts("127.0.0.1:9") as found:
        await found.check("https://example.com/hook")
        await found.check("http://127.0.0.1:9/hook")
        for wrong in ("http://127.0.0.1:10/hook", "file:///etc/passwd"):
            with pytest.raises(InvalidRequest) as refused:
                await found.check(wrong)
            assert refused.value.field == "url"
