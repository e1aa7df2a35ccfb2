"""Every command and every program of the README does what it says, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(console|python)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = [line.removeprefix("$ ") for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]
PROGRAMS = [text for kind, text in BLOCKS if kind == "python"]


def environment(folder: Path, port: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIMNER_", "OPENAI_", "MAKE", "MFLAGS")) and name != "COLUMNS"
    }
    return kept | {
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}",
        "LIMNER_DATA_DIR": str(folder / "data"),
        "LIMNER_PORT": str(port),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(command: str, folder: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command.replace("127.0.0.1:8003", f"127.0.0.1:{port}")],
        cwd=ROOT if command.startswith("make ") else folder,
        env=environment(folder, port),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@contextmanager
def serving(command: str, folder: Path, port: int) -> Iterator[None]:
    """The server as the README starts it; it must be ready within 20 s and end by itself when told to."""
    server = subprocess.Popen(
        shlex.split(command), cwd=ROOT, env=environment(folder, port), start_new_session=True, stdout=subprocess.DEVNULL
    )
    try:
        wait_until_ready(server, port)
        yield
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(15)


def wait_until_ready(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(400):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not become ready")


@pytest.mark.req("S0-085")
def test_every_command_of_the_readme(tmp_path: Path) -> None:
    port = free_port()
    (serve,) = [command for command in COMMANDS if command == "make serve"]
    over_http = [command for command in COMMANDS if command.startswith("curl")]
    assert len(over_http) == 2
    for command in COMMANDS:
        if command in (serve, *over_http):
            continue
        done = run(command, tmp_path, port)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
    with serving(serve, tmp_path, port):
        for command in over_http:
            if shutil.which("curl") is None:
                pytest.skip("curl is not on this machine; the commands before it ran")
            done = run(command, tmp_path, port)
            assert done.returncode == 0, done.stderr
            assert '"state":"succeeded"' in done.stdout.replace(" ", "") or '"items"' in done.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=["scripts", "event loop"])
def test_every_program_of_the_readme(tmp_path: Path, program: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(program)
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=tmp_path,
        env=environment(tmp_path, 0),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "lighthouse.png").exists() or "sketch/sketch" in done.stdout
