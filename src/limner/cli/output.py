"""What is written where: results on stdout, everything said beside them on stderr, documents alone with `--json`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import IO, TYPE_CHECKING, TextIO

from rich.cells import cell_len

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

NARROW = 72
"""Columns below which a table becomes a list."""
ENDLESS = 10_000
"""Columns of what is no terminal: nothing is wrapped or cut there."""
SHAPING = ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables by which someone asks for the looks of a terminal where there is none."""


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
        if self._bare:
            self._write(plain(text))
        else:
            self.results.print(_text(text), style=style, soft_wrap=True)

    def piece(self, text: str) -> None:
        """Writes a piece of a line of the result, as it comes."""
        self._out.write(plain(text))
        self._out.flush()

    def say(self, text: str) -> None:
        """Writes a remark."""
        self.remarks.print(_text(text), soft_wrap=not self.remarks.is_terminal)

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Shows a table; on a narrow terminal each row becomes a short list."""
        if self._bare:
            self._columns([columns, *rows])
        elif self.results.width < NARROW:
            self._list(columns, rows)
        else:
            # Imported here because what goes to a file or to another program needs none of it.
            from rich.table import Table

            table = Table(box=None, pad_edge=False, header_style="bold")
            for name in columns:
                table.add_column(name, overflow="fold")
            for row in rows:
                table.add_row(*map(_text, row))
            self.results.print(table)

    @cached_property
    def _bare(self) -> bool:
        """Whether results go to a file or to another program: nothing is styled, wrapped or cut there."""
        return not self._out.isatty() and not any(name in os.environ for name in SHAPING)

    def _list(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            for index, (name, cell) in enumerate(zip(columns, row, strict=True)):
                if cell:
                    self.show(cell if index == 0 else f"  {name}: {cell}", style="" if index else "bold")

    def _columns(self, rows: Sequence[Sequence[str]]) -> None:
        cells = [[plain(cell) for cell in row] for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
        padded = (
            (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)) for row in cells
        )
        self._write("\n".join("  ".join(row).rstrip() for row in padded))

    def _write(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


def plain(text: str) -> str:
    """Text without control characters: what others wrote never steers a terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def shortened(text: str, length: int) -> str:
    """The beginning of a text on one line."""
    line = " ".join(plain(text).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}"


def _text(text: str) -> Text:
    # Imported here because what goes to a file or to another program needs none of it.
    from rich.text import Text

    return Text(plain(text))


def _console(file: IO[str]) -> Console:
    # Imported here because what goes to a file or to another program needs none of it.
    from rich.console import Console

    console = Console(file=file, markup=False, highlight=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = ENDLESS
    return console


def _is_utf8(file: TextIO) -> bool:
    return (file.encoding or "").lower().replace("-", "") == "utf8"
