"""Watches over the services of text models: the breakers of pictures, met before money is held."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from limner.domain.errors import ProviderError
from limner.domain.events import News
from limner.domain.health import Obstacle, Standing
from limner.domain.text_calls import TextChoice
from limner.domain.text_models import TextCard
from limner.domain.texts import SendsTexts
from limner.domain.vault import Opener, UsableKey
from limner.engine.health import HealthWatch, blocked_problem


@dataclass(frozen=True, kw_only=True, slots=True)
class TextHealth:
    """How the services of text models fare, under the key of each call."""

    watch: HealthWatch
    sends: SendsTexts
    tell: Callable[[Sequence[News]], None]
    """Hears when a breaker has moved."""

    def obstacle(self, card: TextCard, key: UsableKey | None) -> Obstacle | None:
        """Why a model may not be asked now under this key, or the installation's; None where it may."""
        if card.local or self.watch.calm:
            return None
        return self.watch.obstacle(card, (self._credential(card, key),))

    def refusal(self, card: TextCard, obstacle: Obstacle) -> ProviderError:
        """What is said of a model that is named and may not be asked now. Nothing was held or sent."""
        return ProviderError(blocked_problem(card, obstacle, retry_after=self.watch.seconds_until(obstacle)))

    def standing(self, service: str, key: UsableKey | None) -> Standing:
        """How a service stands now under this key, or the installation's."""
        return self.watch.standing(service, self.sends.credential(service, opener_of(key)))

    @asynccontextmanager
    async def watching(self, choice: TextChoice, attempt: str) -> AsyncIterator[None]:
        """Notes how a call goes, once. Raises ProviderError before it is begun where it may not be made now."""
        card, credential = choice.card, self._credential(choice.card, choice.key)
        self.tell(await self.watch.enter(card, attempt, credential))
        try:
            yield
        except ProviderError as error:
            self.tell(await self.watch.failed(card, attempt, error.problem(), credential))
            raise
        except BaseException:  # a caller that leaves says nothing about the service: another call may be the trial
            await self.watch.released(card, attempt, credential)
            raise
        self.tell(await self.watch.succeeded(card, attempt, credential))

    def _credential(self, card: TextCard, key: UsableKey | None) -> str:
        return self.sends.credential(card.service, opener_of(key))


def opener_of(key: UsableKey | None) -> Opener | None:
    """What a stored key opens a service with; None where the installation's own does."""
    return None if key is None else Opener(secret=key.secret)
