"""ComfyUI: workflows filled in, queued, listened to, found in its history (0.3.64 recorded, 0.38 read; 2026-11-20)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from limner.domain.accounts import Account
from limner.domain.call import Call, CallInput, Finished, Painted, Partial, Pending
from limner.domain.errors import FailureCode, ProviderError
from limner.domain.model_card import ModelCard
from limner.domain.request import Operation, Role
from limner.wire.line import Line
from limner.wire.outgoing import Form, FormFile, Outgoing
from limner.wire.refusals import Refusal, by_status
from limner.wire.reply import Answer, Reply
from limner.wire.takes import Takes
from limner.workflows.answers import RUNNING, SavedFile, pictures_of, place_of, saved_file
from limner.workflows.binding import Binding
from limner.workflows.checking import faults
from limner.workflows.complaints import Trouble, failure_of, partial_refusal, refusal_of
from limner.workflows.progress import HELLO, Progress
from limner.workflows.sending import PLAIN, Sheet

TAKES = Takes(
    operations=frozenset(Operation),
    fields=frozenset({*PLAIN, "seed", "size", "margins", "format"}),
    roles=frozenset(Role),
)
"""What some workflow takes; each of them takes what its binding has places for."""
FOLDER = "limner"
"""Where inputs and pictures lie within ComfyUI's own folders."""
SECONDS = 60.0
"""For each question; while it paints, ComfyUI answers between two steps."""
A_DAY = 86_400.0
FILES = ("checkpoints", "diffusion_models", "upscale_models", "loras", "controlnet")


class ComfyUI:
    """One server. A call is one prompt under the call's own id, by which it is found again."""

    def __init__(self, line: Line) -> None:
        self._line = line.adapted(headers={})

    async def submit(self, call: Call) -> Pending:
        """Uploads the inputs and queues the workflow. What is missing at the server is told before anything runs."""
        self._line.require(call, TAKES)
        sheet = Sheet.of(call.wire)
        if (field := sheet.objection(call)) is not None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_PARAMETER, field=field))
        # Without a client id newer servers leave the outputs of what they had cached empty (ComfyUI#13751).
        body = {
            "prompt": sheet.body(call, await self._uploaded(call, sheet), f"{FOLDER}/{call.id}"),
            "prompt_id": call.id,
            "client_id": call.id,
            "extra_data": {"preview_method": "auto" if call.partials else "none"},
        }
        line = replace(self._line, refusal=partial(refusal, binding=sheet.binding))
        answer = await line.send(Outgoing(path="prompt", json=body, deadline=min(call.timeout, SECONDS), purchase=True))
        if (trouble := partial_refusal(answer.body.mapping(), sheet.binding)) is not None:
            await self.cancel(self._pending(sheet.ticket(call)))  # the rest of it would run and bring no picture
            raise self._failed(trouble)
        return self._pending(sheet.ticket(call))

    async def find(self, call: Call) -> Finished | Pending | None:
        """A call of which nobody knows whether it arrived: its prompt id is ours."""
        try:
            return await self.poll(self._pending(Sheet.of(call.wire).ticket(call)))
        except ProviderError as error:
            if error.code != FailureCode.EXPIRED:
                raise
            return None

    async def poll(self, pending: Pending) -> Finished | Pending:
        """Looks into the history and, as long as it is not there, into the queue."""
        id = str(pending.ticket["prompt_id"])
        entry = await self._history(id)
        if entry is None:
            place = place_of((await self._ask("queue")).mapping(), id)
            if place is not None:
                return replace(pending, stage=place, poll_after=self._line.card.poll_seconds)
            entry = await self._history(id)  # it may have ended between the two questions
        if entry is None:
            said = "it is neither in the queue nor in the history: it was deleted there, or ComfyUI was restarted"
            raise self._line.failure(Refusal(code=FailureCode.EXPIRED, said=said))
        if (trouble := failure_of(entry)) is not None:
            raise self._failed(trouble)
        return await self._finished(pictures_of(entry, str(pending.ticket["output"])), pending)

    async def watch(self, pending: Pending) -> AsyncIterator[Partial]:
        """Progress and partial pictures, from a socket that hears of this call alone."""
        ticket = Reply(dict(pending.ticket))  # type: ignore[arg-type]  # a ticket is plain JSON
        held = {node: ticket.whole("weights", node) or 1 for node in ticket.mapping("weights")}
        progress = Progress(prompt_id=str(ticket.at("prompt_id")), weights=held)
        query, wanted, shown = {"clientId": str(ticket.at("client_id"))}, ticket.whole("previews") or 0, 0
        outgoing = Outgoing(method="GET", path="ws", query=query, json=HELLO, deadline=A_DAY, purchase=False)
        try:
            async with aclosing(self._line.listen(outgoing)) as messages:
                async for message in messages:
                    preview = None
                    if isinstance(message, bytes) and shown < wanted and progress.share > shown / (wanted + 1):
                        preview = progress.preview(message)
                        shown += preview is not None
                    if preview is not None or (isinstance(message, str) and progress.take(message)):
                        yield Partial(progress=progress.share, stage=progress.stage, preview=preview)
                    if progress.ended:
                        return
        except ProviderError:
            return  # a socket that breaks takes news with it and nothing else: the history knows how the call ended

    async def cancel(self, pending: Pending) -> bool:
        """Takes it out of the queue, or interrupts it and nothing else; False where it had ended before."""
        id = str(pending.ticket["prompt_id"])
        try:
            await self._ask("queue", {"delete": [id]})
            if place_of((await self._ask("queue")).mapping(), id) == RUNNING:
                await self._ask("interrupt", {"prompt_id": id})
                return True
            return await self._history(id) is None
        except ProviderError:
            return False  # not confirmed, whatever became of it

    async def check_key(self) -> Account:
        """The server's version and device; it has no keys of its own."""
        told = await self._ask("system_stats")
        version, device = told.text("system", "comfyui_version"), told.text("devices", 0, "name")
        return Account(name=f"ComfyUI {version or 'of an unknown version'} on {device or 'an unknown device'}")

    async def list_models(self) -> Sequence[str]:
        """The files that it has, as folder/name."""
        there = [str(item.value) for item in (await self._ask("models")).items()]
        folders = {folder: await self._ask(f"models/{folder}") for folder in FILES if folder in there}
        return [f"{folder}/{item.value}" for folder, told in folders.items() for item in told.items()]

    async def check_model(self, card: ModelCard) -> Sequence[str]:
        """Nodes and files that a workflow needs and the server lacks, all of them."""
        sheet = Sheet.of(card.wire)
        kinds = sorted({node.kind for node in sheet.graph.nodes.values()})
        told = {kind: (await self._ask(f"object_info/{kind}")).part(kind).mapping() for kind in kinds}
        return faults(sheet.graph, told, sheet.given_later)

    def _pending(self, ticket: Mapping[str, object]) -> Pending:
        return Pending(ticket=ticket, poll_after=self._line.card.poll_seconds)

    async def _uploaded(self, call: Call, sheet: Sheet) -> dict[str, list[str]]:
        """The names that the server gives the inputs, by their roles."""
        saved: dict[str, list[SavedFile]] = {}
        for image in sorted(call.inputs, key=lambda image: image.role is Role.MASK):
            stem = f"{image.role}-{image.digest[-20:] or call.id}"
            if image.role is Role.MASK and sheet.masks_source:
                saved["source"] = saved["mask"] = [await self._upload(image, stem, under=saved["source"][0])]
            else:
                saved.setdefault(image.role.value, []).append(await self._upload(image, stem))
        return {role: [file.path for file in files] for role, files in saved.items()}

    async def _upload(self, image: CallInput, stem: str, *, under: SavedFile | None = None) -> SavedFile:
        """One file. Other bytes under a name that is taken get another name, so the one that is answered counts."""
        fields = {"type": "input", "subfolder": FOLDER, **({"original_ref": under.reference} if under else {})}
        form = Form.of(fields, [FormFile.of(image, name="image", stem=stem)])
        path = "upload/mask" if under else "upload/image"
        answer = await self._line.send(Outgoing(path=path, form=form, deadline=SECONDS, purchase=False))
        saved = saved_file(answer.body.value)
        if saved is None:
            raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said="an upload was given no name"))
        return saved

    async def _finished(self, files: Sequence[SavedFile], pending: Pending) -> Finished:
        """All pictures of the node that saves; those of a batch share one seed."""
        if not files:
            said = f"node {pending.ticket['output']} has saved no picture"
            raise self._line.failure(Refusal(code=FailureCode.BAD_ANSWER, said=said))
        seed, pictures = Reply(pending.ticket.get("seed")).whole(), []  # type: ignore[arg-type]  # a ticket is plain JSON
        addresses = [f"{self._line.connection.base_url}/view?{file.query}" for file in files]
        landed, why = await self._line.downloads(addresses, deadline=SECONDS, own=True)
        for place, content in enumerate(landed):
            notes = {**({"place in batch": place} if len(files) > 1 else {}), **({"cut_short": why} if why else {})}
            pictures += [Painted(content=content, seed=seed, notes=notes)] if content else []
        return Finished(pictures=tuple(pictures), lost=landed.count(None), request_id=str(pending.ticket["prompt_id"]))

    async def _history(self, id: str) -> Mapping[str, object] | None:
        entry = (await self._ask(f"history/{id}")).at(id)
        return entry if isinstance(entry, Mapping) else None

    async def _ask(self, path: str, body: Mapping[str, object] | None = None) -> Reply:
        method = "GET" if body is None else "POST"
        outgoing = Outgoing(method=method, path=path, json=body, deadline=SECONDS, purchase=False)
        return (await self._line.send(outgoing)).body

    def _failed(self, trouble: Trouble) -> ProviderError:
        return self._line.failure(Refusal(code=trouble.code, said=trouble.said, field=trouble.field))


def refusal(answer: Answer, *, binding: Binding) -> Refusal:
    """Why a workflow is not taken: what is missing there, or which of our fields is wrong."""
    trouble = refusal_of(answer.body.mapping(), binding)
    if trouble is None:
        return by_status(answer)
    return replace(by_status(answer), code=trouble.code, said=trouble.said, field=trouble.field)
