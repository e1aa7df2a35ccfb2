"""The shapes of figures, for the documentation."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from limner.api.schemas import Amount, Answer

RATE = "0 to 1; null where there was no call."


class SumsAnswer(Answer):
    """Bookings together."""

    spent: Amount = Field(description="Of what is known, texts too.")
    unpriced: int = Field(description="Bookings whose price nobody knows: they are in no sum.")
    pictures: int
    picture_cost: Amount | None = Field(description="What a picture cost on average; null where there is none.")


class EndsAnswer(SumsAnswer):
    """Bookings, and how calls for pictures ended."""

    succeeded: int = Field(description="Calls that brought pictures.")
    failed: int
    success_rate: float | None = Field(description=RATE)


class TimedAnswer(EndsAnswer):
    """The same with how long calls took."""

    median_seconds: float | None = Field(description="From sending a call to its pictures being kept, to two digits.")
    p95_seconds: float | None = Field(description="What 95 in 100 calls did not exceed.")


class WholeAnswer(TimedAnswer):
    """Everything together."""

    fallback_pictures: int = Field(description="Pictures that another model made than the one that was tried first.")
    fallback_share: float | None = Field(description="Their share of all pictures, 0 to 1.")
    pace: Amount | None = Field(description="What this month comes to if it goes on like this; null else.")


class ServiceFigures(TimedAnswer):
    """One service's."""

    service: str


class SlotService(SumsAnswer):
    """One service's in one hour or day."""

    service: str


class SlotFigures(EndsAnswer):
    """Those of one hour or day."""

    slot: str = Field(description="A day, or an hour where one day was asked for, in UTC.", examples=["2026-11-28"])
    services: list[SlotService]


class PersonFigures(SumsAnswer):
    """One person's."""

    person: str


class ProjectFigures(SumsAnswer):
    """One project's."""

    project: str


class FallbackFigures(Answer):
    """Calls that another model was tried for."""

    origin: str = Field(description="The model that failed.")
    model: str = Field(description="The one that was tried then.")
    code: str = Field(description="What the first one failed with.")
    calls: int
    pictures: int = Field(description="What they brought.")


class KeptFigures(Answer):
    """What is there now, the trash too."""

    pictures: int
    bytes: int


class AnalyticsAnswer(Answer):
    """Figures over whole days in UTC."""

    since: date
    until: date = Field(description="The last day.")
    person: str | None = Field(description="Whose; null for everybody's.")
    project: str | None = Field(description="Of which project; null for all.")
    total: WholeAnswer
    before: SumsAnswer = Field(description="As many days before.")
    slots: list[SlotFigures] = Field(description="Every hour or day, in order.")
    services: list[ServiceFigures]
    people: list[PersonFigures]
    projects: list[ProjectFigures]
    fallbacks: list[FallbackFigures]
    kept: KeptFigures
