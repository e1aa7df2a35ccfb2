"""Pipelines of the diffusers library, in a process of their own (facts of diffusers 0.42, 2026-11-28; run)."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import cast

from limner.domain.call import Call, Finished, Painted, Partial, Pending
from limner.domain.errors import FailureCode, NotConfigured, ProviderError
from limner.domain.request import Operation, Role
from limner.pipelines.companion import Companion, Ended, News
from limner.wire.line import Line
from limner.wire.named import Body, Naming
from limner.wire.refusals import Refusal
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT, Operation.INPAINT}),
    fields=frozenset({"negative_prompt", "size", "steps", "guidance", "seed", "strength"}),
    roles=frozenset({Role.SOURCE, Role.MASK}),
    reserved=frozenset({"image", "mask_image", "generator", "num_images_per_prompt", "output_type", "return_dict"}),
)
NAMING = Naming(
    names={
        "prompt": "prompt",
        "negative_prompt": "negative_prompt",
        "size": ("width", "height"),
        "steps": "num_inference_steps",
        "guidance": "guidance_scale",
        "strength": "strength",
        "source": "image",
        "mask": "mask_image",
        "count": "count",
        "seed": "seed",
    }
)
"""Names of diffusers; how many pictures and from which seed is said by a list of seeds."""
IDLE_SECONDS = "600"
"""How long a pipeline stays in memory after its last picture."""
SEEDS = 1 << 32


class Diffusers:
    """Whatever pipelines the installation has named; one is in memory at a time."""

    def __init__(self, line: Line) -> None:
        self._line = line
        options = dict(line.connection.options)
        try:
            idle = float(options.get("DIFFUSERS_IDLE_SECONDS", IDLE_SECONDS))
        except ValueError:
            raise NotConfigured("DIFFUSERS_IDLE_SECONDS is wrong: give seconds.", code="settings_invalid") from None
        self._companion = Companion(line.connection.python or sys.executable, options, idle_seconds=idle)

    async def submit(self, call: Call) -> Finished:
        """Paints one call."""
        async with aclosing(self._painting(call)) as news:
            async for item in news:
                if isinstance(item, Finished):
                    return item
        raise self._failure(FailureCode.BAD_ANSWER, "the process that paints said nothing")

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: a painting ends with the process."""
        raise self._failure(FailureCode.EXPIRED, f"no painting under {dict(pending.ticket)}")

    def stream(self, call: Call) -> AsyncIterator[Partial | Finished]:
        """Paints one call and tells how far it is; leaving early stops it after the step that it is at."""
        return self._painting(call)

    async def close(self) -> None:
        """Ends the process that paints."""
        await self._companion.close()

    async def _painting(self, call: Call) -> AsyncGenerator[Partial | Finished]:
        self._line.require(call, TAKES, NAMING)
        until = asyncio.get_running_loop().time() + call.timeout
        seeds = _seeds(call)
        order = self._companion.order(_wish(call, seeds), [image.data for image in call.inputs])
        try:
            async with aclosing(order) as told:
                while True:
                    async with asyncio.timeout_at(until):
                        news = await anext(told)
                    if news.is_last:
                        yield self._finished(news, call, seeds)
                        return
                    yield Partial(progress=cast("float | None", news.told.get("progress")), stage=news.kind)
        except TimeoutError as error:
            raise self._failure(FailureCode.TIMED_OUT, f"{call.timeout:g} seconds were not enough") from error
        except Ended as error:
            raise self._failure(FailureCode.FAILED, str(error)) from error
        except OSError as error:
            raise self._failure(FailureCode.FAILED, f"its process cannot be started: {error}") from error

    def _finished(self, news: News, call: Call, seeds: list[int]) -> Finished:
        if news.kind == "failed":
            raise self._line.failure(_refusal(news.told))
        if not news.files:
            raise self._failure(FailureCode.REFUSED, "the pipeline's own check of contents withheld every picture")
        read = cast(str, news.told["read"]) or None
        # Which of several pictures were withheld is not said, so the others have no certain seed.
        certain = seeds if len(news.files) == len(seeds) else [None] * len(news.files)
        return Finished(
            pictures=tuple(
                Painted(content=file, seed=seed, revised_prompt=read)
                for file, seed in zip(news.files, certain, strict=True)
            ),
            served_by=call.model,
        )

    def _failure(self, code: FailureCode, said: str) -> ProviderError:
        return self._line.failure(Refusal(code=code, said=said))


def _seeds(call: Call) -> list[int]:
    """One for each picture: the call's own counted up, else those that the same call always gets again."""
    first = call.seed
    if first is None:
        first = int.from_bytes(hashlib.sha256(call.id.encode()).digest()[:4], "big")
    return [first + place for place in range(call.count)]


def _wish(call: Call, seeds: list[int]) -> Body:
    options = NAMING.body(call, picture=call.inputs.index)
    pictures = {name: options.pop(name) for name in ("image", "mask_image") if name in options}
    for name in ("count", "seed"):
        options.pop(name, None)
    return {
        "id": call.id,
        "does": "paint",
        "pipeline": call.wire["pipeline"],
        "load": call.wire.get("load", {}),
        "task": call.operation.value,
        "options": options,
        "pictures": pictures,
        "seeds": seeds,
    }


MEANINGS = {
    "pipeline": FailureCode.MODEL_GONE,
    "parameter": FailureCode.BAD_PARAMETER,
    "memory": FailureCode.BAD_PARAMETER,
    "stopped": FailureCode.CANCELLED,
}
"""What the kinds of failure are that the process tells; the rest is a failure like any other."""


def _refusal(told: Mapping[str, object]) -> Refusal:
    kind, said = str(told["kind"]), str(told["said"])
    code = MEANINGS.get(kind, FailureCode.FAILED)
    if kind == "memory":
        return Refusal(code=code, said=f"it ran out of memory ({said}); ask for a smaller size", field="size")
    field = NAMING.ours(str(told["field"])) if told["field"] else None
    return Refusal(code=code, said=said, field="operation" if told["field"] == "operation" else field)
