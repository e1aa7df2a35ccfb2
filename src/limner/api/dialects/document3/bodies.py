"""What document 3's clients send and read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class EstimateBody(BaseModel):
    """What a picture would be asked for."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"prompt": "A photorealistic sunset", "provider": "sketch", "size": "64x64"}]},
    )

    prompt: Annotated[str, Field(max_length=100_000)] = ""
    provider: Word | None = None
    model: Word | None = None
    model_key: Word | None = Field(default=None, alias="modelKey", description="A model's id or alias.")
    size: Word | None = None
    quality: Word | None = Field(default=None, description="ultra, high, standard or fast; else the prompt's words.")
    style: Word | None = None


class GenerateImageBody(EstimateBody):
    """What a picture is asked for."""

    access_token: Annotated[str, Field(max_length=10_000)] | None = Field(
        default=None, alias="accessToken", repr=False, description="Of a Google account; ignored without sign-in."
    )
    confirmed_cost: Annotated[float, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, alias="confirmedCost", description="Dollars that somebody has agreed to."
    )


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow")

    success: bool


class FailureAnswer(_Answer):
    """What went wrong."""

    error: str


class EstimateAnswer(_Answer):
    """Phase one: who would paint, at what price at most."""

    provider: str
    model: str
    model_key: str = Field(alias="modelKey")
    quality: str
    cost: float | None
    constraints: dict[str, object]
    alternatives: list[dict[str, object]]
    fallback_used: bool = Field(alias="fallbackUsed")


class GeneratedAnswer(_Answer):
    """Phase two: the picture."""

    image_url: str = Field(alias="imageUrl")
    provider: str
    model: str
    cost: float | None
    fallback_used: bool = Field(alias="fallbackUsed")
    llm_api_call: dict[str, object] = Field(alias="llmApiCall")


class HealthAnswer(BaseModel):
    """How the services fare."""

    timestamp: str
    providers: dict[str, dict[str, object]]
    summary: dict[str, int]
