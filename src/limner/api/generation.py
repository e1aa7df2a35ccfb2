"""One document's part of a route that several share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastapi import Request, Response

from limner.api.documents import Responses
from limner.api.surfaces import Surface

Generate: TypeAlias = "Callable[[Request], Awaitable[Response]]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """One document's way of making pictures, and how it is described."""

    surface: Surface
    generate: Generate
    takes: dict[str, Any]
    gives: Responses
