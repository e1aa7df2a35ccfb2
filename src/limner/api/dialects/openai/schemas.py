"""The shapes of OpenAI's answers, for the documentation."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Open(BaseModel):
    """OpenAI adds fields now and then, and so do we."""

    model_config = ConfigDict(extra="allow")


class ErrorDetail(_Open):
    """What went wrong."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorAnswer(_Open):
    """OpenAI's shape of errors."""

    error: ErrorDetail


class ImageAnswer(_Open):
    """One picture."""

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None


class ImagesAnswer(_Open):
    """Pictures; `limner` says what OpenAI's clients have no place for: the job, its cost, what became of options."""

    created: int
    data: list[ImageAnswer]
    model: str = Field(description="Who painted, as `service/model`.")
    size: str
    quality: str
    background: str
    output_format: str
    usage: dict[str, object] | None = None
    limner: dict[str, object]


class ModelAnswer(_Open):
    """One model."""

    id: str
    object: str
    created: int
    owned_by: str
    shutdown_date: str | None


class ModelList(_Open):
    """Models."""

    object: str
    data: list[ModelAnswer]
