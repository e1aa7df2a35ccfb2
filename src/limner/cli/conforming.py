"""Puts a package that brings a service through the suite that Limner's own services pass."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Annotated

import typer

from limner.cli.exits import FAILED, OK
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.errors import InvalidRequest, NotConfigured

app = App()

GROUP = "limner.conformance"
"""Entry points by which packages name the module with their conformance cases."""
NEEDED = ("pytest", "pytest_asyncio")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name under which the package offers its cases.")]


@app.add()
def conformance(name: Name, json: Json = False) -> int:
    """Run the conformance suite on a service that another package brings."""
    output = Output(json=json)
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in offered:
        known = f"Installed are: {', '.join(sorted(offered))}." if offered else "No installed package offers any."
        raise InvalidRequest(f"There are no conformance cases called '{name}'. {known}", field="name")
    missing = [module for module in NEEDED if find_spec(module) is None]
    if missing:
        raise NotConfigured(
            "The suite needs pytest and pytest-asyncio. Install them: pip install pytest pytest-asyncio."
        )
    return OK if _ran(offered[name], output) else FAILED


def _ran(point: EntryPoint, output: Output) -> bool:
    """Whether every case passed. What pytest says goes to the terminal; with `--json` only the verdict does."""
    import pytest  # installed with the tests only

    tally = Tally()
    arguments = ["--pyargs", point.module, "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "--rootdir", "."]
    written = sys.stdout
    if output.json:
        sys.stdout = sys.stderr
    try:
        passed = pytest.main(arguments, plugins=[tally]) == pytest.ExitCode.OK
    finally:
        sys.stdout = written
    if output.json:
        output.document({"name": point.name, "passed": tally.passed, "failed": tally.failed, "conforms": passed})
    return passed


class Tally:
    """Counts what pytest reports."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: object) -> None:
        """One test in one of its phases."""
        if getattr(report, "failed", False):
            self.failed.append(str(getattr(report, "nodeid", "")))
        elif getattr(report, "when", "") == "call" and getattr(report, "passed", False):
            self.passed += 1
