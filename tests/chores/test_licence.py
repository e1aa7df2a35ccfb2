"""The licence is the one that the documents name, and what is shipped of others is listed."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.req("S1-120")
def test_the_licence_is_mit() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


def test_every_file_of_others_is_listed_with_its_licence() -> None:
    listed = (ROOT / "THIRD_PARTY.md").read_text()
    others = [
        *ROOT.glob("src/limner/**/*.woff2"),
        *ROOT.glob("src/limner/**/static/*icons*"),
        *ROOT.glob("src/**/specs/*"),
    ]
    assert len(others) >= 5
    for path in others:
        assert str(path.relative_to(ROOT)) in listed, path
