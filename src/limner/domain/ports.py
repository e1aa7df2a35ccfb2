"""What the floors need of each other, as protocols. Neighbours meet here and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from limner.domain.call import Call, Finished, Landed, Partial, Pending
from limner.domain.model_card import MaskKind, ModelCard, ServiceCard
from limner.domain.picture import Picture, PictureFile
from limner.domain.readiness import Readiness
from limner.domain.request import Margins, Size
from limner.domain.turns import Turn
from limner.domain.vault import Opener


class Provider(Protocol):
    """One service: sends a call, and asks after one that goes on there. Raises ProviderError."""

    async def submit(self, call: Call) -> Finished | Pending:
        """Buys one call. Whatever it raises says whether money may have been spent."""
        ...

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Asks once after a call that the service has accepted; spends nothing."""
        ...


@runtime_checkable
class Cancels(Protocol):
    """A provider that can stop a call."""

    async def cancel(self, pending: Pending) -> bool:
        """Whether the service says that it stopped, uncharged. Raises ProviderError, CANCELLED, where it is charged."""
        ...


@runtime_checkable
class Streams(Protocol):
    """A provider that shows its work while it paints."""

    def stream(self, call: Call) -> AsyncIterator[Partial | Finished]:
        """Buys one call and reports on it; the last item is Finished."""
        ...


class Services(Protocol):
    """The services of this installation, with their keys."""

    def turn(self, service: str, model: ModelCard | None = None) -> Turn:
        """Where purchases at this service, or of this model there, wait for their turn."""
        ...

    def readiness(self, service: str) -> Readiness:
        """Whether it has what it needs, and was there when `knock` last asked; sends nothing."""
        ...

    async def knock(self) -> None:
        """Asks whether the engines of this machine or network are there, where that was not done a moment ago.

        Takes seconds at most. Lists do it, and plans for which nobody named a model.
        """
        ...

    def credential(self, service: str) -> str:
        """Stands for its key and address and changes with them; nobody can use it."""
        ...

    def credentials(self, service: str) -> Sequence[str]:
        """The same for all keys that may be used there, the one that comes first in front."""
        ...

    def opened(self, openers: Mapping[str, Opener]) -> Services:
        """The same services, some of them under other keys or at other addresses; pace is shared."""
        ...

    def load(self, service: str) -> int:
        """Purchases of this process that are under way there or wait for their turn."""
        ...

    def provider(self, service: str) -> Provider:
        """The service itself. Raises NotConfigured where it is not ready; what is switched off can be asked after."""
        ...


class Catalog(Protocol):
    """Facts about services and models."""

    @property
    def services(self) -> tuple[ServiceCard, ...]:
        """All services, in the order in which they are shown."""
        ...

    @property
    def models(self) -> tuple[ModelCard, ...]:
        """All models, retired ones too."""
        ...

    def service(self, name: str) -> ServiceCard:
        """One service. Raises UnknownModel with the nearest names."""
        ...

    def find(self, name: str) -> ModelCard:
        """One model by `service/name`, alias or bare name; retired ones too. Raises UnknownModel."""
        ...

    def in_tier(self, tier: str) -> tuple[ModelCard, ...]:
        """The live models of a tier, best rank first."""
        ...


class Clock(Protocol):
    """The time, and waiting."""

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Waits."""
        ...


class Ids(Protocol):
    """New names for things."""

    def new(self) -> str:
        """A UUID; later ones sort after earlier ones."""
        ...


class Receiver(Protocol):
    """Takes in a file piece by piece; nothing is kept until it is finished."""

    def write(self, chunk: bytes) -> None:
        """Hashes and writes one piece. Blocks: call it from a thread. Raises StorageError."""
        ...

    async def finish(self, last: Callable[[], None] | None = None) -> Landed:
        """Keeps what was written, under its hash; first `last` writes the rest, on the same trip to a thread."""
        ...

    async def discard(self) -> None:
        """Forgets what was written."""
        ...


class Intake(Protocol):
    """Where bytes from outside land."""

    async def receive(self) -> Receiver:
        """Opens a place for one incoming file."""
        ...


class Blobs(Intake, Protocol):
    """Files by the SHA-256 of their bytes."""

    async def put(self, data: bytes) -> Landed:
        """Keeps a file."""
        ...

    async def get(self, digest: str) -> bytes:
        """A whole file. Raises NotFound."""
        ...

    async def delete(self, digest: str) -> None:
        """Forgets a file; one that is not there is fine."""
        ...

    async def check_room(self) -> None:
        """Raises StorageError where a picture could not be kept: called before money is spent on one."""
        ...


class Originals(Protocol):
    """The files that services delivered."""

    async def describe(self, landed: Landed) -> PictureFile:
        """Type and size of a file that has just landed, from its structure alone. Raises BadPicture."""
        ...


class Shelf(Protocol):
    """Where people find their pictures with a file manager."""

    async def put(self, picture: Picture) -> Path | None:
        """Gives a kept picture its place; None where there is no such place. Raises StorageError."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A source on a larger canvas, and the mask of what is still empty (white)."""

    canvas: bytes
    mask: bytes
    size: Size


class Imaging(Protocol):
    """Work on pixels. Every method does it in a thread and refuses what is no safe picture with BadPicture."""

    async def probe(self, data: bytes, *, landed: Landed | None = None) -> PictureFile:
        """Type and size by content, without decoding pixels; `landed` saves hashing what the store has hashed."""
        ...

    async def examine(self, data: bytes) -> tuple[PictureFile, str]:
        """Decodes everything once: what `probe` says, and the dominant tone as #rrggbb. Refuses cut files."""
        ...

    async def to_mask(self, data: bytes, size: Size, feather: int = 0) -> bytes:
        """The canonical mask: 8-bit grey PNG, white or else transparent = change; edges fade over `feather` pixels."""
        ...

    async def mask_for(self, mask: bytes, kind: MaskKind) -> bytes:
        """A canonical mask in a service's own convention."""
        ...

    async def extend(self, source: bytes, margins: Margins, limit: Size | None) -> Prepared:
        """The source on a transparent canvas grown by `margins`; scaled to `limit` where it is given."""
        ...

    async def protect(self, source: bytes, painted: bytes, mask: bytes) -> tuple[bytes, float]:
        """The painted picture with the pixels outside the mask put back, and the share of them that had changed."""
        ...

    async def changed_outside(self, source: bytes, painted: bytes, mask: bytes) -> float:
        """The share of pixels outside the mask that the service changed, 0 to 1."""
        ...

    async def resample(self, data: bytes, size: Size) -> bytes:
        """The picture at exactly this size, as PNG."""
        ...

    async def convert(self, data: bytes, format: str, width: int | None = None) -> bytes:
        """The picture as png, jpeg, webp or avif, at a width in pixels where one is given."""
        ...
