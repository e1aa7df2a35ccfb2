"""The guide for when something goes wrong names codes, commands and settings that there are."""

import re
from pathlib import Path

import pytest

GUIDE = Path("docs/troubleshooting.md").read_text()
SOURCES = "\n".join(path.read_text() for path in sorted(Path("src/limner").rglob("*.py")))
FIRST_CELLS = [
    cell for row in re.findall(r"^\| (`[^|]+) \|", GUIDE, re.MULTILINE) for cell in re.findall(r"`(\w+)`", row)
]


@pytest.mark.req("S3-115")
def test_every_code_of_the_guide_is_one_of_ours() -> None:
    assert len(FIRST_CELLS) > 25
    assert [code for code in FIRST_CELLS if f'"{code}"' not in SOURCES] == []


def test_every_command_and_setting_of_the_guide_is_described() -> None:
    commands, settings = Path("docs/cli.md").read_text(), Path("docs/settings.md").read_text()
    named = set(re.findall(r"`limner (\w+)", GUIDE))
    assert {"doctor", "keys", "resolve"} <= named
    assert [name for name in sorted(named) if f"limner {name}" not in commands] == []
    assert [name for name in sorted(set(re.findall(r"LIMNER_\w+", GUIDE))) if name not in settings] == []


def test_its_links_lead_to_pages() -> None:
    linked = set(re.findall(r"\]\(([\w.]+\.md)\)", GUIDE))
    assert linked
    assert [name for name in linked if not (Path("docs") / name).is_file()] == []
