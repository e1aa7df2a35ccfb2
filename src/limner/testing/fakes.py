"""Fakes of the ports: the time, ids, bytes and services of a test. No network, no disk, no waiting."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime, timedelta
from uuid import UUID

from limner.domain.call import Call, Finished, Landed, Painted, Partial, Pending
from limner.domain.errors import LimnerError, NotConfigured, NotFound, Spent, StorageError
from limner.domain.model_card import ModelCard
from limner.domain.money import Money
from limner.domain.ports import Provider
from limner.domain.readiness import SWITCHED_OFF, Readiness
from limner.domain.request import Size
from limner.domain.steering import Configs
from limner.domain.turns import Rank, Turn
from limner.domain.vault import Opener
from limner.testing.pictures import PictureMaker
from limner.words.asking import Condition, Question, TextModelUnavailable

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock that stands still. Sleeping moves it on at once, or, with `automatic=False`, waits for `advance`."""

    def __init__(self, start: datetime = NOON, *, automatic: bool = True) -> None:
        self._start = start
        self._elapsed = 0.0
        self._automatic = automatic
        self._sleepers: list[tuple[float, asyncio.Event]] = []
        self.slept: list[float] = []
        """Every wait that was asked for, in seconds."""

    def now(self) -> datetime:
        """The start and what has passed since."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Notes the wait; lets others run once."""
        self.slept.append(seconds)
        if self._automatic:
            self.advance(seconds)
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        self._sleepers.append((self._elapsed + seconds, woken))
        await woken.wait()

    def advance(self, seconds: float) -> None:
        """Moves the time on and wakes whoever has waited long enough."""
        self._elapsed += max(seconds, 0.0)
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._elapsed]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._elapsed]
        for _, woken in due:
            woken.set()


class CountingIds:
    """UUIDs that count up from 1; `start` keeps the ids of two makers apart."""

    def __init__(self, start: int = 0) -> None:
        self._last = start

    def new(self) -> str:
        """The next one."""
        self._last += 1
        return str(UUID(int=(7 << 76) | (2 << 62) | self._last))


class MemoryReceiver:
    """Takes in one file and keeps it in a dictionary."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        self._hash = hashlib.sha256()
        self._chunks: list[bytes] = []
        self.state = "open"
        """open, finished or discarded."""

    def write(self, chunk: bytes) -> None:
        """Hashes and keeps one piece."""
        self._hash.update(chunk)
        self._chunks.append(bytes(chunk))

    async def finish(self, last: Callable[[], None] | None = None) -> Landed:
        """Keeps what was written under its hash; first `last` writes the rest."""
        if last is not None:
            await asyncio.to_thread(last)
        data = b"".join(self._chunks)
        digest = self._hash.hexdigest()
        self._files[digest] = data
        self.state = "finished"
        return Landed(digest=digest, size=len(data))

    async def discard(self) -> None:
        """Forgets what was written."""
        self._chunks.clear()
        self.state = "discarded"


class MemoryBlobs:
    """The object store in a dictionary: `files` by digest, `receivers` in the order they were opened."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.receivers: list[MemoryReceiver] = []
        self.full = False

    async def receive(self) -> MemoryReceiver:
        """Opens a place for one incoming file."""
        receiver = MemoryReceiver(self.files)
        self.receivers.append(receiver)
        return receiver

    async def put(self, data: bytes) -> Landed:
        """Keeps a file."""
        digest = hashlib.sha256(data).hexdigest()
        self.files[digest] = bytes(data)
        return Landed(digest=digest, size=len(data))

    async def get(self, digest: str) -> bytes:
        """A whole file. Raises NotFound."""
        if digest not in self.files:
            raise NotFound(f"No file has the digest {digest}.")
        return self.files[digest]

    async def delete(self, digest: str) -> None:
        """Forgets a file."""
        self.files.pop(digest, None)

    async def check_room(self) -> None:
        """Raises StorageError where `full` is set."""
        if self.full:
            raise StorageError("The disk is full. Make room and try again.")


MemoryIntake = MemoryBlobs
"""The object store, seen as the place where bytes from outside land."""

Result = Finished | Pending
Outcome = Result | LimnerError | Callable[[Call], Awaitable[Result]]
"""What a purchase comes to: a result, an error that is raised, or a function that decides."""


class FakeProvider:
    """A service that does what the script says, outcome by outcome, and afterwards paints small pictures.

    `submits` are the calls it was sent, `polls` the tickets it was asked after. A poll takes the next of
    `polled`; when these are used up the pending call is finished with a picture.
    """

    def __init__(
        self, *outcomes: Outcome, polled: Iterable[Result | LimnerError] = (), models: Sequence[str] = ()
    ) -> None:
        self._outcomes = list(outcomes)
        self._polled = list(polled)
        self._models = tuple(models)
        self._maker = PictureMaker()
        self._painted = 0
        self.submits: list[Call] = []
        self.bought: list[Call] = []
        self.polls: list[Pending] = []

    @property
    def purchases(self) -> int:
        """How many calls may have cost money: all but those refused with `spent=no`."""
        return len(self.bought)

    def script(self, *outcomes: Outcome) -> None:
        """Adds outcomes for the calls to come."""
        self._outcomes.extend(outcomes)

    async def submit(self, call: Call) -> Result:
        """Buys one call, as the script says."""
        self.submits.append(call)
        outcome = self._outcomes.pop(0) if self._outcomes else self.paint(call)
        if isinstance(outcome, LimnerError):
            if outcome.spent is not Spent.NO:
                self.bought.append(call)
            raise outcome
        self.bought.append(call)
        return await outcome(call) if callable(outcome) else outcome

    async def poll(self, pending: Pending) -> Result:
        """The next scripted answer, else one picture."""
        self.polls.append(pending)
        outcome = self._polled.pop(0) if self._polled else self.finished(1)
        if isinstance(outcome, LimnerError):
            raise outcome
        return outcome

    async def list_models(self) -> Sequence[str]:
        """The names it was made with."""
        return self._models

    def paint(self, call: Call) -> Finished:
        """As many pictures as the call wants, of its size but no larger than 64 pixels, all different."""
        size = call.size or Size(64, 64)
        return self.finished(call.count, size=Size(min(size.width, 64), min(size.height, 64)), seed=call.seed)

    def finished(self, count: int, *, size: Size | None = None, seed: int | None = None) -> Finished:
        """A finished call with `count` pictures that cost nothing."""
        pictures = tuple(
            Painted(content=self._next(size or Size(64, 64)), seed=None if seed is None else seed + place)
            for place in range(count)
        )
        return Finished(pictures=pictures, cost=Money(), request_id=f"fake-{self._painted}")

    def _next(self, size: Size) -> bytes:
        self._painted += 1
        return self._maker.png(size, self._painted)


class FakeStreamingProvider(FakeProvider):
    """A fake that shows `previews` half-done pictures before each result; `closed` counts abandoned streams."""

    def __init__(self, *outcomes: Outcome, previews: int = 2, models: Sequence[str] = ()) -> None:
        super().__init__(*outcomes, models=models)
        self._previews = previews
        self.closed = 0

    async def stream(self, call: Call) -> AsyncIterator[Partial | Finished]:
        """Buys one call and reports on it."""
        result = await self.submit(call)
        if not isinstance(result, Finished):
            raise TypeError("A streamed outcome must be Finished or an error.")
        try:
            for step in range(self._previews):
                share = (step + 1) / (self._previews + 1)
                yield Partial(progress=share, stage="painting", preview=self._next(Size(64, 64)))
            yield result
        except GeneratorExit:
            self.closed += 1
            raise


class FakeCancellableProvider(FakeProvider):
    """A fake that can stop a call; `cancelled` are the tickets it was told to stop, `stops` what it answers."""

    def __init__(self, *outcomes: Outcome, polled: Iterable[Result | LimnerError] = (), stops: bool = True) -> None:
        super().__init__(*outcomes, polled=polled)
        self._stops = stops
        self.cancelled: list[Pending] = []

    async def cancel(self, pending: Pending) -> bool:
        """Notes the ticket."""
        self.cancelled.append(pending)
        return self._stops


class FakeFindingProvider(FakeProvider):
    """A fake that finds calls again by our id: each search takes the next of `found`, then knows nothing."""

    def __init__(self, *outcomes: Outcome, found: Iterable[Result | LimnerError | None] = ()) -> None:
        super().__init__(*outcomes)
        self._found = list(found)
        self.searches: list[Call] = []

    async def find(self, call: Call) -> Result | None:
        """The next scripted answer."""
        self.searches.append(call)
        outcome = self._found.pop(0) if self._found else None
        if isinstance(outcome, LimnerError):
            raise outcome
        return outcome


class AlwaysFree:
    """A service at which every purchase has its turn at once."""

    async def enter(self, rank: Rank | None = None) -> None:
        """Has its turn."""

    def leave(self) -> None:
        """Gives up its turn."""


class FakeServices:
    """The services of a test, by id; `unready` gives the reason why one cannot be used."""

    def __init__(self, providers: Mapping[str, Provider], unready: Mapping[str, str] | None = None) -> None:
        self._providers = dict(providers)
        self.unready = dict(unready or {})
        self.turns: dict[str, Turn] = {}
        self.keys: dict[str, str] = {}
        """What stands for the keys of services; another word is another key."""
        self.behind: dict[str, Provider] = {}
        """Who answers under a key that a principal has stored; else it is the service's own provider."""
        self.openings: list[tuple[str, Opener]] = []
        """Under which keys services were opened."""
        self.loads: dict[str, int] = {}
        self.switched_off: dict[str, Readiness] = {}
        """Services that are not to be asked for anything new."""

    def steer(self, configs: Configs) -> None:
        """What an administrator switched off is asked for nothing new."""
        off = Readiness(ready=False, reason="Switched off.", short="Switched off", code=SWITCHED_OFF)
        self.switched_off = {name: off for name, config in configs.items() if not config.enabled}

    def readiness(self, service: str) -> Readiness:
        """Ready where there is a provider and no reason against it."""
        if service in self.switched_off:
            return self.switched_off[service]
        if service in self.unready:
            return Readiness(ready=False, reason=self.unready[service])
        if service not in self._providers:
            return Readiness(ready=False, reason=f"This installation has no service {service}.")
        return Readiness(ready=True, reason="Ready")

    async def knock(self) -> None:
        """Finds nobody gone but who is in `unready` already."""

    def credential(self, service: str) -> str:
        """What `keys` says."""
        return self.keys.get(service, "")

    def credentials(self, service: str) -> Sequence[str]:
        """The one there is."""
        return (self.credential(service),)

    def opened(self, openers: Mapping[str, Opener]) -> FakeServices:
        """The same services, each of these with whoever is `behind` its key."""
        self.openings += openers.items()
        behind = {name: self.behind[opener.secret] for name, opener in openers.items() if opener.secret in self.behind}
        other = copy(self)
        other._providers = {**self._providers, **behind}
        other.keys = {**self.keys, **{name: f"{opener.secret}" for name, opener in openers.items()}}
        other.unready = {name: why for name, why in self.unready.items() if name not in openers}
        return other

    def load(self, service: str) -> int:
        """What `loads` says."""
        return self.loads.get(service, 0)

    def turn(self, service: str, model: ModelCard | None = None) -> Turn:
        """Nobody waits, but where `turns` says so, of a model by its id or of a service."""
        free = self.turns.get(service, AlwaysFree())
        return free if model is None else self.turns.get(model.id, free)

    def provider(self, service: str) -> Provider:
        """The service. Raises NotConfigured where it is not ready."""
        state = self.readiness(service)
        if not state.ready and service not in self.switched_off:
            raise NotConfigured(f"{service} cannot be used. {state.reason}")
        return self._providers[service]


class FakeTextModel:
    """A text model that answers by a script; where that has ended it cannot be asked."""

    name = "fake/writer"

    def __init__(self, *answers: str | LimnerError) -> None:
        self.questions: list[Question] = []
        self._answers = list(answers)

    async def ask(self, question: Question) -> str:
        """The next answer of the script."""
        self.questions.append(question)
        answer = self._answers.pop(0) if self._answers else TextModelUnavailable("The writer has nothing to say.")
        if isinstance(answer, LimnerError):
            raise answer
        return answer

    async def condition(self) -> Condition:
        """Available as long as it has something to say."""
        there = bool(self._answers)
        return Condition(available=there, model=self.name, reason="" if there else "The writer has nothing to say.")
