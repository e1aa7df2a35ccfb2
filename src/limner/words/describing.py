"""Says what is in a picture: a text model that sees does it; without one colours and size are all that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson

from limner.domain.describing import MEASURED, Described, DescribingQuote, Description, Wish
from limner.domain.money import FREE
from limner.domain.ports import Clock
from limner.domain.text_calls import Purpose
from limner.domain.texts import TextPicture
from limner.words.asking import Question, TextModelUnavailable
from limner.words.checking import Unfit, one_line, read_object
from limner.words.helping import TRIES, Helper, cost_of
from limner.words.templating import filled

EDGE = 1568
"""Pixels of the longer edge that is shown at most: Anthropic's older models scale larger ones down to it (2026-11)."""
ANSWER_TOKENS = 2_048
LONGEST_CAPTION, LONGEST_TEXT, LONGEST_PROMPT, LONGEST_ALT, LONGEST_WORD = 500, 1_000, 1_000, 250, 60
OBJECTS, COLOURS, TAGS = 12, 5, 8
TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
FIELDS = {
    "caption": TEXT,
    "objects": TEXTS,
    "text": TEXT,
    "colours": TEXTS,
    "style": TEXT,
    "concerns": TEXTS,
    "suggested_prompt": TEXT,
    "alt_text": TEXT,
    "tags": TEXTS,
}
SCHEMA = {"type": "object", "properties": FIELDS, "required": list(FIELDS), "additionalProperties": False}
LACKS = "Caption, objects, text, style and alt text are missing; colours and size were measured here."


class Describer:
    """The `Describes` of `domain.describing`."""

    def __init__(self, helper: Helper, clock: Clock) -> None:
        self._helper = helper
        self._clock = clock

    async def described(self, picture: TextPicture, colours: Sequence[str], wish: Wish) -> Described:
        """What is in a picture that has at most EDGE pixels along its longer edge."""
        measured = Description(width=picture.width, height=picture.height, colours=tuple(colours))
        try:
            done = await self._helper.ask(
                question_about(picture), lambda answer: read(answer, measured), wish, Purpose.DESCRIBE
            )
        except TextModelUnavailable as error:
            why = f"{error.message} {LACKS}"
            cost = cost_of(error.calls)
            return Described(description=measured, by=MEASURED, why=why, cost=cost, at=self._clock.now())
        return Described(
            description=done.value,
            by=done.by,
            why="",
            cost=cost_of(done.calls),
            at=self._clock.now(),
            call_id=done.calls[-1].id if done.calls else None,
        )

    async def admit(self, wish: Wish) -> Wish:
        """The wish, let in already and counted once; where no model can be asked there is nothing to count."""
        try:
            return await self._helper.admitted(wish, sees=True)
        except TextModelUnavailable:
            return wish

    async def quote(self, pictures: int, wish: Wish) -> DescribingQuote:
        """What so many may cost, each at most as large as it is shown: likely with one try, at most with all tries."""
        try:
            choice = await self._helper.choice(wish, sees=True)
        except TextModelUnavailable as error:
            return DescribingQuote(pictures=pictures, model=None, why=error.message, estimate=FREE)
        if choice is None:
            return DescribingQuote(pictures=pictures, model=None, why=LACKS, estimate=FREE)
        largest = TextPicture(data=b"", media_type="image/jpeg", width=EDGE, height=EDGE)
        one = self._helper.estimate(question_about(largest), choice)
        total = None if one is None else replace(one, ceiling=one.ceiling * TRIES) * pictures
        return DescribingQuote(pictures=pictures, model=choice.card.id, why=choice.why, estimate=total)


def question_about(picture: TextPicture) -> Question:
    """What a model is asked about a picture: the same for all, so that nothing a stranger wrote is in it."""
    return Question(
        instructions=filled("describe"),
        data=orjson.dumps({"picture": {"width": picture.width, "height": picture.height}}).decode(),
        schema=SCHEMA,
        longest=ANSWER_TOKENS,
        pictures=(picture,),
    )


def read(answer: str, measured: Description) -> Description:
    """An answer that can be used. Raises Unfit for one without a caption or an alt text."""
    found = read_object(answer)
    caption, alt = _text(found, "caption", LONGEST_CAPTION), _text(found, "alt_text", LONGEST_ALT)
    if not caption or not alt:
        raise Unfit("it has no caption or no alt_text")
    return Description(
        width=measured.width,
        height=measured.height,
        colours=measured.colours,
        caption=caption,
        objects=_texts(found, "objects", OBJECTS),
        text=_text(found, "text", LONGEST_TEXT),
        colour_names=_texts(found, "colours", COLOURS),
        style=_text(found, "style", LONGEST_CAPTION),
        concerns=_texts(found, "concerns", TAGS),
        suggested_prompt=_text(found, "suggested_prompt", LONGEST_PROMPT),
        alt_text=alt,
        tags=_texts(found, "tags", TAGS),
    )


def _text(found: Mapping[str, object], name: str, longest: int) -> str:
    value = found.get(name)
    return one_line(value)[:longest] if isinstance(value, str) else ""


def _texts(found: Mapping[str, object], name: str, most: int) -> tuple[str, ...]:
    """The texts of a list, each once."""
    value = found.get(name)
    texts = dict.fromkeys(one_line(each) for each in value if isinstance(each, str)) if isinstance(value, list) else {}
    return tuple(text for text in texts if 0 < len(text) <= LONGEST_WORD)[:most]
