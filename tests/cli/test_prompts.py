"""Prompts at the command line."""

import pytest

from tests.cli.conftest import Limner
from tests.words.samples import long_prompt


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9")


@pytest.mark.req("S4-016")
def test_a_prompt_is_measured(limner: Limner) -> None:
    told = limner("prompt", "check", "an oil painting of a lighthouse, 8k", "--json")
    assert told.code == 0
    assert told.document["protected"]["style"] == ["oil painting"]
    shown = limner("prompt", "check", "an oil painting of a lighthouse, 8k")
    assert "oil painting" in shown.out
    assert "It can be painted." in shown.err
    assert limner("prompt", "check", "x" * 10_001).code == 2
    assert limner("prompt", "check", " ").code == 2


@pytest.mark.req("S4-017")
def test_a_long_prompt_is_shortened_and_a_short_one_left(limner: Limner) -> None:
    long = long_prompt(5_000)
    told = limner("prompt", "optimise", long, "--json").document
    assert (told["by"], told["changed"], told["original_length"]) == ("compressor", True, len(long))
    assert len(told["prompt"]) < 3_000
    shown = limner("prompt", "optimise", long)
    assert shown.out.strip() == told["prompt"]
    assert "by compressor. Ollama cannot be asked" in shown.err
    assert limner("prompt", "optimise", "a pier").out == "a pier\n"
    assert limner("prompt", "optimise", "x" * 10_001).code == 2


def test_more_is_made_of_a_prompt(limner: Limner) -> None:
    told = limner("enhance", "a cat", "--style", "oil painting", "--json")
    assert (told.code, told.document["by"]) == (0, "phrasebook")
    shown = limner("enhance", "a cat", "--style", "oil painting")
    assert shown.out.strip() == told.document["prompt"]
    assert "Added: oil, painting" in shown.err
    assert limner("enhance", " ").code == 2


@pytest.mark.req("S4-012")
def test_a_long_prompt_paints_where_it_may_be_shortened(limner: Limner) -> None:
    long = long_prompt(5_000)
    ended = limner("generate", long, "--optimise", "-m", "sketch", "--size", "64x64", "--no-show", "--json")
    assert ended.code == 0, ended.err
    assert len(ended.document["prompt"]) < 3_000
    picture = ended.document["images"][0]["id"]
    told = limner("show", picture, "--json").document["recipe"]
    assert told["request"]["rewritten"]["original"] == long
    assert limner("generate", long, "-m", "sketch", "--size", "64x64", "--no-show", "--json").code == 2
