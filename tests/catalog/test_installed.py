"""What ships is kept ready-made, as long as nothing that it was made of has changed."""

import pickle
import sys
from pathlib import Path

import pytest

from limner.catalog import installed
from limner.catalog.installed import CORRECTIONS, OWN, ReadyMade, load_installed
from limner.catalog.loader import load_catalog
from limner.domain.errors import NotConfigured


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the ready-made catalog is kept, empty at first."""
    place = tmp_path / "kept" / "it.catalog"
    monkeypatch.setattr(installed, "_place", lambda: place)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return place


def test_it_is_made_once_and_says_the_same(tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = load_catalog(entry_points=())
    for _ in range(2):
        found = load_installed(tmp_path / "data")
        assert (found.services, found.models) == (fresh.services, fresh.models)
        assert place.exists()
        assert found.find("openai/gpt-image-2").parameter("quality") == fresh.find("gpt-image-2").parameter("quality")
        monkeypatch.setattr(installed, "resolve_name", None)  # the second time nothing is read


def test_it_is_made_anew_when_a_file_has_changed(tmp_path: Path) -> None:
    facts = tmp_path / "facts"
    facts.mkdir()
    (facts / "a.toml").write_text("a")
    kept = ReadyMade(place=tmp_path / "it.catalog", made_of=[facts])
    assert kept.read() is None
    kept.write(load_catalog(entry_points=()))
    assert kept.read() is not None
    (facts / "a.toml").write_text("ab")
    assert kept.read() is None
    kept.write(load_catalog(entry_points=()))
    (facts / "b.json").write_text("{}")
    assert kept.read() is None


FOREIGN = pickle.dumps(("stamp", Path("/somewhere")))
"""Names a class that is in no catalog."""


@pytest.mark.parametrize("data", [b"", b"\x80\x05", b"not a catalog", b"\x80\x05\x8c\x01a.", FOREIGN])
def test_a_file_that_is_none_of_ours_is_passed_over(tmp_path: Path, place: Path, data: bytes) -> None:
    place.parent.mkdir()
    place.write_bytes(data)
    assert load_installed(tmp_path / "data").find("sketch").service == "sketch"
    assert place.read_bytes() != data


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path, place: Path) -> None:
    place.parent.write_text("a file in its place")
    assert load_installed(tmp_path / "data").find("sketch").service == "sketch"


def test_an_installation_with_words_of_its_own_keeps_its_own(tmp_path: Path, place: Path) -> None:
    corrections = tmp_path / CORRECTIONS
    corrections.mkdir()
    (corrections / "mine.toml").write_text('[service]\nid = "openai"\nname = "Ours"\n')
    for _ in range(2):
        assert load_installed(tmp_path).service("openai").name == "Ours"
        assert (tmp_path / OWN).exists()
    assert not place.exists()
    assert load_installed(tmp_path / "another").service("openai").name == "OpenAI"
    (corrections / "mine.toml").write_text('[service]\nid = "openai"\nname = "Ours now"\n')
    assert load_installed(tmp_path).service("openai").name == "Ours now"
    (corrections / "mine.toml").write_text("[service]\nid = 3\n")
    with pytest.raises(NotConfigured):
        load_installed(tmp_path)
    (corrections / "mine.toml").unlink()
    assert load_installed(tmp_path).service("openai").name == "OpenAI"
