"""AUTOMATIC1111's stable-diffusion-webui and Forge (facts of 2026-11-20, read in their source; not run)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from typing import cast

import orjson

from limner.domain.call import Call, CallInput, Finished, Painted, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError, Spent
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.named import Body, Naming, set_apart
from limner.wire.outgoing import Outgoing, base64_text
from limner.wire.refusals import Refusal, by_status, meant
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes

TAKES = Takes(
    operations=frozenset({Operation.GENERATE, Operation.EDIT, Operation.INPAINT, Operation.UPSCALE}),
    fields=frozenset({"negative_prompt", "size", "steps", "guidance", "seed", "strength", "scale"}),
    roles=frozenset({Role.SOURCE, Role.MASK, Role.CONTROL}),
    reserved=frozenset({"batch_size", "n_iter", "init_images", "mask", "send_images", "force_task_id", "image"}),
)
SHORT = 30.0
"""Seconds for everything but painting."""
API = "sdapi/v1"
OWN = ("weight", "guidance_start", "guidance_end", "control_mode", "pixel_perfect", "processor_res", "threshold_a")
UNIT = {"control_model": "model", "control_module": "module", **{name: name for name in (*OWN, "threshold_b")}}
"""Options that stand beside a control picture, by our names (sd-webui-controlnet, internal_controlnet/args.py)."""
ANY_SEED = -1


class Automatic1111:
    """One engine. A call is one request, answered when the picture is done; how far it is can be asked beside it."""

    def __init__(self, line: Line) -> None:
        self._line = line.adapted(headers={}, refusal=refusal)

    async def submit(self, call: Call) -> Finished:
        """Paints one call."""
        answer = await self._line.send(self._outgoing(call))
        return self._finished(answer.body, call)

    async def poll(self, pending: Pending) -> Finished:
        """Never finds anything: the engine paints while the line is open, and keeps nothing."""
        raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=f"no call under {dict(pending.ticket)}"))

    async def stream(self, call: Call) -> AsyncIterator[Partial | Finished]:
        """Paints one call and tells how far it is; leaving early stops the engine."""
        painting = asyncio.ensure_future(self.submit(call))
        try:
            async for news in self._progress(call, painting):
                yield news
            yield await painting
        finally:
            if not painting.done():
                painting.cancel()
                await asyncio.wait((painting,))
                await self._interrupt(call)

    async def list_models(self) -> Sequence[str]:
        """The checkpoints that lie on the machine."""
        answer = await self._line.send(self._question("sd-models"))
        items = answer.body.items()
        return [name for item in items if (name := item.text("model_name")) is not None]

    def _outgoing(self, call: Call) -> Outgoing:
        self._line.require(call, TAKES)
        naming = Naming.of(call.wire)
        if (missing := naming.objection(call)) is not None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=missing))
        body, source, own = written(call, naming), call.input(Role.SOURCE), call.wire.get("path")
        if own is None:
            also = cast(Body, call.wire.get("from_picture", {})) if source else {}
            body = {"seed": ANY_SEED, **also, **body, "force_task_id": call.id}
            if call.model != call.wire.get("current"):
                body["override_settings"] = {"sd_model_checkpoint": call.model}
        path = own or ("img2img" if source else "txt2img")
        return Outgoing(
            path=f"{API}/{path}", json=body, deadline=call.timeout, purchase=True, pictures=("images", "image")
        )

    def _question(self, what: str) -> Outgoing:
        return Outgoing(method="GET", path=f"{API}/{what}", deadline=SHORT, purchase=False)

    def _finished(self, body: Reply, call: Call) -> Finished:
        """All pictures but the sheet of all, which stands first where the engine is set to make one."""
        info = _info(body)
        first = info.whole("index_of_first_image") or 0
        seeds = [item.whole() for item in info.items("all_seeds")]
        landed = list(body.pictures)[first:][: call.count]
        if not landed:
            raise self._line.failure(
                Refusal(code=FailureCode.BAD_ANSWER, said="there is no picture in it", spent=Spent.YES)
            )
        # Forge takes its first sampler for one that it does not know, in silence; newer AUTOMATIC1111 may (unverified).
        asked, used = call.extra.get("sampler_name"), info.text("sampler_name")
        notes = {"sampler_name": used} if asked and used and used != asked else {}
        painted = tuple(
            Painted(content=picture, seed=seeds[place] if place < len(seeds) else None, notes=notes)
            for place, picture in enumerate(landed)
        )
        return Finished(pictures=painted, served_by=info.text("sd_model_name"))

    async def _progress(self, call: Call, painting: asyncio.Future[Finished]) -> AsyncGenerator[Partial]:
        """How far the engine is, as long as it paints; a question without an answer is no news."""
        shown, preview_id = 0.0, -1
        while not painting.done():
            await asyncio.wait((painting,), timeout=self._line.card.poll_seconds)
            if painting.done():
                return
            asked: Body = {"id_task": call.id, "id_live_preview": preview_id, "live_preview": call.partials > 0}
            question = Outgoing(
                path="internal/progress", json=asked, deadline=SHORT, purchase=False, pictures=("live_preview",)
            )
            try:
                body = (await self._line.send(question)).body
            except ProviderError:
                continue
            preview_id = body.whole("id_live_preview") or preview_id
            shown = max(shown, min(body.number("progress") or 0.0, 1.0))
            stage = "waiting" if body.at("queued") is True else "painting"
            yield Partial(progress=shown, stage=stage, preview=body.landed("live_preview"))

    async def _interrupt(self, call: Call) -> None:
        """Stops the engine, if what it does is this call: the order has no name in it and hits whatever runs."""
        asked: Body = {"id_task": call.id, "id_live_preview": -1, "live_preview": False}
        with suppress(ProviderError):
            state = await self._line.send(
                Outgoing(path="internal/progress", json=asked, deadline=SHORT, purchase=False)
            )
            if state.body.at("active") is True:
                await self._line.send(Outgoing(path=f"{API}/interrupt", deadline=SHORT, purchase=False))


def written(call: Call, naming: Naming) -> Body:
    """The body. A control picture stands in a unit of its own; Forge is taken to read it as text too (2026-11-28)."""
    rest, own = set_apart(call, UNIT if call.input(Role.CONTROL) else ())
    unit = {"enabled": True, "save_detected_map": False, **{UNIT[name]: value for name, value in own.items()}}

    def picture(image: CallInput) -> object:
        text = base64_text(image)
        return {**unit, "image": text} if image.role is Role.CONTROL else text

    return naming.body(rest, picture=picture)


def _info(body: Reply) -> Reply:
    """What the engine says of its pictures: JSON within a text."""
    text = body.text("info")
    try:
        return Reply(orjson.loads(text)) if text else Reply(None)
    except orjson.JSONDecodeError:
        return Reply(None)


def refusal(answer: Answer) -> Refusal:
    """Either engine's errors: AUTOMATIC1111 says `error`, `detail`, `errors`, Forge a plain `detail`."""
    body = answer.body
    detail, kind = body.text("detail"), body.text("error") or ""
    said = detail or body.text("errors") or kind or answer.said
    if answer.status == 404 and detail == "Not Found":
        return meant(answer, FailureCode.UNREACHABLE, said="its API is off; start it with --api", field=None)
    if "OutOfMemory" in kind:
        return meant(
            answer, FailureCode.BAD_PARAMETER, said="it ran out of memory; ask for a smaller size", field="size"
        )
    field = _field(answer, said)
    code = FailureCode.BAD_PARAMETER if field else by_status(answer).code
    return meant(answer, code, said=said, field=field)


COMPLAINTS = {
    "Script 'controlnet'": "inputs",
    "Script '": "extra.script_name",
    "Sampler not found": "extra.sampler_name",
    "Init image not found": "inputs",
    "Invalid encoded image": "inputs",
    "Requests not allowed": "inputs",
}


def _field(answer: Answer, said: str) -> str | None:
    """The field of ours that a complaint is about."""
    place = answer.body.text("detail", 0, "loc", -1)
    if place is not None:
        return f"extra.{place}"
    return next((field for words, field in COMPLAINTS.items() if words in said), None)
