"""What a model can do, as data: the catalog fills these in, nobody compares names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from math import sqrt

from limner.domain.languages import ENGLISH
from limner.domain.prices import PriceList
from limner.domain.request import Aspect, Operation, Role, Size

MEGAPIXEL = 1024 * 1024
"""Pixels of the size that is assumed where a model does not say which one it makes."""


USUAL_ROLES = frozenset({Role.SOURCE, Role.REFERENCE, Role.STYLE})
"""What pictures may be for where a model that takes some does not say it."""


class Status(StrEnum):
    """Where a model is in its life."""

    LIVE = "live"
    DEPRECATED = "deprecated"
    RETIRED = "retired"
    UNLISTED = "unlisted"


class MaskKind(StrEnum):
    """How a service wants the pixels to change to be marked."""

    NONE = "none"
    ALPHA = "alpha"
    """A PNG whose fully transparent pixels change."""
    WHITE = "white"
    STARK = "stark"
    """White, and every other pixel black: no greys."""
    BLACK = "black"


class StandIn(StrEnum):
    """How an operation that a model lacks is done with one that it has."""

    NATIVE = "native"
    EDIT = "edit"
    """An edit whose prompt says what to do."""
    CANVAS = "canvas"
    """The source on a larger canvas, inpainted where it is empty."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeGrid:
    """Free sizes: both edges multiples of `multiple`, within these bounds."""

    multiple: int
    min_edge: int
    max_edge: int
    min_pixels: int
    max_pixels: int
    max_ratio: float
    """Longer edge over shorter edge."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SizeRule:
    """Which sizes a model makes: a list, a grid, shapes only, or several of these."""

    fixed: tuple[Size, ...] = ()
    grid: SizeGrid | None = None
    aspects: tuple[Aspect, ...] = ()
    resolutions: Mapping[str, int] = field(default_factory=dict)
    """Where only shapes can be asked for: the service's words for how large, and about how many pixels each has."""
    default: Size | None = None
    keeps: frozenset[Operation] = frozenset()
    """Operations whose pictures have the shape of their source, whatever is asked for."""
    follows: frozenset[Operation] = frozenset()
    """Operations whose pictures have the shape of their source where none is asked for."""
    reframes: bool = False
    """Whether an outpaint is asked for by its size alone: the source comes into the middle, as large as it fits."""

    def follows_source(self, operation: Operation) -> bool:
        """Whether nothing about the size can be asked for: with this operation, or with this model at all."""
        has_none = not self.fixed and not self.aspects and self.grid is None
        return has_none or operation in self.keeps

    def nominal(self, aspect: Aspect, resolution: str | None) -> Size:
        """About the size that a shape comes out at, never of more pixels than its resolution says."""
        usual = self.default.pixels if self.default else MEGAPIXEL
        pixels = usual if resolution is None else self.resolutions.get(resolution, usual)
        width = sqrt(pixels * aspect.ratio)
        return Size(max(1, int(width)), max(1, int(width / aspect.ratio)))


class ParameterKind(StrEnum):
    """The kind of value a parameter takes."""

    INTEGER = "integer"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class ParameterRule:
    """One option of a model: its range or choices, and other words for the same choice."""

    name: str
    kind: ParameterKind
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    default: str | float | bool | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Words of other services for a choice of this one, such as hd for high."""
    required: bool = False
    """Whether the model does nothing without it; it is then one of the service's own options, given in `extra`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """What one model can do, what it costs, and whether it is still there."""

    service: str
    name: str
    """The service's own name for it."""
    title: str
    description: str
    status: Status
    operations: Mapping[Operation, StandIn]
    sizes: SizeRule
    max_count: int
    """How many pictures one call makes at most."""
    parameters: tuple[ParameterRule, ...]
    prompt_limit: int
    """In characters; 0 where it takes no words."""
    languages: tuple[str, ...] = (ENGLISH,)
    """Codes of the languages that it reads well, the best one first."""
    default_prompts: Mapping[Operation, str] = field(default_factory=dict)
    """What is sent for operations that need no words elsewhere, where nobody gave any."""
    formats: tuple[str, ...]
    mask: MaskKind
    max_inputs: int
    roles: frozenset[Role] = USUAL_ROLES
    """What input pictures may be for; masks are told by `mask`."""
    needs: frozenset[Role] = frozenset()
    """Roles without which it does nothing, such as the picture that controls the composition."""
    prices: PriceList
    tiers: Mapping[str, int]
    """Rank within each tier it serves; 1 is tried first."""
    seconds: float
    """How long one call usually takes, for progress and price lines."""
    timeout: float
    """Seconds after which a call is given up."""
    streams: bool = False
    requests_per_second: float = 0.0
    """Of this model alone, beside the pace of its service; 0 is no limit of its own."""
    concurrency: int = 0
    """Calls of this model alone that may be under way; 0 is no limit of its own."""
    shutdown: date | None = None
    successor: str | None = None
    aliases: tuple[str, ...] = ()
    source: str = ""
    as_of: date | None = None
    wire: Mapping[str, object] = field(default_factory=dict, repr=False)
    """What the adapter has to know to send it: paths, names of fields, fixed values. Nobody else reads it."""
    id: str = field(init=False, repr=False, compare=False)
    """`service/name`."""
    defaults: Mapping[str, str | float | bool | None] = field(init=False, repr=False, compare=False)
    """What each option is where nobody asks for anything."""
    _rules: Mapping[str, ParameterRule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # A plan over many models asks each of them for every option.
        object.__setattr__(self, "id", f"{self.service}/{self.name}")
        object.__setattr__(self, "defaults", {rule.name: rule.default for rule in self.parameters})
        object.__setattr__(self, "_rules", {rule.name: rule for rule in self.parameters})

    def parameter(self, name: str) -> ParameterRule | None:
        """The rule for one option, or None where the model lacks it."""
        return self._rules.get(name)

    def status_on(self, day: date) -> Status:
        """Where it is in its life on a day: retired from the day of its shutdown on, even if it was not when dated."""
        return Status.RETIRED if self.shutdown is not None and self.shutdown <= day else self.status


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCard:
    """One service or local engine: how it is reached and how hard it may be pressed."""

    id: str
    name: str
    description: str
    adapter: str
    """Which wire format it speaks."""
    local: bool
    """Paints on this machine or network: pictures cost nothing by nature."""
    algorithmic: bool = False
    """Draws by rules and not by a trained model: its pictures are declared as such."""
    base_url: str
    base_url_variable: str
    key_variables: tuple[str, ...]
    """Environment names that may hold its key, first one wins; none where no key is needed."""
    organization_variable: str | None
    requests_per_second: float
    """0 is no limit."""
    concurrency: int
    default_model: str
    """Name of the model used when only the service is named; empty where the installation has none yet."""
    default_models: Mapping[Operation, str] = field(default_factory=dict)
    """The same for operations that another model is for."""
    unlisted_like: str | None = None
    """Name of the model that those are taken to be like which the service lists and the catalog does not know."""
    poll_seconds: float = 2.0
    """How long to wait between two questions after a call that goes on there."""
    trusted_hosts: tuple[str, ...] = ()
    """Other hosts of the service that its key may be sent to; `*.` stands for any name below."""
    packages: tuple[str, ...] = ()
    """What has to be installed beside Limner, as Python imports it, unless another Python has it."""
    python_variable: str = ""
    """Environment name of the Python that has the packages, where it is not this one."""
    option_variables: tuple[str, ...] = ()
    """Environment names of everything else that the adapter takes from the administrator."""
    installed_by: str = ""
    """What installs the packages, as it is typed."""
    models_by: str = ""
    """What makes models of a service that has none by itself, as it is typed."""
    colour: str
    documentation: str
    as_of: date | None = None

    def default_for(self, operation: Operation) -> str:
        """Id of the model used for an operation when only the service is named."""
        return f"{self.id}/{self.default_models.get(operation, self.default_model)}"
