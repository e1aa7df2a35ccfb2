"""Shortens long prompts: a text model does it, its answer is checked, and where it fails Limner does it itself."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, replace

import orjson

from limner.domain.errors import InvalidRequest
from limner.domain.ports import Clock
from limner.domain.rewriting import Rewriting
from limner.words.asking import Condition, Question, TextModel, TextModelUnavailable
from limner.words.checking import Unfit, check_shortened, read_answer
from limner.words.compressing import compressed
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
REST = 30.0
"""Seconds for which a text model that failed is left alone, so that a batch does not wait for it again and again."""
AT_ONCE = 4
"""Prompts that one process gives the text model at the same moment."""
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

    def __init__(self, model: TextModel, clock: Clock, *, longest: int, deadline: float) -> None:
        """`longest` is in characters; `deadline` in seconds for one prompt, all tries and its turn together."""
        self._model = model
        self._clock = clock
        self._longest = longest
        self._deadline = deadline
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._rests_until = 0.0
        self._rests_why = ""
        self.tally = Tally()

    def objection(self, prompt: str) -> InvalidRequest | None:
        """What is wrong with a prompt that is empty, or longer than may be shortened."""
        if not prompt.strip():
            return InvalidRequest("Prompt cannot be empty. Describe the picture.", field="prompt", code="prompt_empty")
        if len(prompt) > self._longest:
            said = f"Prompt too long (max {self._longest} characters): this one has {len(prompt)}."
            return InvalidRequest(said, field="prompt", code="prompt_too_long")
        return None

    def check(self, prompt: str) -> None:
        """Raises InvalidRequest for a prompt that is empty, or longer than may be shortened."""
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
        by, why = self._model.name, ""
        try:
            text = await self._by_model(prompt, terms)
        except (TextModelUnavailable, Unfit) as error:
            by, why = COMPRESSOR, _said(error, self._model.name)
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
        """Whether the text model can be asked. Where it can, it is no longer left alone."""
        found = await self._model.condition()
        if found.available:
            self._rests_until = 0.0
        return found

    async def _by_model(self, prompt: str, terms: tuple[str, ...]) -> str:
        """What the text model makes of it, in two tries at most. Raises TextModelUnavailable and Unfit."""
        if self._clock.monotonic() < self._rests_until:
            raise TextModelUnavailable(self._rests_why)
        first = Question(
            instructions=filled("compress", target=ASKED_FOR),
            data=orjson.dumps({"prompt": prompt, "keep": terms}).decode(),
            schema=SCHEMA,
            longest=ANSWER_TOKENS,
        )
        try:
            async with asyncio.timeout(self._deadline), self._turns:
                try:
                    return await self._tried(first, prompt, terms)
                except Unfit as error:
                    told = filled("again", first=first.instructions, objection=error)
                    return await self._tried(replace(first, instructions=told), prompt, terms)
        except TimeoutError:
            message = f"{self._model.name} did not finish within {self._deadline:g} seconds."
            raise self._resting(TextModelUnavailable(message)) from None
        except TextModelUnavailable as error:
            raise self._resting(error) from error

    async def _tried(self, question: Question, prompt: str, terms: tuple[str, ...]) -> str:
        text = read_answer(await self._model.ask(question))
        check_shortened(text, prompt, terms, below=SHORT)
        return text

    def _resting(self, error: TextModelUnavailable) -> TextModelUnavailable:
        """The same error; the model is left alone for a while."""
        self._rests_until, self._rests_why = self._clock.monotonic() + REST, error.message
        return error

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


def _said(error: Exception, name: str) -> str:
    """Why the text model's work is not used."""
    return f"The answer of {name} cannot be used: {error}." if isinstance(error, Unfit) else str(error)


def _dropped(before: str, after: str) -> tuple[str, ...]:
    """Words of the old prompt that the new one has not, the most frequent first."""
    left = set(content_words(after))
    counts = Counter(word for word in content_words(before) if word not in left)
    return tuple(word for word, _ in counts.most_common(MOST_DROPPED))
