"""OpenAI's moderation model, which says of words and pictures what is wrong with them (facts of 2026-11-20; free)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pybase64

from limner.domain.errors import FailureCode
from limner.domain.moderation import Shown, Stage, Verdict
from limner.wire.line import Line
from limner.wire.outgoing import Outgoing
from limner.wire.refusals import Refusal
from limner.wire.reply import Reply

MODEL = "omni-moderation-latest"
DEADLINE = 30.0
NAME = "OpenAI's moderation"


class OpenAIModeration:
    """Asks once for the words and once for each picture: one picture a request is what is known to work."""

    def __init__(self, line: Line) -> None:
        key = line.connection.api_key
        self._line = line.adapted(headers={"Authorization": f"Bearer {key}"} if key else {})

    async def judge(self, prompt: str, pictures: Sequence[Shown]) -> Iterable[Verdict]:
        """What is wrong; it stops at the first thing that is."""
        if prompt.strip() and (found := await self._flagged({"type": "text", "text": prompt})):
            return [Verdict(stage=Stage.PROMPT, categories=found, by=NAME)]
        for picture in pictures:
            address = f"data:{picture.media_type};base64,{pybase64.b64encode(picture.data).decode('ascii')}"
            if found := await self._flagged({"type": "image_url", "image_url": {"url": address}}):
                return [Verdict(stage=Stage.INPUTS, categories=found, by=NAME)]
        return []

    async def _flagged(self, part: object) -> tuple[str, ...]:
        """The categories that one part is flagged for; none where it is not."""
        asked = {"model": MODEL, "input": [part]}
        reply = (
            await self._line.send(Outgoing(path="moderations", json=asked, deadline=DEADLINE, purchase=False))
        ).body
        (result, *_) = (*reply.items("results"), Reply(None))
        flagged = result.at("flagged")
        if not isinstance(flagged, bool):
            said = "its moderation answered without a verdict"
            raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said=said))
        categories = result.at("categories")
        named = [name for name, yes in categories.items() if yes is True] if isinstance(categories, dict) else []
        return tuple(named or ["content"]) if flagged else ()
