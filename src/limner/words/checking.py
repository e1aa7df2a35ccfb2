"""Whether a text model's answer is a shorter form of the prompt, or something else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import orjson

from limner.words.protecting import lost
from limner.words.reading import content_words

NEW_WORDS = 0.15
"""The share of an answer's words that the prompt need not have had: other endings, joining words."""
HEART, HELD = 20, 0.5
"""So many of the most frequent words of a prompt are its heart, and this share of them stays."""
FENCE = re.compile(r"\A\s*```(?:json)?\s*(.*?)\s*```\s*\Z", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


class Unfit(Exception):
    """An answer that cannot be used; the message says why, without a sign at its end."""


def read_object(answer: str) -> Mapping[str, object]:
    """The JSON object that an answer is, in a fence or without. Raises Unfit."""
    fenced = FENCE.match(answer)
    try:
        found = orjson.loads(fenced[1] if fenced else answer)
    except orjson.JSONDecodeError:
        raise Unfit("it is not JSON") from None
    if not isinstance(found, dict):
        raise Unfit("it is no JSON object")
    return found


def read_text(found: Mapping[str, object], field: str = "prompt") -> str:
    """The text in {"prompt": "..."}, or in another field, on one line. Raises Unfit."""
    text = found.get(field)
    if not isinstance(text, str) or not text.strip():
        raise Unfit(f'it has no text in "{field}"')
    return one_line(text)


def one_line(text: str) -> str:
    """A text without control characters, its blanks single."""
    return " ".join(CONTROL.sub(" ", text).split())


def check_shortened(text: str, prompt: str, terms: Sequence[str], *, below: int) -> None:
    """Raises Unfit for a text that is too long, has lost a protected term, or says what the prompt does not.

    A model that obeyed the prompt instead of shortening it, refused, or chatted, is found by its words: more than
    NEW_WORDS of those that mean something are not the prompt's, or the prompt's own heart is missing.
    """
    if len(text) >= below:
        raise Unfit(f"it has {len(text)} characters instead of fewer than {below}")
    if gone := lost(terms, text):
        raise Unfit(f"it has lost {len(gone)} of the terms to keep, such as {', '.join(gone[:10])}")
    counts = Counter(content_words(prompt))
    words = content_words(text)
    new = [word for word in words if word not in counts]
    if not words or len(new) > NEW_WORDS * len(words):
        raise Unfit("it says what the prompt does not say")
    heart = {word for word, _ in counts.most_common(HEART)}
    if len(heart & set(words)) < HELD * len(heart):
        raise Unfit("it leaves out what the prompt says most often")
