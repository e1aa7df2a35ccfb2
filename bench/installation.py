"""What is measured: a stand-in for OpenAI, the floor, and Limner's server, each a process of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.load import parcel
from bench.programs import LIMNER, Program, module, running

Make = Callable[[str, int], bytes]
"""Gives request N for the server at an address."""
PICTURE = 1_060_000
"""Bytes of a picture that are 1.42 MB in base64."""
SERVE = [LIMNER, "serve", "--port", "0"]
UNPACED = """
[service]
id = "openai"
requests_per_second = 0
concurrency = 1000
"""
"""The stand-in may be pressed as hard as we like."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="limner-bench-") as folder:
        yield Path(folder)


@contextmanager
def stand_in(folder: Path, *, latency: int = 0, picture_bytes: int = PICTURE) -> Iterator[Program]:
    """The stand-in for OpenAI, without its checks; `latency` in milliseconds."""
    command = module(
        "limner.testing.openai_stand_in",
        *("--latency", str(latency), "--picture-bytes", str(picture_bytes), "--no-check"),
    )
    with running("stand-in", command, folder) as program:
        yield program


@contextmanager
def floor(folder: Path, upstream: Program) -> Iterator[Program]:
    """The bare relay."""
    kept = folder / "floor"
    kept.mkdir()
    command = module("bench.floor", "--upstream", upstream.address, "--folder", str(kept))
    with running("floor", command, folder) as program:
        yield program


@contextmanager
def server(
    folder: Path, upstream: Program | None = None, *, data: Path | None = None, more: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """`limner serve` with all that it does, on an installation of its own or the one in `data`."""
    variables = {**settings(data or folder / "data", upstream), **(more or {})}
    with running("limner", SERVE, folder, variables) as program:
        yield program


@dataclass(frozen=True, kw_only=True, slots=True)
class Contest:
    """Floor and server before the same stand-in."""

    folder: Path
    upstream: Program
    floor: Program
    server: Program

    @property
    def sides(self) -> tuple[tuple[str, Program, Make], ...]:
        """Each with its name and the way to ask it for a picture."""
        return (("floor", self.floor, relayed), ("server", self.server, job))


@contextmanager
def contest(*, latency: int = 0) -> Iterator[Contest]:
    """Floor and server, ready to take turns; `latency` of the stand-in in milliseconds."""
    with (
        scratch() as folder,
        stand_in(folder, latency=latency) as upstream,
        floor(folder, upstream) as bottom,
        server(folder, upstream) as limner,
    ):
        yield Contest(folder=folder, upstream=upstream, floor=bottom, server=limner)


def settings(data: Path, upstream: Program | None = None) -> dict[str, str]:
    """The environment of an installation whose OpenAI is the stand-in and whose day has money enough."""
    catalog = data / "catalog.d"
    catalog.mkdir(parents=True, exist_ok=True)
    (catalog / "unpaced.toml").write_text(UNPACED)
    found = {"LIMNER_DATA_DIR": str(data), "LIMNER_DAILY_COST_LIMIT_USD": "1000000", "LIMNER_LOG_LEVEL": "warning"}
    if upstream is not None:
        found |= {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"{upstream.address}/v1"}
    return found


def job(address: str, number: int, *, model: str = "openai/gpt-image-2", size: str = "1024x1024") -> bytes:
    """A request for one picture that is answered when the picture is kept."""
    body = {"prompt": f"a lighthouse at dusk, number {number}", "model": model, "size": size}
    return parcel(address, "POST", "/api/v1/jobs", body, {"Prefer": "wait=60"})


def relayed(address: str, number: int) -> bytes:
    """The same for the floor."""
    body = {"prompt": f"a lighthouse at dusk, number {number}", "model": "gpt-image-2", "size": "1024x1024"}
    return parcel(address, "POST", "/relay", body)


def touched(folder: Path, megabytes: int) -> None:
    """Levels the ground before a run: memory that was used lately, and a disk that has nothing left to write.

    A virtual machine may give free memory back to its host; the next one to use it pays up to 3 ms of processor time a
    megabyte. And whoever forces a file to the disk waits for what others have written too.
    """
    block = bytes(1 << 20)
    path = folder / "touched"
    with path.open("wb", buffering=0) as file:
        for _ in range(megabytes):
            file.write(block)
    path.unlink()
    os.sync()
