"""What seals stored keys, and how the installation's secret is changed under them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from limner.db.audit import SqlAudit
from limner.db.sealed import reseal
from limner.db.vault import SqlKeys
from limner.domain.accounts import Asks
from limner.domain.audit import Act, Deed, Record
from limner.domain.errors import InvalidRequest, PolicyError
from limner.domain.people import Principal
from limner.domain.vault import Resealed
from limner.engine.keyrings import Keyrings
from limner.engine.vault import Vault
from limner.runtime.ground import Ground
from limner.runtime.installation import begin_new_secret, end_new_secret, known_secrets, read_secret
from limner.sealing import AesSeals

SECRET = "the installation's secret"
"""What a rotation is done to, in the audit log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rotation:
    """Seals everything under another secret."""

    ground: Ground

    async def rotate(self, principal: Principal, from_file: Path | None = None) -> Resealed:
        """Seals everything under a new secret in one transaction; where that is cut off, the next try goes on.

        Where LIMNER_SECRET_KEY is set, it is the new secret and `from_file` has the old one; otherwise a new one is
        made in the data directory and takes the place of the old one when everything is sealed under it.
        Raises PolicyError, InvalidRequest and StorageError.
        """
        if not principal.administrator:
            raise PolicyError("Only an administrator changes the secret of the installation. Ask one.")
        settings = self.ground.settings
        if settings.secret_key:
            if from_file is None:
                raise InvalidRequest(
                    "LIMNER_SECRET_KEY is set: put the old secret into a file, the new one into LIMNER_SECRET_KEY, and "
                    "say where the old one is with --from-secret-file.",
                    field="from_secret_file",
                )
            old = await asyncio.to_thread(read_secret, from_file)
            secrets = (settings.secret_key.encode(), old)
            return await self._reseal(secrets, principal)
        extra = () if from_file is None else (await asyncio.to_thread(read_secret, from_file),)
        await asyncio.to_thread(begin_new_secret, settings)
        resealed = await self._reseal((*known_secrets(settings), *extra), principal)
        await asyncio.to_thread(end_new_secret, settings)
        return resealed

    async def _reseal(self, secrets: tuple[bytes, ...], principal: Principal) -> Resealed:
        """Under the first of the secrets; it stands in the audit log."""
        ground = self.ground
        audit = SqlAudit(ground.database, ground.clock, ground.ids)

        def telling(done: Resealed) -> Record:
            detail = f"{done.sealed} sealed anew, {done.unreadable} not readable"
            return audit.record(
                Deed(act=Act.SECRET_ROTATED, who=principal.id, name=principal.name, subject=SECRET, detail=detail)
            )

        return await reseal(ground.database, AesSeals(lambda: secrets), telling)


def keyrings_of(ground: Ground) -> Keyrings:
    """Everybody's stored keys, as calls use them."""
    return Keyrings(keys=SqlKeys(ground.database, ground.seals), clock=ground.clock)


def vault_of(ground: Ground, keyrings: Keyrings, asks: Asks) -> Vault:
    """What people do with stored keys."""
    keys = SqlKeys(ground.database, ground.seals)
    return Vault(
        catalog=ground.catalog,
        texts=ground.texts,
        keys=keys,
        keyrings=keyrings,
        asks=asks,
        audit=SqlAudit(ground.database, ground.clock, ground.ids),
        clock=ground.clock,
        ids=ground.ids,
    )
