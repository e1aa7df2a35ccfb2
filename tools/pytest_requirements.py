"""A plug-in for pytest: the mark `req` names the requirements that a test proves, and only those that exist."""

import os

import pytest

from tools.requirements import read_requirements


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line("markers", "req(*ids): the requirements of docs/requirements.txt that the test proves")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose mark names no requirement, or one that is not in the list."""
    for mark in item.iter_markers("req"):
        unknown = [name for name in mark.args if name not in read_requirements()]
        if unknown or not mark.args:
            pytest.fail(f"docs/requirements.txt has no {', '.join(map(repr, unknown)) or 'empty id'}", pytrace=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat at the end what `make test` found before the tests ran."""
    failed = os.environ.get("LINT_FAILED")
    if failed:
        terminalreporter.section("lint failed", sep="=", red=True)
        terminalreporter.line("The checks above failed; `make lint` runs them alone.")
