"""Puts prompts into another language, words in quotation marks excepted: they are to be read in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest, NotConfigured, PolicyError, PriceUnknown, ProviderError, UnknownModel
from limner.domain.languages import NAMES, ForeseenTranslation, PromptTranslation, Wording
from limner.domain.money import ZERO, Money
from limner.domain.text_calls import Purpose
from limner.words.asking import Question, TextModelUnavailable
from limner.words.checking import Unfit, one_line, read_object, read_text
from limner.words.detecting import language_of
from limner.words.helping import Helped, Helper, Unhelped, cost_of
from limner.words.protecting import QUOTED
from limner.words.templating import filled

LONGEST = 10_000
"""Characters of a prompt that is translated."""
LONGER = 4
"""How many times as long a translation may be: Chinese becomes three times as long in English."""
ROOM = 200
"""Characters that a short one may have all the same."""
THOUGHTS = 1_000
"""Tokens that a text model may think before it answers."""
MOST_TOKENS = 12_000
"""Of an answer: a token a character, as in Chinese, for the longest."""
TEXT = {"type": "string"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Translated:
    """What became of a prompt."""

    prompt: str
    language: str
    """The language that it was in, by the model's word; empty where none was asked."""
    by: str
    """The text model; empty where the prompt is as it was."""
    why: str
    """Why it is as it was; empty where it was translated."""
    cost: Money | None


class Translator:
    """The `Translates` of `domain.interpreting`: by a text model; without one a prompt stays as it is."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    async def translated(self, prompt: str, to: str, wish: Wish) -> Translated:
        """The same prompt in the language `to`, such as `English`. Raises InvalidRequest for none or too long a one.

        Raises UnknownModel, NotConfigured or PriceUnknown for a model that was named and cannot be used.
        """
        _check(prompt)
        try:
            done = await self._asked(Wording(prompt), to, wish)
        except TextModelUnavailable as error:
            why = f"The prompt is as it was: {error.message}"
            return Translated(prompt=prompt, language="", by="", why=why, cost=cost_of(error.calls))
        return Translated(
            prompt=done.value.wording.prompt,
            language=done.value.language,
            by=done.by,
            why="",
            cost=cost_of(done.calls),
        )

    def language_of(self, prompt: str) -> str:
        """The code of its language; empty where it cannot be told."""
        return language_of(prompt)

    async def foreseen(self, wording: Wording, to: str, wish: Wish) -> ForeseenTranslation:
        """Who would do it, and for how much."""
        language = NAMES.get(language_of(wording.prompt), "")
        try:
            by, estimate = await self._helper.foreseen(_question(wording, NAMES[to]), wish)
        except (NotConfigured, PriceUnknown, UnknownModel, ProviderError) as error:
            return ForeseenTranslation(to=to, language=language, why=error.message)
        return ForeseenTranslation(to=to, negative=wording.negative, language=language, by=by, estimate=estimate)

    async def rendered(self, wording: Wording, to: str, wish: Wish) -> tuple[Wording, PromptTranslation]:
        """The words in that language, and how that was done; as they were where no text model managed it."""
        prompt, language = wording.prompt, NAMES.get(language_of(wording.prompt), "")
        try:
            done = await self._asked(wording, NAMES[to], wish)
        except TextModelUnavailable as error:
            if isinstance(error.__cause__, PolicyError) and not error.calls:
                raise error.__cause__ from None
            cost = error.cost if isinstance(error, Unhelped) else ZERO
            ids = tuple(call.id for call in error.calls)
            return wording, PromptTranslation(
                original=prompt, language=language, to=to, why=error.message, cost=cost, calls=ids
            )
        return done.value.wording, PromptTranslation(
            original=prompt,
            negative=wording.negative,
            language=done.value.language or language,
            to=to,
            by=done.by,
            cost=cost_of(done.calls),
            calls=tuple(call.id for call in done.calls),
        )

    async def _asked(self, wording: Wording, to: str, wish: Wish) -> Helped[_Read]:
        """What a text model makes of it. Raises TextModelUnavailable."""

        def read(answer: str) -> _Read:
            found = read_object(answer)
            prompt = _fit(read_text(found), wording.prompt)
            negative = _fit(read_text(found, "negative"), wording.negative) if wording.negative else ""
            language = found.get("language")
            said = one_line(language)[:60] if isinstance(language, str) else ""
            return _Read(wording=Wording(prompt, negative), language=said)

        return await self._helper.ask(_question(wording, to), read, wish, Purpose.TRANSLATE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """An answer that can be used."""

    wording: Wording
    language: str
    """The language that the prompt was in, by the model's word."""


def _fit(text: str, before: str) -> str:
    """A translation that can be used. Raises Unfit."""
    if len(text) > LONGER * len(before) + ROOM:
        raise Unfit(f"it has {len(text)} characters for {len(before)}")
    if gone := [each for each in _quoted(before) if each not in text]:
        raise Unfit(f"it has lost {', '.join(gone[:5])}")
    return text


def _quoted(prompt: str) -> list[str]:
    """Words in quotation marks."""
    return [" ".join(found.split()) for found in QUOTED.findall(prompt)]


def _question(wording: Wording, to: str) -> Question:
    texts = {"prompt": wording.prompt} | ({"negative": wording.negative} if wording.negative else {})
    words = "\n".join(texts.values())
    wanted = [*texts, "language"]
    return Question(
        instructions=filled("translate", language=one_line(to)),
        data=orjson.dumps({**texts, "keep": _quoted(words)}).decode(),
        words=wording.prompt,  # what a picture is not to have may name what no picture may have
        schema={
            "type": "object",
            "properties": dict.fromkeys(wanted, TEXT),
            "required": wanted,
            "additionalProperties": False,
        },
        longest=min(MOST_TOKENS, LONGER * len(words) + len(texts) * ROOM + THOUGHTS),
    )


def _check(prompt: str) -> None:
    if not prompt.strip():
        raise InvalidRequest("Prompt cannot be empty. Describe the picture.", field="prompt", code="prompt_empty")
    if len(prompt) > LONGEST:
        said = f"Prompt too long (max {LONGEST} characters): this one has {len(prompt)}."
        raise InvalidRequest(said, field="prompt", code="prompt_too_long")
