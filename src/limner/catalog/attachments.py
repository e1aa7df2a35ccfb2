"""JSON files that `[model.wire]` takes in: `graph = { file = "painting.json" }` stands for what the file says.

The file lies beside the catalog file that names it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from limner.catalog.complaints import Complaint
from limner.catalog.layers import Entry, Fragment

KEY = "file"


def attached(wire: Mapping[str, object], entry: Entry, found: list[Complaint]) -> dict[str, object]:
    """What the adapter is told, with the files in the place of their names; faults are added to those found."""
    return {name: _content(name, value, entry, found) for name, value in wire.items()}


def _content(name: str, value: object, entry: Entry, found: list[Complaint]) -> object:
    if not isinstance(value, Mapping) or set(value) != {KEY}:
        return value
    path, file = ("wire", name, KEY), str(value[KEY])
    fragment = next((part for part in reversed(entry.fragments) if _names(part, name)), None)
    source = fragment.source.beside.get(file) if fragment is not None else None
    if source is None:
        found.append(entry.complaint(path, f"wire.{name}: there is no file {file} beside this one."))
        return value
    try:
        content: object = json.loads(source.read_bytes())
    except (OSError, ValueError) as error:
        found.append(entry.complaint(path, f"wire.{name}: {file} cannot be read as JSON ({error})."))
        return value
    return content


def _names(fragment: Fragment, name: str) -> bool:
    """Whether a part of what is said about a model names the file."""
    wire = fragment.table.get("wire")
    told = wire.get(name) if isinstance(wire, Mapping) else None
    return isinstance(told, Mapping) and KEY in told
