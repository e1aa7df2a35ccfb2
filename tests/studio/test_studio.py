"""The Python face, over a real installation with the built-in artist."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image

import limner
from limner.domain.errors import BadPicture, InvalidRequest, NotFound, QuoteRefused
from limner.domain.events import EventKind
from limner.domain.job import JobState
from limner.domain.money import Money
from limner.domain.queue import QueuePaused
from limner.domain.request import Margins, Operation
from limner.studio import Studio


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    async with limner.open(data_dir=tmp_path / "data") as opened:
        yield opened


def size_of(data: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(data)).size


@pytest.mark.req("S0-014", "S0-025")
async def test_pictures_are_painted_saved_and_shown(studio: Studio, tmp_path: Path) -> None:
    job = await studio.generate("a lighthouse at dusk", count=2, size="128x96", seed=7, tags=["sea"])
    assert (job.state, job.cost, len(job.images)) == (JobState.SUCCEEDED, Money(), 2)
    assert [image.picture.seed for image in job.images] == [7, 8]
    assert job.images[0].picture.tags == ("sea",)
    assert job.images[0].data != job.images[1].data
    first = job.images[0].save(tmp_path)
    second = job.images[1].save(tmp_path / "mine.png")
    assert first.name.startswith("a-lighthouse-at-dusk")
    assert size_of(first.read_bytes()) == size_of(second.read_bytes()) == (128, 96)
    assert "data:image/png;base64," in job._repr_html_()
    assert {line.field for line in job.receipt} == {"size", "seed"}


async def test_the_same_seed_paints_the_same_picture(studio: Studio) -> None:
    one = await studio.generate("a red boat on a lake", size="96x96", seed=3)
    two = await studio.generate("a red boat on a lake", size="96x96", seed=3)
    assert one.images[0].picture.original.digest == two.images[0].picture.original.digest
    assert one.images[0].id != two.images[0].id


async def test_kept_pictures_are_given_where_that_is_asked_for(studio: Studio) -> None:
    one = await studio.generate("a red boat on a lake", size="96x96")
    two = await studio.generate("a red boat on a lake", size="96x96", reuse=True)
    assert two.images[0].picture.original == one.images[0].picture.original
    assert (two.receipt[-1].field, two.receipt[-1].sent) == ("reuse", one.id)
    assert two.images[0].id != one.images[0].id


@pytest.mark.req("S1-016", "S1-018", "S1-019", "S1-020", "S1-021", "S0-076", "S0-077", "S3-110")
async def test_every_operation_works_on_a_kept_picture(studio: Studio) -> None:
    source = (await studio.generate("a castle on a hill", size="96x64", seed=1)).images[0]
    done = {
        "edit": await studio.edit(source.id, "at night"),
        "outpaint": await studio.outpaint(source.id, margins=Margins(right=32)),
        "vary": await studio.vary(source.picture, count=2),
        "upscale": await studio.upscale(source.id, scale=2),
        "style": await studio.style_transfer(source.id, "ink"),
        "like": await studio.style_transfer(source.id, "this", like=source.data),
        "preset": await studio.style_transfer(source.id, presets=["watercolor"]),
        "cut out": await studio.remove_background(source.id),
    }
    assert {name: job.state for name, job in done.items()} == dict.fromkeys(done, JobState.SUCCEEDED)
    assert size_of(done["outpaint"].images[0].data) == (128, 64)
    assert size_of(done["upscale"].images[0].data) == (192, 128)
    assert len(done["vary"].images) == 2
    for job in done.values():
        assert job.images[0].picture.parents[0] == source.id
        assert job.images[0].picture.original.digest != source.picture.original.digest


@pytest.mark.req("S1-017", "S3-110")
async def test_a_masked_edit_changes_nothing_outside_the_mask(studio: Studio, tmp_path: Path) -> None:
    source = (await studio.generate("a calm sea", size="64x64", seed=1)).images[0]
    mask = Image.new("L", (64, 64), 0)
    mask.paste(255, (0, 0, 32, 64))
    mask.save(tmp_path / "mask.png")
    job = await studio.edit(source.id, "a mountain", mask=tmp_path / "mask.png")
    assert job.job.request.operation is Operation.INPAINT
    before, after = (Image.open(io.BytesIO(data)).convert("RGB") for data in (source.data, job.images[0].data))
    assert before.crop((32, 0, 64, 64)).tobytes() == after.crop((32, 0, 64, 64)).tobytes()
    assert before.crop((0, 0, 32, 64)).tobytes() != after.crop((0, 0, 32, 64)).tobytes()


@pytest.mark.req("S0-015", "S0-003")
async def test_jobs_pictures_and_events_are_found_again(studio: Studio) -> None:
    job = await studio.generate("a windmill at dawn", size="64x64")
    assert (await studio.job(job.id)).images[0].data == job.images[0].data
    assert (await studio.image(job.images[0].id)).picture == job.images[0].picture
    assert [picture.id for picture in await studio.history(words="windmill")] == [job.images[0].id]
    assert await studio.history(words="submarine") == ()
    kinds = [event.kind async for event in studio.events(job.id)]
    assert (kinds[0], kinds[-1]) == (EventKind.QUEUED, EventKind.FINISHED)
    assert [event.kind async for event in studio.events(job.id, after=len(kinds) - 1)] == [EventKind.FINISHED]
    assert (await studio.cancel(job.id)).state is JobState.SUCCEEDED
    with pytest.raises(NotFound):
        await studio.job("01a1fe15-3158-73a5-8b38-4cb3258c95b9")


async def test_a_quote_is_confirmed_once(studio: Studio) -> None:
    request = await studio.request("a fox", size="64x64", presets=["ink"])
    quote = await studio.estimate(request)
    assert quote.ceiling == Money()
    assert (await studio.confirm(quote)).state is JobState.SUCCEEDED
    with pytest.raises(QuoteRefused):
        await studio.confirm(quote.token)
    job = await studio.submit(request, key="k")
    assert (await studio.wait(job.id, timeout=20)).state is JobState.SUCCEEDED
    assert (await studio.submit(request, key="k")).id == job.id


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"size": "huge"}, "size"),
        ({"aspect": "wide"}, "aspect"),
        ({"max_cost": "cheap"}, "max_cost"),
        ({"count": 0}, "count"),
    ],
)
async def test_nonsense_is_one_sentence(studio: Studio, options: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        await studio.generate("a fox", **options)  # type: ignore[arg-type]  # that is the point
    assert refusal.value.field == field
    assert str(refusal.value)


async def test_what_is_no_picture_is_named(studio: Studio, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("a list of things")
    with pytest.raises(BadPicture, match=r"notes\.txt"):
        await studio.edit(notes, "at night")
    with pytest.raises(BadPicture, match=r"nowhere\.png"):
        await studio.edit(tmp_path / "nowhere.png", "at night")


@pytest.mark.req("S0-085")
def test_scripts_need_no_event_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIMNER_DATA_DIR", str(tmp_path / "data"))
    job = limner.generate("a fox", size="64x64", model="sketch")
    assert job.images[0].save("fox.png").exists()


def test_every_public_name_is_there() -> None:
    for name in limner.__all__:
        assert getattr(limner, name) is not None
    with pytest.raises(AttributeError):
        _ = limner.nothing


async def test_nobody_waits_in_silence_while_the_queue_is_paused(studio: Studio) -> None:
    quote = await studio.estimate(await studio.request("a lake", size="64x64", model="sketch"))
    going = await studio.submit(await studio.request("a pond", size="64x64", model="sketch"))
    done = await studio.wait(going.id)
    queue = studio.runtime.queue
    await queue.pause(studio.principal)
    held = await studio.submit(await studio.request("a moor", size="64x64", model="sketch"))
    for waits in (studio.confirm(quote), studio.wait(held.id)):
        with pytest.raises(QueuePaused, match="limner queue resume"):
            await waits
    assert (await studio.wait(held.id, timeout=0)).state is JobState.QUEUED
    assert (await studio.wait(done.id)).state is JobState.SUCCEEDED
    await studio.cancel(held.id)
    with pytest.raises(QueuePaused, match="Nothing was written down"):
        await studio.retry(held.id)
    await queue.resume(studio.principal)
    assert (await studio.confirm(quote)).state is JobState.SUCCEEDED
    again = await studio.retry(held.id)
    await queue.pause(studio.principal)
    assert (await studio.retry(held.id)).id == again.id
