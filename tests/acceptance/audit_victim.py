"""A process that does something an administrator may do, and dies within the writing of what the audit log says of it.

Usage: audit_victim.py FOLDER DEED before|after. It dies before the entry is written, or after it and before the end of
the transaction.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from limner.db import audit
from limner.db.statements import Columns
from limner.domain.budgets import Counted, Kind, Window
from limner.domain.people import LOCAL, Role
from limner.domain.steering import ServiceChange
from limner.engine.budgeting import Wanted
from limner.engine.vault import NewKey
from limner.runtime import Runtime, open_runtime
from limner.settings import read_settings


async def do(runtime: Runtime, deed: str) -> None:
    """The deed."""
    if deed == "account":
        await runtime.admittance.accounts.add("ann@example.com", "a long password of hers", Role.MEMBER, LOCAL)
    elif deed == "budget":
        wanted = Wanted(kind=Kind.EVERYONE, name="", window=Window.DAY, counted=Counted.USD, limit=1_000_000)
        await runtime.budgeting.add(wanted, LOCAL)
    elif deed == "key":
        await runtime.vault.add(NewKey(service="openai", secret="sk-proj-a-key-of-the-tests-0123"), LOCAL)
    else:
        await runtime.doors.steering.change("openai", ServiceChange(enabled=False), LOCAL)


async def main(folder: Path, deed: str, moment: str) -> None:
    async with open_runtime(read_settings({}, folder, data_dir=folder / "data"), work=False) as runtime:
        insertion = audit._NOTE

        class Dying:
            """The statement that writes the entry."""

            def many(self, connection: Connection, rows: Sequence[Columns]) -> None:
                if moment == "after":
                    insertion.many(connection, rows)
                os.kill(os.getpid(), signal.SIGKILL)

        if moment != "never":
            audit._NOTE = Dying()  # type: ignore[assignment]  # all that is used of it
        await do(runtime, deed)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
