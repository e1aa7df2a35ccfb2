"""Pictures that go to Leonardo: each to a slot that it names, on somebody else's server (facts of 2026-11-20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from limner.domain.call import CallInput
from limner.domain.errors import FailureCode, ProviderError
from limner.domain.request import Role
from limner.wire.line import Line
from limner.wire.outgoing import Form, FormFile, Outgoing
from limner.wire.refusals import Refusal
from limner.wire.reply import Reply

QUESTION = 30.0
UPLOAD = 120.0
"""Seconds that one of these may take; a slot is said to live for two minutes (unverified)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Uploads:
    """Puts pictures where Leonardo can use them; nothing of it costs anything."""

    line: Line

    async def send(self, inputs: Sequence[CallInput]) -> list[str]:
        """Ids of the pictures, in order; a picture and its mask go together. Raises ProviderError, nothing spent."""
        if any(image.role is Role.MASK for image in inputs):
            source, mask = inputs
            asked = {"initExtension": ending_of(source), "maskExtension": ending_of(mask)}
            slots = await self._slots("canvas-init-image", "uploadCanvasInitImage", asked)
            return [
                await self._upload(source, slots, "initImageId", "initUrl", "initFields"),
                await self._upload(mask, slots, "maskImageId", "maskUrl", "maskFields"),
            ]
        ids = []
        for image in inputs:
            slot = await self._slots("init-image", "uploadInitImage", {"extension": ending_of(image)})
            ids.append(await self._upload(image, slot, "id", "url", "fields"))
        return ids

    async def _slots(self, path: str, name: str, asked: object) -> Reply:
        sent = Outgoing(path=f"v1/{path}", json=asked, deadline=QUESTION, purchase=False)
        return (await self.line.send(sent)).body.part(name)

    async def _upload(self, image: CallInput, slot: Reply, *names: str) -> str:
        """One picture to the address that was named for it, which is not Leonardo's own and gets no key."""
        id, address, fields = (slot.text(name) for name in names)
        if not id or not address:
            raise self.line.failure(Refusal(code=FailureCode.BAD_ANSWER, said="it names no place for the picture"))
        # The fields, a JSON text, come before the file: what comes after it is not read.
        form = Form.of(orjson.loads(fields or "{}"), [FormFile.of(image, name="file", stem="picture")])
        try:
            await self.line.send(Outgoing(address=address, form=form, deadline=UPLOAD, purchase=False))
        except ProviderError as error:
            if error.retryable:
                raise
            said = f"a picture could not be uploaded: {error.message}"
            raise self.line.failure(Refusal(code=FailureCode.FAILED, said=said, retryable=True)) from error
        return id


def ending_of(image: CallInput) -> str:
    """The ending of a file, as slots want it."""
    return image.media_type.removeprefix("image/")
