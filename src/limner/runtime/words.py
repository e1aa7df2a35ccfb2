"""Joins what shortens prompts."""

from __future__ import annotations

from limner.domain.errors import InvalidRequest, NotConfigured
from limner.runtime.ground import Ground
from limner.words.ollama import BASE_URL, MODEL, Ollama
from limner.words.optimising import Optimiser


def optimiser_of(ground: Ground) -> Optimiser:
    """Shortens prompts with Ollama where it is there, and without it. Raises NotConfigured for no address."""
    settings, variables = ground.settings, ground.settings.variables
    try:
        model = Ollama(
            ground.wire,
            ground.clock,
            base_url=variables.get("OLLAMA_BASE_URL") or BASE_URL,
            model=variables.get("OLLAMA_MODEL") or MODEL,
            key=variables.get("OLLAMA_API_KEY", ""),
            deadline=settings.optimise_seconds / 2,  # so that a second try has its time as well
        )
    except InvalidRequest as error:
        raise NotConfigured(f"OLLAMA_BASE_URL is wrong: {error.message}", code="settings_invalid") from error
    return Optimiser(model, ground.clock, longest=settings.unified_prompt_limit, deadline=settings.optimise_seconds)
