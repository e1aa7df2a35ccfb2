"""Makes more of a prompt: a text model does it, its answer is checked, and where it fails Limner does it itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import orjson

from limner.domain.describing import Wish
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.domain.ports import Clock
from limner.domain.text_calls import Purpose
from limner.words.analysis import keywords
from limner.words.asking import Question, TextModelUnavailable
from limner.words.checking import Unfit, one_line, read_object, read_text
from limner.words.helping import Helped, Helper, cost_of
from limner.words.phrasebook import phrasebook
from limner.words.protecting import lost, protected
from limner.words.reading import content_words
from limner.words.templating import filled

LONGEST = 4_000
"""Characters of a prompt that is made more of (document 1)."""
ROOM = 800
"""Characters that an enhanced prompt may have more than the one before, as far as LONGEST reaches."""
KEPT = 0.8
"""The share of the prompt's own words that stay."""
SUGGESTIONS, TAGS = 3, 8
LONGEST_SUGGESTION, LONGEST_TAG = 500, 60
ANSWER_TOKENS = 4_096
TEXTS = {"type": "array", "items": {"type": "string"}}
SCHEMA = {
    "type": "object",
    "properties": {"prompt": {"type": "string"}, "suggestions": TEXTS, "tags": TEXTS},
    "required": ["prompt", "suggestions", "tags"],
    "additionalProperties": False,
}
PHRASEBOOK = "phrasebook"


@dataclass(frozen=True, kw_only=True, slots=True)
class Richer:
    """More of a prompt, other prompts, and what is in the picture."""

    prompt: str
    suggestions: tuple[str, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Enhanced:
    """What became of a prompt."""

    richer: Richer
    by: str
    """The text model, or `phrasebook` for Limner itself."""
    why: str
    """Why the text model did not do it; empty where it did."""
    cost: Money | None
    """Of all tries; None where it is not known."""
    seconds: float
    added: tuple[str, ...]
    """Words that the prompt had not."""
    dropped: tuple[str, ...]
    """Words that it has no more."""


class Enhancer:
    """Enhances prompts, by a text model that is paid for, else by Ollama, else from the phrasebook."""

    def __init__(self, helper: Helper, clock: Clock) -> None:
        self._helper = helper
        self._clock = clock

    async def enhanced(self, prompt: str, wish: Wish, style: str = "") -> Enhanced:
        """The same picture, described better; its subject stays. Raises InvalidRequest for no prompt or too long a one.

        Where a model is named that cannot be used, UnknownModel, NotConfigured or PriceUnknown is raised; every other
        failure of a text model leaves the work to the phrasebook, and `why` says so. Terms of quality, style and core
        concepts of the prompt stand in the new one; `protecting` says which.
        """
        _check(prompt)
        begun = self._clock.monotonic()
        try:
            done = await self._by_model(prompt, style, wish)
            richer, by, why, calls = done.value, done.by, "", done.calls
        except TextModelUnavailable as error:
            by, why, calls = PHRASEBOOK, error.message, error.calls
            richer = await asyncio.to_thread(_by_phrasebook, prompt, style)
        before, after = content_words(prompt), content_words(richer.prompt)
        return Enhanced(
            richer=richer,
            by=by,
            why=why,
            cost=cost_of(calls),
            seconds=round(self._clock.monotonic() - begun, 3),
            added=tuple(dict.fromkeys(word for word in after if word not in set(before))),
            dropped=tuple(dict.fromkeys(word for word in before if word not in set(after))),
        )

    async def _by_model(self, prompt: str, style: str, wish: Wish) -> Helped[Richer]:
        """What the text model makes of it. Raises TextModelUnavailable."""
        terms = (await asyncio.to_thread(protected, prompt)).terms
        question = Question(
            instructions=filled("enhance", longest=_most(prompt)),
            data=orjson.dumps({"prompt": prompt, "style": style, "keep": terms}).decode(),
            words=f"{prompt} {style}",
            schema=SCHEMA,
            longest=ANSWER_TOKENS,
        )
        return await self._helper.ask(question, lambda answer: _read(answer, prompt, terms), wish, Purpose.ENHANCE)


def _most(prompt: str) -> int:
    """Characters that more of a prompt may have."""
    return min(LONGEST, len(prompt) + ROOM)


def _check(prompt: str) -> None:
    if not prompt.strip():
        raise InvalidRequest("Prompt cannot be empty. Describe the picture.", field="prompt", code="prompt_empty")
    if len(prompt) > LONGEST:
        said = f"Prompt too long (max {LONGEST} characters): this one has {len(prompt)}."
        raise InvalidRequest(said, field="prompt", code="prompt_too_long")


def _read(answer: str, prompt: str, terms: tuple[str, ...]) -> Richer:
    """An answer that can be used. Raises Unfit for one that is too long or has another subject."""
    found = read_object(answer)
    text = read_text(found)
    if len(text) > _most(prompt):
        raise Unfit(f"it has {len(text)} characters instead of {_most(prompt)} at most")
    if gone := lost(terms, text):
        raise Unfit(f"it has lost {', '.join(gone[:10])}")
    before = set(content_words(prompt))
    if len(before & set(content_words(text))) < KEPT * len(before):
        raise Unfit("it is about something else")
    return Richer(
        prompt=text,
        suggestions=_texts(found.get("suggestions"), SUGGESTIONS, LONGEST_SUGGESTION),
        tags=_texts(found.get("tags"), TAGS, LONGEST_TAG),
    )


def _texts(value: object, most: int, longest: int) -> tuple[str, ...]:
    """The texts of a list, each once, as many as are wanted. Raises Unfit where there are none."""
    entries = value if isinstance(value, list) else []
    texts = dict.fromkeys(one_line(entry) for entry in entries if isinstance(entry, str))
    fitting = tuple(text for text in texts if 0 < len(text) <= longest)
    if not fitting:
        raise Unfit("it has no suggestions or no tags")
    return fitting[:most]


def _by_phrasebook(prompt: str, style: str) -> Richer:
    book = phrasebook()
    richer = book.more_of(prompt, one_line(style))
    tags = [keyword.phrase for keyword in keywords(prompt) if len(keyword.phrase) <= LONGEST_TAG]
    return Richer(
        prompt=richer if len(richer) <= _most(prompt) else prompt,
        suggestions=book.others(prompt),
        tags=tuple(tags[:TAGS]),
    )
