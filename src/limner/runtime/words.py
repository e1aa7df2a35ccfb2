"""Joins what shortens prompts and makes more of them."""

from __future__ import annotations

from dataclasses import dataclass

from limner.domain.errors import InvalidRequest, NotConfigured
from limner.domain.text_calls import Texts
from limner.runtime.ground import Ground
from limner.words.describing import Describer
from limner.words.desk import Desk
from limner.words.enhancing import Enhancer
from limner.words.helping import Helper
from limner.words.negating import Negator
from limner.words.ollama import BASE_URL, MODEL, Ollama
from limner.words.optimising import Optimiser
from limner.words.translating import Translator


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What works on prompts, at one desk."""

    optimiser: Optimiser
    enhancer: Enhancer
    describer: Describer
    translator: Translator
    negator: Negator


def words_of(ground: Ground, ollama: Ollama, texts: Texts) -> Words:
    """Works with text models that are paid for, with Ollama where it is there, and without both."""
    settings, clock = ground.settings, ground.clock
    desk = Desk(ollama, clock, deadline=settings.optimise_seconds)
    helper = Helper(texts, desk)
    return Words(
        optimiser=Optimiser(desk, clock, longest=settings.unified_prompt_limit),
        enhancer=Enhancer(helper, clock),
        describer=Describer(helper, clock),
        translator=Translator(helper),
        negator=Negator(helper),
    )


def ollama_of(ground: Ground) -> Ollama:
    """The Ollama of the environment. Raises NotConfigured for an address that is none."""
    settings, variables = ground.settings, ground.settings.variables
    try:
        return Ollama(
            ground.wire,
            ground.clock,
            base_url=variables.get("OLLAMA_BASE_URL") or BASE_URL,
            model=variables.get("OLLAMA_MODEL") or MODEL,
            key=variables.get("OLLAMA_API_KEY", ""),
            deadline=settings.optimise_seconds / 2,  # so that a second try has its time as well
        )
    except InvalidRequest as error:
        raise NotConfigured(f"OLLAMA_BASE_URL is wrong: {error.message}", code="settings_invalid") from error
