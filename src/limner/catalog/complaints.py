"""What is wrong with a catalog: a file, a line and a sentence for each fault."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from pydantic_core import ErrorDetails

from limner.catalog.positions import KeyPath
from limner.domain.errors import NotConfigured


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Complaint:
    """One fault in a catalog file."""

    file: str
    line: int
    subject: str = ""
    """Which table it is about, such as `model "gpt-image-2"`; empty for the file as a whole."""
    text: str

    def __str__(self) -> str:
        subject = f"{self.subject}: " if self.subject else ""
        return f"{self.file}:{self.line}: {subject}{self.text}"


def refusal(complaints: Iterable[Complaint]) -> NotConfigured:
    """The error that carries all complaints, one a line, in the order of the files."""
    lines = [str(complaint) for complaint in sorted(_folded(complaints))]
    what = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
    return NotConfigured(
        "\n".join([f"The model catalog has {what}. Correct this and start again:", *lines]), code="catalog_invalid"
    )


def _folded(complaints: Iterable[Complaint]) -> list[Complaint]:
    """The same fault of the same line once, though many models may inherit it."""
    subjects: dict[Complaint, dict[str, None]] = {}
    for complaint in complaints:
        subjects.setdefault(replace(complaint, subject=""), {})[complaint.subject] = None
    return [
        replace(
            fault, subject=" and ".join([next(iter(names)), *([f"{len(names) - 1} more"] if len(names) > 1 else [])])
        )
        for fault, names in subjects.items()
    ]


def dotted(path: KeyPath) -> str:
    """A path as a person writes it: `prices.rates[0].usd`; array indices count from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shown(value: object) -> str:
    """A value roughly as TOML writes it, cut to a readable length."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = json.dumps(value, ensure_ascii=False)
        case dict():
            text = "a table"
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_WANTED = {
    "string_type": "text in quotation marks",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "date_type": "a date without quotation marks, like 2026-11-20",
    "list_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
}
_BOUND = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("less than", "lt"),
}


def sentence(error: ErrorDetails, path: KeyPath, keys: Iterable[str]) -> str:
    """One pydantic error in plain words; `keys` are those that are allowed beside an unknown one."""
    where, kind, context = dotted(path), error["type"], error.get("ctx", {})
    got = f"(got {shown(error['input'])})."
    if kind == "missing":
        return f"{where} is missing."
    if kind == "extra_forbidden":
        return f"there is no key {where}{_meant(str(path[-1]), keys)}."
    if kind in _WANTED:
        return f"{where} must be {_WANTED[kind]} {got}"
    if kind in _BOUND:
        words, key = _BOUND[kind]
        return f"{where} must be {words} {context[key]:g} {got}"
    if kind == "enum":
        return f"{where} must be one of {str(context['expected']).replace(chr(39), '')} {got}"
    if kind in ("too_short", "string_too_short"):
        return f"{where} must not be empty."
    if kind == "value_error":
        return f"{where} {context['error']}"
    return f"{where}: {error['msg']} {got}"


def _meant(written: str, keys: Iterable[str]) -> str:
    near = get_close_matches(written, list(keys), n=1)
    return f"; perhaps {near[0]} is meant" if near else ""
