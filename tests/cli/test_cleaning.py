"""`limner clean`: what goes, what would go, and what is left behind by nobody."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from limner.cli.cleaning import bytes_words, size, span
from limner.domain.errors import InvalidRequest
from tests.cli.conftest import Limner

LONG_AGO = (1e9, 1e9)


def age(home: Path) -> list[Path]:
    """Makes all kept files old; those there are."""
    files = [path for path in (home / "objects" / "blobs").rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, LONG_AGO)
    return files


@pytest.mark.req("S1-078", "S4-046")
def test_pictures_go_with_their_files_and_places(limner: Limner, home: Path) -> None:
    made = limner("generate", "a lake", "--size", "64x64", "-m", "sketch", "-n", "2", "--json").document
    first, second = [image["id"] for image in made["images"]]
    places = [Path(image["path"]) for image in made["images"]]
    assert limner("favorite", first).code == 0
    assert len(age(home)) == 2
    dry = limner("clean", "--older-than", "0d", "--dry-run", "--json").document
    assert (dry["images"], dry["ids"], dry["dry_run"]) == (1, [second], True)
    assert limner("clean", "--older-than", "0d").code == 2  # nobody is there to be asked
    ended = limner("clean", "--older-than", "0d", "--yes")
    assert ended.code == 0, ended.err
    assert "1 pictures" in ended.err
    assert [place.exists() for place in places] == [True, False]
    assert len(age(home)) == 1
    assert limner("trash", first).code == 0
    assert limner("clean", "--trash", "--yes", "--json").document["images"] == 1
    assert age(home) == []
    assert limner("history", "--json").document["images"] == []


@pytest.mark.req("S4-046")
def test_the_doctor_finds_files_that_nothing_names(limner: Limner, home: Path) -> None:
    limner("generate", "a lake", "--size", "64x64", "-m", "sketch")
    (kept,) = age(home)
    folder = home / "objects" / "blobs" / "ab"
    orphan = folder / ("ab" * 32)
    orphan.write_bytes(b"left behind")
    fresh = folder / ("abc" + "0" * 61)
    fresh.write_bytes(b"just come")
    os.utime(orphan, LONG_AGO)

    def finding() -> dict[str, str]:
        checks = limner("doctor", "--json").document["checks"]
        (found,) = [check for check in checks if check["part"] == "files"]
        return dict(found)

    assert finding()["state"] == "warn"
    assert "limner clean --orphans" in finding()["text"]
    dry = limner("clean", "--orphans", "--dry-run", "--json").document
    assert (dry["orphans"], dry["orphan_bytes"]) == (1, 11)
    assert orphan.exists()
    assert limner("clean", "--orphans", "--yes").code == 0
    assert [path.exists() for path in (orphan, fresh, kept)] == [False, True, True]
    assert finding()["state"] == "ok"


def test_ages_and_sizes(limner: Limner) -> None:
    assert [span(text) for text in ("12h", " 90D", "1y")] == [
        timedelta(hours=12),
        timedelta(days=90),
        timedelta(days=365),
    ]
    assert [size(text) for text in ("5", "500MB", "10 gb")] == [5, 500_000_000, 10_000_000_000]
    assert [bytes_words(count) for count in (12, 1500, 2_500_000, 3_000_000_000)] == [
        "12 bytes",
        "1.5 kB",
        "2.5 MB",
        "3.0 GB",
    ]
    for wrong in ("soon", "-3d", "5m"):
        with pytest.raises(InvalidRequest):
            span(wrong)
    with pytest.raises(InvalidRequest):
        size("much")
    assert limner("clean").code == 2
    assert limner("clean", "--older-than", "soon", "--yes").code == 2
