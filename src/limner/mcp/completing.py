"""Suggests how an argument may go on: styles for prompts, models for addresses."""

from __future__ import annotations

from collections.abc import Iterable

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, CompleteRequestParams, CompleteResult, Completion, PromptReference

from limner.domain.model_card import Status
from limner.domain.people import Principal
from limner.mcp.callers import CallerOf, Context
from limner.mcp.prompts import PROMPTS
from limner.mcp.resources import MODEL, TEMPLATES
from limner.runtime import Runtime

MOST = 100
"""Suggestions in an answer: the protocol allows no more."""


class Completions:
    """All of it over one installation."""

    def __init__(self, runtime: Runtime, caller_of: CallerOf) -> None:
        self._runtime = runtime
        self._caller_of = caller_of

    async def complete(self, context: Context, params: CompleteRequestParams) -> CompleteResult:
        """What begins with, and then what holds, the letters that are there. Raises MCPError for what is not there."""
        principal, argument = self._caller_of(context).principal, params.argument
        ref = params.ref
        if isinstance(ref, PromptReference):
            prompt = PROMPTS.get(ref.name)
            known = () if prompt is None else (each.name for each in prompt.described.arguments or ())
            if argument.name not in known:
                raise _unknown(f"There is no prompt '{ref.name[:100]}' with this argument.")
            found = await self._styles(principal) if argument.name == "style" else []
        else:
            if ref.uri not in {template.uri_template for template in TEMPLATES}:
                raise _unknown("No address here has this form.")
            found = await self._models(principal) if ref.uri == MODEL else []
        fitting = _fitting(found, argument.value.strip().casefold())
        shown = fitting[:MOST]
        return CompleteResult(
            completion=Completion(values=shown, total=len(fitting), has_more=len(fitting) > len(shown))
        )

    async def _styles(self, principal: Principal) -> list[str]:
        """Names of styles, this person's own among them."""
        shown = await self._runtime.engine.wording.shown_presets(principal)
        return [preset.name for preset, _ in shown]

    async def _models(self, principal: Principal) -> list[str]:
        """Models whose service is ready for this person."""
        runtime = self._runtime
        services = await runtime.services_for(principal)
        ready = {card.id for card in runtime.catalog.services if services.readiness(card.id).ready}
        return [
            card.id for card in runtime.catalog.models if card.service in ready and card.status is not Status.RETIRED
        ]


def _fitting(words: Iterable[str], typed: str) -> list[str]:
    """Those that hold what was typed; those that begin with it come first."""
    found = [word for word in words if typed in word.casefold()]
    return sorted(found, key=lambda word: not word.casefold().startswith(typed))


def _unknown(message: str) -> MCPError:
    return MCPError(code=INVALID_PARAMS, message=message)
