"""The surfaces of other documents beside the native one: what is asked of them, and how they say what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from limner.domain.errors import Problem

COMPAT = "/compat"
"""Below it every surface is found once more, by its own name."""

CHOSEN = "limner.surface"
"""Where in the scope of a request stands whose it is, where several surfaces share its path."""

Shape = Callable[[int, Problem], Mapping[str, object]]
"""A status and a problem as the body of an answer."""
Headers = Callable[[int, Problem], Mapping[str, str]]


def plain_status(status: int, problem: Problem) -> int:
    """The documents know 400 for whatever is wrong with a request, and for what may not be painted."""
    del problem
    return 400 if status == 422 else status


def no_headers(status: int, problem: Problem) -> Mapping[str, str]:
    """Nothing beside what every error carries."""
    del status, problem
    return {}


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is for."""

    path: str
    method: str
    """In capitals."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Surface:
    """One document's surface."""

    name: str
    paths: tuple[str, ...]
    """Its paths begin so, by whole segments."""
    shape: Shape
    status: Callable[[int, Problem], int] = plain_status
    """The native status in the document's own terms."""
    headers: Headers = no_headers
    shared: frozenset[Target] = frozenset()
    """What is its own at paths where somebody else, such as a page, takes all other methods."""

    @property
    def home(self) -> str:
        """Where it is found once more."""
        return f"{COMPAT}/{self.name}"

    def owns(self, target: Target) -> bool:
        """Whether a request is for it."""
        path = target.path
        below = any(path == start or path.startswith(f"{start}/") for start in (self.home, *self.paths))
        return below or target in self.shared


@dataclass(frozen=True, slots=True)
class Surfaces:
    """All of them; a request that is for none of them is left to the native interface."""

    known: tuple[Surface, ...] = ()

    def of(self, target: Target) -> Surface | None:
        """Whose request it is."""
        return next((surface for surface in self.known if surface.owns(target)), None)


NATIVE_ONLY = Surfaces()
"""No document's but our own."""
