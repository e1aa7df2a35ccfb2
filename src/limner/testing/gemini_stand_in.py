"""A local stand-in for Google's generateContent with pictures: checks requests as v1beta does, paints gradients."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

import pybase64
from aiohttp import web
from PIL import Image

from limner.domain.request import Aspect, Size
from limner.testing.faults import At, Fault
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

EDGES = {"1K": 1024, "2K": 2048, "4K": 4096}
TOKENS = {"1K": 1120, "2K": 1680, "4K": 2520}
"""Output tokens of one picture; those of 2K and 4K are not certain (2026-10)."""
INPUT_TOKENS = 560
THOUGHTS = {"MINIMAL": 0, "LOW": 60, "MEDIUM": 180, "HIGH": 420}
LONG_SHAPES = frozenset({"1:4", "4:1", "1:8", "8:1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What one model takes, by its documentation (2026-11)."""

    sizes: frozenset[str] = frozenset({"1K", "2K", "4K"})
    long_shapes: bool = False
    references: int = 14
    thinking: str | None = "MEDIUM"
    """The level that it has when none is given; None where it cannot be told."""


MODELS = {
    "gemini-nano-banana-2.1": Rule(long_shapes=True),
    "gemini-3-pro-image": Rule(),
    "gemini-3.1-flash-lite-image": Rule(sizes=frozenset({"1K"}), references=1, thinking=None),
}
OTHERS = ("gemini-3.1-pro", "gemini-3.1-flash")
"""Models of the list that make no pictures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request for a picture that has passed all checks."""

    model: str
    body: Mapping[str, object]
    pictures: int
    shape: str
    size: str
    thinking: str | None


class GeminiStandIn(StandInServer):
    """The stand-in as a server of its own: `async with GeminiStandIn() as stand_in: stand_in.base_url`."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None, page: int = 1000) -> None:
        """`page` is how many models one page of the list has at most."""
        super().__init__(port=port, latency=latency, key=key)
        self._document = Specification("google")
        self._page = page

    def routes(self) -> list[web.RouteDef]:
        """Pictures, and the list of models."""
        return [
            web.post("/v1beta/models/{model}:generateContent", self._generate),
            web.get("/v1beta/models", self._list),
            web.get("/v1beta/models/{model}", self._one),
        ]

    def check_key(self, request: web.Request) -> None:
        """Google answers a wrong key with 400 and a missing one with 403."""
        given = request.headers.get("x-goog-api-key")
        if self.key is not None and given != self.key:
            missing = given is None
            code = "PERMISSION_DENIED" if missing else "API_KEY_INVALID"
            raise Wrong("API key not valid. Please pass a valid API key.", None, code, 403 if missing else 400)

    def refused(self, wrong: Wrong) -> web.Response:
        """Google's shape of errors."""
        return web.json_response(error_body(wrong.status, wrong.message, reason=wrong.code), status=wrong.status)

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._answer)

    async def _order(self, request: web.Request) -> Order:
        model = request.match_info["model"]
        body = _object(_camel(await self.json_of(request)))
        if model not in MODELS:
            raise Wrong(f"models/{model} is not found for API version v1beta.", None, "NOT_FOUND", 404)
        try:
            self._document.check("POST", f"/models/{model}:generateContent", body)
        except Wrong as wrong:
            raise Wrong(f"Invalid value at '{wrong.param}': {wrong.message}") from wrong
        return _checked(model, MODELS[model], body)

    async def _answer(self, order: Order, fault: Fault) -> web.StreamResponse:
        """One picture, after a draft of it where the model has thought."""
        parts: list[dict[str, object]] = []
        size = _pixels(order)
        thoughts = THOUGHTS[order.thinking] if order.thinking else 0
        if thoughts:
            parts.append({"thought": True, "inlineData": _inline(self.paint(Size(64, 64)))})
        count = 1 if fault.pictures is None else fault.pictures
        for _ in range(count):
            data = self.paint_text(size, fault)
            parts.append({"inlineData": {"mimeType": "image/png", "data": data}, "thoughtSignature": "c2lnbmVk"})
        painted = TOKENS[order.size] * count
        read = len(str(order.body["contents"])) // 400 + 4
        usage = {
            "promptTokenCount": read + INPUT_TOKENS * order.pictures,
            "promptTokensDetails": [
                {"modality": "TEXT", "tokenCount": read},
                {"modality": "IMAGE", "tokenCount": INPUT_TOKENS * order.pictures},
            ],
            "candidatesTokenCount": painted,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": painted}],
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": read + INPUT_TOKENS * order.pictures + painted + thoughts,
        }
        ending = {"finishReason": "STOP"} if count else {"finishReason": "NO_IMAGE", "finishMessage": "No picture."}
        candidate = {"index": 0, **ending, "content": {"role": "model", "parts": parts}}
        answer = {
            "candidates": [candidate],
            "usageMetadata": usage,
            "modelVersion": order.model,
            "responseId": f"response-{self.purchases}",
        }
        return web.json_response(answer)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            start = int(request.query.get("pageToken") or 0)
            end = start + min(self._page, int(request.query.get("pageSize") or 50))
            names = [*OTHERS, *MODELS]
            more = {"nextPageToken": str(end)} if end < len(names) else {}
            return web.json_response({"models": [_model(name) for name in names[start:end]], **more})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _one(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            name = request.match_info["model"]
            if name not in MODELS:
                raise Wrong(f"models/{name} is not found.", None, "NOT_FOUND", 404)
            return web.json_response(_model(name))

        return await self.tell(request, At.ACCOUNT, answer)


def error_body(
    status: int, message: str, *, state: str = "", reason: str | None = None, details: tuple[object, ...] = ()
) -> dict[str, object]:
    """An error as Google writes it; a `reason` that is no state goes into the details."""
    states = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
    told = [*details, info] if reason is not None and reason not in states.values() else [*details]
    error = {"code": status, "message": message, "status": state or states.get(status, "INTERNAL"), "details": told}
    return {"error": error}


def _checked(model: str, rule: Rule, body: Mapping[str, object]) -> Order:
    """The order in a body that fits the document. Raises Wrong for what this model does not take."""
    config = _object(body.get("generationConfig"))
    image, thinking = _object(config.get("imageConfig")), _object(config.get("thinkingConfig"))
    # What is left out is text and pictures (ai.google.dev, image-generation, 2026-11).
    if "IMAGE" not in _list_of(config.get("responseModalities", ["TEXT", "IMAGE"])):
        raise Wrong("This model only makes pictures: responseModalities must have IMAGE.")
    if config.get("candidateCount") not in (None, 1):
        raise Wrong("Multiple candidates is not enabled for this model.")
    shape, size = str(image.get("aspectRatio", "1:1")), str(image.get("imageSize", "1K"))
    if shape in LONG_SHAPES and not rule.long_shapes:
        raise Wrong(f"Invalid value at 'generation_config.image_config.aspect_ratio': {shape}")
    if size not in rule.sizes:
        raise Wrong(f"Invalid value at 'generation_config.image_config.image_size': {size}")
    level = thinking.get("thinkingLevel", rule.thinking)
    if level is not None and rule.thinking is None:
        raise Wrong("Thinking level is not supported for this model: 'generation_config.thinking_config'.")
    contents = _list_of(body.get("contents"))
    parts = [part for content in contents for part in _list_of(_object(content).get("parts"))]
    pictures = [_picture(_object(part)["inlineData"]) for part in parts if "inlineData" in _object(part)]
    if not any(_object(part).get("text") for part in parts):
        raise Wrong("GenerateContentRequest.contents: contents is not specified")
    if len(pictures) > rule.references:
        raise Wrong(f"This model takes at most {rule.references} pictures.")
    thinking_level = None if level is None else str(level)
    return Order(model=model, body=body, pictures=len(pictures), shape=shape, size=size, thinking=thinking_level)


def _picture(inline: object) -> Size:
    """The pixels of a picture that was sent; both alphabets of base64 are taken."""
    sent = _object(inline)
    try:
        data = pybase64.b64decode(str(sent.get("data")).translate(str.maketrans("-_", "+/")), validate=True)
        with Image.open(io.BytesIO(data)) as picture:
            if f"image/{str(picture.format).lower()}" != sent.get("mimeType"):
                raise Wrong(f"Unsupported MIME type: {sent.get('mimeType')}")
            return Size(*picture.size)
    except (ValueError, OSError) as error:
        raise Wrong("Unable to process input image.") from error


def _pixels(order: Order) -> Size:
    """The size that is painted, a quarter of the real one."""
    aspect, edge = Aspect.parse(order.shape), EDGES[order.size] // 4
    longer = max(aspect.width, aspect.height)
    return Size(max(8, edge * aspect.width // longer), max(8, edge * aspect.height // longer))


def _inline(data: bytes) -> dict[str, object]:
    return {"mimeType": "image/png", "data": pybase64.b64encode(data).decode("ascii")}


def _model(name: str) -> dict[str, object]:
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": ["generateContent"]}


def _camel(value: object) -> object:
    """The same with every name like generationConfig: Google takes generation_config too, and its SDK sends both."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): _camel(item) for name, item in value.items()}


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list_of(value: object) -> list[object]:
    return value if isinstance(value, list) else []
