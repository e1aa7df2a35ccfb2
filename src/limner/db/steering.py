"""What administrators say about services, in the database: every process sees the same."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, select, text

from limner.db import steering_rows
from limner.db.audit import write
from limner.db.database import Database
from limner.db.statements import Statement
from limner.db.steering_tables import provider_configs
from limner.db.walls import EVERYBODY
from limner.domain.audit import Record
from limner.domain.steering import Configs, ServiceConfig

_ALL = Statement(select(provider_configs))
_MAKE = Statement(
    text(
        """
        INSERT INTO provider_configs (provider, enabled, changed_by) VALUES (:provider, TRUE, '')
        ON CONFLICT (provider) DO NOTHING
        """
    )
)
_LOCK = Statement(
    select(provider_configs).where(provider_configs.c.provider == bindparam("provider")).with_for_update()
)
_PUT = Statement(
    text(
        """
        UPDATE provider_configs SET enabled = :enabled, weight = :weight, requests_per_second = :pace,
                                    changed_at = :at, changed_by = :who
        WHERE provider = :provider
        """
    )
)


class SqlServiceConfigs:
    """The `ServiceConfigs` of `domain.steering`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Configs:
        """Everything that was said."""
        rows = await self._database.read(lambda connection: _ALL.rows(connection, {}), owner=EVERYBODY)
        return {config.service: config for config in map(steering_rows.known, rows)}

    async def change(
        self,
        service: str,
        step: Callable[[ServiceConfig], ServiceConfig],
        telling: Callable[[ServiceConfig], Record] | None = None,
    ) -> ServiceConfig:
        """Takes one step with the word about a service, while nobody else can; what it is now."""

        def take(connection: Connection) -> ServiceConfig:
            _MAKE.run(connection, {"provider": service})
            found = _LOCK.row(connection, {"provider": service})
            after = step(ServiceConfig(service=service) if found is None else steering_rows.known(found))
            _PUT.run(connection, steering_rows.row(after))
            write(connection, None if telling is None else telling(after))
            return after

        return await self._database.write(take, owner=EVERYBODY)
