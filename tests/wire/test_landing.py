"""Pictures are decoded, hashed and written as they come."""

import asyncio
import base64
import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.domain.call import Landed
from limner.testing.fakes import MemoryBlobs
from limner.wire import landing as landing_module
from limner.wire.answers import Assembly, Limits
from limner.wire.landing import Base64Landing, Landing, in_thread
from limner.wire.split import BadAnswer

LIMIT = 10_000_000


async def landed(*pieces: bytes, limit: int = LIMIT) -> bytes | str:
    """The bytes that were kept, or what was wrong."""
    blobs = MemoryBlobs()
    landing = Base64Landing(await blobs.receive(), limit)
    for piece in pieces:
        await landing.add(piece)
    landing.end()
    kept = await landing.kept()
    if kept is None:
        assert blobs.receivers[0].state == "discarded"
        return landing.broken or ""
    assert kept == Landed(
        digest=hashlib.sha256(blobs.files[kept.digest]).hexdigest(), size=len(blobs.files[kept.digest])
    )
    return blobs.files[kept.digest]


@given(st.binary(min_size=1, max_size=400), st.lists(st.integers(0, 600), max_size=8), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_borders_may_fall_anywhere(data: bytes, borders: list[int], piece: int) -> None:
    text = base64.b64encode(data)
    edges = [0, *sorted({min(border, len(text)) for border in borders}), len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    old, landing_module.PIECE = landing_module.PIECE, piece
    try:
        assert asyncio.run(landed(*pieces)) == data
    finally:
        landing_module.PIECE = old


@pytest.mark.parametrize(
    "text, data",
    [
        (b"QUJD", b"ABC"),
        (b"QUI=", b"AB"),
        (b"QUI", b"AB"),
        (b"QQ", b"A"),
        (b"data:image/png;base64,QUJD", b"ABC"),
        (rb"data:image\/png;base64,QUJD", b"ABC"),
        (rb"\/\/\/\/", b"\xff\xff\xff"),
        (rb"\u002b\u002b\u002b\u002b", b"\xfb\xef\xbe"),
        (rb"QU\r\nJD\n", b"ABC"),
        (rb"QUI\u003d", b"AB"),
        (b"data", b"\x75\xab\x5a"),
    ],
)
async def test_every_way_of_writing_it(text: bytes, data: bytes) -> None:
    assert await landed(text) == data
    assert await landed(*(text[place : place + 1] for place in range(len(text)))) == data


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Q",
        b"QU!D",
        b"no base64 at all",
        b"QQ==QUJD",
        b"Q===",
        rb"QUJD\u00e9",
        b"data:" + b"x" * 300,
        rb"QUJD\u00",
    ],
)
async def test_what_is_no_base64_is_broken(text: bytes) -> None:
    assert isinstance(await landed(text), str)
    assert isinstance(await landed(*(text[place : place + 1] for place in range(len(text)))), str)


async def test_nothing_comes_after_the_padding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing_module, "PIECE", 4)
    assert "after the padding" in str(await landed(b"QUJDQUJD", b"QUI=", b"QUJD"))
    assert await landed(b"QUJDQUJD", b"QUI=") == b"ABCABCAB"


async def test_a_picture_has_a_limit() -> None:
    with pytest.raises(BadAnswer, match="larger than 9 bytes"):
        await landed(b"QUJD" * 4, limit=9)


async def test_raw_bytes_have_a_limit_too() -> None:
    blobs = MemoryBlobs()
    landing = Landing(await blobs.receive(), 10)
    await landing.add(b"12345")
    with pytest.raises(BadAnswer, match="larger than 10 bytes"):
        await landing.add(b"1234567")
    await landing.discard()
    assert blobs.receivers[0].state == "discarded"


@pytest.mark.req("S1-103")
async def test_large_files_are_written_in_pieces_and_off_the_loop() -> None:
    blobs = MemoryBlobs()
    receiver = await blobs.receive()
    threads: set[int] = set()
    sizes: list[int] = []
    write = receiver.write

    def noted(chunk: bytes) -> None:
        threads.add(threading.get_ident())
        sizes.append(len(chunk))
        write(chunk)

    receiver.write = noted  # type: ignore[method-assign]  # the fake's own method, watched
    data = os.urandom(3_000_000)
    landing = Base64Landing(receiver, LIMIT)
    text = base64.b64encode(data)
    for place in range(0, len(text), 65_536):
        await landing.add(text[place : place + 65_536])
    landing.end()
    kept = await landing.kept()
    assert kept is not None
    assert blobs.files[kept.digest] == data
    assert threading.get_ident() not in threads
    assert len(sizes) > 2
    assert max(sizes) <= landing_module.PIECE


async def test_a_cancelled_write_is_finished_before_anybody_cleans_up() -> None:
    begun, go_on, order = threading.Event(), threading.Event(), list[str]()

    def work() -> None:
        begun.set()
        go_on.wait(5)
        order.append("written")

    async def caller() -> None:
        try:
            await in_thread(work)
        finally:
            order.append("cleaned up")

    task = asyncio.ensure_future(caller())
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert order == ["written", "cleaned up"]


async def assembled(text: bytes, limits: Limits | None = None, *, forgiving: bool = False) -> tuple[object, list[str]]:
    blobs = MemoryBlobs()
    assembly = Assembly(blobs, ("b64_json",), limits or Limits())
    try:
        await assembly.feed(text)
        reply = await assembly.reply(forgiving=forgiving)
        return [reply.landed("data", place, "b64_json") for place in range(3)], [r.state for r in blobs.receivers]
    except BadAnswer as error:
        await assembly.discard()
        return str(error), [receiver.state for receiver in blobs.receivers]


async def test_a_broken_picture_does_not_cost_the_others() -> None:
    places, states = await assembled(b'{"data":[{"b64_json":"QUJD"},{"b64_json":"!"},{"b64_json":"RA=="}]}')
    assert isinstance(places, list)
    assert [place is not None for place in places] == [True, False, True]
    assert states == ["finished", "discarded", "finished"]


class Trips(ThreadPoolExecutor):
    """Counts the trips to a thread."""

    made = 0

    def submit(self, *given: Any, **named: Any) -> Any:
        self.made += 1
        return super().submit(*given, **named)


async def test_the_rest_of_a_picture_is_written_on_the_trip_that_keeps_it() -> None:
    trips = Trips()
    asyncio.get_running_loop().set_default_executor(trips)
    _, states = await assembled(b'{"data":[{"b64_json":"QUJD"}]}')
    assert (states, trips.made) == (["finished"], 1)


async def test_only_the_last_picture_of_an_answer_holds_text() -> None:
    blobs = MemoryBlobs()
    assembly = Assembly(blobs, ("b64_json",), Limits())
    await assembly.feed(b'{"data":[{"b64_json":"QUJD"},{"b64_json":"RUZH"}]}')
    first, second = blobs.receivers
    assert [b"".join(receiver._chunks) for receiver in (first, second)] == [b"ABC", b""]
    await assembly.reply()
    assert set(blobs.files.values()) == {b"ABC", b"EFG"}


async def test_only_broken_pictures_are_a_bad_answer() -> None:
    said, states = await assembled(b'{"data":[{"b64_json":"!!!!"}]}')
    assert "base64 is wrong" in str(said)
    assert states == ["discarded"]
    places, _ = await assembled(b'{"data":[{"b64_json":"!!!!"}]}', forgiving=True)
    assert places == [None, None, None]


@pytest.mark.parametrize(
    "text, words",
    [
        (b'{"data":[{"b64_json":"QUJD"}', "no JSON"),
        (b'{"data":[{"b64_json":"QUJD', "no JSON"),
        (b'{"data":[' + b'{"b64_json":"QUJD"},' * 4, "more than 3 pictures"),
        (b'{"data":[{"b64_json":"' + b"QUJD" * 40, "larger than 100 bytes"),
        (b'{"x":"' + b"y" * 5_000, "more than 2000 bytes"),
    ],
)
async def test_nothing_is_kept_of_an_answer_that_cannot_be_used(text: bytes, words: str) -> None:
    said, states = await assembled(text, Limits(rest=2_000, picture=100, pictures=3))
    assert words in str(said)
    assert set(states) <= {"discarded"}
