"""The command line as tests use it: in this process, or as a process of its own; and a service to buy from."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest

from limner.cli.running import run
from limner.testing.openai_stand_in import OpenAIStandIn
from limner.testing.stand_in import StandInServer

OURS = ("LIMNER_", "ANTHROPIC_", "OPENAI_", "COMFYUI_", "DIFFUSERS_", "AWS_")


Server = TypeVar("Server", bound=StandInServer)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


class Limner(Protocol):
    """Runs a command in this process."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Ran: ...


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation, and an empty folder to stand in."""
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "data"
    monkeypatch.setenv("LIMNER_DATA_DIR", str(data))
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    return data


@pytest.fixture
def limner(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Limner]:
    """Runs a command in this process."""

    def ran(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        code = run(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    yield ran
    log = logging.getLogger("limner")
    log.handlers = []
    log.setLevel(logging.NOTSET)


Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def spawn(home: Path) -> Iterator[Spawn]:
    """Starts a command as a process of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import sys; from limner.cli.entry import main; sys.exit(main())", *arguments]
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen(command, **given)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@contextmanager
def in_a_thread(stand_in: Server) -> Iterator[Server]:
    """A stand-in with an event loop of its own, beside commands that each have theirs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(stand_in.__aenter__(), loop).result(10)
        yield stand_in
        asyncio.run_coroutine_threadsafe(stand_in.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIStandIn]:
    """A service to buy from, with a key for it."""
    with in_a_thread(OpenAIStandIn(latency=0.0)) as stand_in:
        for name, value in keys_for(stand_in).items():
            monkeypatch.setenv(name, value)
        yield stand_in


def keys_for(stand_in: OpenAIStandIn) -> Mapping[str, str]:
    """What the environment of a customer holds."""
    return {
        "OPENAI_BASE_URL": stand_in.base_url,
        "OPENAI_API_KEY": "sk-of-the-tests",
        "OPENAI_REQUESTS_PER_SECOND": "0",
    }
