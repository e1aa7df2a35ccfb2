"""What is sent and answered about text models."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.bodies import StrictBody
from limner.api.schemas import Answer


class TextResolveBody(StrictBody):
    """What a person has found out about an ambiguous text call."""

    charged: bool


class TextModelAnswer(Answer):
    """A text model."""

    id: str
    service: str
    title: str
    local: bool
    sees: bool
    uses_tools: bool
    context: int | None = Field(description="Tokens of question and answer together; null where nobody knows.")
    input_usd: str | None = Field(description="Dollars for a million tokens; null where the price is not known.")
    output_usd: str | None
    own_price: bool = Field(description="Whether this installation has said itself what it costs.")
    shutdown: str | None
    ready: bool
    reason: str | None = Field(description="Why you cannot use it now.")


class TextModelList(Answer):
    """Text models in the order in which they are chosen."""

    items: list[TextModelAnswer]


class TextCallAnswer(Answer):
    """What a text model was asked and charged."""

    id: str
    purpose: str
    provider: str
    model: str
    project: str
    state: str = Field(description="sending, settled, failed, or ambiguous: it may have been charged.")
    spent: str
    created: datetime
    duration_ms: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: str | None = Field(description="Null while it is under way, or where nobody knows.")
    held_usd: str
    request_id: str | None
    problem: str | None


class TextCallPage(Answer):
    """One page of text calls."""

    items: list[TextCallAnswer]
    next: str | None
