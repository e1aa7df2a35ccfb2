"""Looks at what is wanted before money is set aside for it, and at what was painted before it is handed out.

By rules of words, and by a service where one is set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from limner.domain.errors import ContentRefused, LimnerError, PictureWithheld, Problem, Spent
from limner.domain.moderation import Judges, Shown, Stage, Verdict, WordRule, plain_words
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.plan import Plan
from limner.domain.ports import Blobs, Clock, Imaging
from limner.domain.request import ImageRequest, Role

ENCODED = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=]*")
"""A file within an option: no words."""
EDGE = 1024
"""Pixels across of a picture that is looked at: enough to see what is on it."""
PAUSES = (1.0, 4.0)
"""Seconds before a finished picture is shown once more to a service that could not look at it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moderator:
    """Refuses what may not be painted here, and withholds what should not have been. Looking costs nothing."""

    rules: Sequence[WordRule]
    judge: Callable[[], Judges] | None
    """Gives a service that looks as well, before anything is paid for. Raises NotConfigured."""
    blobs: Blobs
    imaging: Imaging
    clock: Clock
    finished: bool = False
    """Whether the service looks at finished pictures too, where they were paid for."""

    async def check(self, request: ImageRequest, plan: Plan) -> None:
        """Raises ContentRefused, and NotConfigured or ProviderError where the service that looks cannot be asked: then
        nothing is bought either.
        """
        prompt = " ".join(filter(None, (request.prompt, request.style, *words_in(request.extra))))
        verdicts = list(broken(self.rules, prompt))
        if not verdicts and self.judge is not None and plan.ceiling(request.count):
            pictures = [await self._shown(image.digest) for image in request.inputs if image.role is not Role.MASK]
            verdicts = list(await self.judge().judge(prompt, pictures))
        if verdicts:
            raise refused(verdicts[0])

    async def check_words(self, words: str, *, paid: bool) -> None:
        """The same for words alone, such as those of a chat."""
        verdicts = list(broken(self.rules, words))
        if not verdicts and self.judge is not None and paid and words.strip():
            verdicts = list(await self.judge().judge(words, ()))
        if verdicts:
            raise refused(verdicts[0])

    async def looked_at(self, picture: Picture, paid: Money) -> Picture:
        """A finished picture, withheld where something is wrong with it, or where nobody could be asked whether it is.

        What cost nothing was painted on this machine, and does not leave it to be looked at.
        """
        if not self.finished or self.judge is None or not paid:
            return picture
        try:
            verdicts = await self._verdicts(picture)
        except LimnerError as error:
            return replace(picture, withheld=f"It could not be looked at, so it is withheld. {error.message}")
        if not verdicts:
            return picture
        found = verdicts[0]
        return replace(picture, withheld=f"{found.by} flags it for {', '.join(found.categories)}.")

    async def _verdicts(self, picture: Picture) -> list[Verdict]:
        """What is wrong with a finished picture. Raises LimnerError after the last try."""
        if self.judge is None:
            return []
        shown = [await self._shown(picture.file.digest)]
        for pause in PAUSES:
            try:
                return list(await self.judge().judge("", shown))
            except LimnerError as error:
                if not error.retryable:
                    raise
            await self.clock.sleep(pause)
        return list(await self.judge().judge("", shown))

    async def _shown(self, digest: str) -> Shown:
        small = await self.imaging.convert(await self.blobs.get(digest), "jpeg", EDGE)
        return Shown(media_type="image/jpeg", data=small)


def words_in(option: object) -> Iterator[str]:
    """Every text within a service's own options, however deep: some of them are read as the prompt is."""
    if isinstance(option, str):
        if not ENCODED.fullmatch(option):
            yield option
    elif isinstance(option, Mapping):
        for part in option.values():
            yield from words_in(part)
    elif isinstance(option, Sequence):
        for part in option:
            yield from words_in(part)


def broken(rules: Iterable[WordRule], text: str) -> Iterable[Verdict]:
    """The rules that a text breaks."""
    words = f" {plain_words(text)} "
    for rule in rules:
        if all(any(f" {word} " in words for word in group) for group in rule.groups):
            yield Verdict(stage=Stage.PROMPT, categories=(rule.category,), by="this installation's rules")


def refused(verdict: Verdict) -> ContentRefused:
    """A verdict as the error to raise."""
    what = "The prompt" if verdict.stage is Stage.PROMPT else "A picture that goes in"
    change = "Describe something else." if verdict.stage is Stage.PROMPT else "Take another picture."
    return ContentRefused(
        f"Content policy violation detected. {what} is refused for {', '.join(verdict.categories)} by {verdict.by}. "
        f"Nothing was sent to a service that paints, and nothing was charged. {change}",
        field=verdict.stage.value,
    )


def withheld_problem(pictures: Sequence[Picture], provider: str) -> Problem | None:
    """What to say of a call whose pictures were flagged; None where none was. They are kept, and were charged."""
    found = [picture for picture in pictures if picture.withheld is not None]
    if not found:
        return None
    what = "The finished picture is" if len(pictures) == 1 else f"{len(found)} of {len(pictures)} finished pictures are"
    return Problem(
        code=PictureWithheld.code,
        message=(
            f"Content policy violation detected. {what} withheld: {found[0].withheld} It was charged and is kept; an "
            "administrator can release it. Describe something else."
        ),
        spent=Spent.YES,
        field=Stage.OUTPUT.value,
        provider=provider,
    )
