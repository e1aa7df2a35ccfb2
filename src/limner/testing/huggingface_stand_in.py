"""A local stand-in for the Hub and its router: tells which providers have a model, and paints in their shapes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pybase64
from aiohttp import web
from PIL import Image

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong

SMALL = Size(64, 48)
PARAMETERS = frozenset(
    {"width", "height", "num_inference_steps", "guidance_scale", "seed", "negative_prompt", "prompt"}
)
"""Of hf-inference (huggingface_hub 2.4.0)."""
OPENAI_LIKE = frozenset({"prompt", "model", "response_format", "seed", "negative_prompt", "user"})
FIELDS = {
    "hf-inference": frozenset({"inputs", "parameters", "user"}),
    "together": OPENAI_LIKE | {"width", "height", "steps", "guidance_scale", "image_url", "reference_images"},
    "nscale": OPENAI_LIKE | {"size"},
    "fal-ai": frozenset(
        {"prompt", "image_size", "num_inference_steps", "guidance_scale", "seed", "negative_prompt", "user"}
    ),
}
"""What each provider takes; other fields are refused."""
MODELS = (
    "black-forest-labs/FLUX.1-dev",
    "black-forest-labs/FLUX.1-schnell",
    "black-forest-labs/FLUX.1-Kontext-dev",
    "stabilityai/stable-diffusion-xl-base-1.0",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request for a picture that has passed all checks."""

    provider: str
    body: Mapping[str, object]


class HuggingFaceStandIn(StandInServer):
    """The stand-in as a server of its own; `providers` is the order that the account prefers."""

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        key: str | None = None,
        providers: tuple[str, ...] = ("wavespeed", "hf-inference", "together"),
    ) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self.providers = providers
        self.unsafe = False
        """Whether the checker of fal-ai finds something."""

    def routes(self) -> list[web.RouteDef]:
        """The Hub's own questions, and one path for each provider."""
        return [
            web.get("/api/whoami-v2", self._whoami),
            web.get("/api/models", self._list),
            web.get("/api/models/{owner}/{name}", self._model),
            web.post("/{provider}/{path:.*}", self._buy),
        ]

    def check_key(self, request: web.Request) -> None:
        """What models there are the Hub tells everybody; a wrong key it refuses there too."""
        if request.path.startswith("/api/models") and "Authorization" not in request.headers:
            return
        super().check_key(request)

    def refused(self, wrong: Wrong) -> web.Response:
        """The router's shape of errors."""
        return web.json_response({"error": wrong.message}, status=wrong.status)

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._answer)

    async def _order(self, request: web.Request) -> Order:
        provider, path = request.match_info["provider"], request.match_info["path"]
        body = await self.json_of(request)
        if provider not in FIELDS or path not in _paths(provider):
            raise Wrong(f"No route for {request.path}", status=404)
        parameters = body.get("parameters", {})
        unknown = body.keys() - FIELDS[provider]
        unknown |= (parameters.keys() if isinstance(parameters, dict) else {"parameters"}) - PARAMETERS
        if unknown:
            raise Wrong(f"{provider} does not take {', '.join(sorted(unknown))}", status=422)
        if provider in {"together", "nscale"} and str(body.get("model")) not in map(_own_name, MODELS):
            raise Wrong(f"Unable to access model {body.get('model')}", status=404)
        _check_source(provider, path, body)
        return Order(provider=provider, body=body)

    async def _answer(self, order: Order, fault: Fault) -> web.StreamResponse:
        if order.provider == "hf-inference":
            painted = self.paint(SMALL, media="jpeg")
            spoilt = fault.garbage is not None or fault.pictures == 0
            return web.Response(body=(fault.garbage or "").encode() if spoilt else painted, content_type="image/jpeg")
        if order.provider == "fal-ai":
            images = [{"url": self.keep(self.paint(SMALL, media="jpeg"), "image/jpeg")}]
            return web.json_response({"images": images, "seed": 7, "has_nsfw_concepts": [self.unsafe]})
        if order.body.get("response_format") != ("base64" if order.provider == "together" else "b64_json"):
            return web.json_response({"data": [{"url": self.keep(self.paint(SMALL))}]})
        return web.json_response({"data": [{"b64_json": self.paint_text(SMALL, fault, media="jpeg")}]})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            name = f"{request.match_info['owner']}/{request.match_info['name']}"
            if name not in MODELS:
                raise Wrong("Repository not found", status=404)
            task = "image-to-image" if "Kontext" in name else "text-to-image"
            mapping = [
                {
                    "provider": provider,
                    "providerId": name if provider == "hf-inference" else _own_name(name),
                    "status": "live",
                    "task": task,
                }
                for provider in self.providers
            ]
            asked = request.query.get("expand") == "inferenceProviderMapping"
            more = {"inferenceProviderMapping": mapping} if asked else {}
            return web.json_response({"id": name, "pipeline_tag": task, "tags": [task], **more})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            task = request.query.get("pipeline_tag")
            names = [name for name in MODELS if ("Kontext" in name) == (task == "image-to-image")]
            return web.json_response([{"id": name, "pipeline_tag": task} for name in names])

        return await self.tell(request, At.ACCOUNT, answer)

    async def _whoami(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response({"type": "user", "id": "user-1", "name": "fox"})

        return await self.tell(request, At.ACCOUNT, answer)


def _own_name(name: str) -> str:
    """What the other providers call a model."""
    return f"own/{name.rpartition('/')[2].lower()}"


def _paths(provider: str) -> list[str]:
    if provider == "hf-inference":
        return [f"models/{name}" for name in MODELS]
    return [_own_name(name) for name in MODELS] if provider == "fal-ai" else ["v1/images/generations"]


def _check_source(provider: str, path: str, body: Mapping[str, object]) -> None:
    """Raises Wrong where an edit has no picture, or one that is not written as the provider wants it."""
    if "kontext" not in f"{path} {body.get('model')}".lower():
        return
    written = str(body.get("inputs" if provider == "hf-inference" else "image_url"))
    head, comma, text = written.rpartition(",")
    if bool(comma) is (provider == "hf-inference") or not (
        head.startswith("data:image/") or provider == "hf-inference"
    ):
        raise Wrong("The picture is not written as it should be", status=422)
    try:
        Image.open(io.BytesIO(pybase64.b64decode(text, validate=True))).close()
    except (ValueError, OSError) as error:
        raise Wrong("The picture cannot be read", status=422) from error
