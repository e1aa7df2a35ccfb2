"""What is written where: results on stdout, everything said beside them on stderr, documents alone with `--json`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import IO, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

NARROW = 72
"""Columns below which a table becomes a list."""
ENDLESS = 10_000
"""Columns of what is no terminal: nothing is wrapped or cut there."""


class Output:
    """The two streams of one command."""

    def __init__(self, *, json: bool, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.json = json
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    @cached_property
    def results(self) -> Console:
        """Where results are shown to people."""
        return _console(self._out)

    @cached_property
    def remarks(self) -> Console:
        """Where everything else is said."""
        return _console(self._err)

    @property
    def talks(self) -> bool:
        """Whether a person can be asked something here."""
        return sys.stdin is not None and sys.stdin.isatty() and self._err.isatty()

    def document(self, value: object) -> None:
        """Writes the one JSON document of a command."""
        self._out.write(json.dumps(value, indent=2, ensure_ascii=not _is_utf8(self._out)) + "\n")
        self._out.flush()

    def line(self, value: object) -> None:
        """Writes one document of several, on a line of its own."""
        self._out.write(json.dumps(value, ensure_ascii=not _is_utf8(self._out)) + "\n")
        self._out.flush()

    def show(self, text: str = "", *, style: str = "") -> None:
        """Writes a line of the result for people. The terminal wraps it, so that paths can be copied whole."""
        self.results.print(Text(plain(text)), style=style, soft_wrap=True)

    def say(self, text: str) -> None:
        """Writes a remark."""
        self.remarks.print(Text(plain(text)), soft_wrap=not self.remarks.is_terminal)

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Shows a table; on a narrow terminal each row becomes a short list."""
        console = self.results
        if console.width < NARROW:
            for row in rows:
                for index, (name, cell) in enumerate(zip(columns, row, strict=True)):
                    if cell:
                        self.show(
                            plain(cell) if index == 0 else f"  {name}: {plain(cell)}", style="" if index else "bold"
                        )
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        console.print(table)


def plain(text: str) -> str:
    """Text without control characters: what others wrote never steers a terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def shortened(text: str, length: int) -> str:
    """The beginning of a text on one line."""
    line = " ".join(plain(text).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _console(file: IO[str]) -> Console:
    console = Console(file=file, markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = ENDLESS
    return console


def _is_utf8(file: TextIO) -> bool:
    return (file.encoding or "").lower().replace("-", "") == "utf8"
