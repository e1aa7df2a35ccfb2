"""A local stand-in for Replicate: predictions that go on through polls, files, an account.

async with ReplicateStandIn() as stand_in: stand_in.base_url

A prediction is starting when it is made, processing at the first question, done at the second. Of the pictures that a
fault leaves out, the logs say that they were unsafe. The official client works against `root`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.replicate_rules import COMMUNITY, INPUTS, LISTS, check_input
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

CREATED, STARTED, COMPLETED = (f"2026-11-20T10:00:0{second}.000Z" for second in (0, 1, 3))
UNSAFE = "All generated images contained NSFW content. Try running it again with a different prompt."
HALF = " 25%|██▌       | 1/4 [00:00<00:01, 2.1it/s]\n 50%|█████     | 2/4 [00:00<00:00, 2.2it/s]\n"
WHOLE = f"{HALF}100%|██████████| 4/4 [00:01<00:00, 2.3it/s]\n"
SECRET = "whsec_dHdlbnR5LWZvdXIgYnl0ZXMgb2Yga2V5"
SECONDS = 1.6
FINAL = {"succeeded", "failed", "canceled", "aborted"}


@dataclass(kw_only=True, slots=True)
class Prediction:
    """One purchase and how far it is."""

    id: str
    model: str
    version: str
    given: Mapping[str, object]
    wanted: int
    kept: int
    """How many pictures the model lets out."""
    status: str = "starting"
    asked: int = 0
    output: object = None
    ran: bool = False
    logs: str = field(default="", repr=False)


class ReplicateStandIn(StandInServer):
    """The stand-in; `predictions` are those that were bought, by id."""

    base_path = "/v1"

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self.predictions: dict[str, Prediction] = {}
        self.files: dict[str, bytes] = {}
        self._specification = Specification("replicate")

    def routes(self) -> list[web.RouteDef]:
        """Predictions, files and the account."""
        return [
            web.post("/v1/predictions", self._create),
            web.post("/v1/models/{owner}/{name}/predictions", self._create),
            web.get("/v1/predictions/{id}", self._show),
            web.post("/v1/predictions/{id}/cancel", self._cancel),
            web.post("/v1/files", self._upload),
            web.get("/v1/models/{owner}/{name}/versions/{id}", self._version),
            web.get("/v1/account", self._account),
            web.get("/v1/collections/{slug}", self._collection),
            web.get("/v1/webhooks/default/secret", self._secret),
        ]

    def check_key(self, request: web.Request) -> None:
        """The key as a bearer token."""
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Wrong("You did not pass a valid authentication token", None, "Unauthenticated", 401)

    def refused(self, wrong: Wrong) -> web.Response:
        """A problem document."""
        body = {"title": wrong.code or "Invalid request", "detail": wrong.message, "status": wrong.status}
        return web.json_response(body, status=wrong.status, content_type="application/problem+json")

    # --- predictions --------------------------------------------------------------------------

    async def _create(self, request: web.Request) -> web.StreamResponse:
        async def answer(made: Prediction, fault: Fault) -> web.StreamResponse:
            made.kept = made.wanted if fault.pictures is None else fault.pictures
            self.predictions[made.id] = made
            if not re.fullmatch(r"wait(=([1-9]|[1-9][0-9]|60))?", request.headers.get("Prefer", "")):
                return web.json_response(self._shown(made), status=201)
            self._finish(made)
            return web.json_response(self._shown(made), status=201)

        return await self.sell(request, self._order, answer)

    async def _order(self, request: web.Request) -> Prediction:
        """The prediction that is asked for. Raises Wrong."""
        body = await self.json_of(request)
        self._specification.check("POST", request.path.removeprefix("/v1"), body)
        official = "/".join(request.match_info.values())
        version = str(body.get("version", official))
        # As `owner/name`, `owner/name:digest` or the digest alone, which then is a model that nobody here knows.
        model, _, digest = version.partition(":") if "/" in version else ("", "", version)
        known = re.fullmatch(r"[0-9a-f]{64}", digest) if digest else model not in COMMUNITY
        if not known:
            message = "The specified version does not exist (or perhaps you don't have permission to use it?)"
            raise Wrong(message, None, "Invalid version or not permitted", 422)
        given = body["input"]
        if not isinstance(given, Mapping):
            raise Wrong("- input: must be an object", "input", "Input validation failed", 422)
        check_input(model, given)
        self._check_files(given)
        wanted = given.get("num_outputs", 1)
        return Prediction(
            id=f"pred{next(self.numbers):022}",
            model=model,
            version=digest or "hidden",
            given=given,
            wanted=wanted if isinstance(wanted, int) else 1,
            kept=1,
        )

    def _check_files(self, given: Mapping[str, object]) -> None:
        """Raises Wrong for the address of a file that nobody uploaded here."""
        place = f"{self.base_url}/files/"
        values = [item for value in given.values() for item in (value if isinstance(value, list) else [value])]
        for value in values:
            if str(value).startswith(place) and str(value).removeprefix(place) not in self.files:
                raise Wrong("- input: there is no such file", None, "Input validation failed", 422)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            made = self._known(request)
            made.asked += 1
            if made.status not in FINAL:
                if made.asked == 1:
                    made.status, made.ran, made.logs = "processing", True, HALF
                else:
                    self._finish(made)
            return web.json_response(self._shown(made))

        return await self.tell(request, At.POLL, answer)

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            made = self._known(request)
            if made.status not in FINAL:
                made.status = "canceled"
            return web.json_response(self._shown(made))

        return await self.tell(request, At.CANCEL, answer)

    def _known(self, request: web.Request) -> Prediction:
        made = self.predictions.get(request.match_info["id"])
        if made is None:
            raise Wrong("The requested resource could not be found.", None, "Not found", 404)
        return made

    def _finish(self, made: Prediction) -> None:
        """Paints what is let out; FLUX fails where nothing is, others end with an empty list."""
        made.ran = True
        unsafe = [f"NSFW content detected in image {number}\n" for number in range(made.kept, made.wanted)]
        made.logs = "".join(["Using seed: 42\n", WHOLE, *unsafe])
        if not made.kept and made.model.startswith("black-forest-labs/"):
            made.status = "failed"
            return
        addresses = [self.keep(self._painted(made.given)) for _ in range(made.kept)]
        one = len(addresses) == 1 and made.model in INPUTS and made.model not in LISTS
        made.status, made.output = "succeeded", addresses[0] if one else addresses

    def _painted(self, given: Mapping[str, object]) -> bytes:
        width, height = given.get("width"), given.get("height")
        size = Size(width, height) if isinstance(width, int) and isinstance(height, int) else Size(320, 320)
        return self.paint(size, media={"jpg": "jpeg", "webp": "webp"}.get(str(given.get("output_format")), "png"))

    def _shown(self, made: Prediction) -> Mapping[str, object]:
        """A prediction as it is told; while it starts, recorded answers lack several keys of the document."""
        place = f"{self.base_url}/predictions/{made.id}"
        shown: dict[str, object] = {
            "id": made.id,
            "model": made.model,
            "version": made.version,
            "input": made.given,
            "logs": made.logs,
            "error": UNSAFE if made.status == "failed" else None,
            "status": made.status,
            "created_at": CREATED,
            "urls": {"get": place, "cancel": f"{place}/cancel", "web": f"https://replicate.com/p/{made.id}"},
        }
        if not made.ran:
            return shown
        shown |= {"output": made.output, "data_removed": False, "source": "api", "started_at": STARTED}
        if made.status in FINAL:
            metrics = {"predict_time": SECONDS, "total_time": SECONDS + 0.3}
            shown |= {"completed_at": COMPLETED, "metrics": metrics}
        return shown

    # --- files and the account -----------------------------------------------------------------

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            files = (await self.form_of(request, At.UPLOAD))[1]
            if "content" not in files:
                raise Wrong("Missing content", "content", "Invalid file", 400)
            name = f"file{len(self.files)}"
            self.files[name] = files["content"]
            urls = {"get": f"{self.base_url}/files/{name}"}
            # The client of 2025 (replicate 1.0.7) also wants `name` and `etag`, which the document does not have.
            more = {"name": name, "etag": name, "created_at": CREATED, "expires_at": COMPLETED}
            shown = {"id": name, "urls": urls, "content_type": "image/png", "size": len(files["content"])}
            return web.json_response({**shown, "checksums": {"sha256": ""}, "metadata": {}, **more}, status=201)

        return await self.tell(request, At.UPLOAD, answer)

    async def _version(self, request: web.Request) -> web.StreamResponse:
        version = {"id": request.match_info["id"], "created_at": CREATED, "cog_version": "0.16", "openapi_schema": {}}
        return await self._told(request, version)

    async def _account(self, request: web.Request) -> web.StreamResponse:
        account = {"type": "organization", "username": "acme", "name": "Acme", "github_url": "https://github.com/acme"}
        return await self._told(request, account)

    async def _collection(self, request: web.Request) -> web.StreamResponse:
        names: Sequence[str] = sorted(INPUTS)
        models = [dict(zip(("owner", "name"), name.split("/"), strict=True)) for name in names]
        slug = request.match_info["slug"]
        return await self._told(request, {"name": slug, "slug": slug, "description": "", "models": models})

    async def _secret(self, request: web.Request) -> web.StreamResponse:
        return await self._told(request, {"key": SECRET})

    async def _told(self, request: web.Request, body: object) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response(body)

        return await self.tell(request, At.ACCOUNT, answer)
