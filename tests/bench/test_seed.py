"""An installation that was filled is one that Limner itself could have written."""

import asyncio
from pathlib import Path

import pytest

from bench.gallery import depths, figures, in_database
from bench.seed import RARE, Filled, fill
from limner.domain.errors import NotFound
from limner.domain.people import LOCAL
from limner.domain.records import PictureFilter
from limner.runtime import open_runtime
from limner.settings import Settings

PICTURES = 240
SAMPLES = 4
"""Pictures that were really painted, to be repeated."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


async def _filled(settings: Settings) -> Filled:
    # In a thread, because filling runs an event loop of its own.
    return await asyncio.to_thread(fill, settings, PICTURES, samples=1)


async def test_rows_files_and_sums_are_in_order(settings: Settings) -> None:
    filled = await _filled(settings)
    async with open_runtime(settings, work=False) as runtime:
        assert not await runtime.ledger.check()
        first = await runtime.pictures.page(LOCAL.id, PictureFilter(), limit=200, cursor=None)
        second = await runtime.pictures.page(LOCAL.id, PictureFilter(), limit=200, cursor=first.next)
        trash = await runtime.pictures.page(LOCAL.id, PictureFilter(trashed=True), limit=200, cursor=None)
        pictures = first.items + second.items + trash.items
        assert len({picture.id for picture in pictures}) == len(pictures) == filled.pictures + SAMPLES
        assert len(trash.items) == filled.pictures // 20
        newest = pictures[SAMPLES]
        assert newest.prompt == newest.recipe["request"]["prompt"]  # type: ignore[index]  # a recipe is open JSON
        job = await runtime.jobs.get(newest.job_id, LOCAL.id)
        assert newest in job.pictures
        assert (await runtime.library.thumbnail(newest)).media_type == "image/webp"


async def test_words_are_found(settings: Settings) -> None:
    await _filled(settings)
    async with open_runtime(settings, work=False) as runtime:
        found = await runtime.pictures.page(LOCAL.id, PictureFilter(words=RARE), limit=50, cursor=None)
        assert [picture.prompt.endswith("study 0") for picture in found.items] == [True] * 4
        with pytest.raises(NotFound):
            await runtime.pictures.get(found.items[0].id, "somebody else")


async def test_the_gallery_is_measured_at_every_depth(settings: Settings) -> None:
    filled = await _filled(settings)
    places = depths(settings.data_dir / "limner.db", filled.pictures)
    sql = in_database(settings.data_dir / "limner.db", places, 2)
    assert {"first page", "middle", "last page"} < set(sql)
    table = figures(filled, sql, {name: [1.0, 2.0] for name in sql})
    assert len(table) == 5 * len(sql) + 1


def test_only_sqlite_is_filled(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"database_url": "postgresql://localhost/limner"})
    with pytest.raises(ValueError, match="Only an installation on SQLite"):
        fill(elsewhere, PICTURES)
