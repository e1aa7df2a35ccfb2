"""What document 4's clients send and read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Edge = Annotated[int, Field(ge=1, le=16_384)]
Text = Annotated[str, Field(max_length=100_000)]


class QuickBody(BaseModel):
    """The least that can be asked for."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"prompt": "a lighthouse at dusk", "provider": "sketch"}]},
    )

    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]
    provider: Word | None = Field(default=None, description="Left out, whoever is ready paints.")


class UnifiedPromptBody(BaseModel):
    """A prompt to look at."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    prompt: Annotated[str, Field(min_length=1, max_length=100_000)]


class UnifiedBody(QuickBody):
    """What is wanted."""

    project_id: Word | None = None
    width: Edge | None = None
    height: Edge | None = None
    num_images: Annotated[int, Field(ge=1, le=10)] | None = None
    negative_prompt: Text | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class UnifiedBatchBody(BaseModel):
    """Several requests. Each is checked by itself, so that one that is wrong keeps no other from being painted."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    requests: Annotated[list[dict[str, object]], Field(min_length=1, max_length=1000)]


class FailedAnswer(BaseModel):
    """What went wrong."""

    model_config = ConfigDict(extra="allow")

    status: str
    error: str
    detail: str


class UnifiedAnswer(BaseModel):
    """A generation that is done."""

    generation_id: str
    provider: str
    status: str
    prompt: str
    images: list[dict[str, object]]
    metadata: dict[str, object]


class BatchAnswer(BaseModel):
    """What became of each request, in order."""

    results: list[UnifiedAnswer | FailedAnswer]


class ProvidersAnswer(BaseModel):
    """The services."""

    providers: list[dict[str, object]]


class JobsAnswer(BaseModel):
    """Generations, newest first."""

    jobs: list[dict[str, object]]


class ValidationAnswer(BaseModel):
    """A prompt as it would be painted."""

    model_config = ConfigDict(extra="allow")

    valid: bool
    original_length: int
    optimized_length: int
    optimized_prompt: str
    optimization_time: float
    analysis: dict[str, object]


class ValidatorAnswer(BaseModel):
    """Whether the text model that shortens prompts can be asked."""

    model_config = ConfigDict(extra="allow")

    available: bool
