"""A local stand-in for Recraft: strict about fields, sizes, styles and masks, and it answers with units."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from uuid import UUID

from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong

LARGEST = 10_000_000
CREATED = 1_700_000_000
PLAIN = "prompt n response_format image_format"
FULL = f"{PLAIN} model style style_id substyle negative_prompt controls text_layout"
GENERATION = f"{FULL} size random_seed style_match creativity block_nsfw expire style_reference_urls"
RULES = {
    "generations": ("prompt", GENERATION),
    "imageToImage": ("prompt image strength", f"{FULL} random_seed"),
    "inpaint": ("prompt image mask", FULL),
    "generateBackground": ("prompt image mask", FULL),
    "replaceBackground": ("prompt image", FULL),
    "outpaint": ("prompt image", f"{FULL} size expand_left expand_top expand_right expand_bottom zoom_out_percentage"),
    "variateImage": ("image size", "response_format image_format"),
    "eraseRegion": ("image mask", "response_format image_format"),
    "removeBackground": ("image", "response_format image_format"),
    "crispUpscale": ("image", "response_format image_format"),
    "creativeUpscale": ("image", "response_format image_format"),
}
"""For each path the fields that it needs, and those that it takes beside them."""
SINGLE = frozenset({"eraseRegion", "removeBackground", "crispUpscale", "creativeUpscale"})
UNITS = {
    "recraftv4_1": 35,
    "recraftv4_1_utility": 35,
    "recraftv4_1_pro": 210,
    "recraftv4_1_utility_pro": 210,
    "recraftv4": 40,
    "recraftv4_pro": 250,
    "recraftv4_styles": 40,
    "recraftv3": 40,
    "recraftv2": 22,
    "variateImage": 40,
    "eraseRegion": 2,
    "removeBackground": 10,
    "crispUpscale": 4,
    "creativeUpscale": 250,
}
OLD = frozenset({"recraftv3", "recraftv2"})
OLD_LONG = (1024, 1280, 1365, 1434, 1536, 1707, 1820, 2048)
OLD_SIZES = frozenset(f"{a}x{b}" for a, b in product(OLD_LONG, OLD_LONG) if 1024 in (a, b))
NEW_SIZES = frozenset(
    [
        "1024x1024",
        "1536x768",
        "768x1536",
        "1280x832",
        "832x1280",
        "1216x896",
        "896x1216",
        "1152x896",
        "896x1152",
        "832x1344",
        "1280x896",
        "896x1280",
        "1344x768",
        "768x1344",
    ]
)
PRO_SIZES = frozenset(str(Size(2 * size.width, 2 * size.height)) for size in map(Size.parse, NEW_SIZES))
NUMBERS = {"n", "strength", "random_seed", "expand_left", "expand_top", "expand_right", "expand_bottom"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request that has passed all checks."""

    path: str
    body: Mapping[str, object]
    source: Size | None

    @property
    def count(self) -> int:
        """How many pictures are wanted."""
        wanted = self.body.get("n", 1)
        return wanted if isinstance(wanted, int) else 1

    @property
    def size(self) -> Size:
        """What is painted."""
        if "size" in self.body or self.source is None:
            return Size.parse(str(self.body.get("size", "1024x1024")))
        grown = [self.body.get(f"expand_{side}", 0) for side in ("left", "right", "top", "bottom")]
        left, right, top, bottom = (side if isinstance(side, int) else 0 for side in grown)
        factor = 4 if self.path.endswith("Upscale") else 1
        return Size(self.source.width * factor + left + right, self.source.height * factor + top + bottom)

    @property
    def units(self) -> int:
        """What it costs."""
        return (
            UNITS[str(self.body.get("model", "recraftv3"))] * self.count if self.path not in UNITS else UNITS[self.path]
        )


class RecraftStandIn(StandInServer):
    """The stand-in as a server of its own; the OpenAI client generates with it."""

    base_path = "/v1"

    def routes(self) -> list[web.RouteDef]:
        """Pictures, models and the account."""
        return [
            web.post("/v1/images/{path}", self._serve),
            web.get("/v1/users/me", self._account),
            web.get("/v1/models", self._models),
        ]

    def check_key(self, request: web.Request) -> None:
        """Recraft's words for a wrong key."""
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Wrong("request unauthorized", status=401)

    def refused(self, wrong: Wrong) -> web.Response:
        """Text for the key and unknown paths, JSON for the rest."""
        if wrong.status in {401, 404}:
            return web.Response(text=wrong.message, status=wrong.status)
        return web.json_response(
            {"code": wrong.code or "invalid_request", "message": wrong.message}, status=wrong.status
        )

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        async def answer(order: Order, fault: Fault) -> web.StreamResponse:
            told: dict[str, object] = {"created": CREATED, "credits": order.units}
            if order.path in SINGLE:
                return web.json_response(
                    {**told, **({} if fault.pictures == 0 else {"image": self._item(order, fault)})}
                )
            count = order.count if fault.pictures is None else fault.pictures
            items = [self._item(order, fault, first=place == 0) for place in range(count)]
            return web.json_response({**told, "data": items})

        return await self.sell(request, self._order, answer)

    def _item(self, order: Order, fault: Fault, *, first: bool = True) -> dict[str, object]:
        number, media = UUID(int=self.painted), str(order.body.get("image_format", "webp"))
        if order.body.get("response_format") == "b64_json":
            return {"image_id": str(number), "b64_json": self.paint_text(order.size, fault, media=media, first=first)}
        return {"image_id": str(number), "url": self.keep(self.paint(order.size, media=media), f"image/{media}")}

    async def _order(self, request: web.Request) -> Order:
        path = request.match_info["path"]
        if path not in RULES:
            raise Wrong("404 page not found", status=404)
        if request.content_type == "multipart/form-data":
            fields, files = await self.form_of(request)
            body = {name: _typed(name, value) for name, value in fields.items()}
        else:
            body, files = await self.json_of(request), {}
        _check(path, body)
        return Order(path=path, body=body, source=_measured(files))

    async def _account(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response({"id": "u1", "email": "a@b.example", "name": "Ada", "credits": 1234})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            names = [*(name for name in UNITS if name.startswith("recraft")), "recraftv4_1_vector"]
            return web.json_response({"data": [{"id": name, "name": name, "pricing": {}} for name in names]})

        return await self.tell(request, At.ACCOUNT, answer)


def _check(path: str, body: Mapping[str, object]) -> None:
    """Raises Wrong for what the path does not take."""
    required, optional = (words.split() for words in RULES[path])
    strange = sorted(body.keys() - {*required, *optional})
    missing = sorted(name for name in required if body.get(name) in (None, ""))
    if strange or missing:
        raise Wrong(f"unknown field {strange[0]}" if strange else f"{missing[0]} is required")
    if not 1 <= int(str(body.get("n", 1))) <= 6:
        raise Wrong("n must be between 1 and 6")
    if body.get("image_format", "webp") not in {"webp", "png"}:
        raise Wrong("image_format must be webp or png")
    _check_model(str(body.get("model", "recraftv3")), body)


def _check_model(model: str, body: Mapping[str, object]) -> None:
    """What depends on the model: sizes, styles, the length of the prompt."""
    if model not in UNITS:
        raise Wrong(f"unknown model {model}")
    sizes = OLD_SIZES if model in OLD else PRO_SIZES if model.endswith("_pro") else NEW_SIZES
    if body.get("size", "1024x1024" if model in OLD else min(sizes)) not in sizes:
        raise Wrong(f"unsupported size {body['size']}")
    if model not in OLD and ("style" in body or "negative_prompt" in body):
        raise Wrong(f"style and negative_prompt are not for {model}")
    if len(str(body.get("prompt", ""))) > (1000 if model in OLD else 10_000):
        raise Wrong("prompt is too long")


def _typed(name: str, value: object) -> object:
    """A field of a form as the value that it stands for."""
    if name in NUMBERS and isinstance(value, str):
        return int(value) if value.isdecimal() else float(value)
    return value


def _measured(files: Mapping[str, bytes]) -> Size | None:
    """The pixels of the source. Raises Wrong for files that Recraft does not take."""
    sizes: dict[str, Size] = {}
    for name, data in files.items():
        if len(data) >= LARGEST:
            raise Wrong("file is too large", status=413)
        with Image.open(io.BytesIO(data)) as picture:
            sizes[name] = Size(*picture.size)
            levels = {level for level, pixels in enumerate(picture.convert("L").histogram()) if pixels}
        if name == "mask" and not levels <= {0, 255}:
            raise Wrong("every pixel of the mask must be 0 or 255")
        if not all(32 <= edge <= 4096 for edge in (sizes[name].width, sizes[name].height)):
            raise Wrong(f"{name} must have sides of 32 to 4096 pixels")
    if "mask" in sizes and sizes["mask"] != sizes.get("image"):
        raise Wrong("mask must be of the same size as image")
    return sizes.get("image")
