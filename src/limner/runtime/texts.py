"""Joins what buys texts."""

from __future__ import annotations

from dataclasses import dataclass

from limner.catalog.texts import TomlTexts
from limner.db.text_calls import SqlTextCalls
from limner.dispatch.presence import LockedPresence
from limner.engine.keyrings import Keyrings
from limner.engine.limits import Limits
from limner.engine.texts import TextBuyer
from limner.runtime.ground import Ground
from limner.runtime.installation import worker_locks
from limner.runtime.words import ollama_of
from limner.words.sending import PydanticTexts


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDesk:
    """Everything about texts that are bought."""

    buyer: TextBuyer
    catalog: TomlTexts
    presence: LockedPresence


def texts_of(ground: Ground, keyrings: Keyrings, limits: Limits) -> TextDesk:
    """What buys texts. Raises NotConfigured for addresses and headers that are none."""
    settings, calls = ground.settings, SqlTextCalls(ground.database)
    presence = LockedPresence(worker=ground.ids.new(), locks=worker_locks(settings), calls=calls, clock=ground.clock)
    buyer = TextBuyer(
        catalog=ground.texts,
        sends=PydanticTexts(ground.wire, ground.texts, settings.variables, ollama_of(ground)),
        calls=calls,
        keyrings=keyrings,
        limits=limits,
        clock=ground.clock,
        ids=ground.ids,
        presence=presence,
        usual=settings.text_model,
        unpriced_ceiling=settings.unpriced_ceiling_usd,
    )
    return TextDesk(buyer=buyer, catalog=ground.texts, presence=presence)
