"""Who may report and who may decide."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from limner.domain.errors import InvalidRequest, NotFound, PolicyError
from limner.domain.people import LOCAL, Principal
from limner.domain.reviews import Decision
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings
from limner.studio import Studio

ANN = Principal(id="ann", name="Ann")
BOB = Principal(id="bob", name="Bob")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Runtime]:
    async with open_runtime(read_settings({}, folder, data_dir=folder / "data")) as runtime:
        yield runtime


@pytest.mark.req("S1-107")
async def test_people_report_what_they_see_and_only_administrators_decide(tmp_path: Path) -> None:
    async with opened(tmp_path) as runtime:
        request = await Studio(runtime).request("a lake", model="sketch", size="64x64")
        job = await runtime.engine.generate(request, ANN, timeout=30)
        (picture,) = job.pictures
        with pytest.raises(NotFound):
            await runtime.reviews.report(picture.id, "spam", "", BOB)
        report, _ = await runtime.reviews.report(picture.id, "  spam ", "", ANN)
        assert report.reason == "spam"
        for attempt in (
            runtime.reviews.listed((), ANN, limit=5, cursor=None),
            runtime.reviews.get(report.id, ANN),
            runtime.reviews.picture(report.id, ANN),
            runtime.reviews.decide(report.id, Decision.DELETE, "", ANN),
        ):
            with pytest.raises(PolicyError) as refused:
                await attempt
            assert refused.value.code == "administrators_only"
        assert await runtime.reviews.picture(report.id, LOCAL) == picture


async def test_what_is_withheld_leaves_the_shelf_and_comes_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as runtime:
        job = (await Studio(runtime).generate("a lake", model="sketch", size="64x64")).job
        shelf = tmp_path / "data" / "storage" / "images"
        report, _ = await runtime.reviews.report(job.pictures[0].id, "spam", "", LOCAL)
        assert len(list(shelf.rglob("*.png"))) == 1
        await runtime.reviews.decide(report.id, Decision.WITHHOLD, "", LOCAL)
        assert list(shelf.rglob("*.png")) == []
        assert (await Studio(runtime).job(job.id)).images == ()
        await runtime.reviews.decide(report.id, Decision.DISMISS, "", LOCAL)
        assert len(list(shelf.rglob("*.png"))) == 1
        await runtime.reviews.decide(report.id, Decision.DELETE, "", LOCAL)
        assert list(shelf.rglob("*.png")) == []
        with pytest.raises(NotFound, match="deleted"):
            await runtime.reviews.picture(report.id, LOCAL)


async def test_a_withheld_picture_starts_no_other_and_is_not_given_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as runtime:
        studio = Studio(runtime)
        job = (await studio.generate("a lake", model="sketch", size="64x64", seed=3)).job
        report, _ = await runtime.reviews.report(job.pictures[0].id, "spam", "", LOCAL)
        await runtime.reviews.decide(report.id, Decision.WITHHOLD, "", LOCAL)
        with pytest.raises(PolicyError, match="withheld"):
            await studio.edit(job.pictures[0].id, "a boat", model="sketch")
        again = (await studio.generate("a lake", model="sketch", size="64x64", seed=3, reuse=True)).job
        assert again.plan.candidates[0].receipt == job.plan.candidates[0].receipt
        assert again.pictures[0].withheld is None


@pytest.mark.parametrize(("reason", "details"), [(" ", ""), ("x" * 201, ""), ("x", "y" * 4001), ("a\x00b", "")])
async def test_reports_that_say_nothing_or_too_much_are_refused(tmp_path: Path, reason: str, details: str) -> None:
    async with opened(tmp_path) as runtime:
        with pytest.raises(InvalidRequest):
            await runtime.reviews.report("0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11", reason, details, LOCAL)
