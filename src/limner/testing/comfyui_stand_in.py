"""A local stand-in for ComfyUI: checks workflows as it does, queues them, tells their progress, paints gradients.

A job goes one step further each time its history is asked for, and runs through at once when its client opens a socket;
while `held` is set nothing moves. Shapes and the order of messages are those recorded from 0.3.64 (2026-11-20).
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import orjson
from aiohttp import WSMsgType, web
from PIL import Image

from limner.domain.errors import InvalidRequest
from limner.domain.request import Size
from limner.testing.comfyui_rules import Refused, Rules, made_by
from limner.testing.faults import At, Drop, Fault
from limner.testing.stand_in import StandInServer, Wrong, broken_off, delivered, plain
from limner.workflows.graph import Graph

STEPS = 4
"""Steps of a sampler that are told of, however many it takes."""
LIMIT = 104_857_600


@dataclass(kw_only=True)
class Job:
    """One prompt in the queue."""

    id: str
    graph: Graph
    outputs: list[str]
    extra: Mapping[str, object]
    number: int = 0
    pictures: int | None = None
    """How many come, whatever was asked for."""
    asked: int = 0
    ended: str = ""
    """`success`, or the message that ended it."""
    images: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    messages: list[tuple[str, dict[str, object]]] = field(default_factory=list)


class ComfyUIStandIn(StandInServer):
    """The stand-in as a server of its own: `async with ComfyUIStandIn() as stand_in: stand_in.base_url`."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        """With a `key` it stands behind a proxy that asks for it."""
        super().__init__(port=port, latency=latency, key=key)
        self.rules = Rules()
        self.held = False
        """Whether jobs stay where they are."""
        self.failing: tuple[str, Mapping[str, object]] | None = None
        """How the next job ends, in place of success."""
        self.breaks_after: int | None = None
        """Messages after which a socket breaks."""
        self.jobs: dict[str, Job] = {}
        self.sockets = 0
        """How many have been opened."""
        self.inputs: dict[str, bytes] = {}
        self._pictures: dict[str, bytes] = {}
        self._cache: dict[str, dict[str, list[dict[str, str]]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The part of ComfyUI's interface that is used, and its refusal of foreign origins."""
        return [
            web.post("/prompt", self._prompt),
            web.get("/queue", self._queue),
            web.post("/queue", self._change_queue),
            web.post("/interrupt", self._interrupt),
            web.get("/history/{id}", self._history),
            web.get("/view", self._view),
            web.post("/upload/image", self._upload),
            web.post("/upload/mask", self._upload),
            web.get("/object_info/{kind}", self._object_info),
            web.get("/system_stats", self._system_stats),
            web.get("/models", self._models),
            web.get("/models/{folder}", self._models),
            web.get("/ws", self._socket),
        ]

    # --- queueing -----------------------------------------------------------------------------

    async def _prompt(self, request: web.Request) -> web.StreamResponse:
        if "Origin" in request.headers:
            return web.Response(status=403)

        async def read(request: web.Request) -> tuple[Job, dict[str, object]]:
            return self._job(await self.json_of(request))

        async def answer(order: tuple[Job, dict[str, object]], fault: Fault) -> web.StreamResponse:
            job, wrong = order
            job.number, job.pictures = self.purchases - 1, fault.pictures
            self.jobs[job.id] = job
            return web.json_response({"prompt_id": job.id, "number": job.number, "node_errors": wrong})

        return await self.sell(request, read, answer)

    def refused(self, wrong: Wrong) -> web.Response:
        """ComfyUI's shape: the error, and what is wrong with each node."""
        body = wrong.body if isinstance(wrong, Refused) else {"error": {"message": wrong.message}}
        return web.json_response(body, status=wrong.status)

    def _job(self, body: Mapping[str, object]) -> tuple[Job, dict[str, object]]:
        if "prompt" not in body:
            raise Refused("no_prompt", "No prompt provided", "No prompt provided")
        try:
            graph = Graph.of(body["prompt"])
        except InvalidRequest as error:
            raise Refused("invalid_prompt", error.message) from error
        outputs, wrong = self.rules.checked(graph, self.inputs)
        extra = body.get("extra_data")
        given = extra if isinstance(extra, dict) else {}
        job = Job(
            id=str(body.get("prompt_id") or f"prompt-{self.purchases}"),
            graph=graph,
            outputs=outputs,
            extra={**given, "client_id": body.get("client_id")},
        )
        return job, wrong

    @property
    def waiting(self) -> list[Job]:
        """The jobs that have not ended; the first one is running."""
        return sorted((job for job in self.jobs.values() if not job.ended), key=lambda job: job.number)

    async def _queue(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            rows = [[job.number, job.id, job.graph.body(), job.extra, job.outputs] for job in self.waiting]
            return web.json_response({"queue_running": rows[:1], "queue_pending": rows[:0:-1]})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _change_queue(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            body = await self.json_of(request, At.CANCEL)
            ids = body.get("delete")
            for job in self.waiting[1:]:
                if isinstance(ids, list) and job.id in ids:
                    del self.jobs[job.id]
            return web.Response()

        return await self.tell(request, At.CANCEL, answer)

    async def _interrupt(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            body = await self.json_of(request, At.CANCEL)
            running = self.waiting[:1]
            if running and body.get("prompt_id") in {None, running[0].id}:
                self._end(running[0], "execution_interrupted", {"node_id": "sampler", "node_type": "KSampler"})
            return web.Response()

        return await self.tell(request, At.CANCEL, answer)

    # --- painting -----------------------------------------------------------------------------

    def _advance(self, job: Job) -> None:
        """One step: into the work, and at the second question to its end."""
        job.asked += 1
        if job.asked > 1 and not self.held and self.waiting[:1] == [job]:
            self._finish(job)

    def _finish(self, job: Job) -> None:
        if self.failing is not None:
            (name, about), self.failing = self.failing, None
            self._end(job, name, about)
            return
        key = json.dumps(job.graph.body(), sort_keys=True)
        cached = sorted(job.graph.nodes) if key in self._cache else []
        if not cached:
            self._cache[key] = {id: self._saved(job, id) for id in job.outputs}
        job.images = self._cache[key]
        job.messages.append(("execution_cached", {"nodes": cached, "prompt_id": job.id}))
        self._end(job, "execution_success", {})

    def _end(self, job: Job, name: str, about: Mapping[str, object]) -> None:
        job.messages.append((name, {"prompt_id": job.id, **about}))
        job.ended = name

    def _saved(self, job: Job, output: str) -> list[dict[str, str]]:
        """Paints what a node saves, under names that count up."""
        node = job.graph.nodes[output]
        size, count = made_by(job.graph, node, {path: _size(data) for path, data in self.inputs.items()})
        subfolder, _, stem = str(node.inputs["filename_prefix"]).rpartition("/")
        found = []
        for place in range(count if job.pictures is None else job.pictures):
            file = f"{stem}_{place + 1:05}_.png"
            self._pictures[f"output/{subfolder}/{file}"] = self.paint(size)
            found.append({"filename": file, "subfolder": subfolder, "type": "output"})
        return found

    async def _history(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            job = self.jobs.get(request.match_info["id"])
            if job is not None and not job.ended:
                self._advance(job)
            return web.json_response({job.id: _entry(job)} if job is not None and job.ended else {})

        return await self.tell(request, At.POLL, answer)

    async def _view(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.next(At.DOWNLOAD)
        if fault.drop in (Drop.BEFORE_READING, Drop.AFTER_READING):
            return broken_off(request)
        if fault.status is not None:
            return plain(fault)
        asked = request.query
        data = self._pictures.get(f"{asked.get('type')}/{asked.get('subfolder')}/{asked.get('filename')}")
        if data is None or not self._opens(request):
            return web.Response(status=404 if self._opens(request) else 401)
        return await delivered(request, web.Response(body=data, content_type="image/png"), fault)

    def _opens(self, request: web.Request) -> bool:
        return self.key is None or request.headers.get("Authorization") == f"Bearer {self.key}"

    # --- inputs and questions -----------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            body, files = await self.form_of(request, At.UPLOAD)
            if "image" not in files:
                return web.Response(status=400)
            data = files["image"]
            if request.path.endswith("mask"):
                under = json.loads(str(body["original_ref"]))
                data = _masked(self.inputs[f"{under['subfolder']}/{under['filename']}"], data)
            name = str(body["image"]).split(" ", maxsplit=1)[0]
            path = self._free(f"{body.get('subfolder', '')}/{name}".lstrip("/"), data)
            self.inputs[path] = data
            folder, name = PurePosixPath(path).parent, PurePosixPath(path).name
            subfolder = "" if folder == PurePosixPath() else str(folder)
            return web.json_response({"name": name, "subfolder": subfolder, "type": "input"})

        return await self.tell(request, At.UPLOAD, answer)

    def _free(self, path: str, data: bytes) -> str:
        """The path itself where it is free or holds the same bytes, else one with a number."""
        number, tried = 0, path
        while self.inputs.get(tried, data) != data:
            number += 1
            stem, _, ending = path.rpartition(".")
            tried = f"{stem} ({number}).{ending}"
        return tried

    async def _object_info(self, request: web.Request) -> web.StreamResponse:
        kind = request.match_info["kind"]

        async def answer(_: Fault) -> web.Response:
            return web.json_response({kind: self.rules.nodes[kind]} if kind in self.rules.nodes else {})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _system_stats(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            device = {"name": "cpu", "type": "cpu", "index": None, "vram_total": 1, "vram_free": 1}
            return web.json_response({"system": {"comfyui_version": "0.3.64", "os": "posix"}, "devices": [device]})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            folders = {"checkpoints": ("CheckpointLoaderSimple", "ckpt_name"), "loras": ("LoraLoader", "lora_name")}
            folder = request.match_info.get("folder")
            if folder is None:
                return web.json_response([*folders, "configs"])
            if folder not in folders:
                return web.Response(status=404)
            kind, input = folders[folder]
            told = self.rules.nodes[kind]["input"]
            return web.json_response(told["required"][input][0] if isinstance(told, dict) else [])

        return await self.tell(request, At.ACCOUNT, answer)

    # --- the socket ---------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if "Origin" in request.headers or not self._opens(request):
            return web.Response(status=403)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets += 1
        client = request.query.get("clientId")
        await _say(socket, "status", {"status": {"exec_info": {"queue_remaining": len(self.waiting)}}, "sid": client})
        hello = await socket.receive()
        told = hello.type is WSMsgType.TEXT and "supports_preview_metadata" in str(hello.data)
        if told:
            await _say(socket, "feature_flags", {"supports_preview_metadata": True, "max_upload_size": LIMIT})
        running = [job for job in self.waiting[:1] if job.extra.get("client_id") == client and not self.held]
        for job in running:
            with contextlib.suppress(ConnectionError):
                await self._perform(request, socket, job, told=told)
        with contextlib.suppress(ConnectionError):
            async for _ in socket:
                pass
        return socket

    async def _perform(self, request: web.Request, socket: web.WebSocketResponse, job: Job, *, told: bool) -> None:
        """Runs a job through, telling of each node and each step as ComfyUI does."""
        self._finish(job)
        (begun, *_), last = job.messages, job.messages[-1]
        states: dict[str, object] = {}
        messages: list[bytes | tuple[str, dict[str, object]]] = [("execution_start", {"prompt_id": job.id}), begun]
        for node in job.graph.upstream(job.graph.nodes[job.outputs[0]]) if job.ended == "execution_success" else ():
            steps = STEPS if node.link("latent_image") else 1
            messages.append(("executing", {"node": node.id, "display_node": node.id, "prompt_id": job.id}))
            for step in range(1, steps + 1):
                states[node.id] = {"value": step, "max": steps, "state": "running", "prompt_id": job.id}
                messages.append(("progress_state", {"prompt_id": job.id, "nodes": dict(states)}))
                if steps > 1 and job.extra.get("preview_method") != "none":
                    messages.append(_preview(self.maker.picture("jpeg", Size(64, 64), step), job, node.id, told=told))
        messages += [last, ("executing", {"node": None, "prompt_id": job.id})]
        for count, message in enumerate(messages):
            if count == self.breaks_after:
                broken_off(request)
                return
            await (socket.send_bytes(message) if isinstance(message, bytes) else _say(socket, *message))
            await asyncio.sleep(0)


async def _say(socket: web.WebSocketResponse, kind: str, data: Mapping[str, object]) -> None:
    await socket.send_str(orjson.dumps({"type": kind, "data": data}).decode())


def _preview(picture: bytes, job: Job, node: str, *, told: bool) -> bytes:
    """A binary frame: with whose it is, for clients that want to be told, or without."""
    if not told:
        return struct.pack(">II", 1, 1) + picture
    about = orjson.dumps({"node_id": node, "prompt_id": job.id, "image_type": "image/jpeg"})
    return struct.pack(">II", 4, len(about)) + about + picture


def _entry(job: Job) -> dict[str, object]:
    """A job as the history has it."""
    well = job.ended == "execution_success"
    return {
        "prompt": [job.number, job.id, job.graph.body(), job.extra, job.outputs],
        "outputs": {id: {"images": images} for id, images in job.images.items()},
        "status": {
            "status_str": "success" if well else "error",
            "completed": well,
            "messages": [["execution_start", {"prompt_id": job.id}], *map(list, job.messages)],
        },
        "meta": {},
    }


def _size(data: bytes) -> Size:
    return Size(*Image.open(io.BytesIO(data)).size)


def _masked(picture: bytes, mask: bytes) -> bytes:
    """The picture with the transparency of another one."""
    found = Image.open(io.BytesIO(picture)).convert("RGBA")
    found.putalpha(Image.open(io.BytesIO(mask)).convert("RGBA").getchannel("A").resize(found.size))
    out = io.BytesIO()
    found.save(out, "png")
    return out.getvalue()
