"""A local stand-in for xAI's image API: checks requests against its OpenAPI document, paints at once or later."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pybase64
from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

TICKS = 10_000_000_000
"""In a dollar."""
CREATED = 1_790_000_000
ABSENT = ("size", "background", "style")
"""Options of other services that are refused with a sentence of their own."""
EDGES = {"1k": 256, "1.5k": 384, "2k": 512}
"""Of the pictures that are painted, a quarter of the real ones."""
PATIENCE = 2
"""Questions that are answered with 202 or `pending` before a picture is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What one model takes and costs (November 2026)."""

    cents: Mapping[tuple[str | None, str], int]
    """For a picture, by quality and resolution."""
    inputs: int
    input_tenths: int
    """Tenths of a cent for an input picture."""


MODELS = {
    "grok-imagine-image-2.0": Rule(
        cents={("low", "1k"): 4, ("low", "2k"): 6, ("medium", "1k"): 6, ("medium", "2k"): 8}, inputs=5, input_tenths=10
    ),
    "grok-imagine-image": Rule(cents={(None, "1k"): 2}, inputs=3, input_tenths=2),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request for pictures that has passed all checks, and how often it has been asked after."""

    body: Mapping[str, object]
    inputs: int
    fault: Fault
    asked: int = 0


class XAIStandIn(StandInServer):
    """The stand-in as a server of its own: `async with XAIStandIn() as stand_in: stand_in.base_url`."""

    base_path = "/v1"

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self._document = Specification("xai")
        self._orders: dict[str, Order] = {}

    def routes(self) -> list[web.RouteDef]:
        """Pictures from words, edits, deferred results, and what a key may use."""
        return [
            web.post("/v1/images/generations", self._buy),
            web.post("/v1/images/edits", self._buy),
            web.get("/v1/images/{id}", self._deferred),
            web.get("/v1/models", self._list),
            web.get("/v1/image-generation-models", self._models),
            web.get("/v1/me", self._me),
        ]

    def check_key(self, request: web.Request) -> None:
        """XAI answers a wrong key with 400 and a missing one with 401."""
        given = request.headers.get("Authorization")
        if self.key is not None and given != f"Bearer {self.key}":
            said = "No API key provided." if given is None else "Incorrect API key provided: xa***et."
            raise Wrong(said, None, None, 401 if given is None else 400)

    def refused(self, wrong: Wrong) -> web.Response:
        """One of XAI's shapes of errors."""
        return web.json_response({"code": str(wrong.status), "error": wrong.message}, status=wrong.status)

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._answer)

    async def _order(self, request: web.Request) -> Order:
        if request.content_type != "application/json":
            raise Wrong("Expected request with `Content-Type: application/json`", status=415)
        body = await self.json_of(request)
        _check_absent(body)
        try:
            self._document.check("POST", request.path, body)
        except Wrong as wrong:
            said = f"Failed to deserialize the JSON body into the target type: {wrong.param or 'image'}: {wrong}"
            raise Wrong(said, status=422) from wrong
        return _checked(body)

    async def _answer(self, order: Order, fault: Fault) -> web.StreamResponse:
        order = replace(order, fault=fault)
        if not order.body.get("deferred"):
            return web.json_response(self._done(order))
        id = f"deferred-{self.purchases}"
        self._orders[id] = order
        return web.json_response({"request_id": id})

    async def _deferred(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            id = request.match_info["id"]
            order = self._orders.get(id)
            if order is None:
                raise Wrong("The request was not found.", status=404)
            self._orders[id] = replace(order, asked=order.asked + 1)
            if order.asked == 0:
                return web.Response(status=202)
            if order.asked < PATIENCE:
                return web.json_response({"request_id": id, "status": "pending"})
            return web.json_response({"request_id": id, "status": "done", **self._done(order)})

        return await self.tell(request, At.POLL, answer)

    def _done(self, order: Order) -> dict[str, object]:
        wanted = order.body.get("n")
        asked = wanted if isinstance(wanted, int) else 1
        count = asked if order.fault.pictures is None else order.fault.pictures
        rule = MODELS[str(order.body["model"])]
        price = (
            rule.cents[_quality(order.body), _resolution(order.body)] * 10 * asked + rule.input_tenths * order.inputs
        )
        items = [self._item(order, first=place == 0) for place in range(count)]
        return {"data": items, "usage": {"cost_in_usd_ticks": price * TICKS // 1000}, "model": order.body["model"]}

    def _item(self, order: Order, *, first: bool) -> dict[str, object]:
        size = Size(EDGES[_resolution(order.body)], EDGES[_resolution(order.body)])
        if order.body.get("response_format") == "b64_json":
            return {
                "b64_json": self.paint_text(size, order.fault, media="jpeg", first=first),
                "mime_type": "image/jpeg",
            }
        painted = self.paint(size, media="jpeg")
        spoilt = order.fault.garbage is not None and first
        data = str(order.fault.garbage).encode() if spoilt else painted
        return {"url": self.keep(data, "image/jpeg"), "mime_type": "image/jpeg"}

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            models = [{"id": name, "aliases": [], "object": "model", "owned_by": "xai"} for name in MODELS]
            return web.json_response({"models": models})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """All models in the shape of OpenAI's list."""

        async def answer(_: Fault) -> web.Response:
            shared = {"aliases": [], "created": CREATED, "object": "model", "owned_by": "xai"}
            return web.json_response({"object": "list", "data": [{"id": name, **shared} for name in MODELS]})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _me(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            key = {"redacted_api_key": "xai-...ab", "api_key_id": "key-1", "blocked": False, "disabled": False}
            return web.json_response({"user_id": "user-1", "team_id": "team-1", "team_blocked": False, "api_key": key})

        return await self.tell(request, At.ACCOUNT, answer)


def _check_absent(body: Mapping[str, object]) -> None:
    for name in ABSENT:
        if name in body:
            raise Wrong(f"Argument not supported: {name}")


def _checked(body: Mapping[str, object]) -> Order:
    """The order in a body that fits the document. Raises Wrong for what its model does not take."""
    if body.get("deferred") and body.get("response_format", "url") != "url":
        raise Wrong("deferred needs response_format url")
    rule = MODELS.get(str(body.get("model")))
    if rule is None:
        raise Wrong(f"The model {body.get('model')} does not exist or your team has no access to it.", status=404)
    if (_quality(body), _resolution(body)) not in rule.cents:
        raise Wrong(f"Argument not supported: {'quality' if 'quality' in body else 'resolution'}")
    given = body.get("images", [body.get("image")])
    inputs = [_picture(image) for image in given if isinstance(image, dict)] if isinstance(given, list) else []
    if len(inputs) > rule.inputs:
        raise Wrong(f"images: at most {rule.inputs} are allowed")
    return Order(body=body, inputs=len(inputs), fault=Fault())


def _quality(body: Mapping[str, object]) -> str | None:
    """What auto is: low from words, medium for edits."""
    quality = body.get("quality")
    if quality == "auto" or (quality is None and str(body.get("model")).endswith("2.0")):
        return "medium" if "image" in body or "images" in body else "low"
    return None if quality is None else str(quality)


def _resolution(body: Mapping[str, object]) -> str:
    return str(body.get("resolution") or "1k")


def _picture(image: Mapping[str, object]) -> Size:
    """The pixels of an input. Raises Wrong for what XAI does not take."""
    head, comma, text = str(image.get("url")).partition(",")
    if not comma or not head.startswith("data:image/") or not head.endswith(";base64"):
        raise Wrong("image: expected a URL or a data URL like data:image/png;base64,...")
    try:
        with Image.open(io.BytesIO(pybase64.b64decode(text, validate=True))) as picture:
            return Size(*picture.size)
    except (ValueError, OSError) as error:
        raise Wrong("image: the picture cannot be decoded") from error
