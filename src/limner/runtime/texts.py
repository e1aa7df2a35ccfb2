"""Joins what buys texts."""

from __future__ import annotations

from dataclasses import dataclass

from limner.catalog.texts import TomlTexts
from limner.db.text_calls import SqlTextCalls
from limner.db.text_repeats import SqlTextRepeats
from limner.dispatch.presence import LockedPresence
from limner.domain.errors import LimnerError
from limner.domain.people import LOCAL
from limner.domain.text_repeats import TextRepeats
from limner.engine.alerting import Alarm
from limner.engine.health import HealthWatch
from limner.engine.keyrings import Keyrings
from limner.engine.text_health import TextHealth
from limner.engine.texts import TextBuyer
from limner.runtime.ground import Ground
from limner.runtime.installation import worker_locks
from limner.runtime.limits import limits_of
from limner.runtime.vault import keyrings_of
from limner.runtime.ways import Helm
from limner.runtime.words import Words, ollama_of, words_of
from limner.words.sending import PydanticTexts


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDesk:
    """Everything about texts that are bought."""

    buyer: TextBuyer
    sends: PydanticTexts
    catalog: TomlTexts
    presence: LockedPresence
    repeats: TextRepeats

    async def warm(self) -> bool:
        """Loads what speaks to text models where one can be used, so that no caller waits for it. Buys nothing."""
        try:
            await self.buyer.choose(None, LOCAL)
        except LimnerError:
            return False
        await self.sends.warm()
        return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Help:
    """What helps with words, and whose keys it uses."""

    keyrings: Keyrings
    texts: TextDesk
    words: Words


def help_of(ground: Ground, helm: Helm, watch: HealthWatch, alarm: Alarm) -> Help:
    """What helps with words. Raises NotConfigured for addresses and headers that are none."""
    keyrings, ollama = keyrings_of(ground), ollama_of(ground)
    sends = PydanticTexts(ground.wire, ground.texts, ground.settings.variables, ollama)
    health = TextHealth(watch=watch, sends=sends, tell=alarm.hear_health)
    texts = _texts_of(ground, keyrings, helm, health, sends)
    return Help(keyrings=keyrings, texts=texts, words=words_of(ground, ollama, texts.buyer))


def _texts_of(ground: Ground, keyrings: Keyrings, helm: Helm, health: TextHealth, sends: PydanticTexts) -> TextDesk:
    settings, calls = ground.settings, SqlTextCalls(ground.database)
    presence = LockedPresence(worker=ground.ids.new(), locks=worker_locks(settings), calls=calls, clock=ground.clock)
    buyer = TextBuyer(
        catalog=ground.texts,
        sends=sends,
        calls=calls,
        keyrings=keyrings,
        limits=limits_of(settings),
        clock=ground.clock,
        ids=ground.ids,
        presence=presence,
        moderator=ground.moderator,
        turns=helm.paces,
        steering=helm.steering,
        health=health,
        usual=settings.text_model,
        unpriced_ceiling=settings.unpriced_ceiling_usd,
    )
    repeats = SqlTextRepeats(ground.database)
    return TextDesk(buyer=buyer, sends=sends, catalog=ground.texts, presence=presence, repeats=repeats)
