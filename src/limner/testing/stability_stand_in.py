"""A local stand-in for Stability AI's Stable Image services: checks each form against the OpenAPI document."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

LARGEST = 10 * 1024 * 1024
ASYNCHRONOUS = frozenset({"upscale/creative", "edit/replace-background-and-relight"})
FACTORS = {"upscale/fast": 4, "upscale/conservative": 4, "upscale/creative": 4}
SEED = 343_940_597
ALONE = {
    "edit/outpaint": ("left", "right", "up", "down"),
    "edit/replace-background-and-relight": ("background_prompt", "background_reference"),
}
"""Fields of which a path needs at least one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A form that has passed all checks."""

    service: str
    body: Mapping[str, object]
    source: Size | None

    @property
    def media(self) -> str:
        """The format that is wanted."""
        return str(self.body.get("output_format", "png"))

    @property
    def size(self) -> Size:
        """What is painted: the source's size, larger where that is what the path does, else about a megapixel."""
        if self.source is None or self.service.startswith("generate/"):
            across, _, down = str(self.body.get("aspect_ratio", "1:1")).partition(":")
            return Size(64 * int(across), 64 * int(down))
        factor = FACTORS.get(self.service, 1)
        margins = {side: _whole(self.body.get(side)) for side in ALONE["edit/outpaint"]}
        return Size(
            self.source.width * factor + margins["left"] + margins["right"],
            self.source.height * factor + margins["up"] + margins["down"],
        )


class StabilityStandIn(StandInServer):
    """The stand-in as a server: `waits` is how often a call that goes on there is not yet done when asked after."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None, waits: int = 1) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self.waits = waits
        self._specification = Specification("stability")
        self._started: dict[str, tuple[Order, int]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The services, their results and the account."""
        return [
            web.post("/v2beta/stable-image/{group}/{name}", self._serve),
            web.get("/v2beta/results/{id}", self._result),
            web.get("/v1/user/balance", self._balance),
        ]

    def check_key(self, request: web.Request) -> None:
        """Stability's words for a wrong key."""
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Wrong("authorization: invalid or missing header value", code="unauthorized", status=401)

    def refused(self, wrong: Wrong) -> web.Response:
        """Stability's shape of errors."""
        body = {
            "id": "ed14db44362126aab3cbd25cca51ffe3",
            "name": wrong.code or "bad_request",
            "errors": [wrong.message],
        }
        return web.json_response(body, status=wrong.status)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        async def answer(order: Order, fault: Fault) -> web.StreamResponse:
            if order.service not in ASYNCHRONOUS:
                return self._picture(order, fault)
            started = hashlib.sha256(str(self.purchases).encode()).hexdigest()
            self._started[started] = (order, self.waits)
            return web.json_response({} if fault.pictures == 0 else {"id": started})

        return await self.sell(request, self._order, answer)

    async def _order(self, request: web.Request) -> Order:
        if (request.content_length or 0) > LARGEST:
            raise Wrong("payload is larger than 10MiB", code="payload_too_large", status=413)
        fields, files = await self.form_of(request)
        service = f"{request.match_info['group']}/{request.match_info['name']}"
        schema = self._specification.document["paths"].get(request.path, {}).get("post")
        if schema is None:
            raise Wrong("not found", code="not_found", status=404)
        known = schema["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        body = {name: _typed(known.get(name), value) for name, value in fields.items()}
        try:
            self._specification.check("POST", request.path, body)
        except Wrong as wrong:
            field = f"{wrong.param}: " if wrong.param else ""
            raise Wrong(f"{field}{wrong.message}", wrong.param) from wrong
        _check(service, body, known)
        sizes = {name: _measured(name, data, known[name]) for name, data in files.items()}
        return Order(service=service, body=body, source=next(iter(sizes.values()), None))

    async def _result(self, request: web.Request) -> web.StreamResponse:
        async def answer(fault: Fault) -> web.Response:
            self.note(request, {}, At.POLL)
            started = request.match_info["id"]
            if started not in self._started:
                raise Wrong("the generation was not found", code="generation_not_found", status=404)
            order, left = self._started[started]
            if left:
                self._started[started] = (order, left - 1)
                return web.json_response({"id": started, "status": "in-progress"}, status=202)
            return self._picture(order, fault)

        return await self.tell(request, At.POLL, answer)

    async def _balance(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            self.note(request, {}, At.ACCOUNT)
            return web.json_response({"credits": 42.5})

        return await self.tell(request, At.ACCOUNT, answer)

    def _picture(self, order: Order, fault: Fault) -> web.Response:
        """The file itself, with its story in the headers."""
        headers = {"finish-reason": "SUCCESS", "seed": str(_whole(order.body.get("seed")) or SEED)}
        headers["x-request-id"] = f"req_{self.purchases}"
        if fault.pictures == 0:
            return web.json_response({"finish_reason": "SUCCESS"}, headers=headers)
        picture = fault.garbage.encode() if fault.garbage else self.paint(order.size, media=order.media)
        return web.Response(body=picture, content_type=f"image/{order.media}", headers=headers)


def _check(service: str, body: Mapping[str, object], known: Mapping[str, object]) -> None:
    """What the document does not say in its schemas."""
    strange = [name for name in body if name not in known]
    if strange:
        raise Wrong(f"{strange[0]}: is not a known field")
    if service in ALONE and not any(body.get(name) for name in ALONE[service]):
        raise Wrong(f"{ALONE[service][0]}: at least one of {', '.join(ALONE[service])} is required")
    if "image" in body and service.startswith("generate/") and "strength" not in body:
        raise Wrong("strength: is required with an image")
    if service == "generate/sd3":
        painted_over = body.get("mode") == "image-to-image"
        if painted_over != ("image" in body) or (painted_over and "aspect_ratio" in body):
            raise Wrong("mode: does not go with the other fields")


def _typed(schema: Mapping[str, object] | None, value: object) -> object:
    """A field as the document means it: numbers travel as text."""
    kind = None if schema is None else schema.get("type")
    if kind not in {"number", "integer"} or not isinstance(value, str):
        return value
    try:
        return int(value) if value.lstrip("-").isdecimal() else float(value)
    except ValueError as error:
        raise Wrong(f"{value}: must be a number") from error


def _measured(name: str, data: bytes, rule: Mapping[str, object]) -> Size:
    """The pixels of an uploaded picture. Raises Wrong for what the path does not take."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            size, kind = Size(*picture.size), str(picture.format).lower()
    except OSError as error:
        raise Wrong(f"{name}: must be a valid image") from error
    formats = rule.get("x-formats")
    if isinstance(formats, list) and kind not in formats:
        raise Wrong(f"{name}: must be one of {formats}")
    least, most = _whole(rule.get("x-min-pixels")), _whole(rule.get("x-max-pixels"))
    if (
        size.pixels < least
        or (most and size.pixels > most)
        or min(size.width, size.height) < _whole(rule.get("x-min-side"))
    ):
        raise Wrong(f"{name}: must have {least} to {most} pixels (got {size})")
    longest = _whole(rule.get("x-max-side"))
    if longest and max(size.width, size.height) > longest:
        raise Wrong(f"{name}: no side may be longer than {longest} pixels (got {size})")
    if "x-aspect-ratio" in rule and not 0.4 <= size.ratio <= 2.5:
        raise Wrong(f"{name}: the shape must be 1:2.5 to 2.5:1 (got {size})")
    return size


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
