"""Pipelines of diffusers: named, listed, painted with; here by a library in its place, and by the real one."""

import asyncio
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import limner as face
from tests.cli.conftest import Limner
from tests.pipelines.conftest import LIBRARY, Library, library_in
from tools import diffusers

REAL = diffusers.is_current()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """A library in the place of diffusers, and this Python to paint with it."""
    monkeypatch.setenv("DIFFUSERS_PYTHON", sys.executable)
    return library_in(tmp_path / "library", monkeypatch)


def test_a_pipeline_becomes_a_model(limner: Limner, home: Path, library: Library) -> None:
    ended = limner("pipelines", "add", "some/Pipeline-XL_1.0", "--title", "Our pipeline")
    assert ended.code == 0
    assert "Kept as diffusers/pipeline-xl-1.0" in ended.err
    assert "generate, edit, inpaint, variations, style transfer, outpaint" in ended.err
    listed = limner("pipelines", "list", "--json").document["pipelines"]
    assert [(one["id"], one["title"], one["pipeline"]) for one in listed] == [
        ("diffusers/pipeline-xl-1.0", "Our pipeline", "some/Pipeline-XL_1.0")
    ]
    assert "some/Pipeline-XL_1.0" in limner("pipelines", "list").out
    card = next(
        card
        for card in limner("models", "-p", "diffusers", "--json").document["models"]
        if card["id"] == listed[0]["id"]
    )
    assert card["title"] == "Our pipeline"
    job = limner("generate", "-p", "diffusers", "a cat", "--seed", "9", "--json").document
    assert (job["state"], job["model"], job["cost_usd"], job["images"][0]["seed"]) == (
        "succeeded",
        listed[0]["id"],
        0,
        9,
    )


def test_every_operation_of_it_paints(limner: Limner, library: Library) -> None:
    limner("pipelines", "add", "some/pipeline", "--name", "mine")
    first = limner("generate", "-m", "mine", "a cat", "--out", "cat.png")
    assert first.code == 0, first.err
    for command in (
        ("edit", "cat.png", "a hat"),
        ("vary", "cat.png"),
        ("outpaint", "cat.png"),
        ("style", "cat.png", "ink"),
    ):
        ended = limner(*command, "-m", "mine", "--json")
        assert (ended.code, ended.document["state"]) == (0, "succeeded"), ended.err


def test_what_it_read_of_a_long_prompt_is_shown(limner: Limner, library: Library) -> None:
    limner("pipelines", "add", "some/pipeline", "--name", "mine")
    job = limner("generate", "-m", "mine", "one two three four five six seven", "--json").document
    assert job["images"][0]["revised_prompt"] == "one two three four five six"


def test_options_of_loading_are_kept_and_used(limner: Limner, home: Path, library: Library) -> None:
    wanted = ("--load", "channels=9", "--load", "revision=fp16", "--load", 'max_memory={"cpu": "4GiB"}')
    added = limner("pipelines", "add", "some/pipeline", "--name", "mine", *wanted)
    assert added.code == 0, added.err
    assert "It can inpaint" in added.err
    written = tomllib.loads((home / "pipelines" / "mine.toml").read_text())["model"][0]["wire"]
    load = {"channels": 9, "revision": "fp16", "max_memory": {"cpu": "4GiB"}}
    assert written == {"pipeline": "some/pipeline", "load": load}
    assert limner("pipelines", "list", "--json").document["pipelines"][0]["load"] == load
    limner("generate", "a cat", "--out", "cat.png")
    assert limner("edit", "cat.png", "a hat", "--mask", "cat.png", "-m", "mine").code == 0
    assert [loaded["options"] for loaded in library.loads] == [load, load]


def test_a_pipeline_that_is_kept_as_halves_alone_is_added_by_saying_so(
    limner: Limner, home: Path, library: Library
) -> None:
    refused = limner("pipelines", "add", "halves/alone")
    assert refused.code == 2
    assert "no file named diffusion_pytorch_model.bin" in refused.err
    assert "add --load variant=fp16" in refused.err
    assert "--load" not in limner("pipelines", "add", "halves/alone", "--load", "variant=fp32").err
    assert limner("pipelines", "add", "halves/alone", "--load", "variant=fp16").code == 0
    assert limner("generate", "a cat", "-m", "alone", "--json").document["state"] == "succeeded"
    assert library.loads[-1]["options"] == {"channels": 4, "variant": "fp16"}


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ("variant", "--load wants NAME=VALUE, not 'variant'"),
        ("=fp16", "--load wants NAME=VALUE, not '=fp16'"),
        ("use safetensors=true", "diffusers has no option 'use safetensors'"),
        ("dtype=float16", "DIFFUSERS_DTYPE"),
        ("torch_dtype=float16", "DIFFUSERS_DTYPE"),
        ("use_safetensors=True", "--load use_safetensors: give text, a number, true or false"),
        ("safety_checker=null", "--load safety_checker: give text, a number, true or false"),
        ('max_memory={"cpu": [null]}', "--load max_memory: give text"),
        ("low=NaN", "--load low: give text"),
        ("varient=fp16", "TextToImage is not loaded with an option varient"),
    ],
)
def test_an_option_of_loading_that_makes_no_sense_is_refused(
    limner: Limner, home: Path, library: Library, load: str, words: str
) -> None:
    ended = limner("pipelines", "add", "some/pipeline", "--load", load)
    assert ended.code == 2
    assert words in ended.err
    assert not (home / "pipelines").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere", "There is no folder nowhere, and an id on Hugging Face looks like owner/name."),
        ("./nowhere", "There is no folder ./nowhere"),
        (".", "it has no model_index.json"),
        ("broken/pipeline", "broken/pipeline does not appear to have a file named model_index.json"),
    ],
)
def test_what_is_no_pipeline_is_refused(limner: Limner, home: Path, library: Library, source: str, words: str) -> None:
    ended = limner("pipelines", "add", source)
    assert ended.code == 2
    assert words in ended.err
    assert not (home / "pipelines").exists()


def test_a_name_is_taken_once(limner: Limner, library: Library) -> None:
    limner("pipelines", "add", "some/pipeline", "--name", "mine")
    ended = limner("pipelines", "add", "other/pipeline", "--name", "mine")
    assert ended.code == 2
    assert "There is a pipeline diffusers/mine already; --replace takes its place" in ended.err
    assert limner("pipelines", "add", "other/pipeline", "--name", "mine", "--replace").code == 0
    assert limner("pipelines", "list", "--json").document["pipelines"][0]["pipeline"] == "other/pipeline"


def test_without_the_library_it_is_said_before_anything_is_loaded(
    limner: Limner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("limner.providers.is_installed", lambda name: False)
    ended = limner("pipelines", "add", "some/pipeline")
    assert ended.code != 0
    assert "pip install 'limner[diffusers]'" in ended.err
    assert "Loading" not in ended.err
    rows = {row["id"]: row for row in limner("providers", "--json").document["providers"]}
    assert rows["diffusers"]["ready"] is False


@pytest.mark.parametrize("python", ["/there/is/no/python", "/bin/false"])
def test_a_python_without_the_library_is_said(
    limner: Limner, home: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    monkeypatch.setenv("DIFFUSERS_PYTHON", python)
    ended = limner("pipelines", "add", "some/pipeline")
    assert ended.code != 0
    assert "Local diffusers failed" in ended.err
    assert "Traceback" not in ended.err


def test_without_a_pipeline_the_service_says_how_to_get_one(
    limner: Limner, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIFFUSERS_PYTHON", sys.executable)
    for name in (("-m", "diffusers"), ("-p", "diffusers")):
        ended = limner("generate", *name, "a cat")
        assert ended.code != 0
        assert "limner pipelines add FOLDER-OR-ID" in ended.err


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real pipeline of random numbers, made by the real library."""
    if not REAL:
        pytest.skip("torch and diffusers are not there; `make setup-diffusers` installs them (1 to 6 GB)")
    folder = tmp_path_factory.mktemp("tiny") / "made"
    maker = LIBRARY.with_name("tiny.py")
    subprocess.run([str(diffusers.python()), str(maker), str(folder)], check=True, capture_output=True, timeout=120)
    return folder / "pipeline"


@pytest.mark.timeout(300)
def test_a_real_pipeline_paints(limner: Limner, home: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFFUSERS_PYTHON", str(diffusers.python()))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    added = limner("pipelines", "add", str(tiny), "--name", "tiny", "--load", "use_safetensors=true")
    assert added.code == 0, added.err
    (model,) = limner("models", "-p", "diffusers", "--json").document["models"]
    assert sorted(model["operations"]) == [*("edit", "generate", "inpaint", "outpaint", "style_transfer", "variations")]
    asyncio.run(paints_by_seed())


async def paints_by_seed() -> None:
    """Several jobs of one process, so that the library is loaded once."""
    async with face.open() as studio:
        first, second = (await studio.generate("a cat", model="tiny", count=2, steps=3, seed=5)).images
        assert (first.picture.file.width, first.picture.seed, second.picture.seed) == (64, 5, 6)
        again = (await studio.generate("a cat", model="tiny", steps=3, seed=6)).images[0]
        assert again.picture.file.digest == second.picture.file.digest != first.picture.file.digest
        grown = await studio.outpaint(first.picture, model="tiny", steps=2)
        assert grown.images[0].picture.file.width == 96
        prompt = "a cat " * 40
        read = (await studio.generate(prompt, model="tiny", steps=1)).images[0].picture.revised_prompt
        assert read is not None
        assert read.startswith("a cat")
        assert len(read) < len(prompt)
