"""A local stand-in for Together AI's image endpoint: checks requests against its OpenAPI document, paints gradients."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pybase64
from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

FLUX = "black-forest-labs/FLUX."
ONE_PICTURE = ("1-kontext-pro", "1-kontext-max", "1-kontext-dev")
"""Models of FLUX that take `image_url`."""
SEVERAL_PICTURES = ("2-pro", "2-flex", "2-dev")
"""Models of FLUX that take `reference_images`."""
STEPPED = ("1-schnell", "1-schnell-Free", "1-dev", "1-krea-dev", "1-kontext-dev")
"""Models of FLUX whose steps and guidance can be chosen."""
STABLE = ("stabilityai/stable-diffusion-xl-base-1.0", "stabilityai/stable-diffusion-3-medium")
"""Models with steps, guidance and negative prompts."""
OTHERS = (
    *(f"{FLUX}{name}" for name in ("1.1-pro", "1-pro", "2-max")),
    "Qwen/Qwen-Image",
    "ByteDance-Seed/Seedream-3.0",
    "ByteDance-Seed/Seedream-4.0",
    "ideogram/ideogram-3.0",
    "HiDream-ai/HiDream-I1-Full",
    "HiDream-ai/HiDream-I1-Dev",
    "HiDream-ai/HiDream-I1-Fast",
    "RunDiffusion/Juggernaut-pro-flux",
    "Rundiffusion/Juggernaut-Lightning-Flux",
    "Lykon/DreamShaper",
)
EVERYWHERE = frozenset(
    {"model", "prompt", "n", "width", "height", "seed", "response_format", "output_format", "disable_safety_checker"}
)
"""Fields that every model takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request for pictures that has passed all checks."""

    body: Mapping[str, object]
    size: Size
    count: int


class TogetherStandIn(StandInServer):
    """The stand-in as a server of its own: `async with TogetherStandIn() as stand_in: stand_in.base_url`.

    Its own client from 3.0 on wants `stand_in.root`, since its paths carry the version.
    """

    base_path = "/v1"

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self._document = Specification("together")
        self._models = _models()

    def routes(self) -> list[web.RouteDef]:
        """Pictures, the list of models, and whose key it is."""
        return [
            web.post("/v1/images/generations", self._generations),
            web.get("/v1/models", self._list),
            web.get("/v3/whoami", self._whoami),
        ]

    def refused(self, wrong: Wrong) -> web.Response:
        """Together's shape of errors."""
        error = {"message": wrong.message, "type": "invalid_request_error", "param": wrong.param, "code": wrong.code}
        return web.json_response({"error": error}, status=wrong.status)

    async def _generations(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._answer)

    async def _order(self, request: web.Request) -> Order:
        body = await self.json_of(request)
        try:
            self._document.check("POST", "/images/generations", body)
        except Wrong as wrong:
            raise Wrong(wrong.message, wrong.param, wrong.code) from wrong
        fields = self._models.get(str(body["model"]))
        if fields is None:
            raise Wrong(f"Unable to access model {body['model']}.", "model", "model_not_available", 404)
        for name in body.keys() - EVERYWHERE - fields:
            raise Wrong(f"{body['model']} does not take {name}.", name)
        size = Size(_whole(body, "width", 1024), _whole(body, "height", 1024))
        for name, edge in (("width", size.width), ("height", size.height)):
            if edge % 8 or not 256 <= edge <= 1440:
                raise Wrong(f"{name} must be a multiple of 8 from 256 to 1440.", name)
        if not 1 <= _whole(body, "n", 1) <= 4:
            raise Wrong("n must be 1 to 4.", "n")
        given = body.get("reference_images", [body["image_url"]] if "image_url" in body else [])
        for address in given if isinstance(given, list) else []:
            _check_picture(str(address))
        return Order(body=body, size=size, count=_whole(body, "n", 1))

    async def _answer(self, order: Order, fault: Fault) -> web.StreamResponse:
        count = order.count if fault.pictures is None else fault.pictures
        items = [self._item(order, fault, place) for place in range(count)]
        answer = {"id": f"together-{self.purchases}", "model": order.body["model"], "object": "list", "data": items}
        return web.json_response(answer)

    def _item(self, order: Order, fault: Fault, place: int) -> dict[str, object]:
        media, small = str(order.body.get("output_format", "jpeg")), Size(order.size.width // 8, order.size.height // 8)
        if order.body.get("response_format") == "base64":
            text = self.paint_text(small, fault, media=media, first=place == 0)
            return {"index": place, "b64_json": text, "type": "b64_json"}
        address = self.keep(self.paint(small, media=media), f"image/{media}")
        return {"index": place, "url": address, "type": "url"}

    async def _list(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            kinds = {"meta-llama/Llama-4": "chat", **dict.fromkeys(self._models, "image")}
            return web.json_response(
                [{"id": name, "object": "model", "created": 0, "type": kind} for name, kind in kinds.items()]
            )

        return await self.tell(request, At.ACCOUNT, answer)

    async def _whoami(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            owners = {
                "organization": {"id": "org-1", "name": "Foxes Ltd."},
                "project": {"id": "project-1", "name": "Winter"},
            }
            return web.json_response({"type": "project_api_key", "api_key": {"id": "key-1"}, **owners})

        return await self.tell(request, At.ACCOUNT, answer)


def _models() -> dict[str, frozenset[str]]:
    """What each model takes beside the fields that all take (SDK, docs, third-party lists; 2026-11)."""
    found: dict[str, set[str]] = {name: set() for name in OTHERS}
    kinds = (
        ((f"{FLUX}{name}" for name in ONE_PICTURE), {"image_url"}),
        ((f"{FLUX}{name}" for name in SEVERAL_PICTURES), {"reference_images"}),
        ((f"{FLUX}{name}" for name in STEPPED), {"steps", "guidance_scale", "image_loras"}),
        (STABLE, {"steps", "guidance_scale", "negative_prompt"}),
    )
    for names, fields in kinds:
        for name in names:
            found.setdefault(name, set()).update(fields)
    return {name: frozenset(fields) for name, fields in found.items()}


def _whole(body: Mapping[str, object], name: str, otherwise: int) -> int:
    value = body.get(name)
    return value if isinstance(value, int) else otherwise


def _check_picture(address: str) -> None:
    """Raises Wrong for a data address that holds no picture; others are not fetched."""
    if address.startswith(("http://", "https://")):
        return
    try:
        data = pybase64.b64decode(address.partition(",")[2], validate=True)
        Image.open(io.BytesIO(data)).close()
    except (ValueError, OSError) as error:
        raise Wrong("The picture cannot be read.", "image_url") from error
