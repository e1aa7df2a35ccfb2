"""People of a server that runs with accounts, and clients that are signed in as them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from limner.domain.people import LOCAL, Role, User
from limner.engine import passwords
from limner.runtime import open_runtime
from tests.api.served import Site, serving, settings_for

PASSWORD = "correct horse battery"
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing: what is tested is not how slow they are."""
    monkeypatch.setattr(passwords, "_hasher", lambda: QUICK)


def add_user(folder: Path, email: str, role: Role = Role.MEMBER, password: str = PASSWORD, **given: Any) -> User:
    """Adds somebody from outside the server, as the command line does."""

    async def add() -> User:
        async with open_runtime(settings_for(folder, auth="accounts", **given), work=False) as runtime:
            return await runtime.admittance.accounts.add(email, password, role, LOCAL)

    return asyncio.run(add())


@contextmanager
def client_of(site: Site, email: str, password: str = PASSWORD) -> Iterator[httpx2.Client]:
    """A browser of somebody's: their cookie, and the Origin that browsers send."""
    with httpx2.Client(base_url=site.url, headers={"Origin": site.url}, timeout=30) as client:
        answer = client.post("/api/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        yield client


@contextmanager
def accounts_site(folder: Path, **given: Any) -> Iterator[Site]:
    """A server that people sign in to."""
    with serving(folder, auth="accounts", **given) as site:
        yield site
