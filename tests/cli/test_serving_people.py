"""The command line beside a running server: people are added, changed and removed under its hands."""

import subprocess

import httpx2
import pytest

from tests.cli.conftest import Limner, Spawn


def line_of(process: "subprocess.Popen[bytes]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def test_people_come_and_go_while_the_server_runs(
    limner: Limner, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIMNER_AUTH", "accounts")
    server = spawn("serve", "--port", "0")
    address = line_of(server).rpartition(" ")[2]
    link = line_of(server)
    assert link.startswith(f"Make the first account, once, at {address}/setup?code=")

    def signed_in(password: str) -> int:
        body = {"email": "ann@example.com", "password": password}
        return httpx2.post(f"{address}/api/auth/login", json=body, timeout=30).status_code

    add = ("users", "add", "ann@example.com", "--password-stdin", "--admin")
    assert limner(*add, stdin=b"correct horse battery").code == 0
    assert httpx2.get(link.rpartition(" ")[2], timeout=30).status_code == 401
    assert signed_in("correct horse battery") == 200
    token = limner("tokens", "add", "script", "--user", "ann@example.com", "--json").document["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    whoami = httpx2.get(f"{address}/api/auth/session", headers=bearer, timeout=30).json()
    assert whoami["user"]["role"] == "owner"
    change = ("users", "password", "ann@example.com", "--password-stdin")
    assert limner(*change, stdin=b"something else entirely\r\n").code == 0
    assert signed_in("correct horse battery") == 401
    assert signed_in("something else entirely") == 200
