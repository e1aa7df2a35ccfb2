"""Figures over a stretch of time: spent, made, how well, how fast; as JSON, and the bookings behind them as CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from io import StringIO
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.analytics_schemas import AnalyticsAnswer
from limner.api.answers import answer
from limner.api.documents import ALWAYS, Responses, answers, problems
from limner.api.shapes import Body, amount
from limner.domain.analytics import Span
from limner.engine.figures import Ends, Findings, Sums, Times
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/analytics", tags=["usage"])

COLUMNS = ("slot", "person", "project", "service", "kind", "pictures", "bookings", "cost_usd", "unpriced")
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""Signs that a spreadsheet takes a cell for a formula after."""
CSV: Responses = {
    200: {
        "description": "Bookings by hour or day, person, project, service and kind; their sum is that of the ledger.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    },
    **problems(*ALWAYS, 403),
}


class AnalyticsQuery(BaseModel):
    """Which figures are wanted."""

    model_config = ConfigDict(extra="forbid")

    period: Span = Field(default=Span.MONTH, description="Today by the hour, so many days, or this month so far.")
    since: date | None = Field(default=None, description="In place of a period, the first day in UTC.")
    until: date | None = Field(default=None, description="The last day; 366 days at most.")
    person: str | None = Field(
        default=None, max_length=200, description="For administrators: somebody's id, or `everybody`. Yours else."
    )
    project: str | None = Field(default=None, max_length=200, description="Only this project's.")


@router.get("", summary="Show figures", responses=answers(AnalyticsAnswer, "The figures.", 403))
async def get_analytics(request: Request, query: Annotated[AnalyticsQuery, Query()]) -> Response:
    """What was spent, made and waited for: in all, by hour or day, service, person and project."""
    return answer(findings_body(await _found(request, query)))


@router.get("/export", summary="Export bookings", response_class=Response, responses=CSV)
async def export_analytics(request: Request, query: Annotated[AnalyticsQuery, Query()]) -> Response:
    """The bookings that the figures are made of, as CSV for a spreadsheet; amounts are exact, in dollars."""
    found = await _found(request, query)
    period = found.lens.period
    name = f"limner-{period.first.isoformat()}-{period.last.isoformat()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)


async def _found(request: Request, query: AnalyticsQuery) -> Findings:
    figures = runtime_of(request).figures
    period = figures.period(query.period, query.since, query.until)
    lens = figures.lens(period, principal_of(request), person=query.person, project=query.project)
    return await figures.find(lens)


def as_csv(found: Findings) -> str:
    """Every sum of bookings as a line, the oldest first."""
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for row in sorted(found.measured.spending, key=lambda row: (row.slot, row.person, row.project, row.service)):
        words = map(_cell, (row.slot, row.person, row.project, row.service, row.kind))
        lines.writerow((*words, row.pictures, row.bookings, row.cost.text, row.unpriced))
    return text.getvalue()


def _cell(text: str) -> str:
    """A word that no spreadsheet takes for a formula: what a project is called, people choose."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def findings_body(found: Findings) -> Body:
    """Figures as plain values."""
    lens, cells, ends = found.lens, found.cells(), found.ends_by_slot()
    slots = found.spending_by(lambda row: row.slot)
    share = {"fallback_pictures": found.fallbacks, "fallback_share": found.fallback_share, "pace": amount(found.pace)}
    return {
        "since": lens.period.first,
        "until": lens.period.last,
        "person": lens.owner,
        "project": lens.project,
        "total": {**_sums(found.sums), **_ends(found.ends), **_times(found.times), **share},
        "before": _sums(found.before),
        "slots": [
            {
                "slot": slot,
                **_sums(slots.get(slot, NOTHING)),
                **_ends(ends.get(slot, NONE_ENDED)),
                "services": [{"service": service, **_sums(cells[at, service])} for at, service in cells if at == slot],
            }
            for slot in lens.period.slots
        ],
        "services": _services(found),
        "people": _named("person", found.spending_by(lambda row: row.person)),
        "projects": _named("project", found.spending_by(lambda row: row.project)),
        "fallbacks": [asdict(row) for row in found.falls],
        "kept": asdict(found.kept),
    }


NOTHING = Sums.of(())
NONE_ENDED = Ends.of(())
NO_TIMES = Times.of(())


def _services(found: Findings) -> list[Body]:
    spent = found.spending_by(lambda row: row.service)
    ends, times = found.ends_by_service(), found.times_by_service()
    return [
        {
            "service": service,
            **_sums(spent.get(service, NOTHING)),
            **_ends(ends.get(service, NONE_ENDED)),
            **_times(times.get(service, NO_TIMES)),
        }
        for service in sorted({*spent, *ends})
    ]


def _named(what: str, sums: Mapping[str, Sums]) -> list[Body]:
    """The most expensive first."""
    ordered = sorted(sums.items(), key=lambda item: (-item[1].spent.micro, item[0]))
    return [{what: name, **_sums(each)} for name, each in ordered]


def _sums(sums: Sums) -> Body:
    return {
        "spent": amount(sums.spent),
        "unpriced": sums.unpriced,
        "pictures": sums.pictures,
        "picture_cost": amount(sums.picture_cost),
    }


def _ends(ends: Ends) -> Body:
    return {"succeeded": ends.succeeded, "failed": ends.failed, "success_rate": ends.rate}


def _times(times: Times) -> Body:
    return {"median_seconds": times.median, "p95_seconds": times.ninety_fifth}
