"""A local stand-in for Leonardo: checks requests by the provider's document and its guides, keeps jobs and slots."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson
from aiohttp import web
from PIL import Image, UnidentifiedImageError

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

PHOENIX = {"de7d3faf-762f-48e0-b3b7-9d0ac3a3fcf3", "6b645e3a-d64f-4341-a6d8-7a3690fbf042"}
NO_CANVAS = PHOENIX | {"b24e16ff-06e3-43eb-8d33-4416c2d75876", "e71a1c2f-4f80-4800-934f-2c68979d8cc8"}
GUIDES = {67: True, 133: True, 100: False, 19: False, 20: False, 21: False}
"""What SDXL reads pictures for: style, character, content, edges, depth, pose; and whether one to start from fits."""
ENDINGS = {"png", "jpg", "jpeg", "webp"}
CREATED = "2026-11-20T12:00:00.000"
COST = {"amount": "0.0147", "unit": "DOLLARS"}
WAITS = 2
"""Polls before a job is done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A job that was accepted."""

    id: str
    size: Size
    count: int = 1
    media: str = "jpeg"


class LeonardoStandIn(StandInServer):
    """The stand-in as a server of its own; `bucket` is where pictures are to be put, itself unless said."""

    base_path = "/api/rest"

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None, bucket: str = "") -> None:
        super().__init__(port=port, latency=latency, key=key)
        self.bucket = bucket
        self.cost: Mapping[str, object] = COST
        self.uploads: dict[str, Size] = {}
        """Sizes of the pictures that were put into their slots."""
        self.uploaders: list[Mapping[str, str]] = []
        """Headers of the uploads."""
        self._specification = Specification("leonardo")
        self._jobs: dict[str, Job] = {}
        self._polls: dict[str, int] = {}
        self._ids = 0

    def routes(self) -> list[web.RouteDef]:
        """Both APIs, and the place for pictures."""
        base = self.base_path
        return [
            web.post(f"{base}/v1/generations", self._buy),
            web.post(f"{base}/v2/generations", self._buy),
            web.post(f"{base}/v2/generationssync", self._buy),
            web.post(f"{base}/v1/variations/universal-upscaler", self._buy),
            web.get(f"{base}/v1/generations/{{id}}", self._generation),
            web.get(f"{base}/v1/variations/{{id}}", self._variation),
            web.post(f"{base}/v1/init-image", self._slot),
            web.post(f"{base}/v1/canvas-init-image", self._slots),
            web.get(f"{base}/v1/me", self._me),
            web.get(f"{base}/v1/platformModels", self._models),
            web.post("/_bucket", self._put),
        ]

    def check_key(self, request: web.Request) -> None:
        """The hook's own words."""
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Wrong("Authentication hook unauthorized this request", None, "access-denied", 403)

    def refused(self, wrong: Wrong) -> web.Response:
        """The shape of the first API."""
        return web.json_response(
            {"error": wrong.message, "path": "$", "code": wrong.code or "validation-failed"}, status=wrong.status
        )

    # --- pictures that go in --------------------------------------------------------------

    async def _slot(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            body = await self._checked(request, At.UPLOAD)
            return web.json_response({"uploadInitImage": self._new_slot("id", "url", "fields", body.get("extension"))})

        return await self.tell(request, At.UPLOAD, answer)

    async def _slots(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            body = await self._checked(request, At.UPLOAD)
            slots = {
                **self._new_slot("initImageId", "initUrl", "initFields", body.get("initExtension")),
                **self._new_slot("maskImageId", "maskUrl", "maskFields", body.get("maskExtension")),
            }
            return web.json_response({"uploadCanvasInitImage": slots})

        return await self.tell(request, At.UPLOAD, answer)

    def _new_slot(self, id_name: str, address_name: str, fields_name: str, ending: object) -> dict[str, object]:
        if ending not in ENDINGS:
            raise Wrong("Invalid file extension", None, "unexpected")
        id = self._new_id()
        fields = orjson.dumps({"key": id, "Policy": "cG9saWN5"}).decode()
        address = self.bucket or f"{self.root}/_bucket"
        return {id_name: id, address_name: address, fields_name: fields}

    async def _put(self, request: web.Request) -> web.StreamResponse:
        """The bucket: fields first, then the file, and no word about it."""
        body, files = await self.form_of(request, At.UPLOAD)
        self.uploaders.append(dict(request.headers))
        if list(body) != ["key", "Policy", "file"]:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        self.uploads[str(body["key"])] = size_of(files["file"])
        return web.Response(status=204)

    # --- jobs -------------------------------------------------------------------------------

    async def _buy(self, request: web.Request) -> web.StreamResponse:
        async def read(request: web.Request) -> Job:
            return self._job(request.path.removeprefix(self.base_path), await self._checked(request, At.PURCHASE))

        async def answer(job: Job, _: Fault) -> web.StreamResponse:
            return web.json_response(self._receipt(request.path, job))

        return await self.sell(request, read, answer)

    def _job(self, path: str, body: Mapping[str, object]) -> Job:
        if path.startswith("/v2"):
            job = self._second(path, part(body, "parameters"))
        elif path.endswith("upscaler"):
            times, source = float(str(body.get("upscaleMultiplier"))), self._picture(body.get("initImageId"))
            job = Job(id=self._new_id(), size=Size(int(source.width * times), int(source.height * times)))
        else:
            job = self._first(body)
        self._jobs[job.id] = job
        return job

    def _first(self, body: Mapping[str, object]) -> Job:
        """Rules of the guides that the document does not have."""
        model, size = body.get("modelId"), Size(int(str(body.get("width", 1024))), int(str(body.get("height", 768))))
        count = int(str(body.get("num_images", 4)))
        if model in PHOENIX and "contrast" not in body:
            raise Wrong("contrast is required for this model")
        if count > 4 and max(size.width, size.height) > 768:
            raise Wrong("num_images must be at most 4")
        if "init_image_id" in body:
            self._picture(body["init_image_id"])
        self._check_guides(body)
        if body.get("canvasRequest"):
            source, mask = self._picture(body.get("canvasInitId")), self._picture(body.get("canvasMaskId"))
            if model in NO_CANVAS or source != mask or source.width % 8 or source.height % 8:
                raise Wrong("This canvas cannot be painted")
        return Job(id=self._new_id(), size=size, count=count)

    def _check_guides(self, body: Mapping[str, object]) -> None:
        listed = body.get("controlnets", [])
        for guide in listed if isinstance(listed, list) else []:
            self._picture(guide.get("initImageId"))
            if guide.get("initImageType") != "UPLOADED" or guide.get("preprocessorId") not in GUIDES:
                raise Wrong("Invalid controlnets")
            if "init_image_id" in body and not GUIDES[guide["preprocessorId"]]:
                raise Wrong("Image to image is incompatible with this controlnet")

    def _second(self, path: str, parameters: Mapping[str, object]) -> Job:
        references = part(parameters, "guidances").get("image_reference", [])
        sources = [
            self._picture(part(item, "image").get("id"))
            for item in (references if isinstance(references, list) else [])
        ]
        if path.endswith("sync"):
            return Job(id=self._new_id(), size=sources[0], media="png")
        size = Size(int(str(parameters.get("width", 1024))), int(str(parameters.get("height", 1024))))
        return Job(id=self._new_id(), size=size, count=int(str(parameters.get("quantity", 1))))

    def _receipt(self, path: str, job: Job) -> dict[str, object]:
        """What was bought, under the name of its kind; what is painted at once has its picture."""
        if path.endswith("sync"):
            result = {"url": self._kept(job), "contentType": "image/png"}
            return {"generateSync": {"id": job.id, "cost": self.cost, "results": [result]}}
        if path.endswith("upscaler"):
            return {"universalUpscaler": {"id": job.id, "cost": self.cost}}
        name = "generate" if "/v2/" in path else "sdGenerationJob"
        return {name: {"generationId": job.id, "apiCreditCost": None, "cost": self.cost}}

    def _done(self, job: Job) -> bool:
        self._polls[job.id] = self._polls.get(job.id, 0) + 1
        return self._polls[job.id] > WAITS

    async def _generation(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            job = self._jobs.get(request.match_info["id"])
            if job is None:
                return web.json_response({"generations_by_pk": None})
            done = self._done(job)
            images = [{"id": self._new_id(), "url": self._kept(job), "nsfw": False} for _ in range(job.count * done)]
            state = {"id": job.id, "status": "COMPLETE" if done else "PENDING", "createdAt": CREATED}
            return web.json_response({"generations_by_pk": {**state, "generated_images": images}})

        return await self.tell(request, At.POLL, answer)

    async def _variation(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            job = self._jobs[request.match_info["id"]]
            done = self._done(job)
            state = {"id": job.id, "status": "COMPLETE" if done else "PENDING", "transformType": "UNIVERSAL_UPSCALER"}
            url = self._kept(job) if done else None
            return web.json_response({"generated_image_variation_generic": [{**state, "url": url}]})

        return await self.tell(request, At.POLL, answer)

    async def _me(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            me = {"user": {"id": "u", "username": "ink"}, "apiPaidTokens": 100, "apiSubscriptionTokens": 50}
            return web.json_response({"user_details": [me]})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response({"custom_models": [{"id": name, "name": "Phoenix"} for name in sorted(PHOENIX)]})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _checked(self, request: web.Request, at: At) -> dict[str, object]:
        """The body, by the document; fields that it does not have are refused."""
        body, path = await self.json_of(request, at), request.path.removeprefix(self.base_path)
        try:
            self._specification.check("POST", path, body)
        except Wrong as wrong:
            raise Wrong(wrong.message, wrong.param) from wrong
        content = self._specification.document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        known = content["schema"].get("properties")
        for name in body:
            if known is not None and name not in known:
                raise Wrong(f"{name} is not a field of this request")
        return body

    def _picture(self, id: object) -> Size:
        if id not in self.uploads:
            raise Wrong("The image was not found")
        return self.uploads[str(id)]

    def _kept(self, job: Job) -> str:
        return self.keep(self.paint(job.size, media=job.media), f"image/{job.media}")

    def _new_id(self) -> str:
        self._ids += 1
        return str(UUID(int=self._ids, version=4))


def part(body: object, name: str) -> Mapping[str, object]:
    """An object within an object; an empty one where there is none."""
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def size_of(data: bytes) -> Size:
    """The size of a picture. Raises Wrong where it is none."""
    try:
        return Size(*Image.open(io.BytesIO(data)).size)
    except UnidentifiedImageError as error:
        raise Wrong("The file is no picture") from error
