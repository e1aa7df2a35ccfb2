"""What document 0's clients send and read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Words = Annotated[str, Field(max_length=100_000)]
Edge = Annotated[int, Field(ge=1, le=16_384)]


class GenerationOptions(BaseModel):
    """What is wanted."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [{"prompt": "A beautiful sunset", "width": 512, "height": 512, "provider": "sketch"}]
        },
    )

    prompt: Words
    width: Edge | None = None
    height: Edge | None = None
    num_outputs: Annotated[int, Field(ge=1, le=10)] | None = Field(default=None, alias="numOutputs")
    negative_prompt: Words | None = Field(default=None, alias="negativePrompt")
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    steps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    provider: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class GenerationResult(BaseModel):
    """How a generation stands."""

    id: str
    status: str
    output: list[str] | None = None
    error: str | None = None
    code: str | None = None
    progress: float | None = Field(default=None, description="0 to 100.")
    metadata: dict[str, object] | None = None


class GenerationErrorAnswer(BaseModel):
    """What went wrong."""

    error: str
    code: str
    provider: str | None
    details: dict[str, object]
