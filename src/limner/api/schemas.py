"""The shapes of answers, for the documentation: the routes write them without checking them a second time."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from limner.domain.errors import Spent
from limner.domain.events import EventKind
from limner.domain.job import CallState, JobState
from limner.domain.model_card import StandIn
from limner.domain.plan import Treatment
from limner.domain.request import Operation

EXAMPLE_ID = "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"


class Answer(BaseModel):
    """The base of all answers: exactly these fields."""

    model_config = ConfigDict(extra="forbid", json_schema_serialization_defaults_required=True)


class FieldFault(Answer):
    """One field that is wrong."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """What went wrong (RFC 9457): `code` is stable, `retryable` says whether the same request may succeed later,
    `spent` whether money may have been spent.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:limner:problem:prompt_empty",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "Prompt cannot be empty. Describe the picture.",
                    "instance": "/api/v1/jobs",
                    "code": "prompt_empty",
                    "retryable": False,
                    "spent": "no",
                    "field": "prompt",
                    "request_id": EXAMPLE_ID,
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    retryable: bool
    spent: Spent
    field: str | None
    request_id: str
    provider: str | None = Field(default=None, description="The service that said so.")
    retry_after: float | None = Field(default=None, description="Seconds, also in Retry-After.")
    suggestions: list[str] | None = Field(default=None, description="Models of similar names.")
    errors: list[FieldFault] | None = Field(default=None, description="All fields that are wrong.")


class Amount(Answer):
    """US dollars, exact: in millionths, and as text."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"micro_usd": 53000, "usd": "0.053"}]})

    micro_usd: int
    usd: str


class EstimateAnswer(Answer):
    """What something may cost: at least, probably, at most."""

    floor: Amount
    likely: Amount
    ceiling: Amount


class Trouble(Answer):
    """A problem inside a job or a call."""

    code: str
    message: str
    retryable: bool
    spent: Spent
    field: str | None
    provider: str | None


class ReceiptLineAnswer(Answer):
    """What became of one option."""

    field: str
    treatment: Treatment
    wanted: str
    sent: str | None
    why: str


class CandidateAnswer(Answer):
    """A model that could paint it."""

    model: str
    title: str
    reason: str
    stand_in: StandIn
    calls: int
    seconds: float
    estimate: EstimateAnswer | None


class RejectionAnswer(Answer):
    """A model that was passed over."""

    model: str
    code: str
    why: str
    until: datetime | None = Field(description="When it may be tried again, where waiting helps.")


class FallbackAnswer(Answer):
    """Who would have painted, and why somebody else does."""

    original: str
    why: str


class TranslationAnswer(Answer):
    """Who would translate the prompt before it is painted, into what, and for how much."""

    to: str
    language: str = Field(description="What it seems to be in; empty where nobody can tell.")
    negative: bool = Field(description="Whether the negative prompt is translated along.")
    by: str
    estimate: EstimateAnswer | None


class PlanAnswer(Answer):
    """Who would paint it, best first, and who was passed over."""

    candidates: list[CandidateAnswer]
    rejections: list[RejectionAnswer]
    fallback: FallbackAnswer | None
    translation: TranslationAnswer | None = Field(description="What is bought beside the pictures.")


class OriginalAnswer(Answer):
    """The provider's own file, as it came."""

    media_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str


class ImageAnswer(Answer):
    """A kept picture."""

    id: str = Field(examples=[EXAMPLE_ID])
    job_id: str
    number: int
    url: str
    thumbnail_url: str
    recipe_url: str
    page_url: str
    width: int
    height: int
    media_type: str
    size_bytes: int
    sha256: str
    original: OriginalAnswer
    operation: Operation
    prompt: str
    revised_prompt: str | None
    service: str
    model: str
    seed: int | None
    cost: Amount | None
    project: str
    tags: list[str]
    alt_text: str | None = Field(description="What those hear who do not see it; null before it was described.")
    favorite: bool
    trashed: datetime | None = Field(description="Since when it lies in the trash; null where it does not.")
    tone: str
    changes: list[str]
    withheld: str | None = Field(description="Why its file is not handed out; null where it is.")
    parents: list[str]
    created: datetime


class CallAnswer(Answer):
    """One purchase at a service."""

    id: str
    number: int
    candidate: int
    model: str
    state: CallState
    count: int
    cost: Amount | None
    problem: Trouble | None


class JobLinks(Answer):
    """Where to go on."""

    self: str
    events: str
    cancel: str
    page: str


class JobSummary(Answer):
    """A job as it stands in a list."""

    id: str = Field(examples=[EXAMPLE_ID])
    state: JobState
    model: str
    operation: Operation
    prompt: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    cost: Amount | None
    problem: Trouble | None
    cancel_requested: bool
    images: list[ImageAnswer]
    links: JobLinks


class JobAnswer(JobSummary):
    """A request being carried out, with everything there is to know about it."""

    request: dict[str, object]
    plan: PlanAnswer
    candidate: int = Field(description="Which candidate of the plan is being tried.")
    fallback: FallbackAnswer | None = Field(description="Where another model paints than was meant to.")
    receipt: list[ReceiptLineAnswer]
    estimate: EstimateAnswer | None
    held: Amount
    retry_of: str | None = Field(description="The job whose missing pictures it buys.")
    calls: list[CallAnswer]


class SizeGridAnswer(Answer):
    """Free sizes: both edges multiples of `multiple`, within these bounds."""

    multiple: int
    min_edge: int
    max_edge: int
    min_pixels: int
    max_pixels: int
    max_ratio: float


class SizesAnswer(Answer):
    """Which sizes a model makes."""

    fixed: list[str]
    grid: SizeGridAnswer | None
    aspects: list[str]
    resolutions: dict[str, int] = Field(description="The service's words for how large, and about how many pixels.")
    default: str | None


class ConstraintsAnswer(Answer):
    """What the first candidate can be asked for."""

    sizes: SizesAnswer
    max_count: int = Field(description="Pictures that one call makes; more are split into several calls.")
    qualities: list[str]
    styles: list[str]
    formats: list[str]
    prompt_limit: int


class QuoteAnswer(Answer):
    """A priced plan; its token carries it out once, until it expires."""

    id: str
    token: str
    expires: datetime
    model: str
    count: int
    seconds: float
    estimate: EstimateAnswer | None
    ceiling: Amount | None = Field(description="What would be set aside; null where a price is unknown.")
    constraints: ConstraintsAnswer
    receipt: list[ReceiptLineAnswer]
    plan: PlanAnswer
    request: dict[str, object]


class JobPage(Answer):
    """Jobs, newest first; `next` is the cursor of the next page."""

    items: list[JobSummary]
    next: str | None


class ImagePage(Answer):
    """Pictures, newest first; `next` is the cursor of the next page."""

    items: list[ImageAnswer]
    next: str | None


class EventAnswer(Answer):
    """One thing that happened to a job."""

    number: int
    kind: EventKind
    at: datetime
    data: dict[str, object]


class EventPage(Answer):
    """Events in order; `next` is the number to ask after, null where there is no more at the moment."""

    items: list[EventAnswer]
    next: int | None


class ServiceUsage(Answer):
    """What one service has cost."""

    service: str
    pictures: int
    cost: Amount


class UsageAnswer(Answer):
    """What has been spent since some moment."""

    since: datetime
    total: Amount
    services: list[ServiceUsage]


class HealthAnswer(Answer):
    """Whether the server answers, and which version it is."""

    status: str = Field(examples=["ok"])
    version: str
