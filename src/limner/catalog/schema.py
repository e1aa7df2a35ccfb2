"""The tables of a catalog file, strictly typed: an unknown key or a wrong type is refused."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from limner.catalog.complaints import shown
from limner.catalog.positions import KeyPath
from limner.domain.languages import ENGLISH, NAMES
from limner.domain.model_card import MaskKind, ParameterKind, StandIn, Status
from limner.domain.prices import Meter
from limner.domain.request import Aspect, Operation, Role, Size

TIERS = ("ultra", "high", "standard", "fast")
"""From the best to the quickest."""


class Table(BaseModel):
    """A table of a catalog file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _one_line(text: str) -> str:
    if not text.strip() or text != text.strip() or "\n" in text:
        raise ValueError(f"must be one line of text without space around it (got {shown(text)}).")
    return text


def _service_id(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", text):
        raise ValueError(f"must be small letters, digits, - and _, from a letter on (got {shown(text)}).")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*", text):
        raise ValueError(f"must be letters, digits and any of . _ : / @ + - without spaces (got {shown(text)}).")
    return text


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise ValueError(f"must be a colour like #1d5e45 in small letters (got {shown(text)}).")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s?#]+[^\s?#/]", text):
        raise ValueError(f"must be an http or https address without a slash at the end (got {shown(text)}).")
    return text


def _variable(text: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", text):
        raise ValueError(f"must be the name of an environment variable in capitals (got {shown(text)}).")
    return text


def _host_pattern(text: str) -> str:
    if not re.fullmatch(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+", text):
        raise ValueError(f"must be a host like api.example.com or *.example.com (got {shown(text)}).")
    return text


def _language(text: str) -> str:
    if text not in NAMES:
        raise ValueError(f"must be one of {', '.join(NAMES)} (got {shown(text)}).")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
ServiceId = Annotated[str, AfterValidator(_service_id)]
Name = Annotated[str, AfterValidator(_name)]
Colour = Annotated[str, AfterValidator(_colour)]
Address = Annotated[str, AfterValidator(_address)]
Variable = Annotated[str, AfterValidator(_variable)]
HostPattern = Annotated[str, AfterValidator(_host_pattern)]
Language = Annotated[str, AfterValidator(_language)]


def _size(value: object) -> Size:
    if not isinstance(value, str):
        raise ValueError(f"must be a size like 1024x1024 in quotation marks (got {shown(value)}).")
    try:
        return Size.parse(value)
    except ValueError as error:
        raise ValueError(f"must be a size like 1024x1024 (got {shown(value)}).") from error


def _aspect(value: object) -> Aspect:
    if not isinstance(value, str):
        raise ValueError(f"must be a shape like 16:9 in quotation marks (got {shown(value)}).")
    try:
        return Aspect.parse(value)
    except ValueError as error:
        raise ValueError(f"must be a shape like 16:9 (got {shown(value)}).") from error


def _amount(value: object) -> Decimal:
    """A price, exactly as it is written: a number of TOML reads back as its own digits."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must be a number of dollars (got {shown(value)}).")
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"must be a number of dollars (got {shown(value)}).") from error
    if not amount.is_finite() or amount <= 0:
        raise ValueError(f"must be more than 0 dollars (got {value}); leave out what costs nothing.")
    return amount


Item = TypeVar("Item")


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    texts = [item for item in values if isinstance(item, str) and item]
    if not texts or len(texts) < len(values):
        raise ValueError(f"must be text, or a list of texts (got {shown(value)}).")
    return texts


def _sizes(value: object) -> list[Size]:
    return [_size(item) for item in _texts(value)]


def _operations(value: object) -> list[Operation]:
    known = {operation.value: operation for operation in Operation if operation is not Operation.UPLOAD}
    unknown = [text for text in _texts(value) if text not in known]
    if unknown:
        raise ValueError(f'must be one of {", ".join(known)} (got "{unknown[0]}").')
    return [known[text] for text in _texts(value)]


def _scalar(value: object) -> str | float | bool:
    if not isinstance(value, str | int | float):
        raise ValueError(f"must be text, a number, true or false (got {shown(value)}).")
    return value


def _number(value: object) -> int | float:
    """A whole number stays whole: as a fraction, 2^63 - 1 would become 2^63."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number (got {shown(value)}).")
    return value


SizeText = Annotated[Size, PlainValidator(_size)]
AspectText = Annotated[Aspect, PlainValidator(_aspect)]
Dollars = Annotated[Decimal, PlainValidator(_amount)]
Texts = Annotated[list[str], PlainValidator(_texts)]
Sizes = Annotated[list[Size], PlainValidator(_sizes)]
Operations = Annotated[list[Operation], PlainValidator(_operations)]
Scalar = Annotated[str | float | bool, PlainValidator(_scalar)]
Number = Annotated[int | float, PlainValidator(_number)]
Word = Annotated[Item, Field(strict=False)]
"""A member of an enumeration, written as text."""


class ServiceTable(Table):
    """`[service]`: how a service is reached and how hard it may be pressed."""

    id: ServiceId
    name: Line
    description: Line
    adapter: ServiceId
    local: bool = False
    algorithmic: bool = False
    base_url: Address | None = None
    base_url_variable: Variable | None = None
    key_variables: list[Variable] = []
    organization_variable: Variable | None = None
    requests_per_second: float = Field(0, ge=0)
    concurrency: int = Field(ge=1)
    default_model: Name | None = None
    """Only a service whose models all come from the installation has none of its own."""
    default_models: dict[Word[Operation], Name] = {}
    unlisted_like: Name | None = None
    poll_seconds: float = Field(2.0, gt=0)
    trusted_hosts: list[HostPattern] = []
    packages: list[Name] = []
    python_variable: Variable | None = None
    option_variables: list[Variable] = []
    installed_by: Line | None = None
    models_by: Line | None = None
    colour: Colour
    documentation: Address | None = None
    as_of: date
    aliases: list[Name] = []
    order: int = Field(1000, ge=0)
    """Services are shown by this number, then by id."""


class GridTable(Table):
    """`sizes.grid`: free sizes."""

    multiple: int = Field(1, ge=1)
    min_edge: int = Field(ge=1)
    max_edge: int = Field(ge=1)
    min_pixels: int = Field(1, ge=1)
    max_pixels: int = Field(ge=1)
    max_ratio: float = Field(ge=1)


class SizesTable(Table):
    """`sizes`: which sizes a model makes."""

    fixed: list[SizeText] = []
    grid: GridTable | None = None
    aspects: list[AspectText] = []
    resolutions: dict[str, Annotated[int, Field(ge=1)]] = {}
    default: SizeText | None = None
    keeps: list[Word[Operation]] = []
    follows: list[Word[Operation]] = []
    reframes: bool = False


class ParameterTable(Table):
    """`parameters.NAME`: one option of a model."""

    kind: Word[ParameterKind] = ParameterKind.CHOICE
    minimum: Number | None = None
    maximum: Number | None = None
    choices: list[Line] = []
    default: Scalar | None = None
    aliases: dict[str, Line] = {}
    required: bool = False


class MeteredTable(Table):
    """A price or an expectation: of which meter, and when it applies. A list stands for one entry each."""

    meter: Word[Meter]
    quality: Texts = []
    size: Sizes = []
    up_to: SizeText | None = None
    """A class of sizes: all that have no more pixels than this one."""
    operation: Operations = []


class RateTable(MeteredTable):
    """`prices.rates`: what one unit costs; exactly one of the three amounts."""

    usd: Dollars | None = None
    usd_per_thousand: Dollars | None = None
    usd_per_million: Dollars | None = None
    source: Line | None = None
    as_of: date | None = None

    @property
    def amounts(self) -> list[Decimal]:
        """Dollars for one unit, for each amount that is given."""
        given = ((self.usd, 1), (self.usd_per_thousand, 1000), (self.usd_per_million, 1_000_000))
        return [amount / units for amount, units in given if amount is not None]


class ExpectationTable(MeteredTable):
    """`prices.expectations`: how many units one picture is likely to use."""

    floor: int = Field(0, ge=0)
    likely: int = Field(ge=0)
    ceiling: int = Field(ge=1)
    per_input: bool = False
    source: Line | None = None


class PricesTable(Table):
    """`prices`: what a model costs; `free` and `unknown` have to be said."""

    free: bool = False
    unknown: bool = False
    source: Line | None = None
    as_of: date | None = None
    rates: list[RateTable] = []
    expectations: list[ExpectationTable] = []


class ModelTable(Table):
    """`[[model]]`: what one model can do."""

    name: Name
    title: Line
    description: Line
    status: Word[Status] = Status.LIVE
    operations: list[Word[Operation]] = Field(min_length=1)
    stand_ins: dict[Word[Operation], Word[StandIn]] = {}
    sizes: SizesTable = SizesTable()
    max_count: int = Field(1, ge=1)
    parameters: dict[str, ParameterTable] = {}
    prompt_limit: int = Field(ge=0)
    languages: list[Language] = Field([ENGLISH], min_length=1)
    default_prompts: dict[Word[Operation], Line] = {}
    formats: list[Line] = Field(min_length=1)
    mask: Word[MaskKind] = MaskKind.NONE
    max_inputs: int = Field(0, ge=0)
    roles: list[Word[Role]] = []
    needs: list[Word[Role]] = []
    wire: dict[str, object] = {}
    """For the adapter alone, which says what it reads there."""
    tiers: dict[str, Annotated[int, Field(ge=1)]] = {}
    seconds: float = Field(gt=0)
    timeout: float = Field(gt=0)
    streams: bool = False
    requests_per_second: float = Field(0, ge=0)
    concurrency: int = Field(0, ge=0)
    shutdown: date | None = None
    successor: Name | None = None
    aliases: list[Name] = []
    source: Line
    as_of: date | None = None
    prices: PricesTable


def keys_beside(kind: type[Table], path: KeyPath) -> tuple[str, ...]:
    """The keys that are allowed where the last part of a path stands."""
    for part in path[:-1]:
        if isinstance(part, str) and part in kind.model_fields:
            kind = _inner(kind.model_fields[part].annotation) or kind
    return tuple(kind.model_fields)


def _inner(annotation: object) -> type[Table] | None:
    """The kind of table inside a type such as a list or a dictionary of it."""
    if isinstance(annotation, type) and issubclass(annotation, Table):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)
