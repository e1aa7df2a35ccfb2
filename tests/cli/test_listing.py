"""Models, providers and presets."""

import pytest

from tests.cli.conftest import Limner


def test_models_are_listed_with_price_and_sizes(limner: Limner) -> None:
    ended = limner("models")
    assert ended.code == 0
    line = next(line for line in ended.out.splitlines() if line.startswith("sketch/sketch"))
    assert "free" in line
    assert "64 to 4096 px" in line


def test_retired_models_are_listed_when_asked_for_with_their_successor(limner: Limner) -> None:
    def ids(*arguments: str) -> set[str]:
        return {model["id"] for model in limner("models", "--json", *arguments).document["models"]}

    every = limner("models", "--all", "--json").document["models"]
    retired = [model for model in every if model["status"] == "retired"]
    assert retired
    assert not ids() & {model["id"] for model in retired}
    model = next(model for model in retired if model["successor"] and model["shutdown"])
    row = next(line for line in limner("models", "--all").out.splitlines() if line.startswith(model["id"] + " "))
    assert model["successor"] in row
    assert model["shutdown"] in row


def test_models_are_chosen_by_service_operation_and_tier(limner: Limner) -> None:
    models = limner("models", "-p", "openai", "--operation", "inpaint", "--tier", "high", "--json").document["models"]
    assert models
    assert {model["id"].partition("/")[0] for model in models} == {"openai"}
    assert all("inpaint" in model["operations"] and "high" in model["tiers"] for model in models)
    ranks = [model["tiers"]["high"] for model in models]
    assert ranks == sorted(ranks)


def test_a_price_is_a_range_over_sizes_and_qualities(limner: Limner) -> None:
    models = {model["id"]: model for model in limner("models", "--json").document["models"]}
    assert models["sketch/sketch"]["price_to_usd"] == 0
    priced = models["openai/gpt-image-2"]
    assert 0 < priced["price_from_usd"] < priced["price_to_usd"]


@pytest.mark.parametrize(
    "arguments", [("--tier", "best"), ("--operation", "fly"), ("--provider", "opnai")], ids=lambda pair: pair[0]
)
def test_words_that_choose_nothing_are_refused(limner: Limner, arguments: tuple[str, str]) -> None:
    ended = limner("models", *arguments)
    assert ended.code == 2
    assert arguments[1] in ended.err


def test_conditions_that_nothing_meets_leave_an_empty_list(limner: Limner) -> None:
    ended = limner("models", "-p", "sketch", "--tier", "ultra")
    assert (ended.code, ended.out) == (0, "")
    assert "No model fits" in ended.err


def test_providers_say_what_they_need_and_never_a_password(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = limner("providers")
    assert ended.code == 0
    assert "OPENAI_API_KEY" in ended.out
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:hidden@127.0.0.1:9/v1")
    ended = limner("providers")
    assert "127.0.0.1:9" in ended.out
    assert "hidden" not in ended.out
    assert "sk-never-shown" not in ended.out
    assert "hidden" not in limner("providers", "--json").out
    services = {one["id"]: one for one in limner("providers", "--json").document["providers"]}
    assert services["openai"]["ready"] is True
    assert services["sketch"]["local"] is True


def test_presets_are_each_listed_once(limner: Limner) -> None:
    presets = limner("presets", "--json").document["presets"]
    assert len({preset["id"] for preset in presets}) == len(presets)
    assert presets[0]["id"] in limner("presets").out


def test_on_a_narrow_terminal_a_table_becomes_a_list(limner: Limner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ended = limner("models", "-p", "sketch")
    assert ended.out.splitlines()[0] == "sketch/sketch"
    assert "  Price: free" in ended.out.splitlines()
