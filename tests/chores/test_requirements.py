"""The list of requirements is whole, marks name only what is in it, and the report says what is unproved."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tools.requirements import Requirement, describe, read_requirements

pytest_plugins = ["pytester"]

PLUGINS = ("-p", "tools.pytest_requirements", "-p", "no:asyncio", "-p", "no:schemathesis")


def test_the_list_has_every_requirement_of_the_five_documents() -> None:
    listed = read_requirements()
    assert Counter(one.seed for one in listed.values()) == {"S0": 85, "S1": 130, "S2": 94, "S3": 116, "S4": 83}
    assert all(one.tag and one.text for one in listed.values())


def test_the_report_counts_for_each_document() -> None:
    listed = {name: Requirement(id=name, tag="API", text=f"text of {name}") for name in ("S0-001", "S0-002", "S1-001")}
    assert describe(listed, {"S0-002": ["a", "b"]}) == [
        "Proved (tests):",
        "  S0-002  2",
        "Unproved:",
        "  S0-001  [API] text of S0-001",
        "  S1-001  [API] text of S1-001",
        "S0: 1 of 2 proved",
        "S1: 0 of 1 proved",
        "all: 1 of 3 proved",
    ]


@pytest.mark.parametrize("mark,is_fine", [("'S0-001', 'S4-083'", True), ("'S9-001'", False), ("", False)])
def test_marks_name_requirements_of_the_list(pytester: pytest.Pytester, mark: str, is_fine: bool) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.req({mark})\ndef test_it(): pass")
    result = pytester.runpytest_inprocess(*PLUGINS, "--strict-markers")
    result.assert_outcomes(passed=int(is_fine), errors=int(not is_fine))
    if not is_fine:
        result.stdout.fnmatch_lines(["docs/requirements.txt has no *"])


def test_what_lint_found_is_said_again_before_the_summary(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile("def test_it(): pass")
    monkeypatch.delenv("LINT_FAILED", raising=False)
    assert "lint failed" not in pytester.runpytest_inprocess(*PLUGINS).stdout.str()
    monkeypatch.setenv("LINT_FAILED", "1")
    pytester.runpytest_inprocess(*PLUGINS).stdout.fnmatch_lines(["*= lint failed =*", "*", "*= 1 passed in *"])


@pytest.mark.req("S2-094", "S4-072")
def test_the_suite_is_larger_than_the_documents_and_has_every_part() -> None:
    tests = Path(__file__).parents[1]
    found = [
        f"{path.relative_to(tests)}::{name}"
        for path in tests.rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    ]
    assert len(found) > 570
    parts = {name.partition("/")[0] for name in found}
    assert {"acceptance", "api", "cli", "db", "engine", "providers", "storage", "web", "words"} <= parts
