"""Values as TOML, which the standard library reads and does not write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping


def key(name: str) -> str:
    """A key of TOML."""
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else written(name)


def written(value: object) -> str:
    """A value of TOML on one line."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key(str(name))} = {written(item)}" for name, item in value.items()) + " }"
    if isinstance(value, Iterable):
        return "[" + ", ".join(written(item) for item in value) + "]"
    return str(value)
