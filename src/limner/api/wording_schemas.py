"""The shapes of answers about saved words."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import EXAMPLE_ID, Answer


class PresetAnswer(Answer):
    """A saved style; its `value` joins the prompt."""

    id: str
    name: str
    description: str
    value: str
    own: bool = Field(description="Whether you saved it yourself.")


class PresetList(Answer):
    """All saved styles."""

    items: list[PresetAnswer]


class BlankAnswer(Answer):
    """A blank of a template."""

    name: str
    default: str | None = Field(description="Null where a value has to be given.")


class TemplateAnswer(Answer):
    """A template."""

    id: str = Field(examples=[EXAMPLE_ID])
    name: str
    template: str
    description: str
    blanks: list[BlankAnswer]
    uses: int = Field(description="Jobs that were made with it.")
    created: datetime
    updated: datetime
    used: datetime | None


class TemplateList(Answer):
    """All templates of yours."""

    items: list[TemplateAnswer]


class FilledAnswer(Answer):
    """The words that a template gives."""

    prompt: str
