"""Reports of pictures: making one, the review list, and deciding."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.bodies import DecisionBody, ReportBody
from limner.api.deps import checked_id, read_json
from limner.api.documents import answers, body_of
from limner.api.downloads import file_answer
from limner.api.images import FILES, ImageId
from limner.api.report_schemas import OwnReportAnswer, ReportAnswer, ReportPage
from limner.api.shapes import API, Body
from limner.domain.reviews import JUDGE, Report, ReportState
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["reports"])

ReportId = Annotated[str, Path(description="The report's id.")]


class ReportQuery(BaseModel):
    """Which reports are wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)
    state: list[ReportState] = Field(default=[ReportState.OPEN], description="Only reports in these states.")


@router.post(
    "/images/{image_id}/report",
    summary="Report a picture",
    status_code=201,
    responses={
        200: {"model": OwnReportAnswer, "description": "You have reported it before: that report."},
        **answers(OwnReportAnswer, "The report.", 404, 415, status=201),
    },
    openapi_extra=body_of(ReportBody),
)
async def report_image(request: Request, image_id: ImageId) -> Response:
    """Tells the administrators that something is wrong with a picture; once for each person and picture."""
    body = await read_json(request, ReportBody)
    report, fresh = await runtime_of(request).reviews.report(
        checked_id(image_id, "picture"), body.reason, body.details, principal_of(request)
    )
    return answer(own_report_body(report), 201 if fresh else 200)


@router.get("/reports", summary="Show the review list", responses=answers(ReportPage, "One page, newest first.", 403))
async def list_reports(request: Request, query: Annotated[ReportQuery, Query()]) -> Response:
    """For administrators: what people have reported, and what was flagged when it was finished."""
    page = await runtime_of(request).reviews.listed(
        frozenset(query.state), principal_of(request), limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [report_body(report) for report in page.items], "next": page.next})


@router.get("/reports/{report_id}", summary="Show a report", responses=answers(ReportAnswer, "The report.", 403, 404))
async def get_report(request: Request, report_id: ReportId) -> Response:
    """For administrators."""
    report = await runtime_of(request).reviews.get(checked_id(report_id, "report"), principal_of(request))
    return answer(report_body(report))


@router.get("/reports/{report_id}/file", summary="Look at what is reported", response_class=Response, responses=FILES)
async def get_report_file(request: Request, report_id: ReportId) -> Response:
    """For administrators: the picture of a report, also where its file is withheld from everybody else."""
    runtime = runtime_of(request)
    picture = await runtime.reviews.picture(checked_id(report_id, "report"), principal_of(request))
    return file_answer(request, await runtime.library.file(picture, reviewing=True))


@router.post(
    "/reports/{report_id}/decision",
    summary="Decide about a report",
    responses=answers(ReportAnswer, "The report as it now stands.", 403, 404, 409, 415, 507),
    openapi_extra=body_of(DecisionBody),
)
async def decide_report(request: Request, report_id: ReportId) -> Response:
    """For administrators, and for all open reports of the same picture. `dismiss` hands the picture out (again),
    `withhold` keeps it and hands it out to nobody, `delete` removes it; what it cost stays booked.
    """
    body = await read_json(request, DecisionBody)
    report = await runtime_of(request).reviews.decide(
        checked_id(report_id, "report"), body.decision, body.note, principal_of(request)
    )
    return answer(report_body(report))


def own_report_body(report: Report) -> Body:
    """A report for whoever made it."""
    return {
        "id": report.id,
        "image_id": report.image_id,
        "reason": report.reason,
        "details": report.details,
        "state": report.state,
        "created": report.created,
    }


def report_body(report: Report) -> Body:
    """A report for whoever reviews it."""
    return {
        **own_report_body(report),
        "owner": report.owner,
        "reporter": None if report.reporter == JUDGE else report.reporter,
        "prompt": report.prompt,
        "model": report.model,
        "withheld": report.withheld,
        "file_url": f"{API}/reports/{report.id}/file",
        "note": report.note,
        "decided_by": report.decided_by,
        "decided": report.decided,
    }
