"""Templates and styles at the command line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Limner

SKETCH = ("-m", "sketch", "--size", "64x64", "--no-show", "--json")


@pytest.mark.req("S1-027")
def test_a_template_paints_and_is_told_about(limner: Limner) -> None:
    assert "There is no template" in limner("templates", "list").err
    assert limner("templates", "add", "boats", "a {kind} boat {light=at dusk}").code == 0
    assert limner("templates", "show", "boats", "--set", "kind=red").out == "a red boat at dusk\n"
    ended = limner("generate", "--template", "boats", "--set", "kind=blue", *SKETCH)
    assert (ended.code, ended.document["prompt"]) == (0, "a blue boat at dusk")
    assert limner("estimate", "--template", "boats", "--set", "kind=blue", "-m", "sketch").code == 0
    assert limner("templates", "edit", "boats", "--words", "a {kind} ship", "--json").document["uses"] == 1
    assert limner("generate", "--template", "boats", *SKETCH).code == 2
    assert limner("generate", "a cat", "--template", "boats", *SKETCH).code == 2
    assert limner("generate", "a cat", "--set", "kind", *SKETCH).code == 2
    assert "boats" in limner("templates", "list").out
    assert limner("templates", "add", "boats", "x").code == 2
    assert limner("templates", "remove", "boats").code == 0
    assert limner("templates", "show", "boats").code == 1


def test_a_batch_fills_templates_by_row(limner: Limner, tmp_path: Path) -> None:
    limner("templates", "add", "boats", "a {kind} boat")
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"template": "boats", "set": ["kind=red"]}\n{"template": "boats", "set": ["kind=blue"]}\n')
    assert limner("batch", str(rows), "-m", "sketch", "--size", "64x64").code == 0
    images = limner("history", "--json").document["images"]
    assert {image["prompt"] for image in images} == {"a red boat", "a blue boat"}


@pytest.mark.req("S1-081")
def test_a_style_is_saved_listed_used_and_removed(limner: Limner) -> None:
    assert limner("presets", "add", "neon-city", "neon lights", "--name", "Neon").code == 0
    assert "neon-city" in limner("presets").out
    own = [preset for preset in limner("presets", "--json").document["presets"] if preset["own"]]
    assert [preset["value"] for preset in own] == ["neon lights"]
    assert limner("generate", "a cat", "--preset", "neon-city", *SKETCH).document["prompt"] == "a cat, neon lights"
    assert limner("presets", "add", "neon-city", "x").code == 2
    assert limner("presets", "remove", "neon-city").code == 0
    assert limner("presets", "remove", "neon-city").code == 1
