"""Puts prompts into another language, words in quotation marks excepted: they are to be read in the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.text_calls import Purpose
from limner.words.asking import Question, TextModelUnavailable
from limner.words.checking import Unfit, one_line, read_object, read_text
from limner.words.helping import Helper, cost_of
from limner.words.protecting import QUOTED
from limner.words.templating import filled

LONGEST = 10_000
"""Characters of a prompt that is translated."""
ANSWER_TOKENS = 10_000
"""A token a character, as in Chinese."""
LONGER = 4
"""How many times as long a translation may be: Chinese becomes three times as long in English."""
ROOM = 200
"""Characters that a short one may have all the same."""
TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {"prompt": TEXT, "language": TEXT},
    "required": ["prompt", "language"],
    "additionalProperties": False,
}


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
    """Translates by a text model; without one a prompt stays as it is."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    async def translated(self, prompt: str, to: str, wish: Wish) -> Translated:
        """The same prompt in the language `to`, such as `English`. Raises InvalidRequest for none or too long a one.

        Raises UnknownModel, NotConfigured or PriceUnknown for a model that was named and cannot be used.
        """
        _check(prompt)
        quoted = [" ".join(found.split()) for found in QUOTED.findall(prompt)]
        question = Question(
            instructions=filled("translate", language=one_line(to)),
            data=orjson.dumps({"prompt": prompt, "keep": quoted}).decode(),
            schema=SCHEMA,
            longest=ANSWER_TOKENS,
        )

        def read(answer: str) -> Mapping[str, str]:
            found = read_object(answer)
            text = read_text(found)
            if len(text) > LONGER * len(prompt) + ROOM:
                raise Unfit(f"it has {len(text)} characters for {len(prompt)}")
            if gone := [each for each in quoted if each not in text]:
                raise Unfit(f"it has lost {', '.join(gone[:5])}")
            language = found.get("language")
            return {"prompt": text, "language": one_line(language)[:60] if isinstance(language, str) else ""}

        try:
            done = await self._helper.ask(question, read, wish, Purpose.TRANSLATE)
        except TextModelUnavailable as error:
            why = f"The prompt is as it was: {error.message}"
            return Translated(prompt=prompt, language="", by="", why=why, cost=cost_of(error.calls))
        return Translated(
            prompt=done.value["prompt"],
            language=done.value["language"],
            by=done.by,
            why="",
            cost=cost_of(done.calls),
        )


def _check(prompt: str) -> None:
    if not prompt.strip():
        raise InvalidRequest("Prompt cannot be empty. Describe the picture.", field="prompt", code="prompt_empty")
    if len(prompt) > LONGEST:
        said = f"Prompt too long (max {LONGEST} characters): this one has {len(prompt)}."
        raise InvalidRequest(said, field="prompt", code="prompt_too_long")
