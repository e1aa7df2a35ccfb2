"""Reports of pictures in the database, and what is decided about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, text, tuple_, update

from limner.db import codec, cursors, rows
from limner.db.database import Database
from limner.db.keeping import MARKED
from limner.db.library_tables import leavings
from limner.db.marking import leaving_row
from limner.db.review_tables import reports, withheld
from limner.db.statements import Columns, Statement, insertion
from limner.db.tables import OPEN_JOBS, images, jobs
from limner.db.walls import EVERYBODY
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.picture import Picture
from limner.domain.records import Page
from limner.domain.reviews import JUDGE, Decision, Report, ReportState, Ruled, Ruling

_ADD = Statement(
    text(
        """
        INSERT INTO image_reports (id, image_id, owner_id, prompt, model, user_id, reason, details, created_at, state,
                                   note, decided_by, decided_at)
        VALUES (:id, :image_id, :owner_id, :prompt, :model, :user_id, :reason, :details, :created_at, :state,
                :note, :decided_by, :decided_at)
        ON CONFLICT (image_id, user_id) DO NOTHING
        """
    )
)
_WITHHOLD = Statement(
    text(
        """
        INSERT INTO withheld_images (image_id, why, created_at) VALUES (:image, :why, :at)
        ON CONFLICT (image_id) DO NOTHING
        """
    )
)
_RELEASE = Statement(delete(withheld).where(withheld.c.image_id == bindparam("image")))
_is_withheld = (
    select(withheld.c.image_id).where(withheld.c.image_id == reports.c.image_id).exists().label("withheld_now")
)
_WHOLE_REPORT = select(*reports.c, _is_withheld)
_ONE = Statement(_WHOLE_REPORT.where(reports.c.id == bindparam("report")))
_OWN = Statement(
    _WHOLE_REPORT.where(reports.c.image_id == bindparam("image"), reports.c.user_id == bindparam("reporter"))
)
_PICTURE = Statement(MARKED.where(images.c.id == bindparam("image")).with_for_update(of=images))
_STILL_PAINTING = Statement(select(jobs.c.id).where(jobs.c.id == bindparam("job"), OPEN_JOBS))
_DELETE = Statement(delete(images).where(images.c.id == bindparam("image")))
_LEAVE = insertion(leavings)
_DECIDE = Statement(
    update(reports)
    .where(
        or_(
            reports.c.id == bindparam("report"),
            and_(reports.c.image_id == bindparam("image"), reports.c.state == ReportState.OPEN.value),
        )
    )
    .values(
        state=bindparam("became"), note=bindparam("said"), decided_by=bindparam("decider"), decided_at=bindparam("at")
    )
)


class SqlReports:
    """The `Reports` of `domain.reviews`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, report: Report) -> tuple[Report, bool]:
        """Writes a report down; the earlier one and False where this person has reported this picture before."""
        return await self._database.write(lambda connection: _add(connection, report), owner=EVERYBODY)

    async def get(self, report_id: str) -> Report:
        """One report. Raises NotFound."""
        return await self._database.read(lambda connection: _get(connection, report_id), owner=EVERYBODY)

    async def page(self, states: Collection[ReportState], *, limit: int, cursor: str | None) -> Page[Report]:
        """Reports in these states, or in any where there is none; newest first."""
        return await self._database.read(lambda connection: _page(connection, states, limit, cursor), owner=EVERYBODY)

    async def rule(self, ruling: Ruling) -> Ruled:
        """Carries out a decision in one transaction. Raises NotFound and InvalidRequest."""
        return await self._database.write(lambda connection: _rule(connection, ruling), owner=EVERYBODY)


def withhold(connection: Connection, pictures: Sequence[Picture], at: datetime) -> None:
    """Marks those of new pictures that are withheld, and puts what was made with them on the review list."""
    for picture in pictures:
        if picture.withheld is None:
            continue
        _WITHHOLD.run(connection, {"image": picture.id, "why": picture.withheld, "at": codec.stamp(at)})
        report = Report(
            id=picture.id,  # there is one such report of a picture, so it goes by the picture's name
            image_id=picture.id,
            owner=picture.owner,
            prompt=picture.prompt,
            model=picture.model,
            reporter=JUDGE,
            reason=picture.withheld,
            details="",
            created=at,
        )
        _ADD.run(connection, _row(report))


def _add(connection: Connection, report: Report) -> tuple[Report, bool]:
    fresh = bool(_ADD.run(connection, _row(report)))
    row = _OWN.row(connection, {"image": report.image_id, "reporter": report.reporter})
    if row is None:
        raise _no_report(report.id)
    return _report(row), fresh


def _get(connection: Connection, report_id: str) -> Report:
    row = _ONE.row(connection, {"report": report_id})
    if row is None:
        raise _no_report(report_id)
    return _report(row)


def _page(connection: Connection, states: Collection[ReportState], limit: int, cursor: str | None) -> Page[Report]:
    query = _WHOLE_REPORT
    if states:
        query = query.where(reports.c.state.in_(sorted(states)))
    if cursor is not None:
        query = query.where(tuple_(reports.c.created_at, reports.c.id) < tuple_(*cursors.unseal(cursor, str, str)))
    query = query.order_by(reports.c.created_at.desc(), reports.c.id.desc()).limit(limit + 1)
    found = [dict(row) for row in connection.execute(query).mappings()]
    shown = found[:limit]
    following = cursors.seal(shown[-1]["created_at"], shown[-1]["id"]) if len(found) > limit and shown else None
    return Page(tuple(_report(row) for row in shown), following)


def _rule(connection: Connection, ruling: Ruling) -> Ruled:
    report = _get(connection, ruling.report_id)
    row = _PICTURE.row(connection, {"image": report.image_id})
    picture = None if row is None else rows.picture(row)
    if picture is None:
        _check_gone(report, ruling.decision)
    else:
        _carry_out(connection, report, picture, ruling)
        if row is not None and ruling.decision is Decision.DELETE:
            _LEAVE.many(connection, [leaving_row(row, files=True, at=codec.stamp(ruling.at))])
    _DECIDE.run(
        connection,
        {
            "report": report.id,
            "image": report.image_id,
            "became": ruling.decision.becomes.value,
            "said": ruling.note,
            "decider": ruling.by,
            "at": codec.stamp(ruling.at),
        },
    )
    return Ruled(report=_get(connection, report.id), picture=picture)


def _check_gone(report: Report, decision: Decision) -> None:
    """Raises InvalidRequest where there is nothing left to decide about."""
    if report.state is ReportState.DELETED or decision is Decision.WITHHOLD:
        raise InvalidRequest(
            "The picture has been deleted already. Dismiss what is still open about it.",
            field="decision",
            code="picture_gone",
        )


def _carry_out(connection: Connection, report: Report, picture: Picture, ruling: Ruling) -> None:
    values = {"image": picture.id}
    if ruling.decision is Decision.DISMISS:
        _RELEASE.run(connection, values)
    elif ruling.decision is Decision.WITHHOLD:
        why = f"It was reported ({report.reason}), and an administrator withholds it."
        _WITHHOLD.run(connection, {**values, "why": why, "at": codec.stamp(ruling.at)})
    elif _STILL_PAINTING.row(connection, {"job": picture.job_id}) is not None:
        # Its job would find it missing and might buy another one.
        raise InvalidRequest(
            "The picture's job is still running. Withhold the picture now, and delete it when the job has ended.",
            field="decision",
            code="job_running",
        )
    else:
        _DELETE.run(connection, values)


def _no_report(report_id: str) -> NotFound:
    return NotFound(f"There is no report {report_id}. Look at the review list.")


def _row(report: Report) -> Columns:
    return {
        "id": report.id,
        "image_id": report.image_id,
        "owner_id": report.owner,
        "prompt": report.prompt,
        "model": report.model,
        "user_id": report.reporter,
        "reason": report.reason,
        "details": report.details,
        "created_at": codec.stamp(report.created),
        "state": report.state.value,
        "note": report.note,
        "decided_by": report.decided_by,
        "decided_at": codec.optional_stamp(report.decided),
    }


def _report(row: Columns) -> Report:
    return Report(
        id=row["id"],
        image_id=row["image_id"],
        owner=row["owner_id"],
        prompt=row["prompt"],
        model=row["model"],
        reporter=row["user_id"],
        reason=row["reason"],
        details=row["details"],
        created=codec.moment(row["created_at"]),
        state=ReportState(row["state"]),
        note=row["note"],
        decided_by=row["decided_by"],
        decided=codec.optional_moment(row["decided_at"]),
        withheld=bool(row["withheld_now"]),
    )
