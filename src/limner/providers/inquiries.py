"""Questions to services that cost nothing: is this key taken, what is left on the account, which models are there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from limner.domain.accounts import Account, ChecksKey, Inspection, ListsModels
from limner.domain.errors import FailureCode, LimnerError, NotConfigured
from limner.domain.ports import Services
from limner.domain.vault import KeyState, Opener

DEADLINE = 20.0
"""Seconds for one question, whatever the adapter itself allows."""
REFUSED = frozenset({FailureCode.AUTHENTICATION, FailureCode.FORBIDDEN})

Said = TypeVar("Said")


@dataclass(frozen=True, kw_only=True, slots=True)
class Inquiries:
    """Asks the services of one installation."""

    services: Services

    async def inspect(self, service: str, opener: Opener | None = None) -> Inspection:
        """What the service says about the key that is configured, or that `opener` has; never raises."""
        services = self._opened(service, opener)
        readiness = services.readiness(service)
        if not readiness.ready:
            return Inspection(service=service, state=KeyState.NOT_READY, message=readiness.reason)
        provider = services.provider(service)
        if not isinstance(provider, ChecksKey | ListsModels):
            message = "This service has no question that costs nothing; the first picture will tell."
            return Inspection(service=service, state=KeyState.UNKNOWN, message=message)
        try:
            if isinstance(provider, ChecksKey):
                account = await _in_time(provider.check_key())
            else:
                await _in_time(provider.list_models())
                account = Account()
        except TimeoutError:
            return Inspection(service=service, state=KeyState.UNKNOWN, message="It did not answer in time. Try again.")
        except LimnerError as error:
            state = KeyState.REFUSED if error.code in REFUSED else KeyState.UNKNOWN
            return Inspection(service=service, state=state, message=error.message, code=error.code)
        return Inspection(service=service, state=KeyState.ACCEPTED, message="The service takes it.", account=account)

    async def models(self, service: str, opener: Opener | None = None) -> tuple[str, ...]:
        """The service's own names of the image models that the key, or that of `opener`, may use, sorted.

        Raises NotConfigured where the service is not ready or has no such list, and ProviderError.
        """
        provider = self._opened(service, opener).provider(service)
        if not isinstance(provider, ListsModels):
            raise NotConfigured(f"{service} has no list of models that could be read. The catalog names what it has.")
        try:
            return tuple(sorted(set(await _in_time(provider.list_models()))))
        except TimeoutError as error:
            raise NotConfigured(f"{service} did not send its list of models in time. Try again.") from error

    def _opened(self, service: str, opener: Opener | None) -> Services:
        return self.services if opener is None else self.services.opened({service: opener})


async def _in_time(question: Awaitable[Said]) -> Said:
    async with asyncio.timeout(DEADLINE):
        return await question
