"""Who calls, and over what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mcp.server.context import ServerRequestContext

from limner.domain.people import Principal

Context = ServerRequestContext[Any, Any]
"""One request, as the library hands it on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Whoever a request is carried out for."""

    principal: Principal
    line: str | None
    """Within what the ids of requests are unique: a session, a process. None where each request stands alone."""
    base: str | None = None
    """The address of the server, where browsers find pictures; None where there is none."""
    counted: bool = True
    """Whether its requests count against those of the minute."""


CallerOf = Callable[[Context], Caller]
"""Finds out who calls. Raises SignInRequired."""
