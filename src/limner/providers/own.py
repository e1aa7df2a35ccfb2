"""Services that a program brings along: no package of their own, no file in the data directory."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from limner.domain.errors import NotConfigured
from limner.providers import MakesProvider


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnService:
    """One service: its facts, as a catalog file has them, and what makes its adapter."""

    facts: str
    """TOML: a [service] with an `adapter` of a new name, and its models."""
    make: MakesProvider
    """Given the line to the service, the one that speaks to it."""

    @property
    def name(self) -> str:
        """What its facts call its adapter. Raises NotConfigured."""
        try:
            return str(tomllib.loads(self.facts)["service"]["adapter"])
        except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise NotConfigured(
                f"The facts of a service are TOML with a [service] that names its adapter: {error}.",
                code="catalog_invalid",
            ) from error

    def load(self) -> MakesProvider:
        """What makes the adapter."""
        return self.make
