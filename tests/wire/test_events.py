"""Server-sent events are taken apart as they stream in."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limner.testing.fakes import MemoryBlobs
from limner.wire.answers import Assembly, Limits
from limner.wire.events import EventReader

STREAM = (
    b": a comment\r\n"
    b"retry: 2000\n\n"
    b'event: one\ndata: {"type":"one","b64_json":"QUJD"}\n\n'
    b'data:{"n":\r\ndata: 2}\r\n\r\n'
    b"data: [DONE]\n\n"
    b'event: last\nid: 7\ndata: {"n":3}\n\n'
)


async def read(stream: bytes, borders: list[int]) -> list[tuple[str, object, bytes | None]]:
    blobs = MemoryBlobs()
    reader = EventReader(lambda: Assembly(blobs, ("b64_json",), Limits()))
    edges = [0, *sorted({min(border, len(stream)) for border in borders}), len(stream)]
    found = []
    for start, end in pairwise(edges):
        events, trouble = await reader.feed(stream[start:end])
        assert trouble is None
        found += events
    events, _ = await reader.finish()
    found += events
    await reader.discard()
    return [
        (name, body.at("n"), blobs.files[landed.digest] if (landed := body.landed("b64_json")) else None)
        for name, body in found
    ]


WANTED = [("one", None, b"ABC"), ("", 2, None), ("last", 3, None)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
@settings(max_examples=100, deadline=None)
async def test_borders_may_fall_anywhere(borders: list[int]) -> None:
    assert await read(STREAM, borders) == WANTED


async def test_one_byte_at_a_time() -> None:
    assert await read(STREAM, list(range(len(STREAM)))) == WANTED


async def test_the_last_event_needs_no_empty_line() -> None:
    assert await read(STREAM[:-2], []) == WANTED
    assert await read(STREAM[:-4], []) == WANTED[:2]


async def test_what_came_before_a_bad_event_is_told() -> None:
    reader = EventReader(lambda: Assembly(MemoryBlobs(), (), Limits()))
    events, trouble = await reader.feed(b'data: {"n":1}\n\ndata: {nonsense\n\n')
    assert [body.at("n") for _, body in events] == [1]
    assert "no JSON" in str(trouble)


@pytest.mark.parametrize("stream", [b"event: " + b"x" * 5_000, b"x" * 5_000])
async def test_lines_that_are_no_data_have_a_limit(stream: bytes) -> None:
    reader = EventReader(lambda: Assembly(MemoryBlobs(), (), Limits()))
    _, trouble = await reader.feed(stream)
    assert "too long" in str(trouble)
