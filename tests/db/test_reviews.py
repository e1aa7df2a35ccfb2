"""Reports of pictures in both databases: once for each person, decided once for all that are open."""

import asyncio
from dataclasses import replace

import pytest

from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.job import JobState
from limner.domain.picture import Picture
from limner.domain.records import Ending
from limner.domain.reviews import JUDGE, Decision, Report, ReportState, Ruling
from tests.db.conftest import Stores, count_rows
from tests.db.test_leases import taken
from tests.db.test_pictures import keep, kept
from tests.db.values import a_job, a_picture, later, new_id, settled


def a_report(picture: Picture, reporter: str = "ann", *, seconds: float = 0) -> Report:
    return Report(
        id=new_id("report"),
        image_id=picture.id,
        owner=picture.owner,
        prompt=picture.prompt,
        model=picture.model,
        reporter=reporter,
        reason="violence",
        details="look at the corner",
        created=later(seconds),
    )


def a_ruling(report: Report, decision: Decision, note: str = "seen") -> Ruling:
    return Ruling(report_id=report.id, decision=decision, note=note, by="boss", at=later(60))


async def finished(stores: Stores) -> Picture:
    """A picture whose job has ended."""
    new = a_job(worker="w1")
    lease = await taken(stores, new)
    closing = settled(new)
    await stores.jobs.close_call(lease, closing, [])
    await stores.jobs.finish(lease, Ending(state=JobState.SUCCEEDED, at=later(1)), [])
    return closing.pictures[0]


async def test_a_report_is_made_once_for_each_person_and_picture(stores: Stores) -> None:
    (picture,) = await kept(stores, "a boat")
    report = a_report(picture)
    assert await stores.reports.add(report) == (report, True)
    assert await stores.reports.add(replace(a_report(picture), reason="other")) == (report, False)
    other, fresh = await stores.reports.add(a_report(picture, "bob"))
    assert fresh
    assert await stores.reports.get(report.id) == report
    assert await stores.reports.get(other.id) == other
    with pytest.raises(NotFound):
        await stores.reports.get("no-report")


async def test_of_two_reports_at_the_same_moment_one_is_written(stores: Stores, other: Stores) -> None:
    (picture,) = await kept(stores, "a boat")
    made = await asyncio.gather(*(each.reports.add(a_report(picture)) for each in (stores, other) for _ in range(4)))
    assert [fresh for _, fresh in made].count(True) == 1
    assert len({report.id for report, _ in made}) == 1


async def test_the_review_list_pages_newest_first_by_state(stores: Stores) -> None:
    pictures = await kept(stores, *[f"boat {number}" for number in range(5)])
    reports = [a_report(picture, seconds=number) for number, picture in enumerate(pictures)]
    for report in reports:
        await stores.reports.add(report)
    await stores.reports.rule(a_ruling(reports[2], Decision.DISMISS))
    seen: list[str] = []
    cursor = None
    while True:
        page = await stores.reports.page({ReportState.OPEN}, limit=2, cursor=cursor)
        seen += [report.id for report in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [reports[number].id for number in (4, 3, 1, 0)]
    assert len((await stores.reports.page((), limit=50, cursor=None)).items) == 5
    with pytest.raises(InvalidRequest):
        await stores.reports.page((), limit=2, cursor="nonsense")


async def test_withholding_marks_the_picture_and_dismissing_releases_it(stores: Stores) -> None:
    (picture,) = await kept(stores, "a boat")
    first, second = a_report(picture), a_report(picture, "bob")
    for report in (first, second):
        await stores.reports.add(report)
    ruled = await stores.reports.rule(a_ruling(first, Decision.WITHHOLD))
    assert ruled.picture == picture
    assert (ruled.report.state, ruled.report.note, ruled.report.withheld) == (ReportState.WITHHELD, "seen", True)
    assert (ruled.report.decided_by, ruled.report.decided) == ("boss", later(60))
    assert (await stores.reports.get(second.id)).state is ReportState.WITHHELD
    hidden = await stores.pictures.get(picture.id)
    assert hidden == replace(picture, withheld="It was reported (violence), and an administrator withholds it.")
    assert (await stores.jobs.get(picture.job_id)).pictures == (hidden,)

    again = await stores.reports.rule(a_ruling(second, Decision.DISMISS, "a toy boat"))
    assert (again.report.state, again.report.withheld) == (ReportState.DISMISSED, False)
    assert (await stores.reports.get(first.id)).state is ReportState.WITHHELD
    assert await stores.pictures.get(picture.id) == picture


async def test_a_deleted_picture_is_gone_and_its_report_stays(stores: Stores) -> None:
    picture = await finished(stores)
    report = a_report(picture)
    await stores.reports.add(report)
    await stores.reports.rule(a_ruling(report, Decision.WITHHOLD))
    ruled = await stores.reports.rule(a_ruling(report, Decision.DELETE))
    assert (ruled.report.state, ruled.report.withheld) == (ReportState.DELETED, False)
    with pytest.raises(NotFound):
        await stores.pictures.get(picture.id)
    assert (await stores.reports.get(report.id)).prompt == picture.prompt
    assert (await stores.database.read(count_rows))["image_leavings"] == 1
    for decision in Decision:
        with pytest.raises(InvalidRequest) as refused:
            await stores.reports.rule(a_ruling(report, decision))
        assert refused.value.code == "picture_gone"
    assert list(await stores.ledger.check()) == []


async def test_a_picture_of_a_running_job_is_not_deleted_for_it_would_be_bought_again(stores: Stores) -> None:
    (picture,) = await kept(stores, "a boat")
    report = a_report(picture)
    await stores.reports.add(report)
    with pytest.raises(InvalidRequest) as refused:
        await stores.reports.rule(a_ruling(report, Decision.DELETE))
    assert refused.value.code == "job_running"
    assert (await stores.reports.get(report.id)).state is ReportState.OPEN
    assert await stores.pictures.get(picture.id) == picture


async def test_a_picture_withheld_when_it_was_finished_is_on_the_review_list(stores: Stores) -> None:
    new = a_job(worker="w1")
    picture = replace(a_picture(new, new.calls[0].call.id), withheld="Somebody flags it for violence.")
    await keep(stores, new, picture)
    assert await stores.pictures.get(picture.id, "ann") == picture
    (report,) = (await stores.reports.page({ReportState.OPEN}, limit=5, cursor=None)).items
    assert (report.reporter, report.reason, report.withheld) == (JUDGE, picture.withheld, True)
    ruled = await stores.reports.rule(a_ruling(report, Decision.DISMISS))
    assert not ruled.report.withheld
    assert (await stores.pictures.get(picture.id)).withheld is None
