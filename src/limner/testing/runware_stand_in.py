"""A local stand-in for Runware: checks tasks against the derived document and the rules of its pages, keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson
import pybase64
from aiohttp import web

from limner.domain.request import Size
from limner.testing.faults import At, Fault
from limner.testing.runware_rules import check_control, check_fields, painted_size
from limner.testing.specification import Specification
from limner.testing.stand_in import StandInServer, Wrong

COST = 0.0013
QUESTIONS = {"getResponse": At.POLL, "accountManagement": At.ACCOUNT, "modelSearch": At.ACCOUNT}
"""Tasks that cost nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A task that was accepted."""

    body: Mapping[str, object]
    size: Size

    @property
    def id(self) -> str:
        """Its UUID."""
        return str(self.body["taskUUID"])

    @property
    def count(self) -> int:
        """How many pictures it makes."""
        return int(str(self.body.get("numberResults", 1)))


class RunwareStandIn(StandInServer):
    """The stand-in as a server of its own: `async with RunwareStandIn() as stand_in: stand_in.base_url`."""

    base_path = "/v1"

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self._specification = Specification("runware")
        self._tasks: dict[str, Task] = {}
        self._polls: dict[str, int] = {}
        self._made: dict[str, list[dict[str, object]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Everything is a task."""
        return [web.post("/v1", self._post)]

    def check_key(self, request: web.Request) -> None:
        """The service's own word for a wrong key."""
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Wrong("Invalid API key.", "apiKey", "invalidApiKey", 401)

    def refused(self, wrong: Wrong) -> web.Response:
        """A list of errors."""
        return web.json_response({"errors": [error_of(wrong)]}, status=wrong.status)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        try:
            tasks = orjson.loads(await request.read())
            task = tasks[0] if isinstance(tasks, list) and len(tasks) == 1 and isinstance(tasks[0], dict) else {}
        except orjson.JSONDecodeError:
            task = {}
        at = QUESTIONS.get(str(task.get("taskType")), At.PURCHASE)
        self.note(request, task, at)
        if at is At.PURCHASE:

            async def read(_: web.Request) -> Task:
                return self._accepted(task)

            return await self.sell(request, read, self._acknowledged)

        async def answer(_: Fault) -> web.Response:
            self._specification.check("POST", "/v1", [task])
            return self._told(task)

        return await self.tell(request, at, answer)

    def _accepted(self, body: Mapping[str, object]) -> Task:
        self._specification.check("POST", "/v1", [body])
        kind, model, id = str(body["taskType"]), str(body["model"]), str(body["taskUUID"])
        check_fields(kind, model, body)
        if UUID(id).version != 4:
            raise Wrong("taskUUID must be a UUID of version 4.", "taskUUID", "invalidTaskUUID")
        if id in self._tasks:
            raise Wrong("A task with this taskUUID exists already.", "taskUUID", "conflictTaskUUID")
        check_control(body)
        task = Task(body=body, size=painted_size(body))
        self._tasks[id] = task
        return task

    async def _acknowledged(self, task: Task, _: Fault) -> web.StreamResponse:
        if task.body.get("deliveryMethod") != "async":
            return web.json_response({"data": self._results(task)})
        return web.json_response({"data": [{"taskType": task.body["taskType"], "taskUUID": task.id}]})

    def _told(self, task: Mapping[str, object]) -> web.Response:
        kind = task["taskType"]
        if kind == "accountManagement":
            balance = {"amount": 12.3, "freeBalance": 0, "currency": "USD"}
            details = {"operation": "getDetails", "organizationName": "Ink & Co", "balance": balance}
            return web.json_response({"data": [{"taskType": kind, "taskUUID": task["taskUUID"], **details}]})
        if kind == "modelSearch":
            results = [{"air": "runware:101@1", "name": "FLUX.1 dev"}, {"air": "acme:7@1"}, {"name": "nameless"}]
            return web.json_response({"data": [{"taskType": kind, "totalResults": 3, "results": results}]})
        found = self._tasks.get(str(task["taskUUID"]))
        if found is None:
            raise Wrong("There is no such task.", "taskUUID", "taskNotFound", 404)
        seen = self._polls[found.id] = self._polls.get(found.id, -1) + 1
        if seen < 2:
            item = {"taskType": found.body["taskType"], "taskUUID": found.id, "status": "processing"}
            return web.json_response({"data": [{**item, "progress": 40 * (seen + 1)}]})
        return web.json_response({"data": [{**item, "status": "success"} for item in self._results(found)]})

    def _results(self, task: Task) -> list[dict[str, object]]:
        """What a task has made: the same pictures whenever it is asked after."""
        if task.id not in self._made:
            self._made[task.id] = [self._result(task, place) for place in range(task.count)]
        return self._made[task.id]

    def _result(self, task: Task, place: int) -> dict[str, object]:
        """One picture; by its own id the official client tells it from the others of its task."""
        media = {"PNG": "png", "WEBP": "webp"}.get(str(task.body.get("outputFormat")), "jpeg")
        seed, data = task.body.get("seed"), self.paint(task.size, media=media)
        return {
            "taskType": task.body["taskType"],
            "taskUUID": task.id,
            "imageUUID": str(UUID(int=self.painted, version=4)),
            **self._handed_over(data, media, task.body.get("outputType", "URL")),
            **({"seed": seed + place} if isinstance(seed, int) else {}),
            **({"cost": COST} if task.body.get("includeCost") else {}),
        }

    def _handed_over(self, data: bytes, media: str, way: object) -> dict[str, object]:
        """A picture by its address, as base64, or as a data URI."""
        if way == "URL":
            return {"imageURL": self.keep(data, f"image/{media}")}
        text = pybase64.b64encode(data).decode("ascii")
        return (
            {"imageBase64Data": text} if way == "base64Data" else {"imageDataURI": f"data:image/{media};base64,{text}"}
        )


def error_of(wrong: Wrong) -> dict[str, object]:
    """An error as Runware writes it; what the document refuses has no code of its own."""
    code = wrong.code if wrong.code and "_" not in wrong.code else "invalidParameter"
    return {"code": code, "message": wrong.message, "parameter": wrong.param}
