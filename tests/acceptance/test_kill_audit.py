"""A process dies while it does what the audit log tells: there is the deed with its entry, or neither."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance import audit_victim

TABLES = {
    "account": "users",
    "budget": "budgets",
    "key": "provider_keys",
    "service": "provider_configs",
}


def carried_out(folder: Path, deed: str, moment: str) -> tuple[int, int, int]:
    """How the process ended, and how many deeds and entries there are then."""
    command = [sys.executable, "-m", audit_victim.__name__, str(folder), deed, moment]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # the test's own deadline ends it
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
    database = sqlite3.connect(folder / "data" / "limner.db")
    try:
        deeds = database.execute(f"SELECT count(*) FROM {TABLES[deed]}").fetchone()[0]
        return ended.returncode, deeds, database.execute("SELECT count(*) FROM audit_log").fetchone()[0]
    finally:
        database.close()


@pytest.mark.parametrize("deed", TABLES)
def test_a_deed_and_its_entry_are_written_together(tmp_path: Path, deed: str) -> None:
    for moment in ("before", "after"):
        assert carried_out(tmp_path, deed, moment) == (-signal.SIGKILL, 0, 0)
    assert carried_out(tmp_path, deed, "never") == (0, 1, 1)
