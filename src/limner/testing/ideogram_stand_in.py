"""A local stand-in for Ideogram's v2 API: strict about fields, sizes and masks, every picture by ticket."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong


def words_of(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


LARGEST = 25_000_000
SIZES = frozenset(
    {"1024x1024", "2048x2048", "1440x2880", "2880x1440", "2560x1440", "1440x2560", "2496x1664", "1664x2496", "auto"}
)
SPEEDS = frozenset({"turbo", "default", "quality"})
GRADES = frozenset({"low", "medium", "high"})
WHOLE = {"num_images": (1, 8), "seed": (0, 2_147_483_647), "image_weight": (1, 100)}
"""Whole numbers, from and to."""
SHAPES = frozenset(
    f"{across}x{down}"
    for across, down in ((1, 3), (1, 2), (9, 16), (10, 16), (2, 3), (3, 4), (4, 5), (1, 1))
    for across, down in ((across, down), (down, across))
)
CHOICES = {
    "size": SIZES,
    "resolution": SIZES,
    "rendering_speed": SPEEDS,
    "quality": GRADES | {"very_low"},
    "aspect_ratio": SHAPES,
    "upscale_factor": frozenset({"x2", "x4", "x8"}),
}
FRAMES = "reframe/ideogram-3"
FRAME_SIZES = words_of(
    "512x1536 576x1408 576x1472 576x1536 640x1344 640x1408 640x1472 640x1536 704x1152 704x1216 704x1280 704x1344 "
    "704x1408 704x1472 736x1312 768x1088 768x1216 768x1280 768x1344 800x1280 832x960 832x1024 832x1088 832x1152 "
    "832x1216 832x1248 864x1152 896x960 896x1024 896x1088 896x1120 896x1152 960x832 960x896 960x1024 960x1088 "
    "1024x832 1024x896 1024x960 1024x1024 1088x768 1088x832 1088x896 1088x960 1120x896 1152x704 1152x832 1152x864 "
    "1152x896 1216x704 1216x768 1216x832 1248x832 1280x704 1280x768 1280x800 1312x736 1344x640 1344x704 1344x768 "
    "1408x576 1408x640 1408x704 1472x576 1472x640 1472x704 1536x512 1536x576 1536x640"
)
"""What the third generation calls its resolutions."""
SEVERAL = "num_images seed async webhook_url"
RULES = {
    "generate/ideogram-4-5": ("prompt", f"{SEVERAL} magic_prompt quality size enable_copyright_detection"),
    "generate/ideogram-4-6": ("prompt", f"{SEVERAL} magic_prompt quality size enable_copyright_detection"),
    "generate/ideogram-4": ("prompt", f"{SEVERAL} magic_prompt rendering_speed resolution"),
    "generate/ideogram-4-transparent": ("prompt", f"{SEVERAL} magic_prompt rendering_speed resolution"),
    "generate/ideogram-3": ("prompt", f"{SEVERAL} magic_prompt negative_prompt rendering_speed aspect_ratio"),
    "generate/ideogram-3-character": (
        "prompt character_reference_images",
        f"{SEVERAL} magic_prompt negative_prompt rendering_speed aspect_ratio",
    ),
    "generate/p-image-ideogram": ("prompt", f"{SEVERAL} magic_prompt"),
    "generate/z-image": ("prompt", "async"),
    "generate/nano-banana-2": ("prompt", "async"),
    "generate/nano-banana-pro": ("prompt", "async"),
    "precise-edit/ideogram-4-5": (
        "prompt image",
        f"{SEVERAL} mask reference_images quality enable_copyright_detection",
    ),
    "inpaint/ideogram-3": ("prompt image mask", f"{SEVERAL} rendering_speed"),
    "remix/ideogram-4": ("prompt image", f"{SEVERAL} image_weight rendering_speed"),
    "remix/ideogram-3": ("prompt image", f"{SEVERAL} image_weight rendering_speed"),
    "remix/ideogram-4-5": ("prompt image", f"{SEVERAL} image_weight reference_images quality"),
    FRAMES: ("image resolution", f"{SEVERAL} rendering_speed"),
    "replace-background/ideogram-3": ("prompt image", "num_images seed rendering_speed"),
    "remove-object/ideogram-1": ("image mask", ""),
    "remove-background/ideogram-1": ("image", "async"),
    "upscale/topaz-standard-2": ("image upscale_factor", "async"),
    "upscale/auto": ("image upscale_factor", "async"),
}
"""For each path the fields that it needs, and those that it takes beside them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request that has passed all checks."""

    path: str
    body: Mapping[str, object]
    source: Size | None

    @property
    def by_ticket(self) -> bool:
        """Whether it was asked for, or there is no other way."""
        return bool(self.body.get("async")) or "async" not in RULES[self.path][1]

    @property
    def size(self) -> Size:
        """What is painted."""
        factor = int(str(self.body.get("upscale_factor", "x1"))[1:])
        if self.source is not None and self.path != FRAMES:
            return Size(self.source.width * factor, self.source.height * factor)
        shape = self.body.get("aspect_ratio")
        if isinstance(shape, str):
            across, _, down = shape.partition("x")
            return Size(64 * int(across), 64 * int(down))
        text = str(self.body.get("size") or self.body.get("resolution") or "auto")
        return Size(1024, 1024) if text == "auto" else Size.parse(text)


class IdeogramStandIn(StandInServer):
    """The stand-in as a server: `waits` is how often a call that goes on there is not yet done when asked after."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None, waits: int = 1) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self.waits = waits
        self.masks: list[bytes] = []
        """The masks that came."""
        self._started: dict[str, tuple[Order, int]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Pictures and generations."""
        return [
            web.post("/v2/image/{action}/{model}", self._serve),
            web.get("/v2/generations/{id}", self._generation),
        ]

    def check_key(self, request: web.Request) -> None:
        """Ideogram has a header of its own."""
        if self.key is not None and request.headers.get("Api-Key") != self.key:
            raise Wrong("Unauthorized", status=401)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("dry_run") == "true":
            return await self.tell(request, At.ACCOUNT, lambda _: self._price(request))

        async def answer(order: Order, fault: Fault) -> web.StreamResponse:
            if fault.pictures == 0:
                return web.json_response({})
            if not order.by_ticket:
                return web.json_response({"generation_id": "now", "seed": 5, "data": self._data(order, fault)})
            generation = f"xtdZiqPwRxqY1Y7NExF{self.purchases}"
            self._started[generation] = (order, self.waits)
            return web.json_response({"generation_id": generation, "seed": 5})

        return await self.sell(request, self._order, answer)

    async def _price(self, request: web.Request) -> web.Response:
        body = await self.json_of(request, At.ACCOUNT)
        _check(_path(request), body)
        return web.json_response({"object": "price_quote", "quantity": 1, "usd_micros": 60_000, "qualifier": "exact"})

    async def _order(self, request: web.Request) -> Order:
        if request.content_type == "multipart/form-data":
            fields, files = await self.form_of(request)
            body = {name: _typed(name, value) for name, value in fields.items()}
        else:
            body, files = await self.json_of(request), {}
        path = _path(request)
        _check(path, body)
        self.masks += [data for name, data in files.items() if name == "mask"]
        return Order(path=path, body=body, source=_measured(files))

    async def _generation(self, request: web.Request) -> web.StreamResponse:
        async def answer(fault: Fault) -> web.Response:
            self.note(request, {}, At.POLL)
            generation = request.match_info["id"]
            if generation not in self._started:
                raise Wrong("Generation not found", status=404)
            order, left = self._started[generation]
            about = {"generation_id": generation, "created": "2026-11-20T12:00:00Z"}
            if left:
                self._started[generation] = (order, left - 1)
                return web.json_response({**about, "status": "pending"})
            data = self._data(order, fault)
            return web.json_response({**about, "status": "completed", "response_type": "url", "data": data})

        return await self.tell(request, At.POLL, answer)

    def _data(self, order: Order, fault: Fault) -> list[dict[str, object]]:
        wanted = order.body.get("num_images", 1) if fault.pictures is None else fault.pictures
        prompt = f"{order.body.get('prompt', '')}, finely lit"
        seed = order.body.get("seed", 5)
        return [
            {
                "object_type": "image",
                "prompt": prompt,
                "resolution": str(order.size),
                "is_image_safe": True,
                "seed": seed,
                "url": self.keep(self.paint(order.size)),
            }
            for _ in range(wanted if isinstance(wanted, int) else 1)
        ]


def _path(request: web.Request) -> str:
    """What is asked of which model. Raises Wrong where there is no such thing."""
    path = f"{request.match_info['action']}/{request.match_info['model']}"
    if path not in RULES:
        raise Wrong("Not found", status=404)
    return path


def _check(path: str, body: Mapping[str, object]) -> None:
    """Raises Wrong for what the path does not take."""
    required, optional = (words.split() for words in RULES[path])
    strange = sorted(body.keys() - {*required, *optional})
    missing = sorted(name for name in required if not body.get(name))
    if strange or missing:
        raise Wrong(f"{strange[0]} is not a field here" if strange else f"{missing[0]} is required")
    for name, usual in CHOICES.items():
        allowed = FRAME_SIZES if name == "resolution" and path == FRAMES else usual
        if name in body and body[name] not in allowed:
            raise Wrong(f"{name} must be one of {', '.join(sorted(allowed))}")
    if path.startswith("generate/") and body.get("quality") == "very_low":
        raise Wrong("quality very_low needs images")
    for name, (least, most) in WHOLE.items():
        value = body.get(name, least)
        if not isinstance(value, int) or not least <= value <= most:
            raise Wrong(f"{name} must be {least} to {most}")


def _typed(name: str, value: object) -> object:
    """A field of a form as the value that it stands for."""
    if name in WHOLE and isinstance(value, str) and value.isdecimal():
        return int(value)
    return {"true": True, "false": False}.get(str(value), value)


def _measured(files: Mapping[str, bytes]) -> Size | None:
    """The pixels of the source. Raises Wrong for files that Ideogram does not take."""
    sizes: dict[str, Size] = {}
    for name, data in files.items():
        if len(data) > LARGEST:
            raise Wrong("The file is larger than 25MB", status=413)
        with Image.open(io.BytesIO(data)) as picture:
            if picture.format not in {"PNG", "JPEG", "WEBP"}:
                raise Wrong(f"{name} must be JPEG, PNG or WEBP")
            sizes[name] = Size(*picture.size)
            if name == "mask" and set(picture.convert("L").getextrema()) != {0, 255}:
                raise Wrong("mask must contain both black and white areas")
    if "mask" in sizes and sizes["mask"] != sizes.get("image"):
        raise Wrong("mask must have the same width and height as image")
    return sizes.get("image")
