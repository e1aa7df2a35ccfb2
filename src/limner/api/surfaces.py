"""The surfaces of other documents beside the native one: which paths are theirs, and how they say what went wrong."""

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

    @property
    def home(self) -> str:
        """Where it is found once more."""
        return f"{COMPAT}/{self.name}"

    def owns(self, path: str) -> bool:
        """Whether a path is one of its own."""
        return any(path == start or path.startswith(f"{start}/") for start in (self.home, *self.paths))


@dataclass(frozen=True, slots=True)
class Surfaces:
    """All of them; who is asked for a path that is nobody's leaves it to the native interface."""

    known: tuple[Surface, ...] = ()

    def of(self, path: str) -> Surface | None:
        """Whose path it is."""
        return next((surface for surface in self.known if surface.owns(path)), None)


NATIVE_ONLY = Surfaces()
"""No document's but our own."""
