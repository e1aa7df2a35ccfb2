"""The server as a process: where it listens, what it says, how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from limner.domain.errors import LimnerError, NotConfigured
from limner.server import CannotListen, address_of, listen, serve
from limner.settings import Settings
from tests.api.served import settings_for

PROGRAM = """
import sys
from pathlib import Path
from limner.server import serve
from limner.settings import read_settings, read_variables
folder = Path(sys.argv[1])
serve(read_settings(read_variables(folder), folder, data_dir=folder / "data", port=0))
"""


@contextmanager
def process(folder: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own, and its address."""
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, **variables},
        )
    try:
        assert running.stdout is not None
        said = running.stdout.readline()
        assert said.startswith("Limner is ready at http://127.0.0.1:"), (folder / "log").read_text()
        yield running, said.split()[-1]
    finally:
        running.kill()
        running.wait(10)
        if running.stdout is not None:
            running.stdout.close()


@pytest.mark.req("S4-030", "S4-031")
def test_it_listens_on_this_machine_on_its_own_port() -> None:
    settings = Settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 8003)


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"Port {port} is in use") as caught:
            serve(settings_for(tmp_path, port=port))
        assert caught.value.code == "port_in_use"


def test_addresses_that_cannot_be_listened_at() -> None:
    with pytest.raises(CannotListen) as caught:
        listen("nobody.invalid", 0)
    assert caught.value.code == "host_unknown"
    with pytest.raises(CannotListen) as caught:
        listen("192.0.2.1", 0)
    assert caught.value.code == "port_refused"


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_addresses_are_written_for_browsers() -> None:
    with listen("localhost", 0) as listening:
        assert address_of(listening).startswith("http://127.0.0.1:")
    try:
        with listen("::1", 0) as listening:
            assert address_of(listening).startswith("http://[::1]:")
    except CannotListen:
        pytest.skip("this machine has no IPv6 loopback")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "limner.example"])
def test_without_sign_in_it_does_not_listen_to_others(tmp_path: Path, host: str) -> None:
    with pytest.raises(NotConfigured, match="this machine only") as caught:
        serve(settings_for(tmp_path, host=host))
    assert caught.value.code == "host_refused"


def test_told_to_end_it_ends_in_time_although_somebody_listens(tmp_path: Path) -> None:
    with process(tmp_path, LIMNER_LOG_LEVEL="info") as (running, url), httpx2.Client(base_url=url) as client:
        job = client.post(
            "/api/v1/jobs", json={"prompt": "a lake", "model": "sketch", "size": "2048x2048", "count": 10}
        ).json()
        with client.stream("GET", job["links"]["events"], timeout=20) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
            begun = time.monotonic()
            running.send_signal(signal.SIGTERM)
            assert running.wait(9) == 0
            assert time.monotonic() - begun < 9
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    posted = next(line for line in log if line.get("path") == "/api/v1/jobs")
    assert (posted["method"], posted["status"], posted["level"]) == ("POST", 202, "info")
    assert not [line for line in log if line["level"] in {"error", "critical"}]


def test_an_installation_that_cannot_be_opened_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    program = (
        PROGRAM.replace("serve(read", "from limner.domain.errors import LimnerError\ntry:\n  serve(read")
        + "except LimnerError as error:\n  sys.exit(error.code)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=False, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() in {"read_only", "storage_failed"}
    assert issubclass(CannotListen, LimnerError)
