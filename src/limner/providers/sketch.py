"""The built-in artist as a service: paints on this machine, costs nothing, shows its work."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING

from limner.domain.call import Call, Finished, Painted, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError
from limner.domain.money import Money
from limner.domain.request import Operation, Role, Size
from limner.wire.line import Line
from limner.wire.refusals import Refusal
from limner.wire.takes import Takes

if TYPE_CHECKING:
    from limner.artist.commission import Artwork, Commission

TAKES = Takes(
    operations=frozenset(Operation),
    fields=frozenset(
        {"size", "style", "negative_prompt", "margins", "scale", "strength", "seed", "format", "background"}
    ),
    roles=frozenset({Role.SOURCE, Role.MASK, Role.REFERENCE, Role.STYLE}),
)
AT_ONCE = 2
"""Paintings at the same time: each fills a core."""
DEFAULT_SIZE = Size(1024, 1024)
SEEDS = 1 << 31


_LOADING = threading.Lock()


def _artist() -> ModuleType:
    """The artist, loaded once: two threads that load the same libraries at once may meet half of one (CPython 3.11)."""
    with _LOADING:
        return importlib.import_module("limner.artist")


class Sketch:
    """The artist. Closing a stream stops the brush."""

    def __init__(self, line: Line, *, load: Callable[[], ModuleType] | None = None) -> None:
        self._line = line
        self._load = load or _artist
        self._places = asyncio.Semaphore(AT_ONCE)

    async def submit(self, call: Call) -> Finished:
        """Paints one call."""
        async with aclosing(self._painting(replace(call, partials=0))) as news:
            async for item in news:
                if isinstance(item, Finished):
                    return item
        raise self._failure(FailureCode.CANCELLED, "the painting was stopped")

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: a painting ends with the process."""
        raise self._failure(FailureCode.EXPIRED, f"no painting under {dict(pending.ticket)}")

    def stream(self, call: Call) -> AsyncIterator[Partial | Finished]:
        """Paints one call and tells how it goes; with partial pictures where the call wants any."""
        return self._painting(call)

    async def _painting(self, call: Call) -> AsyncGenerator[Partial | Finished]:
        self._line.require(call, TAKES)
        first = _seed(call)
        pictures: list[Painted] = []
        for place in range(call.count):
            seed = (first + place) % SEEDS
            async with self._places, aclosing(self._one(call, place, seed)) as news:
                async for item in news:
                    if isinstance(item, Partial):
                        yield item
                    else:
                        pictures.append(item)
        yield Finished(pictures=tuple(pictures), cost=Money(), served_by=call.model)

    async def _one(self, call: Call, place: int, seed: int) -> AsyncGenerator[Partial | Painted]:
        """One picture, painted in a thread that reports from there."""
        # The artist brings numerical libraries: loaded with the first picture, in the thread that needs them.
        artist = await asyncio.to_thread(self._load)
        desk = _Desk(call, place)
        until = asyncio.get_running_loop().time() + call.timeout
        work = asyncio.ensure_future(asyncio.to_thread(_paint, artist, call, seed, desk))
        work.add_done_callback(desk.close)
        try:
            while (news := await desk.news(until)) is not None:
                yield news
            artwork = work.result()
        except TimeoutError as error:
            raise self._failure(FailureCode.TIMED_OUT, f"{call.timeout:g} seconds were not enough") from error
        except (ValueError, OSError) as error:
            raise self._failure(FailureCode.BAD_PARAMETER, str(error)) from error
        finally:
            await desk.stop(work)
        notes = {"understood": list(artwork.understood), "unknown": list(artwork.unknown)}
        yield Painted(content=artwork.data, seed=seed, notes=notes)

    def _failure(self, code: FailureCode, said: str) -> ProviderError:
        return self._line.failure(Refusal(code=code, said=said))


class _Desk:
    """Between the thread that paints and the loop that listens."""

    def __init__(self, call: Call, place: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Partial | None] = asyncio.Queue()
        self._stopped = threading.Event()
        self._call = call
        self._place = place
        self._share = place / call.count
        self._stage = ""

    @property
    def on_preview(self) -> Callable[[bytes], None] | None:
        """Where half-done pictures go, if anybody wants them."""
        return self._preview if self._call.partials else None

    def report(self, share: float, stage: str) -> bool:
        """From the thread: how far it is. Whether to go on."""
        self._share, self._stage = (self._place + share) / self._call.count, stage
        self._tell(None)
        return not self._stopped.is_set()

    def _preview(self, picture: bytes) -> None:
        self._tell(picture)

    def _tell(self, picture: bytes | None) -> None:
        news = Partial(progress=self._share, stage=self._stage, preview=picture, index=self._place)
        self._loop.call_soon_threadsafe(self._queue.put_nowait, news)

    def close(self, _: object) -> None:
        """No more news will come."""
        self._queue.put_nowait(None)

    async def news(self, until: float) -> Partial | None:
        """The next report; None after the last. Raises TimeoutError."""
        async with asyncio.timeout_at(until):
            return await self._queue.get()

    async def stop(self, work: asyncio.Future[Artwork]) -> None:
        """Makes the artist put the brush down and waits until it has."""
        self._stopped.set()
        while not work.done():
            await asyncio.wait({work})
        if not work.cancelled():
            work.exception()


def _seed(call: Call) -> int:
    """The call's own, else one that the same call always gets again."""
    if call.seed is not None:
        return call.seed
    return int.from_bytes(hashlib.sha256(call.id.encode()).digest()[:4], "big") % SEEDS


def _paint(artist: ModuleType, call: Call, seed: int, desk: _Desk) -> Artwork:
    """Runs in a thread."""
    data = {image.role: image.data for image in call.inputs}
    size = call.size or DEFAULT_SIZE
    margins = call.margins
    options: dict[str, object] = {
        "style": call.style,
        "negative_prompt": call.negative_prompt,
        "source": data.get(Role.SOURCE),
        "mask": data.get(Role.MASK),
        "reference": data.get(Role.REFERENCE, data.get(Role.STYLE)),
        "margins": (margins.left, margins.top, margins.right, margins.bottom) if margins else None,
        "scale": call.scale,
        "strength": call.strength,
        "format": call.format,
    }
    commission: Commission = artist.Commission(
        operation=str(call.operation),
        prompt=call.prompt,
        width=size.width,
        height=size.height,
        seed=seed,
        transparent=call.background == "transparent",
        **{name: value for name, value in options.items() if value is not None},
    )
    artwork: Artwork = artist.paint(commission, desk.report, on_preview=desk.on_preview)
    return artwork
