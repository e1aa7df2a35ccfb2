"""One purchase at a service, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from limner.domain.money import Money
from limner.domain.prices import Meter
from limner.domain.request import Margins, Operation, Role, Size


@dataclass(frozen=True, kw_only=True, slots=True)
class CallInput:
    """A picture that goes with a call, already in the form that the service wants."""

    role: Role
    digest: str
    media_type: str
    width: int
    height: int
    data: bytes = field(default=b"", repr=False)
    """Loaded just before the call is sent; never stored with the call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call: everything already translated into what the model takes."""

    id: str
    """Ours; sent as idempotency key or tag where the service takes one."""
    model: str
    """The service's own name for it."""
    operation: Operation
    prompt: str
    count: int
    negative_prompt: str | None = None
    inputs: tuple[CallInput, ...] = ()
    size: Size | None = None
    aspect: str | None = None
    resolution: str | None = None
    """The service's own word for how large a shape is, such as 2K; goes with `aspect`."""
    margins: Margins | None = None
    quality: str | None = None
    style: str | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    strength: float | None = None
    scale: int | None = None
    format: str | None = None
    background: str | None = None
    partials: int = 0
    """Partial pictures wanted while it paints; 0 where nobody looks or the model cannot."""
    timeout: float = 300.0
    """Seconds after which the call is given up."""
    extra: Mapping[str, object] = field(default_factory=dict)
    wire: Mapping[str, object] = field(default_factory=dict, repr=False)
    """What the adapter has to know about this model, from the catalog; added just before the call is sent."""

    def input(self, role: Role) -> CallInput | None:
        """The first input with this role."""
        return next((image for image in self.inputs if image.role is role), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Landed:
    """Bytes that came from outside and already lie, whole and hashed, in the object store."""

    digest: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Painted:
    """One picture as a service delivered it."""

    content: bytes | Landed = field(repr=False)
    seed: int | None = None
    revised_prompt: str | None = None
    notes: Mapping[str, object] = field(default_factory=dict)
    """What else the service or the artist says about this picture."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A call is done: its pictures, what was used and what the service says it cost."""

    pictures: tuple[Painted, ...]
    lost: int = 0
    """Further pictures that the service made and that cannot be had: they are charged like the others."""
    usage: Mapping[Meter, Decimal] = field(default_factory=dict)
    cost: Money | None = None
    """As stated by the service, where it states one."""
    request_id: str | None = None
    served_by: str | None = None
    """The model that the service says it used, where it says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """A call goes on at the service; the ticket finds it again, after a restart too."""

    ticket: Mapping[str, object]
    poll_after: float
    """Seconds to wait before asking again."""
    progress: float | None = None
    stage: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Partial:
    """News of a call that is being painted: a share, a stage, a picture half done."""

    progress: float | None = None
    """0 to 1."""
    stage: str | None = None
    preview: bytes | Landed | None = field(default=None, repr=False)
    index: int = 0
    """Which picture of the call, from 0."""
