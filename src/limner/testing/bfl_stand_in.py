"""A local stand-in for Black Forest Labs: checks requests as the reference describes them, keeps tasks through polls.

There is no official SDK and its OpenAPI document is not at hand (2026-11-20): the rules are those of its reference.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import pybase64
from aiohttp import web
from PIL import Image, UnidentifiedImageError

from limner.domain.request import Aspect, Size
from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong

Check = Callable[[object], bool]


def text(value: object) -> bool:
    """Whether it is a text."""
    return isinstance(value, str)


def flag(value: object) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def between(low: float, high: float, *, step: int = 0) -> Check:
    """Whether it is a number in a range; with a step a multiple of it."""

    def check(value: object) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and low <= float(str(value)) <= high and (not step or int(str(value)) % step == 0)

    return check


def one_of(*words: str) -> Check:
    """Whether it is one of these."""
    return lambda value: value in words


def pictures(value: object) -> bool:
    """Whether it is a list of one to ten pictures."""
    return isinstance(value, list) and 1 <= len(value) <= 10 and all(size_of(item) for item in value)


def picture(value: object) -> bool:
    """Whether it is a picture as base64."""
    return size_of(value) is not None


SEED = {"seed": between(0, 2**32 - 1)}
shape = one_of("auto", "1:1", "21:9", "16:9", "3:2", "4:3", "3:4", "2:3", "9:16", "9:21")
FREE = {"width": between(64, 16_384, step=16), "height": between(64, 16_384, step=16)}
CLASSIC = {"width": between(256, 1440, step=32), "height": between(256, 1440, step=32)}
STRENGTH = {"steps": between(15, 50), "guidance": between(1.5, 100)}
SIDES = {side: between(0, 2048) for side in ("top", "bottom", "left", "right")}
COMMON = {"output_format": one_of("jpeg", "png"), "webhook_url": text, "webhook_secret": text}


def flux_2(inputs: int) -> dict[str, Check]:
    """The fields of FLUX.2 with so many pictures."""
    names = ["input_image", *(f"input_image_{number}" for number in range(2, inputs + 1))]
    return {"prompt": text, **FREE, **SEED, "safety_tolerance": between(0, 5), **dict.fromkeys(names, picture)}


KONTEXT: Mapping[str, Check] = {
    "prompt": text,
    "input_image": picture,
    "aspect_ratio": shape,
    "prompt_upsampling": flag,
    "safety_tolerance": between(0, 2),
    **SEED,
}
FIELDS: Mapping[str, Mapping[str, Check]] = {
    **dict.fromkeys(("flux-2-pro", "flux-2-pro-preview", "flux-2-max"), flux_2(8)),
    "flux-2-flex": {**flux_2(8), "steps": between(1, 50), "guidance": between(1.5, 10)},
    **dict.fromkeys(("flux-2-klein-4b", "flux-2-klein-9b", "flux-2-klein-9b-preview"), flux_2(4)),
    "flux-3-image": {
        "prompt": text,
        "images": pictures,
        "aspect_ratio": shape,
        "resolution": one_of("768sq", "1k", "1.5k", "2k", "4k"),
        "grounding": flag,
        "safety_tolerance": between(0, 4),
    },
    **dict.fromkeys(("flux-kontext-pro", "flux-kontext-max"), KONTEXT),
    "flux-pro-1.1": {
        "prompt": text,
        **CLASSIC,
        **SEED,
        "prompt_upsampling": flag,
        "image_prompt": picture,
        "safety_tolerance": between(0, 6),
    },
    "flux-pro-1.1-ultra": {
        "prompt": text,
        "aspect_ratio": shape,
        "raw": flag,
        "image_prompt": picture,
        "image_prompt_strength": between(0, 1),
        **SEED,
    },
    "flux-dev": {"prompt": text, **CLASSIC, **SEED, "steps": between(1, 50), "guidance": between(1.5, 5)},
    "flux-pro-1.0-fill": {"prompt": text, "image": picture, "mask": picture, **STRENGTH},
    "flux-pro-1.0-expand": {"prompt": text, "image": picture, **SIDES, **STRENGTH},
    "flux-tools/erase-v1": {"image": picture, "mask": picture, "dilate_pixels": between(0, 25), **SEED},
    "flux-tools/outpainting-v1": {
        "prompt": text,
        "input_image": picture,
        "width": between(64, 4096),
        "height": between(64, 4096),
        "reference_offset_x": between(0, 4096),
        "reference_offset_y": between(0, 4096),
    },
}
"""What each path takes, beside what all take; anything else is refused."""
REQUIRED = {
    "flux-kontext-pro": ("prompt", "input_image"),
    "flux-kontext-max": ("prompt", "input_image"),
    "flux-pro-1.0-fill": ("image", "mask"),
    "flux-pro-1.0-expand": ("image",),
    "flux-tools/erase-v1": ("image", "mask"),
    "flux-tools/outpainting-v1": ("input_image", "width", "height"),
}
"""Fields that a path cannot do without; the others need a prompt."""
EDGES = {"768sq": 768, "1k": 1024, "1.5k": 1536, "2k": 2048, "4k": 4096}
PARTS = ("Pending", "Pending")
"""What the polls say before the picture is ready."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A request that was accepted."""

    id: str
    size: Size
    media: str
    seed: int
    prompt: str


class BlackForestLabsStandIn(StandInServer):
    """The stand-in as a server of its own: `async with BlackForestLabsStandIn() as stand_in: stand_in.base_url`."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self._tasks: dict[str, Task] = {}
        self._polls: dict[str, int] = {}

    def routes(self) -> list[web.RouteDef]:
        """Tasks, their results, the credit."""
        return [
            web.get("/v1/get_result", self._result),
            web.get("/v1/credits", self._credits),
            web.post("/v1/{model:.+}", self._submit),
        ]

    def check_key(self, request: web.Request) -> None:
        """The key stands in a header of its own."""
        if self.key is not None and request.headers.get("x-key") != self.key:
            raise Wrong("Not authenticated - Invalid Authentication", status=403)

    def refused(self, wrong: Wrong) -> web.Response:
        """FastAPI's list where a field is wrong, else a text."""
        place = ["body", wrong.param]
        detail = [{"loc": place, "msg": wrong.message, "type": "value_error"}] if wrong.param else wrong.message
        return web.json_response({"detail": detail}, status=wrong.status)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        async def answer(task: Task, _: Fault) -> web.StreamResponse:
            megapixels = round(task.size.pixels / 1e6, 2)
            address = f"{self.root}/v1/get_result?id={task.id}"
            paid = {"cost": 3, "input_mp": 0, "output_mp": megapixels}
            return web.json_response({"id": task.id, "polling_url": address, **paid})

        return await self.sell(request, self._task, answer)

    async def _task(self, request: web.Request) -> Task:
        model, body = request.match_info["model"], await self.json_of(request)
        fields = FIELDS.get(model)
        if fields is None:
            raise Wrong("Not Found", status=404)
        for name in (*REQUIRED.get(model, ("prompt",)), *body):
            check = {**COMMON, **fields}.get(name)
            if check is None or name not in body or not check(body[name]):
                kind = "Field required" if name not in body else "Input should be valid"
                raise Wrong(kind if check else "Extra inputs are not permitted", name, status=422)
        seed = body.get("seed")
        task = Task(
            id=f"task-{next(self.numbers)}",
            size=painted_size(body),
            media=str(body.get("output_format", "jpeg")),
            seed=seed if isinstance(seed, int) else 7,
            prompt=str(body.get("prompt", "")),
        )
        self._tasks[task.id] = task
        return task

    async def _result(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            id = request.query.get("id", "")
            self.note(request, dict(request.query), At.POLL)
            task = self._tasks.get(id)
            if task is None:
                return web.json_response({"id": id, "status": "Task not found", "result": None})
            seen = self._polls[id] = self._polls.get(id, -1) + 1
            if seen < len(PARTS):
                share = (seen + 1) / (len(PARTS) + 1)
                return web.json_response({"id": id, "status": PARTS[seen], "result": None, "progress": share})
            sample = self.keep(self.paint(task.size, media=task.media), f"image/{task.media}")
            result = {"sample": sample, "prompt": task.prompt, "seed": task.seed}
            return web.json_response({"id": id, "status": "Ready", "result": result, "details": None})

        return await self.tell(request, At.POLL, answer)

    async def _credits(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response({"credits": 1234.5})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Links are signed: a key does not belong there."""
        if "x-key" in request.headers:
            return web.Response(status=400, text="no key belongs here")
        return await super()._file(request)


def size_of(value: object) -> Size | None:
    """The size of a picture given as base64; None where it is none."""
    try:
        image = Image.open(io.BytesIO(pybase64.b64decode(str(value), validate=True)))
    except (ValueError, UnidentifiedImageError):
        return None
    return Size(*image.size)


def painted_size(body: Mapping[str, object]) -> Size:
    """The size that comes out. Raises Wrong where the pictures that go in do not fit, or it would be too large."""
    source, mask = size_of(body.get("image")), size_of(body.get("mask"))
    if mask is not None and source != mask:
        raise Wrong("Mask must have the same dimensions as the image", "mask", status=422)
    if source is not None:
        left, top, right, bottom = (int(str(body.get(side, 0))) for side in ("left", "top", "right", "bottom"))
        return Size(source.width + left + right, source.height + top + bottom)
    if "width" in body and "height" in body:
        size = Size(int(str(body["width"])), int(str(body["height"])))
        if size.pixels > 2**22:
            raise Wrong("Image must not have more than 4 megapixels", "width", status=422)
        return size
    edge = EDGES[str(body.get("resolution", "1k"))]
    shape_wanted = str(body.get("aspect_ratio", "1:1"))
    ratio = Aspect.parse("1:1" if shape_wanted == "auto" else shape_wanted).ratio
    return Size(round(edge * sqrt(ratio)), round(edge / sqrt(ratio)))
