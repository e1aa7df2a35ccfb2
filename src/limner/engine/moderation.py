"""Looks at what is wanted before money is set aside for it: by rules of words, and by a service where one is set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from limner.domain.errors import ContentRefused
from limner.domain.moderation import Judges, Shown, Stage, Verdict, WordRule
from limner.domain.plan import Plan
from limner.domain.ports import Blobs, Imaging
from limner.domain.request import ImageRequest, Role

WORD = re.compile(r"\w+")
EDGE = 1024
"""Pixels across of a picture that is looked at: enough to see what is on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moderator:
    """Refuses what may not be painted here. Looking costs nothing."""

    rules: Sequence[WordRule]
    judge: Callable[[], Judges] | None
    """Gives a service that looks as well, before anything is paid for. Raises NotConfigured."""
    blobs: Blobs
    imaging: Imaging

    async def check(self, request: ImageRequest, plan: Plan) -> None:
        """Raises ContentRefused, and NotConfigured or ProviderError where the service that looks cannot be asked: then
        nothing is bought either.
        """
        prompt = " ".join(filter(None, (request.prompt, request.style)))
        verdicts = list(broken(self.rules, prompt))
        if not verdicts and self.judge is not None and plan.ceiling(request.count):
            pictures = [await self._shown(image.digest) for image in request.inputs if image.role is not Role.MASK]
            verdicts = list(await self.judge().judge(prompt, pictures))
        if verdicts:
            raise refused(verdicts[0])

    async def _shown(self, digest: str) -> Shown:
        small = await self.imaging.convert(await self.blobs.get(digest), "jpeg", EDGE)
        return Shown(media_type="image/jpeg", data=small)


def broken(rules: Iterable[WordRule], text: str) -> Iterable[Verdict]:
    """The rules that a text breaks."""
    words = f" {' '.join(WORD.findall(unicodedata.normalize('NFKC', text).casefold()))} "
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
