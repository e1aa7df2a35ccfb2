"""Shortens long prompts: a text model does it, its answer is checked, and where it fails Limner does it itself."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass

import orjson

from limner.domain.errors import InvalidRequest
from limner.domain.ports import Clock
from limner.domain.prompts import objection_to_empty, objection_to_signs
from limner.domain.rewriting import Rewriting
from limner.words.asking import Condition, Question, TextModelUnavailable
from limner.words.checking import check_shortened, read_object, read_text
from limner.words.compressing import compressed
from limner.words.desk import Desk
from limner.words.protecting import protected
from limner.words.reading import content_words
from limner.words.templating import filled

log = logging.getLogger(__name__)

SHORT = 3_000
"""Prompts of fewer characters are left as they are, and longer ones become shorter than this (document 4)."""
ASKED_FOR = 2_700
"""Characters that a text model is asked for: none of them counts exactly."""
SCHEMA = {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]}
ANSWER_TOKENS = 4_096
MOST_DROPPED = 40
COMPRESSOR = "compressor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What this process has shortened since it started."""

    prompts: int = 0
    by_model: int = 0
    """The others Limner has shortened itself."""
    characters_before: int = 0
    characters_after: int = 0
    seconds: float = 0.0

    def with_one(self, rewriting: Rewriting, after: int) -> Tally:
        """The sums with one prompt more."""
        return Tally(
            prompts=self.prompts + 1,
            by_model=self.by_model + (rewriting.by != COMPRESSOR),
            characters_before=self.characters_before + len(rewriting.original),
            characters_after=self.characters_after + after,
            seconds=self.seconds + rewriting.seconds,
        )


class Optimiser:
    """The `Shortens` of `domain.rewriting`."""

    def __init__(self, desk: Desk, clock: Clock, *, longest: int) -> None:
        """`longest` is in characters."""
        self._desk = desk
        self._clock = clock
        self._longest = longest
        self.tally = Tally()

    def objection(self, prompt: str) -> InvalidRequest | None:
        """What is wrong with a prompt that is empty, no writing, or longer than may be shortened."""
        if (objection := objection_to_empty(prompt) or objection_to_signs(prompt, "prompt")) is not None:
            return objection
        if len(prompt) > self._longest:
            said = f"Prompt too long (max {self._longest} characters): this one has {len(prompt)}."
            return InvalidRequest(said, field="prompt", code="prompt_too_long")
        return None

    def check(self, prompt: str) -> None:
        """Raises InvalidRequest for a prompt that `objection` finds something wrong with."""
        if (objection := self.objection(prompt)) is not None:
            raise objection

    async def shortened(self, prompt: str) -> tuple[str, Rewriting] | None:
        """A prompt of fewer than 3,000 characters with every protected term; None where it has no more already.

        Raises InvalidRequest for one that is longer than may be shortened.
        """
        if len(prompt) < SHORT:
            return None
        self.check(prompt)
        begun = self._clock.monotonic()
        terms = (await asyncio.to_thread(protected, prompt)).terms
        by, why = self._desk.name, ""
        try:
            text = await self._by_model(prompt, terms)
        except TextModelUnavailable as error:
            by, why = COMPRESSOR, error.message
            text = await asyncio.to_thread(compressed, prompt, terms, below=SHORT)
        rewriting = Rewriting(
            original=prompt,
            by=by,
            why=why,
            seconds=round(self._clock.monotonic() - begun, 3),
            kept=terms,
            dropped=_dropped(prompt, text),
        )
        self._note(rewriting, len(text))
        return text, rewriting

    async def condition(self) -> Condition:
        """Whether the text model can be asked."""
        return await self._desk.condition()

    async def _by_model(self, prompt: str, terms: tuple[str, ...]) -> str:
        """What the text model makes of it. Raises TextModelUnavailable."""

        def read(answer: str) -> str:
            text = read_text(read_object(answer))
            check_shortened(text, prompt, terms, below=SHORT)
            return text

        question = Question(
            instructions=filled("compress", target=ASKED_FOR),
            data=orjson.dumps({"prompt": prompt, "keep": terms}).decode(),
            schema=SCHEMA,
            longest=ANSWER_TOKENS,
        )
        return await self._desk.ask(question, read)

    def _note(self, rewriting: Rewriting, after: int) -> None:
        self.tally = self.tally.with_one(rewriting, after)
        log.info(
            "prompt shortened",
            extra={
                "before": len(rewriting.original),
                "after": after,
                "by": rewriting.by,
                "seconds": rewriting.seconds,
                "why": rewriting.why,
            },
        )


def _dropped(before: str, after: str) -> tuple[str, ...]:
    """Words of the old prompt that the new one has not, the most frequent first."""
    left = set(content_words(after))
    counts = Counter(word for word in content_words(before) if word not in left)
    return tuple(word for word, _ in counts.most_common(MOST_DROPPED))
