"""Text models at the command line: what they do, what it costs, and what becomes of a call that nobody knows about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from limner.testing.anthropic_stand_in import AnthropicStandIn
from limner.testing.faults import Drop, Fault
from limner.testing.text_stand_in import Say
from tests.cli.conftest import Limner, in_a_thread

CLAUDE = "anthropic/claude-sonnet-5-5"
SEEN = {
    "caption": "A lake between dark hills.",
    "objects": ["lake"],
    "text": "",
    "colours": ["blue"],
    "style": "flat drawing",
    "concerns": [],
    "suggested_prompt": "a lake",
    "alt_text": "A pale lake.",
    "tags": ["lake"],
}


def say(value: object) -> Say:
    return Say(text=orjson.dumps(value).decode(), tokens=(1000, 100))


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://127.0.0.1:9")


@pytest.fixture
def claude(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnthropicStandIn]:
    with in_a_thread(AnthropicStandIn()) as stand_in:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", stand_in.root)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-tests-0123")
        yield stand_in


def painted(limner: Limner, prompt: str = "a lake") -> str:
    ended = limner("generate", prompt, "-m", "sketch", "--size", "64x64", "--no-show", "--json")
    picture: str = ended.document["images"][0]["id"]
    return picture


@pytest.mark.req("S1-023")
def test_a_picture_is_described_by_id_and_by_file(limner: Limner, claude: AnthropicStandIn, tmp_path: Path) -> None:
    picture = painted(limner)
    claude.says.append(say(SEEN))
    told = limner("describe", picture, "--json")
    assert told.code == 0, told.err
    assert (told.document["caption"], told.document["by"], told.document["cost_usd"]) == (
        SEEN["caption"],
        CLAUDE,
        "0.003",
    )
    file = tmp_path / "lake.png"
    claude.says.append(say(SEEN))
    copied = limner("generate", "a lake", "-m", "sketch", "--size", "64x64", "--no-show", "-o", str(file))
    assert copied.code == 0, copied.err
    shown = limner("describe", str(file))
    assert shown.out.splitlines()[0] == SEEN["caption"]
    assert "alt text  A pale lake." in shown.out
    assert f"By {CLAUDE}, $0.003." in shown.err
    assert limner("describe").code == 2
    assert limner("describe", picture, "--collection", "x").code == 2


def test_a_collection_is_quoted_and_described_once(limner: Limner, claude: AnthropicStandIn) -> None:
    ids = [painted(limner, f"lake {number}") for number in range(2)]
    limner("collections", "create", "lakes")
    assert limner("collections", "add", "lakes", *ids).code == 0
    dear = limner("describe", "--collection", "lakes", "--max-cost", "0.001", "--json")
    assert (dear.code, claude.purchases) == (3, 0)
    claude.says.extend([say(SEEN), say(SEEN)])
    told = limner("describe", "--collection", "lakes", "--json")
    assert told.code == 0, told.err
    assert (told.document["quote"]["pictures"], len(told.document["items"]), told.document["left"]) == (2, 2, [])
    again = limner("describe", "--collection", "lakes")
    assert "0 pictures to describe" in again.err
    assert claude.purchases == 2


def test_without_a_model_it_says_what_is_missing(limner: Limner) -> None:
    picture = painted(limner)
    told = limner("describe", picture)
    assert told.code == 0
    assert "size      64 x 64" in told.out
    assert "By limner, free." in told.err
    limner("collections", "create", "one")
    limner("collections", "add", "one", picture)
    assert limner("describe", "--collection", "one").code == 2


def test_what_was_asked_is_listed_and_decided(limner: Limner, claude: AnthropicStandIn) -> None:
    claude.faults.add(Fault(drop=Drop.AFTER_READING))
    negative = limner("prompt", "negative", "a lake")
    assert "It may have been charged" in negative.err
    (call,) = limner("texts", "list", "--json").document["calls"]
    assert (call["purpose"], call["state"], call["spent"]) == ("negative", "ambiguous", "unknown")
    assert "ambiguous" in limner("texts", "list").out
    assert "The call is failed" in limner("texts", "resolve", call["id"], "--not-charged").err
    (call,) = limner("texts", "list", "--json").document["calls"]
    assert (call["state"], call["spent"]) == ("failed", "no")
    assert limner("texts", "resolve", "nothing", "--charged").code == 1
    assert limner("doctor").code == 0


def test_models_are_listed_with_prices_and_reasons(limner: Limner, claude: AnthropicStandIn) -> None:
    found = {each["id"]: each for each in limner("texts", "models", "--json").document["models"]}
    assert (found[CLAUDE]["ready"], found[CLAUDE]["input_usd"]) == (True, "2.00")
    shown = limner("texts", "models").out
    assert CLAUDE in shown
    assert "$2.00 / $10.00" in shown
    assert claude.purchases == 0


def test_a_prompt_is_translated_by_the_model_that_is_named(limner: Limner, claude: AnthropicStandIn) -> None:
    claude.says.append(say({"prompt": "a lake", "language": "German"}))
    told = limner("prompt", "translate", "ein See", "--text-model", "claude-haiku-4-5")
    assert (told.code, told.out) == (0, "a lake\n")
    assert "From German, by anthropic/claude-haiku-4-5" in told.err
    wrong = limner("prompt", "translate", "ein See", "--text-model", "claude-haiku-5-5")
    assert wrong.code == 3
    assert "LIMNER_UNPRICED_CEILING_USD" in wrong.err


def test_an_installation_states_prices_of_its_own(limner: Limner, home: Path, claude: AnthropicStandIn) -> None:
    folder = home / "catalog.d" / "texts"
    folder.mkdir(parents=True)
    told = '[[model]]\nservice = "anthropic"\nname = "claude-sonnet-5-5"\ninput_usd = "200"\noutput_usd = "1000"\n'
    (folder / "own.toml").write_text(told)
    found = {each["id"]: each for each in limner("texts", "models", "--json").document["models"]}
    assert (found[CLAUDE]["input_usd"], found[CLAUDE]["title"]) == ("200.00", "Claude Sonnet 5.5")
    (folder / "own.toml").write_text('[[model]]\nservice = "nobody"\nname = "x"\n')
    wrong = limner("texts", "models")
    assert wrong.code == 1
    assert "own.toml is wrong: there is no service nobody" in wrong.err
    assert claude.purchases == 0


def test_a_prompt_is_translated_before_it_is_painted(limner: Limner, claude: AnthropicStandIn) -> None:
    claude.says.append(say({"prompt": "a lake in mist", "language": "German"}))
    sketch = ("-m", "sketch", "--size", "64x64", "--no-show")
    told = limner("generate", "ein See im Nebel", "--translate", *sketch, "--yes", "--json")
    assert told.code == 0, told.err
    assert told.document["prompt"] == "a lake in mist"
    priced = limner("estimate", "ein See im Nebel", "--translate-to", "en", "-m", "sketch")
    assert f"It will be translated from German by {CLAUDE}" in priced.out
    assert len(claude.bodies) == 1


def test_without_a_text_model_a_strict_request_for_a_translation_is_refused(limner: Limner) -> None:
    refused = limner("generate", "ein See im Nebel", "--translate", "--strict", "-m", "sketch", "--no-show")
    assert refused.code == 2
    assert "No text model can be used" in refused.err


def test_a_price_of_ones_own_makes_a_model_usable_and_is_shown_as_such(
    limner: Limner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-tests")
    monkeypatch.setenv("LIMNER_TEXT_PRICES", "openai/gpt-6-luna=0.25/2")
    shown = limner("texts", "models").out.splitlines()
    (row,) = (line for line in shown if line.startswith("openai/gpt-6-luna"))
    assert "$0.25 / $2.00 (your own price)" in row
    assert row.rstrip().endswith("ready")
    monkeypatch.setenv("LIMNER_TEXT_PRICES", "openai/gpt-6-luna=cheap")
    refused = limner("texts", "models")
    assert refused.code == 1
    assert "LIMNER_TEXT_PRICES is wrong" in refused.err
