"""Event streams: whole, resumed, as a page; read once however many listen, and ended with the process."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from limner.api.gate import STILL
from limner.api.streaming import ASKED_AFTER, BEATS, PING, Broadcasts, EventStream, framed
from limner.domain.errors import StorageError
from limner.domain.events import Event, EventKind
from limner.testing.fakes import FakeClock
from limner.testing.faults import Fault
from tests.api.served import Site

PAID = {"prompt": "a harbour", "model": "openai/gpt-image-2", "size": "1024x1024", "quality": "low"}


def told(text: str) -> list[dict[str, Any]]:
    """The events of a stream, checked for their form."""
    events = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in lines:
            data = json.loads(lines["data"])
            assert lines["id"] == str(data["number"])
            assert lines["event"] == data["kind"]
            events.append(data)
    return events


def test_a_finished_job_tells_its_whole_story_and_the_stream_ends(site: Site) -> None:
    job: Any = site.paint()
    answer = site.client.get(job["links"]["events"])
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("retry: 2000\n\n")
    events = told(answer.text)
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert [events[0]["kind"], events[-1]["kind"]] == ["queued", "finished"]
    assert events[-1]["data"]["state"] == "succeeded"
    picture = next(event for event in events if event["kind"] == "picture")
    assert picture["data"]["id"] == job["images"][0]["id"]


@pytest.mark.req("S0-042")
def test_a_stream_goes_on_where_it_broke(site: Site) -> None:
    job: Any = site.paint()
    here = job["links"]["events"]
    events = told(site.client.get(here).text)
    assert told(site.client.get(here, headers={"Last-Event-ID": "2"}).text) == events[2:]
    assert told(site.client.get(here, params={"after": 1}).text) == events[1:]
    assert told(site.client.get(here, headers={"Last-Event-ID": "99999"}).text) == []
    assert site.client.get(here, headers={"Last-Event-ID": "x"}).status_code == 422


def test_the_same_events_come_as_a_page(site: Site) -> None:
    job: Any = site.paint()
    here = job["links"]["events"]
    page = site.client.get(here, params={"after": 1}, headers={"Accept": "application/json"}).json()
    assert page == {"items": told(site.client.get(here, params={"after": 1}).text), "next": None}


def test_a_running_job_is_followed_to_its_end(site: Site) -> None:
    site.stand_in.faults.add(Fault(delay=0.3))
    job = site.client.post("/api/v1/jobs", json=PAID).json()
    with site.client.stream("GET", job["links"]["events"]) as answer:
        events = told("".join(answer.iter_text()))
    assert events[-1]["kind"] == "finished"
    assert events[-1]["data"]["pictures"] == 1


def test_nobody_listens_to_a_job_that_is_not_there(site: Site) -> None:
    answer = site.client.get(f"/api/v1/jobs/{uuid4()}/events")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


class Source:
    """A job's events under the test's control."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self.opened = 0
        self.closed = 0

    async def follow(self, job_id: str, owner: str, *, after: int = 0) -> AsyncIterator[Event | None]:
        self.opened += 1
        try:
            while True:
                item = await self.queue.get()
                if isinstance(item, Exception):
                    raise item
                yield item
                if item is not None and item.kind is EventKind.FINISHED:
                    return
        finally:
            self.closed += 1


def event(number: int, kind: EventKind = EventKind.PROGRESS) -> Event:
    return Event(job_id="job", number=number, kind=kind, at=datetime(2026, 11, 21, tzinfo=UTC))


class Listener:
    """What one caller of a stream receives."""

    def __init__(
        self,
        broadcasts: Broadcasts,
        after: int = 0,
        order: list[str] | None = None,
        is_still: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self.hung_up = asyncio.Event()
        self.takes = asyncio.Event()
        self.takes.set()
        self.body = b""
        self._order = [] if order is None else order
        scope: dict[str, Any] = {} if is_still is None else {STILL: is_still}
        self.task = asyncio.create_task(
            EventStream(broadcasts, "job", "local", after=after)(scope, self._receive, self._send)
        )

    async def _receive(self) -> dict[str, Any]:
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.takes.wait()
        self.body += message.get("body", b"")
        if b"event: finished" in message.get("body", b""):
            self._order.append("told")
        elif message.get("more_body") is False:
            self._order.append("closed")

    @property
    def numbers(self) -> list[int]:
        return [each["number"] for each in told(self.body.decode())]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_many_listeners_share_one_reading() -> None:
    source = Source()
    broadcasts = Broadcasts(framed(source.follow))
    listeners = [Listener(broadcasts), Listener(broadcasts), Listener(broadcasts, after=1)]
    for item in (event(1), None, event(2), event(3, EventKind.FINISHED)):
        source.queue.put_nowait(item)
    await asyncio.gather(*(listener.task for listener in listeners))
    assert source.opened == source.closed == 1
    assert [listener.numbers for listener in listeners] == [[1, 2, 3], [1, 2, 3], [2, 3]]


async def test_who_comes_late_misses_nothing() -> None:
    source = Source()
    broadcasts = Broadcasts(framed(source.follow))
    first = Listener(broadcasts)
    source.queue.put_nowait(event(1))
    await settle()
    second = Listener(broadcasts)
    await settle()
    source.queue.put_nowait(event(2, EventKind.FINISHED))
    await asyncio.gather(first.task, second.task)
    assert second.numbers == first.numbers == [1, 2]
    assert source.opened == 1


@pytest.mark.req("S0-052")
async def test_silence_brings_each_listener_a_sign_of_life_and_never_all_at_once() -> None:
    source = Source()
    broadcasts = Broadcasts(framed(source.follow))
    listeners = [Listener(broadcasts) for _ in range(2 * BEATS)]
    await settle()
    pinged = []
    for _ in range(BEATS):
        source.queue.put_nowait(None)
        await settle()
        pinged.append(sum(listener.body.count(PING) for listener in listeners))
    assert pinged == list(range(2, 2 * BEATS + 1, 2))
    assert all(listener.body.count(PING) == 1 for listener in listeners)
    source.queue.put_nowait(event(1, EventKind.FINISHED))
    await asyncio.gather(*(listener.task for listener in listeners))
    assert all(listener.numbers == [1] for listener in listeners)


@pytest.mark.req("S0-052")
async def test_who_has_hung_up_is_noticed_in_the_silence_and_the_last_one_ends_the_reading() -> None:
    source = Source()
    listener = Listener(Broadcasts(framed(source.follow)))
    await settle()
    listener.hung_up.set()
    assert source.closed == 0
    for _ in range(BEATS):
        source.queue.put_nowait(None)
    await listener.task
    assert source.closed == 1
    assert PING not in listener.body


async def test_whoever_may_no_longer_listen_is_cut_off_within_a_minute() -> None:
    source, clock, asked = Source(), FakeClock(), list[float]()
    broadcasts = Broadcasts(framed(source.follow), now=clock.monotonic)
    begun, let_in = clock.monotonic(), True

    async def is_still() -> bool:
        asked.append(clock.monotonic() - begun)
        return let_in

    watched, local = Listener(broadcasts, is_still=is_still), Listener(broadcasts)

    async def seconds(number: int) -> None:
        for _ in range(number):
            clock.advance(1)
            source.queue.put_nowait(None)
            await settle()

    await seconds(120)
    assert len(asked) == 2
    assert ASKED_AFTER <= asked[0] <= 60
    let_in = False
    await seconds(60)
    assert watched.task.done()
    assert not local.task.done()
    source.queue.put_nowait(event(1, EventKind.FINISHED))
    await local.task
    assert (watched.numbers, local.numbers) == ([], [1])


async def test_whoever_may_no_longer_listen_is_cut_off_amid_the_news_too() -> None:
    source, clock = Source(), FakeClock()
    broadcasts = Broadcasts(framed(source.follow), now=clock.monotonic)

    async def is_still() -> bool:
        return False

    listener = Listener(broadcasts, is_still=is_still)
    for number in range(1, ASKED_AFTER + 2):
        source.queue.put_nowait(event(number))
        await settle()
        clock.advance(1)
    await listener.task
    assert listener.numbers[-1] < ASKED_AFTER + 2


async def test_everybody_is_told_before_anybodys_line_is_closed() -> None:
    source, order = Source(), list[str]()
    broadcasts = Broadcasts(framed(source.follow))
    listeners = [Listener(broadcasts, order=order) for _ in range(3)]
    await settle()
    source.queue.put_nowait(event(1, EventKind.FINISHED))
    await asyncio.gather(*(listener.task for listener in listeners))
    assert order == ["told"] * 3 + ["closed"] * 3


async def test_streams_end_when_the_process_ends() -> None:
    source = Source()
    broadcasts = Broadcasts(framed(source.follow))
    listener = Listener(broadcasts)
    source.queue.put_nowait(event(1))
    await settle()
    broadcasts.stop()
    await listener.task
    assert listener.numbers == [1]
    assert source.closed == 1
    never = asyncio.get_running_loop().create_future()
    assert await broadcasts.unless_stopping(never, "as it is") == "as it is"


async def test_a_reading_that_breaks_ends_the_stream_so_that_the_caller_comes_again() -> None:
    source = Source()
    listener = Listener(Broadcasts(framed(source.follow)))
    source.queue.put_nowait(event(1))
    source.queue.put_nowait(StorageError("away"))
    await listener.task
    assert listener.numbers == [1]


async def test_who_comes_again_is_read_to_afresh_even_while_a_slow_listener_of_the_broken_reading_stays() -> None:
    source = Source()
    broadcasts = Broadcasts(framed(source.follow))
    slow = Listener(broadcasts)
    await settle()
    slow.takes.clear()
    source.queue.put_nowait(event(1))
    source.queue.put_nowait(StorageError("away"))
    await settle()
    again = Listener(broadcasts)
    await settle()
    source.queue.put_nowait(event(1, EventKind.FINISHED))
    await again.task
    assert again.numbers == [1]
    slow.takes.set()
    await slow.task
    assert source.opened == source.closed == 2
