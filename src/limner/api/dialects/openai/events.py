"""A job as the events that OpenAI's clients read."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

from fastapi import Request

from limner.api.answers import dumped
from limner.api.carrying_out import failure_of
from limner.api.dialects.openai.answers import look, usage_of
from limner.api.dialects.openai.errors import error_body
from limner.api.errors import status_of
from limner.api.frames import event_frame, with_signs_of_life
from limner.api.inline import Inline, inline, written
from limner.api.streaming import PING
from limner.domain.errors import LimnerError
from limner.domain.events import Event, EventKind
from limner.domain.job import Job
from limner.domain.picture import Picture
from limner.domain.request import Operation
from limner.runtime.asking import runtime_of

PREVIEW = {"size": "256x256", "output_format": "webp"}
"""What a partial picture is here: small enough to travel inside its event, whatever the picture will be."""


class Stream:
    """One job as OpenAI's events: partial pictures, each whole picture, or an error."""

    def __init__(self, request: Request, job: Job) -> None:
        self._request = request
        self._runtime = runtime_of(request)
        self._job = job
        self._kind = "image_generation" if job.request.operation is Operation.GENERATE else "image_edit"
        self._told: set[str] = set()
        """Calls whose usage an event has told."""
        self._partials: Counter[object] = Counter()
        """How many partial pictures were shown of each picture."""

    async def pieces(self) -> AsyncIterator[bytes]:
        """The events, as they come. What fails after they have begun is an event too."""
        follower = self._runtime.engine.follower
        try:
            async for event in with_signs_of_life(follower.follow(self._job.id, self._job.owner)):
                if event is None:
                    yield PING
                    continue
                async for piece in self._event(event):
                    yield piece
        except LimnerError as error:
            yield self._failure(error)

    async def _event(self, event: Event) -> AsyncIterator[bytes]:
        if event.kind is EventKind.PREVIEW:
            yield self._partial(event)
        elif event.kind is EventKind.PICTURE:
            async for piece in self._completed(str(event.data["id"])):
                yield piece
        elif event.kind is EventKind.FINISHED:
            job = await self._runtime.jobs.get(self._job.id, self._job.owner)
            if not job.pictures:
                yield self._failure(failure_of(job))

    def _partial(self, event: Event) -> bytes:
        name = f"{self._kind}.partial_image"
        place = (event.data["call"], event.data["index"])
        number = self._partials[place]
        self._partials[place] += 1
        said = {
            "type": name,
            "b64_json": str(event.data["image"]).partition(",")[2],
            "created_at": int(event.at.timestamp()),
            "partial_image_index": number,
            "quality": self._job.request.quality or "auto",
            "background": self._job.request.background or "auto",
            **PREVIEW,
        }
        return event_frame(said, name=name)

    async def _completed(self, picture_id: str) -> AsyncIterator[bytes]:
        job = await self._runtime.jobs.get(self._job.id, self._job.owner)
        picture = next((one for one in job.pictures if one.id == picture_id), None)
        if picture is None:  # somebody has deleted it meanwhile
            return
        name = f"{self._kind}.completed"
        said = {
            "type": name,
            "created_at": int(picture.created.timestamp()),
            **look(job, picture),
            "usage": self._usage_of(picture, job),
            "model": job.model,
        }
        file: Inline = await inline(self._runtime, picture)
        head = b"event: %s\ndata: %s" % (name.encode(), dumped(said)[:-1] + b',"b64_json":"')
        async for piece in written([head, file, b'"}\n\n']):
            yield piece

    def _usage_of(self, picture: Picture, job: Job) -> dict[str, object]:
        """What the picture's call used, told once: all events together say what the job used."""
        first = picture.call_id not in self._told
        self._told.add(picture.call_id)
        usage = usage_of([record for record in job.calls if record.id == picture.call_id]) if first else None
        none = {"text_tokens": 0, "image_tokens": 0}
        empty = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0, "input_tokens_details": none}
        return usage or {**empty, "output_tokens_details": none}

    def _failure(self, error: LimnerError) -> bytes:
        return event_frame({"type": "error", **error_body(status_of(error), error.problem())}, name="error")
