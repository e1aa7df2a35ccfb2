"""The shapes of answers about reports of pictures."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from limner.api.schemas import EXAMPLE_ID, Answer
from limner.domain.reviews import ReportState


class OwnReportAnswer(Answer):
    """A report as the person who made it sees it."""

    id: str = Field(examples=[EXAMPLE_ID])
    image_id: str
    reason: str
    details: str
    state: ReportState
    created: datetime


class ReportAnswer(OwnReportAnswer):
    """A report on the review list."""

    owner: str = Field(description="Whose picture it is.")
    reporter: str | None = Field(description="Who reports it; null where it was flagged when it was finished.")
    prompt: str
    model: str
    withheld: bool = Field(description="Whether the picture's file is withheld now.")
    file_url: str = Field(description="The picture itself, for administrators.")
    note: str
    decided_by: str | None
    decided: datetime | None


class ReportPage(Answer):
    """One page of the review list."""

    items: list[ReportAnswer]
    next: str | None
