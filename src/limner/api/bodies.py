"""What callers may send: checked on the way in, then turned into an `ImageRequest`."""

from __future__ import annotations

from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from limner.domain.budgets import Counted, Kind, Window
from limner.domain.errors import InvalidRequest
from limner.domain.interpreting import wanted_language
from limner.domain.money import Money
from limner.domain.preset import Preset
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Operation, Role, Size, Strictness
from limner.domain.reviews import Decision
from limner.domain.steering import FIELDS, ServiceChange
from limner.domain.template import check_template
from limner.domain.vault import Access
from limner.domain.webhooks import WebhookEvent
from limner.engine.budgeting import Wanted

NO_NUL = r"^[^\x00]*$"
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=100_000)]
Pixels = Annotated[int, Field(ge=0, le=16_384)]


class StrictBody(BaseModel):
    """What every body is: exactly these fields, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class QueueBody(StrictBody):
    """Whether one's own queue is to be paused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    paused: bool = Field(description="true: what was not sent yet waits; false: it goes on, in order.")


class SteeringBody(StrictBody):
    """What is to be different about a service; the rest stays, and what is null becomes as usual again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True, "weight": 2.0}]})

    enabled: bool | None = Field(default=None, description="false: nothing new is sent there.")
    weight: float | None = Field(default=None, description="How many times as often as others of the same rank.")
    requests_per_second: float | None = Field(default=None, description="0 is no limit.")

    def wanted(self) -> ServiceChange:
        """The change that is meant."""
        return ServiceChange(
            enabled=self.enabled,
            weight=self.weight,
            requests_per_second=self.requests_per_second,
            usual=frozenset(name for name in FIELDS if name in self.model_fields_set and getattr(self, name) is None),
        )


class InputBody(StrictBody):
    """A picture the request starts from: a kept one by `image_id`, or a file in `data`."""

    role: Role = Role.SOURCE
    image_id: str | None = Field(default=None, max_length=64, description="The id of a kept picture.")
    data: str | None = Field(default=None, description="The file in base64, or a data URL.")


class MarginsBody(StrictBody):
    """How many pixels an outpainted picture grows on each side."""

    left: Pixels = 0
    top: Pixels = 0
    right: Pixels = 0
    bottom: Pixels = 0


class AccessBody(StrictBody):
    """Which stored key and which address to use instead of those that would be used by themselves."""

    key: str | None = Field(default=None, max_length=64, description="The id of a stored key.")
    base_url: str | None = Field(
        default=None, max_length=2000, pattern=NO_NUL, description="Where the service is; no shared key goes there."
    )


PARSED = {"inputs", "access", "size", "aspect", "margins", "max_cost", "presets", "tags", "translate"}
"""Fields that have a type of their own in an `ImageRequest`."""


class RequestBody(StrictBody):
    """What is wanted. Everything left out is the model's choice."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"prompt": "a lighthouse at dusk", "model": "sketch", "size": "512x512"}]}
    )

    prompt: Text = ""
    operation: Operation = Operation.GENERATE
    negative_prompt: Text | None = None
    inputs: Annotated[list[InputBody], Field(max_length=16)] = []
    model: Word | None = Field(default=None, description="`service/model`, a bare name or an alias.")
    provider: Word | None = None
    profile: Word | None = Field(
        default=None, description="A profile of yours, by its name or id, in place of model and provider."
    )
    access: AccessBody | None = None
    tier: Word | None = Field(
        default=None, description="ultra, high, standard or fast; auto takes the one that the prompt's words ask for."
    )
    fallback: bool = Field(
        default=False, description="Another service may paint where the model or service that is named cannot."
    )
    count: Annotated[int, Field(ge=1, le=10)] = 1
    size: str | None = Field(default=None, max_length=20, description='Pixels, such as "1024x768".')
    aspect: str | None = Field(default=None, max_length=20, description='A shape, such as "16:9".')
    margins: MarginsBody | None = None
    quality: Word | None = None
    style: Word | None = None
    presets: Annotated[list[Word], Field(max_length=10)] = []
    template: Word | None = Field(
        default=None, description="The name or id of a template of yours; its words become the prompt."
    )
    values: Annotated[dict[str, Text], Field(max_length=100)] = Field(
        default_factory=dict, description="What stands in the blanks of the template."
    )
    optimise: bool = Field(
        default=False, description="Shorten a prompt of 3,000 to 10,000 characters, so that every model takes it."
    )
    translate: bool | Word = Field(
        default=False,
        description="Put the prompt into the language that the model reads best, or into the one that is named.",
    )
    steps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    guidance: Annotated[float, Field(ge=0, le=1000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    strength: Annotated[float, Field(ge=0, le=1)] | None = None
    scale: Annotated[int, Field(ge=2, le=4)] | None = None
    format: Word | None = None
    background: Word | None = None
    previews: Annotated[int, Field(ge=0, le=3)] = 0
    protect: bool = False
    project: Word = "default"
    tags: Annotated[list[Word], Field(max_length=50)] = []
    strictness: Strictness = Strictness.ADAPT
    max_cost: str | None = Field(
        default=None, max_length=20, description='Dollars, such as "0.10": refuse rather than spend more.'
    )
    reuse: bool = Field(
        default=False, description="Take your kept pictures of the same request, up to seven days old, for nothing."
    )
    extra: dict[str, object] = Field(
        default_factory=dict, description="The service's own options, passed through last."
    )

    @field_validator("extra")
    @classmethod
    def _plain(cls, extra: dict[str, object]) -> dict[str, object]:
        """Only what JSON can carry there and back."""
        try:
            same = orjson.loads(orjson.dumps(extra)) == extra
        except TypeError:
            same = False
        if not same:
            raise ValueError("a number in it is too large or is no number")
        return extra

    def asked(self, inputs: tuple[InputImage, ...]) -> ImageRequest:
        """The request, with its pictures taken in. Raises InvalidRequest, naming the field."""
        check_template(self.prompt, self.template, self.values)
        plain = self.model_dump(exclude=PARSED)
        plain.pop("quote", None)
        return ImageRequest(
            **plain,
            inputs=inputs,
            access=None if self.access is None else Access(**self.access.model_dump()),
            size=_size(self.size),
            aspect=_aspect(self.aspect),
            margins=None if self.margins is None else Margins(**self.margins.model_dump()),
            max_cost=money_from("max_cost", self.max_cost),
            presets=tuple(self.presets),
            tags=tuple(self.tags),
            translate=wanted_language(self.translate),
        )


class JobBody(RequestBody):
    """A request to carry out, or in its place the token of a quote."""

    quote: str | None = Field(
        default=None, min_length=1, max_length=500_000, description="The token of a quote; nothing else beside it."
    )


class TemplateBody(StrictBody):
    """A template to save: `{subject}` is a blank, `{light=at dusk}` one with a default, `{{` a brace."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "harbour", "template": "a harbour {light=at dusk}, {style}"}]}
    )

    name: Word
    template: Text
    description: Text = ""


class TemplateChanges(StrictBody):
    """What is to be different about a template; what is left out stays."""

    name: Word | None = None
    template: Text | None = None
    description: Text | None = None


class FillBody(StrictBody):
    """What stands in the blanks of a template."""

    values: dict[str, Text] = Field(default_factory=dict)


class PresetBody(StrictBody):
    """A style to save."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "neon-city", "value": "neon lights, futuristic city, rain"}]}
    )

    id: Word
    name: Annotated[str, Field(max_length=200, description="The id where it is left out.")] = ""
    description: Text = ""
    value: Text

    def meant(self) -> Preset:
        """The style itself."""
        return Preset(id=self.id, name=self.name, description=self.description, value=self.value)


class ReportBody(StrictBody):
    """What is wrong with a picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "violence"}]})

    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL, description="In a word or two.")]
    details: Annotated[str, Field(max_length=4000, pattern=NO_NUL)] = ""


class DecisionBody(StrictBody):
    """What an administrator decides about a report."""

    decision: Decision
    note: Annotated[str, Field(max_length=4000, pattern=NO_NUL)] = ""


class BudgetLimitBody(StrictBody):
    """How much of one of the two a budget allows."""

    usd: str | None = Field(default=None, max_length=20, description='Dollars, such as "25.00".')
    pictures: Annotated[int, Field(ge=0, lt=2**53)] | None = Field(
        default=None, description="Pictures that are paid for; in place of `usd`."
    )

    def measured(self) -> tuple[Counted, int]:
        """What is counted, and its limit. Raises InvalidRequest, naming the field."""
        if (self.usd is None) is (self.pictures is None):
            raise InvalidRequest("Give the limit in usd or in pictures, one of the two.", field="usd")
        money = money_from("usd", self.usd)
        return (Counted.PICTURES, self.pictures or 0) if money is None else (Counted.USD, money.micro)


class BudgetBody(BudgetLimitBody):
    """A budget to set up: for whom, for how long, and how much of one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "project", "name": "harbour", "window": "month", "usd": "25.00"}]}
    )

    kind: Kind
    name: str = Field(
        default="",
        max_length=200,
        pattern=NO_NUL,
        description="The id of a user or token, the name of a project or profile; left out for everyone.",
    )
    window: Window = Field(description="In UTC; `all` is never filled up again.")

    def wanted(self) -> Wanted:
        """The budget that is meant. Raises InvalidRequest, naming the field."""
        counted, limit = self.measured()
        return Wanted(kind=self.kind, name=self.name, window=self.window, counted=counted, limit=limit)


class RetryBody(StrictBody):
    """What may be paid for the pictures that a job did not bring."""

    max_cost: str | None = Field(
        default=None, max_length=20, description='Dollars, such as "0.10": refuse rather than spend more.'
    )

    def most(self) -> Money | None:
        """The amount that is meant. Raises InvalidRequest."""
        return money_from("max_cost", self.max_cost)


class ResolveBody(StrictBody):
    """What a person found out about a purchase that got lost on the way."""

    charged: bool = Field(description="Whether the service has charged for it.")


class WebhookBody(StrictBody):
    """Where word of your jobs' ends is to go."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://example.com/limner", "events": ["job.succeeded"]}]}
    )

    url: Annotated[str, Field(min_length=1, max_length=2000, pattern=NO_NUL)]
    events: list[WebhookEvent] = Field(default=[], max_length=50, description="All of them where left out.")


def _size(text: str | None) -> Size | None:
    try:
        return None if text is None else Size.parse(text)
    except ValueError as error:
        raise InvalidRequest(str(error), field="size") from None


def _aspect(text: str | None) -> Aspect | None:
    try:
        return None if text is None else Aspect.parse(text)
    except ValueError as error:
        raise InvalidRequest(str(error), field="aspect") from None


def money_from(field: str, text: str | None) -> Money | None:
    """An amount of dollars from text. Raises InvalidRequest, naming the field."""
    try:
        amount = None if text is None else Money.usd(text)
    except ValueError as error:
        raise InvalidRequest(str(error), field=field) from None
    if amount is not None and not 0 <= amount.micro < 2**53:
        raise InvalidRequest(f"{field} is an amount of dollars from 0 up.", field=field)
    return amount
