"""How a batch stands: rows done and failed, money spent, time left."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from limner.cli.documents import Document, usd
from limner.cli.exits import AMBIGUOUS, FAILED, OK
from limner.cli.output import Output
from limner.domain.errors import Problem
from limner.domain.money import Money

STEPS = 10
"""How many lines tell of a batch's progress where there is no terminal."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """The sums of one run."""

    rows: int
    skipped: int = 0
    """Rows that an earlier run has done."""
    succeeded: int = 0
    failed: int = 0
    ambiguous: int = 0
    pictures: int = 0
    cost: Money = field(default_factory=Money)
    uncounted: int = 0
    """Rows whose cost nobody knows."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def finished(self) -> int:
        """Rows that need nothing more from this run."""
        return self.skipped + self.succeeded + self.failed + self.ambiguous

    @property
    def left(self) -> int:
        """Rows that were not begun."""
        return self.rows - self.finished

    @property
    def code(self) -> int:
        """The exit code: 1 where any row failed, 4 where none did but one may or may not have been bought."""
        if self.failed or self.left:
            return FAILED
        return AMBIGUOUS if self.ambiguous else OK

    def add(self, *, state: str, pictures: int, cost: Money | None, problem: Problem | None) -> None:
        """Counts one row that has ended."""
        if state == "succeeded":
            self.succeeded += 1
        elif state == "ambiguous":
            self.ambiguous += 1
        else:
            self.failed += 1
        self.pictures += pictures
        if cost is None:
            self.uncounted += 1
        else:
            self.cost += cost
        if problem is not None:
            self.problems.append(problem)

    def skip(self, line: Mapping[str, object]) -> None:
        """Counts a row that an earlier run has done, well or not."""
        if line.get("state") == "succeeded" and line.get("error") is None:
            self.skipped += 1
            return
        problem = line.get("error")
        message = str(problem.get("message")) if isinstance(problem, Mapping) else f"line {line.get('line')} failed."
        told = Problem(code=str(line.get("state")), message=message)
        self.add(state=str(line.get("state")), pictures=0, cost=Money(), problem=told)

    def word(self, name: str) -> str:
        """One number of the summary as a person reads it."""
        if name == "cost_usd":
            return f"{self.cost} and more" if self.uncounted else str(self.cost)
        return str(self.document()[name])

    def document(self) -> Document:
        """The summary."""
        return {
            "rows": self.rows,
            "skipped": self.skipped,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "ambiguous": self.ambiguous,
            "left": self.left,
            "pictures": self.pictures,
            "cost_usd": None if self.uncounted else usd(self.cost),
        }


class Board(Protocol):
    """Something that shows how a batch stands."""

    def update(self, tally: Tally) -> None:
        """Shows the newest sums."""
        ...


def board_on(output: Output, tally: Tally) -> AbstractContextManager[Board]:
    """A bar on a terminal, a line now and then elsewhere."""
    if output.remarks.is_terminal and not output.remarks.is_dumb_terminal:
        return BarBoard(output, tally)
    return nullcontext(LineBoard(output))


def so_far(tally: Tally) -> str:
    """The sums in words."""
    failed = f", {tally.failed} failed" if tally.failed else ""
    return f"{tally.finished} of {tally.rows} rows{failed}, {tally.cost} so far"


@dataclass(slots=True)
class LineBoard:
    """Says how it stands at every tenth of the way."""

    output: Output
    _step: int = 0

    def update(self, tally: Tally) -> None:
        """Says it when another tenth is done."""
        step = tally.finished * STEPS // tally.rows
        if step > self._step:
            self._step = step
            self.output.say(so_far(tally))


class BarBoard:
    """One line that is drawn again and again."""

    def __init__(self, output: Output, tally: Tally) -> None:
        # Imported here because only a terminal needs it.
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        wide = output.remarks.width >= 60
        self._progress = Progress(
            *([BarColumn(bar_width=None)] if wide else []),
            TextColumn("{task.description}", markup=False),
            *([TimeRemainingColumn()] if wide else []),
            console=output.remarks,
            transient=True,
            expand=True,
        )
        self._task = self._progress.add_task(so_far(tally), total=tally.rows, completed=tally.finished)

    def __enter__(self) -> BarBoard:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, tally: Tally) -> None:
        """Draws the line again."""
        self._progress.update(self._task, completed=tally.finished, description=so_far(tally))
