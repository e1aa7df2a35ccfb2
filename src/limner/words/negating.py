"""Says what a picture should not have: a text model that knows the prompt, else the phrasebook."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import orjson

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.text_calls import Purpose
from limner.words.asking import Question, TextModelUnavailable
from limner.words.checking import Unfit, one_line, read_object
from limner.words.enhancing import LONGEST, PHRASEBOOK
from limner.words.helping import Helper, cost_of
from limner.words.phrasebook import phrasebook
from limner.words.reading import content_words, holds
from limner.words.templating import filled

TERMS, LONGEST_TERM = 10, 60
ANSWER_TOKENS = 1_024
SCHEMA = {
    "type": "object",
    "properties": {"terms": {"type": "array", "items": {"type": "string"}}},
    "required": ["terms"],
    "additionalProperties": False,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Negative:
    """What a picture should not have."""

    terms: tuple[str, ...]
    by: str
    """The text model, or `phrasebook` for Limner itself."""
    why: str
    """Why the text model did not do it; empty where it did."""
    cost: Money | None

    @property
    def prompt(self) -> str:
        """As a negative prompt."""
        return ", ".join(self.terms)


class Negator:
    """Suggests negative prompts."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    async def suggested(self, prompt: str, wish: Wish) -> Negative:
        """What a picture should not have; never what the prompt asks for. Raises as `Enhancer.enhanced` does."""
        if not 0 < len(prompt.strip()) <= LONGEST:
            said = f"A prompt has 1 to {LONGEST} characters here."
            raise InvalidRequest(said, field="prompt", code="prompt_too_long" if prompt.strip() else "prompt_empty")
        question = Question(
            instructions=filled("negative"),
            data=orjson.dumps({"prompt": prompt}).decode(),
            words=prompt,
            schema=SCHEMA,
            longest=ANSWER_TOKENS,
        )
        try:
            done = await self._helper.ask(question, lambda answer: _read(answer, prompt), wish, Purpose.NEGATIVE)
        except TextModelUnavailable as error:
            terms = await asyncio.to_thread(_from_phrasebook, prompt)
            return Negative(terms=terms, by=PHRASEBOOK, why=error.message, cost=cost_of(error.calls))
        return Negative(terms=done.value, by=done.by, why="", cost=cost_of(done.calls))


def _read(answer: str, prompt: str) -> tuple[str, ...]:
    """Terms that the prompt does not ask for. Raises Unfit where none is left."""
    found = read_object(answer).get("terms")
    terms = dict.fromkeys(one_line(each) for each in found if isinstance(each, str)) if isinstance(found, list) else {}
    wanted = set(content_words(prompt))
    fitting = [each for each in terms if 0 < len(each) <= LONGEST_TERM and not wanted >= set(content_words(each))]
    if not fitting:
        raise Unfit("it has no terms, or names what the prompt asks for")
    return tuple(fitting[:TERMS])


def _from_phrasebook(prompt: str) -> tuple[str, ...]:
    return tuple(term for term in phrasebook().negative if not holds(prompt, term))
