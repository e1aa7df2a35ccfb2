"""A local stand-in for fal: a queue with the addresses of each call, results, the platform's questions.

async with FalStandIn() as stand_in: stand_in.base_url

A call is in the queue when it is made, in progress at the second question and completed at the third. What a model does
not take is told with the result, as fal does it. Pictures that a fault leaves out come blackened, with their flag set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.stand_in import StandInServer, Wrong

SMALL = Size(320, 320)
LARGEST = 2048
LOGS = ({"message": "25%|██▌       | 7/28 [00:00<00:01]"}, {"message": " 50%|█████     | 14/28 [00:00<00:01]"})
SINGLE = frozenset({"fal-ai/esrgan", "fal-ai/bria/background/remove", "fal-ai/flux-pro/v1/erase"})
"""Models whose result has one `image` instead of `images`."""
OWNERS = frozenset({"fal-ai", "blackforestlabs", "openai"})
"""Whose models are checked; those of others take anything."""
Rule = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _between(low: float, high: float) -> Rule:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _picture(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://", "data:image/"))


def _pictures(value: object) -> bool:
    return isinstance(value, list) and 0 < len(value) <= 10 and all(_picture(item) for item in value)


def _size(value: object) -> bool:
    if not isinstance(value, Mapping) or set(value) != {"width", "height"}:
        return value in {"square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9"}
    return all(isinstance(edge, int) and 1 <= edge <= LARGEST for edge in value.values())


FIELDS: Mapping[str, Rule] = {
    "prompt": _text,
    "negative_prompt": _text,
    "image_size": _size,
    "aspect_ratio": lambda value: isinstance(value, str) and value in {"21:9", "16:9", "3:2", "4:3", "1:1", "9:16"},
    "resolution": lambda value: isinstance(value, str) and value in {"0.5K", "1K", "2K", "4K"},
    "quality": lambda value: isinstance(value, str) and value in {"low", "medium", "high"},
    "rendering_speed": lambda value: isinstance(value, str) and value in {"TURBO", "BALANCED", "QUALITY"},
    "style": _text,
    "num_images": lambda value: isinstance(value, int) and 1 <= value <= 4,
    "num_inference_steps": _between(1, 50),
    "guidance_scale": _between(1, 20),
    "strength": _between(0, 1),
    "scale": _between(1, 8),
    "seed": _between(0, 2**63),
    "output_format": lambda value: isinstance(value, str) and value in {"jpeg", "png"},
    "enable_safety_checker": _flag,
    "dilate_pixels": _between(0, 100),
    "image_url": _picture,
    "mask_url": _picture,
    "image_urls": _pictures,
}
"""What inputs of that name are like, whichever model has them."""


@dataclass(kw_only=True, slots=True)
class Queued:
    """One purchase and how far it is."""

    id: str
    model: str
    given: Mapping[str, object]
    safe: int | None
    """How many pictures come unblackened, where a fault says so."""
    asked: int = 0
    cancelled: bool = False

    @property
    def status(self) -> str:
        """In the queue, in progress, completed."""
        if self.cancelled:
            return "COMPLETED"
        return ("IN_QUEUE", "IN_QUEUE", "IN_PROGRESS", "COMPLETED")[min(self.asked, 3)]


class FalStandIn(StandInServer):
    """The stand-in; `queue` has what was bought, by id."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self.queue: dict[str, Queued] = {}
        self.elsewhere: str | None = None
        """Another origin for the addresses that are named."""

    def routes(self) -> list[web.RouteDef]:
        """The queue and the platform."""
        app = "/{owner:[a-z][^/]*}/{app}/requests/{id}"
        return [
            web.get("/v1/models/pricing", self._pricing),
            web.get("/v1/models", self._models),
            web.get("/v1/account/billing", self._billing),
            web.get(f"{app}/status", self._status),
            web.put(f"{app}/cancel", self._cancel),
            web.get(app, self._result),
            web.post("/{model:[a-z][^/]*/.+}", self._submit),
        ]

    def check_key(self, request: web.Request) -> None:
        """The key in fal's own scheme."""
        if self.key is not None and request.headers.get("Authorization") != f"Key {self.key}":
            raise Wrong("No user found for Key ID and Secret", None, None, 401)

    def refused(self, wrong: Wrong) -> web.Response:
        """A model error where there is a type, else plain words."""
        if wrong.code is None:
            return web.json_response({"detail": wrong.message}, status=wrong.status)
        detail = {"loc": ["body", wrong.param], "msg": wrong.message, "type": wrong.code}
        return web.json_response({"detail": [detail]}, status=wrong.status, headers={"X-Fal-Retryable": "false"})

    # --- the queue ----------------------------------------------------------------------------

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        async def read(request: web.Request) -> Queued:
            given = await self.json_of(request)
            return Queued(id=f"r{next(self.numbers):035}", model=request.match_info["model"], given=given, safe=None)

        async def answer(made: Queued, fault: Fault) -> web.StreamResponse:
            made.safe = fault.pictures
            self.queue[made.id] = made
            # The path has owner and name of the model, but not what comes below.
            place = f"{self.elsewhere or self.root}/{'/'.join(made.model.split('/')[:2])}/requests/{made.id}"
            names = {"request_id": made.id, "gateway_request_id": made.id, "response_url": place}
            return web.json_response({**names, "status_url": f"{place}/status", "cancel_url": f"{place}/cancel"})

        return await self.sell(request, read, answer)

    async def _status(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            made = self._known(request)
            made.asked += 1
            shown: dict[str, object] = {"status": made.status, "request_id": made.id}
            if made.status == "IN_QUEUE":
                shown["queue_position"] = 0
            elif "logs" in request.query:
                shown["logs"] = list(LOGS)
            return web.json_response(shown, status=200 if made.status == "COMPLETED" else 202)

        return await self.tell(request, At.POLL, answer)

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            made = self._known(request)
            if made.status == "COMPLETED":
                return web.json_response({"status": "ALREADY_COMPLETED"}, status=400)
            made.cancelled = made.status == "IN_QUEUE"
            return web.json_response({"status": "CANCELLATION_REQUESTED"}, status=202)

        return await self.tell(request, At.CANCEL, answer)

    async def _result(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            made = self._known(request)
            if made.cancelled:
                headers = {"X-Fal-Error-Type": "client_cancelled"}
                body = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
                return web.json_response(body, status=499, headers=headers)
            if made.status != "COMPLETED":
                raise Wrong("Request is still in progress", None, None, 400)
            if made.model.partition("/")[0] in OWNERS:
                check_input(made.given)
            return web.json_response(self._painted(made))

        return await self.tell(request, At.RESULT, answer)

    def _known(self, request: web.Request) -> Queued:
        made = self.queue.get(request.match_info["id"])
        if made is None:
            raise Wrong("Request not found", None, None, 404)
        return made

    def _painted(self, made: Queued) -> Mapping[str, object]:
        """Pictures by address, with a flag for each; those that are not let out are there, but black."""
        wanted = made.given.get("num_images", 1)
        count = wanted if isinstance(wanted, int) else 1
        safe = count if made.safe is None else made.safe
        media = "jpeg" if made.given.get("output_format") == "jpeg" else "png"
        size = made.given.get("image_size")
        painted = Size(size["width"], size["height"]) if isinstance(size, Mapping) else SMALL
        files = [self.keep(self.paint(painted, media=media), f"image/{media}") for _ in range(count)]
        images = [{"url": file, "width": painted.width, "height": painted.height} for file in files]
        if made.model in SINGLE:
            return {"image": images[0]}
        flags = [place >= safe for place in range(count)]
        return {"images": images, "seed": 5, "has_nsfw_concepts": flags, "prompt": made.given.get("prompt")}

    # --- the platform --------------------------------------------------------------------------

    async def _pricing(self, request: web.Request) -> web.StreamResponse:
        price = {"endpoint_id": request.query["endpoint_id"], "unit_price": 0.003, "unit": "image", "currency": "USD"}
        return await self._told(request, {"prices": [price], "next_cursor": None, "has_more": False})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        models = [{"endpoint_id": name} for name in ("fal-ai/flux/dev", "fal-ai/flux/schnell")]
        return await self._told(request, {"models": models, "next_cursor": None, "has_more": False})

    async def _billing(self, request: web.Request) -> web.StreamResponse:
        left = {"current_balance": 12.5, "currency": "USD"}
        return await self._told(request, {"username": "acme", "credits": left})

    async def _told(self, request: web.Request, body: object) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response(body)

        return await self.tell(request, At.ACCOUNT, answer)


def check_input(given: Mapping[str, object]) -> None:
    """Raises Wrong, status 422, for an input that no model has or takes."""
    for name, value in given.items():
        rule = FIELDS.get(name)
        if rule is None or not rule(value):
            raise Wrong(f"{name} is not taken", name, "value_error", 422)
