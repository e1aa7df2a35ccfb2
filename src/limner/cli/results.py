"""What became of each row of a batch, on disk line by line: how a run that was cut short goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import cast

from limner.cli.copies import numbered
from limner.domain.errors import InvalidRequest, StorageError
from limner.domain.money import Money

DONE = frozenset({"succeeded", "partial", "refused", "ambiguous"})
"""States after which a row is not sent again: another send would buy again or be refused again."""

FINISHED = "finished"
"""The name on the last line of a run that reached its end."""

Line = Mapping[str, object]


@dataclass(slots=True)
class Results:
    """The results file of one run. Its first line names the run and the options that hold for all rows."""

    path: Path
    run: str
    last: dict[str, Line] = field(default_factory=dict)
    """The newest line of each row, by the row's name."""
    charged: list[Line] = field(default_factory=list)
    """Every line of every row: one that failed may have cost something too."""
    failures: dict[str, int] = field(default_factory=dict)
    """How often each row has failed."""

    def done(self, name: str) -> bool:
        """Whether a row has its pictures, or must not be sent again."""
        line = self.last.get(name)
        return line is not None and line.get("state") in DONE

    def key(self, name: str) -> str:
        """The idempotency key of a row: the same until it has failed, so that nothing is bought twice."""
        return f"batch:{self.run}:{name}:{self.failures.get(name, 0)}"

    @property
    def spent(self) -> Money:
        """What the rows have cost that are noted so far, as far as that is known."""
        costs = (line.get("cost_usd") for line in self.charged)
        return Money(sum(Money.usd(str(cost)).micro for cost in costs if isinstance(cost, int | float)))

    def write(self, line: Line) -> None:
        """Adds what became of a row. Blocks. Raises StorageError."""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._note(line)

    def _note(self, line: Line) -> None:
        name = str(line.get("row"))
        self.last[name] = line
        self.charged.append(line)
        if line.get("state") not in DONE:
            self.failures[name] = self.failures.get(name, 0) + 1

    def finish(self) -> None:
        """Notes that no row is left. Blocks. Raises StorageError."""
        self.write({"row": FINISHED, "state": "succeeded"})

    @classmethod
    def begin(cls, path: Path, *, run: str, options: Line) -> Results:
        """A new file, on the disk before anything is bought; that of a run that reached its end gets another name.

        Blocks. Raises InvalidRequest where a run was cut short that could go on.
        """
        header = json.dumps({"run": run, "options": options}) + "\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                cls.check_free(path)
                number = next(number for number in count(1) if not numbered(path, number).exists())
                path.rename(numbered(path, number))
            with path.open("x", encoding="utf-8") as file:
                file.write(header)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _unwritable(path, error) from error
        return cls(path, run)

    @staticmethod
    def check_free(path: Path) -> None:
        """Raises InvalidRequest where a run that was cut short lies. Blocks."""
        try:
            lines = [line for line in map(_parsed, _lines(path)) if line is not None]
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unwritable(path, error) from error
        if lines and lines[-1].get("row") != FINISHED:
            raise InvalidRequest(
                f"{path} holds a run that was cut short. Add --resume to go on with it; to paint everything anew, "
                "move that file away.",
                field="resume",
            )

    @classmethod
    def resume(cls, path: Path, options: Line) -> Results | None:
        """An earlier run; None where there is none. Blocks. Raises InvalidRequest for one with other options."""
        try:
            lines = _lines(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unwritable(path, error) from error
        if not lines:  # killed before anything was written
            path.unlink()
            return None
        header, *rest = [line for line in map(_parsed, lines) if line is not None] or [{}]
        if not isinstance(header.get("run"), str):
            raise InvalidRequest(f"{path} is no results file of a batch. Move it away.", field="resume")
        if header.get("options") != json.loads(json.dumps(options)):
            raise InvalidRequest(
                f"The run in {path} was begun with other options. Give the same ones to go on with it.", field="resume"
            )
        results = cls(path, str(header["run"]))
        for line in rest:
            results._note(line)
        _end_line(path)
        return results


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if line]


def _end_line(path: Path) -> None:
    """Ends a line that was cut short, so that the next one stands by itself."""
    with path.open("rb+") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")


def _parsed(line: str) -> Line | None:
    """One line; None for the last one of a run that was killed while it wrote."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return cast(Line, value) if isinstance(value, dict) else None


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"The results file {path} cannot be used: {error.strerror}.", code="results_failed")
