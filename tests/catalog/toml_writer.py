"""Writes data as TOML in every manner that TOML allows, and knows on which line it wrote what."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from random import Random

KeyPath = tuple[str | int, ...]
FILLERS = ("", "", "\n", "  \n", "# [not.a] = table\n", '   # """ nor a string\n\n')


class TomlWriter:
    """One document; `text` is what was written, `lines` where each path stands."""

    def __init__(self, data: Mapping[str, object], chance: Random | None = None) -> None:
        """Without `chance` everything is written in the plainest manner."""
        self.lines: dict[KeyPath, int] = {}
        self._chance = chance
        self._pieces: list[str] = []
        self._line = 1
        self._table((), data)

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._line += text.count("\n")

    def _note(self, path: KeyPath) -> None:
        for depth in range(1, len(path) + 1):
            self.lines.setdefault(path[:depth], self._line)

    def _perhaps(self) -> bool:
        return self._chance is not None and self._chance.random() < 0.5

    def _filler(self) -> None:
        if self._chance is not None:
            self._write(self._chance.choice(FILLERS))

    def _table(self, path: KeyPath, table: Mapping[str, object], *, headed: bool = True) -> None:
        later = [
            key for key, value in table.items() if self._is_block(value) and not (headed and self._inline(path, value))
        ]
        for key, value in table.items():
            if key not in later:
                self._filler()
                self._pair(path, key, value)
                self._write(" # said\n" if self._perhaps() else "\n")
        for key in later:
            self._block((*path, key), table[key])

    def _inline(self, path: KeyPath, value: object) -> bool:
        """Whether a table or a list of tables stays with its key; plainly, lists within tables do."""
        return self._perhaps() if self._chance is not None else bool(path) and isinstance(value, list)

    @staticmethod
    def _is_block(value: object) -> bool:
        return isinstance(value, dict) or (
            isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
        )

    def _block(self, path: KeyPath, value: object) -> None:
        name = ".".join(self._key(part) for part in path if isinstance(part, str))
        if isinstance(value, dict):
            silent = self._chance is not None and value and all(self._is_block(item) for item in value.values())
            headed = not silent or self._perhaps()
            if headed:
                self._filler()
                self._note(path)
                self._write(f"[{name}]\n")
            self._table(path, value, headed=headed)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self._filler()
                self._note((*path, index))
                self._write(f"[[ {name} ]]\n" if self._perhaps() else f"[[{name}]]\n")
                self._table((*path, index), item)

    def _pair(self, path: KeyPath, key: str, value: object) -> None:
        if isinstance(value, dict) and value and self._perhaps():
            for index, (below, item) in enumerate(value.items()):
                self._write("\n" if index else "")
                self._note((*path, key, below))
                self._write(f"{self._key(key)} . {self._key(below)} = ")
                self._value((*path, key, below), item)
            return
        self._note((*path, key))
        self._write(f"{self._key(key)} = ")
        self._value((*path, key), value)

    def _key(self, key: str) -> str:
        if re.fullmatch(r"[A-Za-z0-9_-]+", key) and not self._perhaps():
            return key
        return f"'{key}'" if "'" not in key and key.isprintable() and self._perhaps() else quoted(key)

    def _value(self, path: KeyPath, value: object) -> None:
        if isinstance(value, dict):
            self._inline_table(path, value)
        elif isinstance(value, list):
            self._array(path, value)
        else:
            self._write(self._scalar(value))

    def _inline_table(self, path: KeyPath, table: Mapping[str, object]) -> None:
        self._write("{")
        for index, (key, value) in enumerate(table.items()):
            self._write(", " if index else " ")
            self._note((*path, key))
            self._write(f"{self._key(key)} = ")
            self._value((*path, key), value)
        self._write("}")

    def _array(self, path: KeyPath, items: list[object]) -> None:
        self._write("[")
        for index, item in enumerate(items):
            self._filler()
            self._write("\n  " if self._chance is None and isinstance(item, dict) else "")
            self._note((*path, index))
            self._value((*path, index), item)
            self._filler()
            self._write("," if index < len(items) - 1 or self._perhaps() else "")
        self._filler()
        self._write("]")

    def _scalar(self, value: object) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, date):
            return value.isoformat()
        return self._string(value) if isinstance(value, str) else repr(value)

    def _string(self, text: str) -> str:
        if self._perhaps() and "'" not in text and text.isprintable():
            return f"'{text}'"
        if self._perhaps():
            return '"""\n' + quoted(text)[1:-1].replace("\\n", "\n") + '"""'
        return quoted(text)


def quoted(text: str) -> str:
    """A basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
