"""Reports of pictures: what somebody finds wrong with one, and what an administrator decides about it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from limner.domain.picture import Picture
from limner.domain.records import Page

JUDGE = ""
"""Who reports a picture that was withheld when it was finished: nobody's id."""


class ReportState(StrEnum):
    """How far a report has come."""

    OPEN = "open"
    DISMISSED = "dismissed"
    WITHHELD = "withheld"
    DELETED = "deleted"


class Decision(StrEnum):
    """What an administrator may decide; all but `delete` may be decided otherwise later."""

    DISMISS = "dismiss"
    WITHHOLD = "withhold"
    DELETE = "delete"

    @property
    def becomes(self) -> ReportState:
        """The state of a report that is decided so."""
        return {
            Decision.DISMISS: ReportState.DISMISSED,
            Decision.WITHHOLD: ReportState.WITHHELD,
            Decision.DELETE: ReportState.DELETED,
        }[self]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What one person, or whoever looks at finished pictures, finds wrong with a picture."""

    id: str
    image_id: str
    owner: str
    """Whose picture it is."""
    prompt: str
    model: str
    """`service/name`, with the prompt what stays known of a picture that is deleted."""
    reporter: str
    """Id of the person who reports it; JUDGE where it was withheld when it was finished."""
    reason: str
    details: str
    created: datetime
    state: ReportState = ReportState.OPEN
    note: str = ""
    """What the administrator who decided has to say."""
    decided_by: str | None = None
    decided: datetime | None = None
    withheld: bool = False
    """Whether the picture's file is withheld now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """One decision, about to be written down."""

    report_id: str
    decision: Decision
    note: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruled:
    """A report that has been decided, and the picture as it was before; None where it had been gone already."""

    report: Report
    picture: Picture | None


class Display(Protocol):
    """Where people find their pictures with a file manager, and how one leaves it."""

    async def put(self, picture: Picture) -> Path | None:
        """Gives a kept picture its place; None where there is no such place. Raises StorageError and NotFound."""
        ...

    async def remove(self, picture: Picture) -> None:
        """Takes a picture away; one that is not there is fine. Raises StorageError."""
        ...


class Reports(Protocol):
    """Reports of pictures, and which pictures are withheld."""

    async def add(self, report: Report) -> tuple[Report, bool]:
        """Writes a report down; the earlier one and False where this person has reported this picture before."""
        ...

    async def get(self, report_id: str) -> Report:
        """One report. Raises NotFound."""
        ...

    async def page(self, states: Collection[ReportState], *, limit: int, cursor: str | None) -> Page[Report]:
        """Reports in these states, or in any where there is none; newest first."""
        ...

    async def rule(self, ruling: Ruling) -> Ruled:
        """Carries out a decision, for all open reports of the same picture, in one transaction.

        Raises NotFound; InvalidRequest where the picture is gone, or may not be deleted yet.
        """
        ...
