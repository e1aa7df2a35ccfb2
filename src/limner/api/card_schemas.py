"""The shapes of answers about models, services and styles, for the documentation."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import Amount, Answer, SizesAnswer
from limner.domain.health import BreakerState
from limner.domain.model_card import MaskKind, StandIn, Status
from limner.domain.request import Operation, Role
from limner.domain.vault import KeyState


class ParameterAnswer(Answer):
    """One option of a model."""

    name: str
    kind: str
    minimum: float | None
    maximum: float | None
    choices: list[str]
    default: str | float | bool | None


class ModelAnswer(Answer):
    """What a model can do, what a picture costs and whether it can be used now."""

    id: str = Field(examples=["sketch/sketch"])
    service: str
    name: str
    title: str
    description: str
    status: Status
    shutdown: str | None
    successor: str | None
    ready: bool
    reason: str
    operations: dict[Operation, StandIn]
    sizes: SizesAnswer
    max_count: int
    max_inputs: int
    mask: MaskKind
    roles: list[Role]
    needs: list[Role] = Field(description="Input pictures without which it does nothing.")
    parameters: list[ParameterAnswer]
    prompt_limit: int
    languages: list[str] = Field(description="Codes of those in which it reads prompts well, the best one first.")
    formats: list[str]
    price: Amount | None = Field(description="Of one picture as the model makes it by default; null where unknown.")
    tiers: dict[str, int]
    seconds: float
    streams: bool
    aliases: list[str]
    source: str
    as_of: str | None


class ModelList(Answer):
    """Models in the order in which they are shown."""

    items: list[ModelAnswer]


class PaceAnswer(Answer):
    """How hard a service is pressed at most; 0 requests a second is no limit."""

    requests_per_second: float
    concurrency: int | None = Field(description="Purchases at a time; null for a service that only writes: no limit.")


class ConditionAnswer(Answer):
    """How a service or a model fares: the state of its circuit breaker and what has led to it."""

    state: BreakerState
    failures: int = Field(description="In a row, of late.")
    code: str = Field(description="What the last failure was.")
    cause: str = Field(description="configuration: change the key or the account; outage: waiting helps; else empty.")
    since: datetime | None
    until: datetime | None = Field(description="When a call is let through on trial.")


class HealthOfProvider(ConditionAnswer):
    """How a service fares: by itself, or else by its default model."""

    reason: str = Field(examples=["Provider operational"])
    models: dict[str, ConditionAnswer] = Field(description="Those of its models that have failed by themselves.")


class ConfigAnswer(Answer):
    """What an administrator says about a service; what is null is as the settings and the catalog have it."""

    enabled: bool = Field(description="Whether anything new is sent there.")
    weight: float | None
    requests_per_second: float | None
    changed: datetime | None


class ProviderAnswer(Answer):
    """A service or local engine that paints, writes, or both."""

    id: str
    name: str
    description: str
    local: bool
    ready: bool
    reason: str
    available: bool = Field(description="Whether it is ready and not blocked by its circuit breaker.")
    health: HealthOfProvider
    default_model: str | None = Field(description="Null where nobody has named one.")
    models: list[str] = Field(description="Models that paint; none where the service only writes.")
    text_models: list[str] = Field(description="Models that write, in the order in which they are chosen.")
    pace: PaceAnswer
    config: ConfigAnswer
    colour: str | None
    documentation: str | None


class ProviderList(Answer):
    """Services in the order in which they are shown."""

    items: list[ProviderAnswer]


class AccountAnswer(Answer):
    """What a service tells of an account."""

    name: str | None
    balance: str | None = Field(description="What is left, in `unit`; null where the service does not tell.")
    unit: str


class InspectionAnswer(Answer):
    """What a service says about the key that is configured for it."""

    service: str
    state: KeyState
    message: str
    account: AccountAnswer | None


class ListingAnswer(Answer):
    """The image models that a service names."""

    service: str
    at: str
    models: list[str]
    unlisted: list[str] = Field(
        description="Those that the catalog does not know, by the names they can be used under."
    )
