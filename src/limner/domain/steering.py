"""What an administrator says about a service while the installation runs: whether it is asked, how often, how fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from limner.domain.audit import Record
from limner.domain.readiness import SWITCHED_OFF, Readiness

BY_ADMINISTRATOR = "an administrator has done it"
FIELDS = ("weight", "requests_per_second")
"""What can be set, and be as usual again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceConfig:
    """The word about one service; what is None is as the settings and the catalog have it."""

    service: str
    enabled: bool = True
    """Whether anything new is sent there."""
    weight: float | None = None
    """How many times as often it is asked as others of the same rank."""
    requests_per_second: float | None = None
    """How many purchases a second are begun at most; 0 is no limit."""
    changed: datetime | None = None
    changed_by: str = ""
    """The name of whoever changed it last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceChange:
    """What is to be different about a service; the rest stays."""

    enabled: bool | None = None
    weight: float | None = None
    requests_per_second: float | None = None
    usual: frozenset[str] = frozenset()
    """Those of FIELDS that are to be as usual again."""


Configs = Mapping[str, ServiceConfig]
"""By the ids of services; one about which nothing was said is left out."""


def switched_off(by: str = BY_ADMINISTRATOR) -> Readiness:
    """How a service stands that is off; `by` says what has switched it off."""
    return Readiness(ready=False, reason=f"Switched off: {by}.", short="Switched off", code=SWITCHED_OFF)


class ServiceConfigs(Protocol):
    """Where these words are kept, for all processes of an installation."""

    async def all(self) -> Configs:
        """Everything that was said."""
        ...

    async def change(
        self,
        service: str,
        step: Callable[[ServiceConfig], ServiceConfig],
        telling: Callable[[ServiceConfig], Record] | None = None,
    ) -> ServiceConfig:
        """Takes one step with the word about a service, while nobody else can; what it is now.

        What `telling` says of it is written down with it.
        """
        ...


class Words(Protocol):
    """What was said, as a process knows it."""

    async def renew(self) -> None:
        """Reads it again where that was last done a moment ago."""
        ...

    def of(self, service: str) -> ServiceConfig:
        """What was said about a service."""
        ...


class Steered(Protocol):
    """A part that does as administrators say."""

    def steer(self, configs: Configs) -> None:
        """Does as these say from now on, and as usual where they say nothing."""
        ...
