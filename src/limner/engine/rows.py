"""The rows of a batch from the bytes of a list: CSV, JSON lines or plain lines, each row good or bad by itself."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from limner.domain.errors import InvalidRequest

TEXT = frozenset(
    {"prompt", "operation", "image", "mask", "like", "model", "provider", "profile", "tier", "size", "aspect"}
    | {"quality", "negative", "style", "template", "format", "background", "project", "max_cost", "translate_to"}
)
WHOLE = frozenset({"count", "seed", "steps", "previews", "scale", "left", "top", "right", "bottom"})
NUMBER = frozenset({"guidance", "strength"})
FLAG = frozenset({"strict", "protect", "reuse", "optimise", "translate"})
LIST = frozenset({"presets", "tags", "references", "values"})
FIELDS = TEXT | WHOLE | NUMBER | FLAG | LIST | {"extra"}
"""Everything that a row may say."""
ALIASES = {
    "negative_prompt": "negative",
    "n": "count",
    "preset": "presets",
    "set": "values",
    "tag": "tags",
    "reference": "references",
    "style_image": "like",
}
YES, NO = frozenset({"true", "yes", "1"}), frozenset({"false", "no", "0"})


class BadRow(Exception):
    """What is wrong with one row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row: what it says, or why it says nothing that can be used."""

    line: int
    """Where it begins in the file, from 1."""
    given: Mapping[str, object]
    fault: str | None = None
    name: str = ""
    """The same for the same words at the same turn: equal rows are told apart by their order."""


def rows_of(file: str, data: bytes) -> tuple[Row, ...]:
    """All rows of a list that goes by the name of `file`; a lone dash is a list without a name.

    Raises InvalidRequest for what is no list of rows at all.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidRequest(
            f"{file}, line {line}: this is not UTF-8. Save the file as UTF-8.", field="file"
        ) from error
    kind = Path(file).suffix.lower() if file != "-" else (".jsonl" if text.lstrip().startswith("{") else ".txt")
    if kind == ".csv":
        rows = tuple(_csv_rows(text, file))
    elif kind in (".jsonl", ".ndjson"):
        rows = tuple(_json_rows(text))
    elif kind == ".txt":
        rows = tuple(_text_rows(text))
    else:
        raise InvalidRequest(f"{file} is no list that can be read. Use .csv, .jsonl or .txt.", field="file")
    if not rows:
        raise InvalidRequest(f"{file} has no rows. Write one prompt a line.", field="file")
    return tuple(_named(rows))


def value_of(text: str) -> object:
    """What the text of an option says: JSON where it is that, else itself."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return text
    return found


def _named(rows: Iterable[Row]) -> Iterator[Row]:
    seen: Counter[str] = Counter()
    for row in rows:
        words = json.dumps(row.given, sort_keys=True, default=str) if row.fault is None else row.fault
        digest = hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:32]
        seen[digest] += 1
        yield Row(line=row.line, given=row.given, fault=row.fault, name=f"{digest}-{seen[digest]}")


def _text_rows(text: str) -> Iterator[Row]:
    for line, prompt in enumerate(text.split("\n"), start=1):
        if prompt.strip():
            yield Row(line=line, given={"prompt": prompt.strip()})


def _json_rows(text: str) -> Iterator[Row]:
    for line, written in enumerate(text.split("\n"), start=1):
        if written.strip():
            yield _row(line, partial(_from_json, written))


def _from_json(written: str) -> Mapping[str, object]:
    try:
        value = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise BadRow(f"this is not JSON: {error}") from error
    if isinstance(value, str):
        return {"prompt": value}
    if not isinstance(value, dict):
        raise BadRow('write an object such as {"prompt": "a lighthouse"}')
    return _checked(value)


def _csv_rows(text: str, file: str) -> Iterator[Row]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [_field(cell) for cell in next(reader, [])]
    except (csv.Error, BadRow) as error:
        raise InvalidRequest(f"{file}, line 1: {error}.", field="file") from error
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice or ("prompt" not in names and "image" not in names):
        fault = f"the column {twice[0]} is there twice" if twice else "there is no column named prompt"
        raise InvalidRequest(f"{file}, line 1: {fault}. Correct the first line.", field="file")
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(line=line, given={}, fault=f"{error}; nothing after it was read")
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _row(line, partial(_from_cells, names, cells))


def _from_cells(names: Sequence[str], cells: Sequence[str]) -> Mapping[str, object]:
    if len(cells) > len(names):
        raise BadRow(f"there are {len(cells)} cells under {len(names)} columns; put quotes around commas")
    return _checked({name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()})


def _row(line: int, read: Callable[[], Mapping[str, object]]) -> Row:
    try:
        return Row(line=line, given=read())
    except BadRow as error:
        return Row(line=line, given={}, fault=str(error))


def _field(word: str) -> str:
    name = word.strip().lower().lstrip("-").replace("-", "_").replace(" ", "_")
    name = ALIASES.get(name, name)
    if name not in FIELDS:
        near = get_close_matches(name, FIELDS, n=1)
        raise BadRow(f"there is no option '{word.strip()}'" + (f"; the nearest is {near[0]}" if near else ""))
    return name


def _checked(value: Mapping[str, object]) -> Mapping[str, object]:
    """What a row says, by the names and in the types of the options. Raises BadRow."""
    return {(name := _field(word)): _typed(name, said) for word, said in value.items() if said is not None}


def _typed(name: str, said: object) -> object:
    if name in TEXT:
        if isinstance(said, str) or (name == "max_cost" and isinstance(said, int | float)):
            return str(said)
        raise BadRow(f"{name} is text, not {said!r}")
    if name in WHOLE or name in NUMBER:
        return _number(name, said)
    if name in FLAG:
        return _flag(name, said)
    if name in LIST:
        return _list(name, said)
    return _extra(said)


def _number(name: str, said: object) -> int | float:
    whole = name in WHOLE
    try:
        if isinstance(said, str):
            return int(said) if whole else float(said)
        if isinstance(said, int | float) and not isinstance(said, bool) and (not whole or said == int(said)):
            return int(said) if whole else float(said)
    except (ValueError, OverflowError):
        pass
    raise BadRow(f"{name} is a {'whole ' if whole else ''}number, not {said!r}")


def _flag(name: str, said: object) -> bool:
    word = str(said).strip().lower()
    if word in YES or word in NO:
        return word in YES
    raise BadRow(f"{name} is yes or no, not {said!r}")


def _list(name: str, said: object) -> list[str]:
    if isinstance(said, str):
        return [part.strip() for part in said.replace(";", ",").split(",") if part.strip()]
    if isinstance(said, list) and all(isinstance(part, str) for part in said):
        return list(said)
    raise BadRow(f"{name} is a list of words, not {said!r}")


def _extra(said: object) -> list[str]:
    """The service's own options, in the form in which the command line gives them."""
    if isinstance(said, dict):
        return [f"{name}={json.dumps(value)}" for name, value in said.items()]
    if isinstance(said, str):
        return [part.strip() for part in said.split(";") if part.strip()]
    raise BadRow(f"extra is an object, or text such as key=value; key=value, not {said!r}")
