"""Which requirements the tests prove.

docs/requirements.txt holds one requirement a line: id, tag and text, separated by tabs. A test names those it proves
with `@pytest.mark.req("S2-014")`.
"""

import contextlib
import functools
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tools.sources import ROOT

LISTED = ROOT / "docs" / "requirements.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """One line of the list."""

    id: str
    tag: str
    text: str

    @property
    def seed(self) -> str:
        """The document it comes from, such as S2."""
        return self.id.partition("-")[0]


@functools.cache
def read_requirements() -> Mapping[str, Requirement]:
    """The list, by id, in its order."""
    rows = [line.split("\t") for line in LISTED.read_text(encoding="utf-8").splitlines() if line]
    return {name: Requirement(id=name, tag=tag, text=text) for name, tag, text in rows}


class Collector:
    """A plug-in for pytest that notes which tests name which requirement."""

    def __init__(self) -> None:
        self.tests: dict[str, list[str]] = defaultdict(list)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the marks of all tests found."""
        for item in session.items:
            for mark in item.iter_markers("req"):
                for name in mark.args:
                    self.tests[name].append(item.nodeid)


def describe(requirements: Mapping[str, Requirement], tests: Mapping[str, list[str]]) -> list[str]:
    """The report: proved ids with their tests' number, unproved ones with their text, counts for each document."""
    lines = ["Proved (tests):"]
    lines += [f"  {name}  {len(tests[name])}" for name in requirements if tests.get(name)]
    lines.append("Unproved:")
    lines += [f"  {one.id}  [{one.tag}] {one.text}" for name, one in requirements.items() if not tests.get(name)]
    totals = Counter(one.seed for one in requirements.values())
    proved = Counter(one.seed for name, one in requirements.items() if tests.get(name))
    lines += [f"{seed}: {proved[seed]} of {total} proved" for seed, total in totals.items()]
    lines.append(f"all: {proved.total()} of {totals.total()} proved")
    return lines


def main() -> int:
    """Collect the tests without running them and print the report."""
    collector = Collector()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = pytest.main(["--collect-only", "-q", "--rootdir", str(ROOT)], plugins=[collector])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        print(printed.getvalue())
        return int(status)
    listed = read_requirements()
    print("\n".join(describe(listed, collector.tests)))
    unknown = sorted(collector.tests.keys() - listed.keys())
    if unknown:
        print(f"not in the list, but named by tests: {', '.join(unknown)}")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
