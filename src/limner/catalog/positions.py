"""On which line of a TOML text each key, table and array element stands.

The standard parser keeps values and forgets where they stood. This walk keeps the places and forgets
the values, so that an error in a catalog file can name its line. It is run only when there is an error.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right

KeyPath = tuple[str | int, ...]
"""The way to a value: keys, and indices of arrays (from 0)."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*""""{0,2}'  # up to two quotation marks may stand right before the closing three
    r"|'''(?:[^']|'(?!''))*''''{0,2}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def positions(text: str) -> dict[KeyPath, int]:
    """The line, from 1, of everything in a TOML text; the text must be one that `tomllib` reads."""
    walk = _Walk(text)
    walk.document()
    return walk.found


class _Walk:
    """One pass over a text, from left to right."""

    def __init__(self, text: str) -> None:
        self.found: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._elements: dict[KeyPath, int] = {}

    def document(self) -> None:
        """Notes every place of the text."""
        table: KeyPath = ()
        self._take(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._take(_BLANK)

    def _header(self) -> KeyPath:
        line, repeated = self._line(), self._text.startswith("[[", self._at)
        width = 2 if repeated else 1
        self._at += width
        *parents, last = self._key()
        self._at += width
        path: KeyPath = ()
        for part in parents:
            path = self._newest((*path, part))
            self._note(path, line)
        path = (*path, last)
        self._note(path, line)
        if repeated:
            self._elements[path] = self._elements.get(path, 0) + 1
            path = self._newest(path)
            self._note(path, line)
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        """The path itself, or its newest element where it is an array of tables."""
        return (*path, self._elements[path] - 1) if path in self._elements else path

    def _pair(self, table: KeyPath) -> None:
        line, path = self._line(), table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self._at += 1  # the equals sign
        self._take(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        """A key of one or more parts; the walk stands after it and the space that follows."""
        parts = [self._key_part()]
        while self._text.startswith(".", self._at):
            self._at += 1
            parts.append(self._key_part())
        return parts

    def _key_part(self) -> str:
        self._take(_SPACE)
        quoted = self._text[self._at] in "\"'"
        written = self._take(_STRING if quoted else _BARE_KEY)
        self._take(_SPACE)
        return str(tomllib.loads(f"key = {written}")["key"]) if quoted else written

    def _value(self, path: KeyPath) -> None:
        match self._text[self._at]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._take(_STRING)
            case _:
                self._take(_SCALAR)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while self._another("]"):
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._another("}"):
            self._pair(path)

    def _another(self, close: str) -> bool:
        """Whether an element follows; the walk stands at it, or after the closing bracket."""
        self._take(_BLANK)
        if self._text[self._at] == ",":
            self._at += 1
            self._take(_BLANK)
        if self._text[self._at] != close:
            return True
        self._at += 1
        return False

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise ValueError(f"Line {self._line()} is not TOML; read the text with tomllib first.")
        self._at = found.end()
        return found[0]

    def _line(self) -> int:
        return bisect_right(self._newlines, self._at - 1) + 1

    def _note(self, path: KeyPath, line: int) -> None:
        self.found.setdefault(path, line)
