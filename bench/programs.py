"""Programs that are measured: started, watched through /proc and ended, each by its own handle. Linux only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
LOOK = 0.002
"""Seconds between two looks at what a starting program has said."""
LIMNER = str(Path(sys.executable).with_name("limner"))


class NotStarted(Exception):
    """A program ended or stayed silent instead of saying that it is ready."""


class NotHere(Exception):
    """What is to be measured is not installed on this machine."""


class Program:
    """A running program."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self._process = process
        self._said = said
        self.begun = time.perf_counter()
        self.line = ""
        """The first line that it wrote."""

    @property
    def address(self) -> str:
        """Where it listens: the last word of its first line, without a path."""
        scheme, _, rest = self.line.split()[-1].partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    @property
    def complaint(self) -> str:
        """The end of what it wrote on stderr."""
        return self._said.with_suffix(".err").read_text(errors="replace")[-2000:]

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Until it has written a line. Raises NotStarted with what it said instead."""
        until = time.perf_counter() + seconds
        while not self.line:
            text = self._said.read_text(errors="replace")
            if "\n" in text:
                self.line = text.partition("\n")[0]
            elif self.ended or time.perf_counter() > until:
                raise NotStarted(f"{self._process.args!r} did not start: {self.complaint}")
            else:
                time.sleep(LOOK)

    def cpu(self) -> float:
        """Seconds of processor time so far, of all its threads, also of those that have ended."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Resident memory in MB."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * PAGE / 1e6

    def peak(self) -> float:
        """The most resident memory it ever had, in MB, as the kernel noted it."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise ProcessLookupError(self._process.pid)

    def end(self) -> None:
        """Asks it to end, and makes it end where it does not."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)


@contextmanager
def launched(
    name: str, command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """A program for as long as the block lasts; what it writes goes to `name.out` and `name.err` in the folder."""
    said = folder / f"{name}.out"
    with said.open("wb") as out, said.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**bare(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    program = Program(process, said)
    try:
        yield program
    finally:
        program.end()


@contextmanager
def running(
    name: str, command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Program]:
    """A program that is ready, for as long as the block lasts."""
    with launched(name, command, folder, variables) as program:
        program.wait_until_ready()
        yield program


def bare() -> dict[str, str]:
    """The environment of this process without any setting or key that Limner would read."""
    marks = ("LIMNER_", "OPENAI_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(marks)}
    kept = {name: value for name, value in kept.items() if not name.endswith(("_KEY", "_TOKEN", "_BASE_URL"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program does not compile itself at each start
    return {**kept, "PYTHONPATH": str(ROOT)}


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our own modules with this interpreter."""
    return [sys.executable, "-m", name, *arguments]
