"""The built-in artist as a service."""

import asyncio
import io
import threading
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from types import ModuleType

import pytest
from PIL import Image

from limner.domain.call import Finished, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.money import Money
from limner.domain.ports import Streams
from limner.domain.request import Margins, Operation, Role, Size
from limner.providers.sketch import TAKES, Sketch
from limner.testing.conformance import Case, ProviderConformance
from limner.testing.examples import CALL, SKETCH_CARD, input_picture, provider_at
from limner.testing.fakes import MemoryBlobs
from limner.testing.pictures import grey_mask
from limner.wire.client import Wire
from limner.wire.connection import Connection
from limner.wire.line import Line

SMALL = replace(CALL, model="sketch", quality=None, size=Size(96, 64), prompt="a lighthouse and a blorple")


class TestSketch(ProviderConformance):
    case = Case(card=SKETCH_CARD, takes=TAKES, call=SMALL)


class Stopped(Exception):
    pass


@dataclass
class Work:
    commission: dict[str, object]
    report: Callable[[float, str], bool]


class Studio:
    """An artist who paints only when the test says so."""

    def __init__(self, steps: int = 3) -> None:
        self.steps = steps
        self.brush = threading.Semaphore(0)
        self.commissions: list[dict[str, object]] = []
        self.stopped = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.preview: bytes | None = b"half"

    def module(self) -> ModuleType:
        module = ModuleType("artist")
        module.Commission = dict  # type: ignore[attr-defined]  # a module made by hand
        module.paint = self.paint  # type: ignore[attr-defined]  # the same
        return module

    def paint(
        self, commission: dict[str, object], report: Callable[[float, str], bool], *, on_preview: object
    ) -> object:
        self.commissions.append(commission)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for step in range(self.steps):
                self.brush.acquire(timeout=10)
                if callable(on_preview):
                    on_preview(self.preview)
                if not report((step + 1) / self.steps, f"step {step}"):
                    self.stopped.set()
                    raise Stopped
        finally:
            self.at_once -= 1

        class Artwork:
            data = b"painted"
            understood = ("lighthouse",)
            unknown = ("blorple",)

        return Artwork()


def sketch(studio: Studio) -> Sketch:
    line = Line(wire=Wire(MemoryBlobs()), card=SKETCH_CARD, connection=Connection(base_url=""))
    return Sketch(line, load=studio.module)


async def test_it_tells_how_it_goes_and_shows_previews() -> None:
    studio = Studio(steps=2)
    studio.brush.release(100)
    news = [item async for item in sketch(studio).stream(replace(SMALL, count=2, partials=1, seed=7))]
    partials = [item for item in news if isinstance(item, Partial)]
    shares = [item.progress for item in partials if item.progress is not None]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {item.preview for item in partials} == {None, b"half"}
    assert [item.index for item in partials] == sorted(item.index for item in partials)
    finished = news[-1]
    assert isinstance(finished, Finished)
    assert [(picture.content, picture.seed) for picture in finished.pictures] == [(b"painted", 7), (b"painted", 8)]
    assert finished.pictures[0].notes == {"understood": ["lighthouse"], "unknown": ["blorple"]}
    assert (finished.cost, finished.usage) == (Money(0), {})


async def test_nobody_looking_means_no_previews() -> None:
    studio = Studio(steps=1)
    studio.brush.release(100)
    news = [item async for item in sketch(studio).stream(SMALL)]
    assert all(item.preview is None for item in news if isinstance(item, Partial))
    finished = await sketch(studio).submit(replace(SMALL, partials=3))
    assert len(finished.pictures) == 1


async def test_a_call_without_a_seed_always_gets_the_same_one() -> None:
    studio = Studio(steps=0)
    for call in (SMALL, SMALL, replace(SMALL, id="another")):
        await sketch(studio).submit(call)
    first, second, other = (commission["seed"] for commission in studio.commissions)
    assert first == second != other


async def test_leaving_the_stream_stops_the_brush() -> None:
    studio = Studio(steps=1000)
    studio.brush.release(1)
    async with aclosing(sketch(studio).stream(SMALL)) as news:  # type: ignore[type-var]  # an async generator
        async for _ in news:
            studio.brush.release(1000)
            break
    assert studio.stopped.is_set()
    assert studio.at_once == 0


async def test_two_paintings_at_once_and_no_more() -> None:
    studio = Studio(steps=1)
    service = sketch(studio)
    paintings = [asyncio.ensure_future(service.submit(SMALL)) for _ in range(5)]
    for _ in range(1000):
        if len(studio.commissions) == 2:
            break
        await asyncio.sleep(0.005)
    studio.brush.release(100)
    await asyncio.gather(*paintings)
    assert (studio.most_at_once, len(studio.commissions)) == (2, 5)


async def test_a_painting_has_a_deadline() -> None:
    studio = Studio(steps=100)

    async def let_go() -> None:
        await asyncio.sleep(0.05)
        studio.brush.release(100)

    helping = asyncio.ensure_future(let_go())
    with pytest.raises(ProviderError) as caught:
        await sketch(studio).submit(replace(SMALL, timeout=0.01))
    await helping
    assert (caught.value.code, caught.value.spent) == (FailureCode.TIMED_OUT, Spent.NO)


async def test_all_that_a_call_says_reaches_the_artist() -> None:
    studio = Studio(steps=0)
    inputs = (input_picture(Role.SOURCE, number=1), input_picture(Role.MASK), input_picture(Role.STYLE, number=2))
    call = replace(
        SMALL,
        operation=Operation.OUTPAINT,
        inputs=inputs,
        style="ink",
        negative_prompt="rain",
        margins=Margins(left=1, top=2, right=3, bottom=4),
        scale=4,
        strength=0.3,
        format="webp",
        background="transparent",
        seed=5,
    )
    await sketch(studio).submit(call)
    assert studio.commissions == [
        {
            "operation": "outpaint",
            "prompt": SMALL.prompt,
            "width": 96,
            "height": 64,
            "seed": 5,
            "transparent": True,
            "style": "ink",
            "negative_prompt": "rain",
            "source": inputs[0].data,
            "mask": inputs[1].data,
            "reference": inputs[2].data,
            "margins": (1, 2, 3, 4),
            "scale": 4,
            "strength": 0.3,
            "format": "webp",
        }
    ]


async def test_no_painting_is_found_again() -> None:
    with pytest.raises(ProviderError) as caught:
        await sketch(Studio()).poll(Pending(ticket={}, poll_after=0))
    assert caught.value.code == FailureCode.EXPIRED


async def test_the_real_artist_paints() -> None:
    mask = replace(input_picture(Role.MASK), data=grey_mask(Size(64, 48)))
    inpaint = replace(
        SMALL, operation=Operation.INPAINT, inputs=(input_picture(Role.SOURCE), mask), size=None, format="webp"
    )
    async with provider_at(SKETCH_CARD, Connection(base_url="")) as bench:
        assert isinstance(bench.provider, Streams)
        news = [item async for item in bench.provider.stream(replace(SMALL, partials=1))]
        finished, edited = news[-1], await bench.provider.submit(inpaint)
        with pytest.raises(ProviderError) as caught:
            await bench.provider.submit(replace(SMALL, size=Size(8, 8)))
    assert isinstance(finished, Finished)
    assert isinstance(edited, Finished)
    for painted, size in ((finished.pictures[0], (96, 64)), (edited.pictures[0], (64, 48))):
        assert isinstance(painted.content, bytes)
        assert Image.open(io.BytesIO(painted.content)).size == size
    assert "blorple" in finished.pictures[0].notes["unknown"]  # type: ignore[operator]  # a list of words
    assert any(isinstance(item, Partial) and item.preview for item in news)
    assert (caught.value.code, caught.value.spent) == (FailureCode.BAD_PARAMETER, Spent.NO)
