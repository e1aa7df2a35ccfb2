"""Does as administrators say about services, in every process that shares the database."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from limner.domain.audit import Act, Audit, Deed, Record
from limner.domain.errors import InvalidRequest
from limner.domain.people import Principal
from limner.domain.ports import Catalog, Clock
from limner.domain.steering import FIELDS, Configs, ServiceChange, ServiceConfig, ServiceConfigs, Steered
from limner.domain.text_models import TextCatalog
from limner.engine.looking import Look
from limner.engine.naming import service_of

FRESH = 0.1
"""Seconds for which what was read is good: under load a look costs one read for many purchases."""
HEAVIEST = 1000.0
"""The largest weight, as for models and keys."""
FASTEST = 10_000.0
"""The most requests a second that make sense."""
CHANGES = "switches services on and off, and sets their weight and pace"

log = logging.getLogger("limner.engine")


class Steering:
    """What was said about services, as this process knows it."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        texts: TextCatalog,
        store: ServiceConfigs,
        steered: Sequence[Steered],
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._texts = texts
        self._store = store
        self._steered = steered
        self._audit = audit
        self._clock = clock
        self._known: Configs = {}
        self._look = Look(
            read=store.all,
            take=self._take,
            clock=clock,
            fresh=FRESH,
            away="What was said about services could not be read; what was known holds on.",
        )

    async def renew(self) -> None:
        """Reads what was said, in this process or another, where that was last done a moment ago.

        A database that is away changes nothing: what was known holds on.
        """
        await self._look.renew()

    def of(self, service: str) -> ServiceConfig:
        """What was said about a service, as far as this process knows."""
        return self._known.get(service) or ServiceConfig(service=service)

    async def change(self, service: str, change: ServiceChange, principal: Principal) -> ServiceConfig:
        """Says something about a service; it holds for the next purchase of every process.

        What is under way is finished, and what was bought is fetched. Raises UnknownModel, InvalidRequest, naming the
        field, and PolicyError for whoever is no administrator.
        """
        principal.check_administrator(CHANGES)
        _check(change)
        found = service_of(service, self._catalog, self._texts)
        now = self._clock.now()

        def step(before: ServiceConfig) -> ServiceConfig:
            return replace(changed(before, change), changed=now, changed_by=principal.name)

        def telling(after: ServiceConfig) -> Record:
            who, name = principal.id, principal.name
            return self._audit.record(
                Deed(act=Act.SERVICE_CHANGED, who=who, name=name, subject=found, detail=told(after))
            )

        after = await self._store.change(found, step, telling)
        self._look.changed()
        self._take({**self._known, found: after})
        log.info("%s is now %s.", found, told(after), extra={"service": found, "by": principal.id})
        return after

    def _take(self, configs: Configs) -> None:
        if configs == self._known:
            return
        self._known = configs
        for part in self._steered:
            part.steer(configs)


def changed(before: ServiceConfig, change: ServiceChange) -> ServiceConfig:
    """What is said about a service after a change."""
    after = before if change.enabled is None else replace(before, enabled=change.enabled)
    for name in FIELDS:
        given = getattr(change, name)
        if given is not None or name in change.usual:
            after = replace(after, **{name: given})
    return after


def told(config: ServiceConfig) -> str:
    """The same in words."""
    said = ["on" if config.enabled else "off"]
    if config.weight is not None:
        said.append(f"weight {config.weight:g}")
    if config.requests_per_second is not None:
        pace = config.requests_per_second
        said.append(f"{pace:g} requests a second" if pace else "no limit of requests a second")
    return ", ".join(said)


def _check(change: ServiceChange) -> None:
    """Raises InvalidRequest, naming the field."""
    weight, pace = change.weight, change.requests_per_second
    if weight is not None and not 0 < weight <= HEAVIEST:
        raise InvalidRequest(f"A weight is more than 0 and at most {HEAVIEST:g}.", field="weight")
    if pace is not None and not 0 <= pace <= FASTEST:
        raise InvalidRequest(
            f"A pace is at most {FASTEST:g} requests a second; 0 is no limit.", field="requests_per_second"
        )
