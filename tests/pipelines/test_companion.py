"""The process that paints: what it says, and how it ends."""

import asyncio
import io
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import pytest
from PIL import Image

from limner.pipelines.companion import Companion, Ended, News
from tests.pipelines.conftest import Library

LONG = 60.0


@pytest.fixture
async def companion(library: Library) -> AsyncIterator[Companion]:
    made = Companion(sys.executable, {}, idle_seconds=LONG)
    yield made
    await made.close()


def order(number: int = 1, prompt: str = "a cat", **more: object) -> dict[str, Any]:
    options = {"prompt": prompt, "width": 32, "height": 24}
    wish = {"id": str(number), "does": "paint", "pipeline": "some/pipeline", "load": {}, "options": options}
    return {**wish, "seeds": [7], **more}


async def all_news(companion: Companion, wish: Mapping[str, object], *files: bytes) -> list[News]:
    return [news async for news in companion.order(wish, files)]


def png(mode: str = "RGB", size: tuple[int, int] = (10, 10)) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size).save(target, "PNG")
    return target.getvalue()


def watch(seen: Callable[[], bool]) -> None:
    """Waits for another process, which tells nobody here what it does."""
    until = time.monotonic() + LONG
    while not seen():
        assert time.monotonic() < until
        time.sleep(0.005)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_news_comes_with_each_step_and_the_pictures_at_last(companion: Companion) -> None:
    news = await all_news(companion, order(seeds=[7, 8]))
    assert [item.kind for item in news] == ["loading", *["painting"] * 6, "done"]
    assert [item.told["progress"] for item in news[1:-1]] == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0])
    pictures = [Image.open(io.BytesIO(file)) for file in news[-1].files]
    assert [(picture.format, picture.size, picture.getpixel((0, 0))) for picture in pictures] == [
        ("PNG", (32, 24), (7, 5, 0)),
        ("PNG", (32, 24), (8, 5, 0)),
    ]
    assert (news[-1].told["withheld"], news[-1].told["read"]) == (0, "")


async def test_a_pipeline_is_loaded_once_until_another_is_wanted(companion: Companion, library: Library) -> None:
    for number, name in enumerate(("some/pipeline", "some/pipeline", "other/pipeline")):
        await all_news(companion, order(number, pipeline=name))
    assert [load["name"] for load in library.loads] == ["some/pipeline", "other/pipeline"]
    assert len({load["pid"] for load in library.loads}) == 1


async def test_it_says_what_a_pipeline_can_do(companion: Companion) -> None:
    told = (await all_news(companion, order(does="describe")))[-1].told
    assert (told["class"], told["width"], told["height"], told["multiple"]) == ("TextToImage", 64, 64, 8)
    tasks = {task: sorted(options) for task, options in told["tasks"].items()}  # type: ignore[attr-defined]  # JSON
    assert sorted(tasks) == ["edit", "generate", "inpaint"]
    assert "strength" in tasks["edit"]
    assert "strength" not in tasks["generate"]


async def test_a_network_for_masks_does_nothing_else(companion: Companion) -> None:
    told = (await all_news(companion, order(does="describe", load={"channels": 9})))[-1].told
    assert list(told["tasks"]) == ["inpaint"]  # type: ignore[call-overload]  # JSON


async def test_a_pipeline_that_paints_no_pictures_is_refused(companion: Companion) -> None:
    told = (await all_news(companion, order(does="describe", load={"channels": 1})))[-1].told
    assert (told["news"], told["kind"]) == ("failed", "pipeline")


@pytest.mark.parametrize("task", ["edit", "inpaint"])
async def test_pictures_go_in_at_the_size_that_is_wanted(companion: Companion, task: str) -> None:
    pictures = {"image": 0} if task == "edit" else {"image": 0, "mask_image": 1}
    news = await all_news(companion, order(task=task, pictures=pictures), png("RGBA"), png("L"))
    assert Image.open(io.BytesIO(news[-1].files[0])).size == (32, 24)


@pytest.mark.parametrize(
    ("prompt", "kind", "said"),
    [
        ("memory", "memory", "CUDA out of memory."),
        ("fault", "failed", "LookupError: index 1000 is out of bounds"),
        ("complaint", "parameter", "`strength` is too small"),
    ],
)
async def test_what_goes_wrong_has_a_kind_and_the_next_order_is_carried_out(
    companion: Companion, prompt: str, kind: str, said: str
) -> None:
    told = (await all_news(companion, order(1, prompt)))[-1].told
    assert (told["news"], told["kind"], told["said"]) == ("failed", kind, said)
    assert (await all_news(companion, order(2)))[-1].kind == "done"


async def test_what_a_pipeline_does_not_take_is_named(companion: Companion) -> None:
    options = {"prompt": "a cat", "clip_skip": 2}
    told = (await all_news(companion, order(options=options)))[-1].told
    assert (told["kind"], told["field"], told["said"]) == ("parameter", "clip_skip", "TextToImage takes no clip_skip")


async def test_a_file_that_is_no_picture_is_named(companion: Companion) -> None:
    told = (await all_news(companion, order(task="edit", pictures={"image": 0}), b"no picture"))[-1].told
    assert (told["kind"], told["field"]) == ("parameter", "image")


async def test_a_pipeline_that_is_not_there_is_said(companion: Companion) -> None:
    told = (await all_news(companion, order(pipeline="broken/pipeline")))[-1].told
    assert told["kind"] == "pipeline"
    assert told["said"] == "broken/pipeline does not appear to have a file named model_index.json"


async def test_a_picture_that_the_pipeline_withholds_does_not_come(companion: Companion) -> None:
    done = (await all_news(companion, order(1, "withhold it", seeds=[1, 2])))[-1]
    assert (done.kind, done.files, done.told["withheld"]) == ("done", (), 2)


async def test_it_says_what_was_read_of_a_prompt_that_is_too_long(companion: Companion) -> None:
    done = (await all_news(companion, order(1, "one two three four five six seven eight")))[-1]
    assert done.told["read"] == "one two three four five six"


async def test_leaving_early_stops_the_painting_and_keeps_the_process(companion: Companion, library: Library) -> None:
    async with aclosing(companion.order(order(1, "slow"))) as news:
        async for item in news:
            if item.kind == "painting":
                library.go_on()
                break
    assert (await all_news(companion, order(2)))[-1].kind == "done"
    assert len(library.loads) == 1


async def test_a_process_that_crashes_leaves_its_last_words_and_a_new_one_takes_its_place(
    companion: Companion, library: Library
) -> None:
    with pytest.raises(Ended, match=r"code 3: the graphics card has left the building"):
        await all_news(companion, order(1, "crash"))
    assert (await all_news(companion, order(2)))[-1].kind == "done"
    assert len({load["pid"] for load in library.loads}) == 2


async def test_a_process_that_died_in_between_is_replaced(companion: Companion, library: Library) -> None:
    await all_news(companion, order(1))
    os.kill(library.loads[0]["pid"], 9)
    async with asyncio.timeout(LONG):
        while len({load["pid"] for load in library.loads}) < 2:
            try:
                await all_news(companion, order(2))
            except Ended:  # it may be asked before anybody knows of its death
                continue
    assert not alive(library.loads[0]["pid"])
    assert alive(library.loads[1]["pid"])


async def test_without_orders_the_process_ends(library: Library) -> None:
    made = Companion(sys.executable, {}, idle_seconds=0.0)
    await all_news(made, order())
    await asyncio.to_thread(watch, lambda: not alive(library.loads[0]["pid"]))
    await made.close()
    assert len(library.loads) == 1


async def test_closing_ends_the_process(library: Library) -> None:
    made = Companion(sys.executable, {}, idle_seconds=LONG)
    await all_news(made, order())
    await made.close()
    assert not alive(library.loads[0]["pid"])


async def test_a_process_whose_owner_is_gone_ends_in_the_middle_of_a_picture(library: Library) -> None:
    owner = await asyncio.create_subprocess_exec(sys.executable, "-c", OWNER)
    await asyncio.to_thread(watch, lambda: bool(library.loads))
    owner.kill()
    await owner.wait()
    await asyncio.to_thread(watch, lambda: not alive(library.loads[0]["pid"]))


OWNER = """
import asyncio, sys
from limner.pipelines.companion import Companion

async def paint():
    wish = {"id": "1", "does": "paint", "pipeline": "a/b", "load": {}, "options": {"prompt": "slow"}, "seeds": [1]}
    async for _ in Companion(sys.executable, {}, idle_seconds=60).order(wish):
        pass

asyncio.run(paint())
"""


async def test_a_python_that_is_not_there_is_an_error_of_the_system(library: Library) -> None:
    made = Companion("/there/is/no/python", {}, idle_seconds=LONG)
    with pytest.raises(FileNotFoundError):
        await all_news(made, order())
