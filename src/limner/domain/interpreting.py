"""What puts prompts into the language that a model reads best, and which languages people can name."""

from __future__ import annotations

from typing import Protocol

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest
from limner.domain.languages import BEST, NAMES, ForeseenTranslation, PromptTranslation, Wording


def language_named(text: str) -> str:
    """The code of a language that is named by its code or its English name. Raises InvalidRequest."""
    wanted = text.strip().casefold()
    for code, name in NAMES.items():
        if wanted in (code, name.casefold()):
            return code
    raise no_language(text)


def no_language(text: str) -> InvalidRequest:
    """The error for a language that Limner does not know."""
    return InvalidRequest(
        f"There is no language '{text}' here. Give true for the one that the model reads best, or one of "
        f"{', '.join(NAMES)}.",
        field="translate",
        code="unknown_language",
    )


def wanted_language(said: bool | str) -> str:
    """The `translate` of a request from what was said: empty for no, BEST for yes. Raises InvalidRequest."""
    if isinstance(said, bool):
        return BEST if said else ""
    if said.strip().casefold() in ("", "false"):
        return ""
    return BEST if said.strip().casefold() in (BEST, "true") else language_named(said)


class Translates(Protocol):
    """Tells languages apart and has text models translate."""

    def language_of(self, prompt: str) -> str:
        """The code of the language of a prompt; empty where it cannot be told. Nobody is asked."""
        ...

    async def foreseen(self, wording: Wording, to: str, wish: Wish) -> ForeseenTranslation:
        """Who would put it into the language with the code `to`, and for how much. Buys nothing."""
        ...

    async def rendered(self, wording: Wording, to: str, wish: Wish) -> tuple[Wording, PromptTranslation]:
        """The words in that language, and how that was done; as they were where no text model managed it, and says why.

        Raises PolicyError where a rule forbids the purchase: nothing was bought then.
        """
        ...
