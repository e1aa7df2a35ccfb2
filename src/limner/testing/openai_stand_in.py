"""A local stand-in for OpenAI's image API: checks requests as OpenAI does, paints gradients, fails when told to.

    python -m limner.testing.openai_stand_in --port 9100 --latency 500 --picture-bytes 1060000

`GET /_stand_in/log` shows what was bought and asked; `POST /_stand_in/faults` takes a list of faults for requests to
come. The official SDK works against `http://127.0.0.1:PORT/v1`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import orjson
import pybase64
from aiohttp import BodyPartReader, web

from limner.domain.request import Size
from limner.testing.faults import At, Drop, Fault
from limner.testing.openai_rules import OpenAIRules, check_file, size_of, usage
from limner.testing.stand_in import StandInServer, Wrong, broken_off

CREATED = 1_776_000_000
WHOLE_NUMBERS = {"n", "partial_images", "output_compression", "frame_count", "frame_duration_ms"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A request for pictures that has passed all checks."""

    kind: str
    """`image_generation` or `image_edit`, as the events are named."""
    body: Mapping[str, object]
    inputs: tuple[Size, ...] = ()

    @property
    def size(self) -> Size:
        """What is painted."""
        return size_of(str(self.body.get("model")), self.body.get("size"))

    @property
    def count(self) -> int:
        """How many pictures are wanted."""
        wanted = self.body.get("n")
        return wanted if isinstance(wanted, int) else 1


class OpenAIStandIn(StandInServer):
    """The stand-in as a server of its own: `async with OpenAIStandIn() as stand_in: stand_in.base_url`."""

    base_path = "/v1"

    def __init__(
        self,
        *,
        port: int = 0,
        latency: float = 0.0,
        picture_bytes: int = 0,
        key: str | None = None,
        check: bool = True,
    ) -> None:
        super().__init__(port=port, latency=latency, key=key)
        self._picture_bytes = picture_bytes
        self._rules = OpenAIRules()
        self._check = check
        self.flags_pictures = False
        """Whether moderation flags whatever picture it is shown."""

    def routes(self) -> list[web.RouteDef]:
        """OpenAI's image API, moderation and models."""
        return [
            web.post("/v1/images/generations", self._generations),
            web.post("/v1/images/edits", self._edits),
            web.post("/v1/moderations", self._moderations),
            web.get("/v1/models", self._models),
            web.get("/v1/models/{model}", self._model),
        ]

    def refused(self, wrong: Wrong) -> web.Response:
        """OpenAI's shape of errors."""
        return error_answer(wrong.status, wrong.message, param=wrong.param, code=wrong.code)

    async def _generations(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "image_generation")

    async def _edits(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, "image_edit")

    async def _serve(self, request: web.Request, kind: str) -> web.StreamResponse:
        """One request for pictures, with whatever fault is next."""

        async def read(request: web.Request) -> Order:
            return await self._order(request, kind)

        async def answer(order: Order, fault: Fault) -> web.StreamResponse:
            if order.body.get("stream"):
                return await self._stream(request, order, fault)
            return self._answer(order, fault)

        return await self.sell(request, read, answer)

    async def _order(self, request: web.Request, kind: str) -> Order:
        if request.content_type == "multipart/form-data":
            body, inputs = await self._form(request)
            schema = "CreateImageEditRequest"
        else:
            body, inputs = orjson.loads(await request.read()), ()
            schema = "CreateImageRequest" if kind == "image_generation" else "EditImageBodyJsonParam"
        self.note(request, body)
        if self._check:
            self._rules.check(schema, body)
        self._rules.check_image(body)
        return Order(kind=kind, body=body, inputs=inputs)

    async def _form(self, request: web.Request) -> tuple[dict[str, object], tuple[Size, ...]]:
        """A multipart form as a plain object, and the sizes of its pictures."""
        body: dict[str, object] = {}
        inputs: list[Size] = []
        mask: Size | None = None
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise Wrong("A part of the form has no name.")
            data = bytes(await part.read())
            if part.name in {"image", "image[]", "mask"}:
                size = check_file(part.name, part.filename, part.headers.get("Content-Type"), data)
                mask, inputs = (size, inputs) if part.name == "mask" else (mask, [*inputs, size])
                _add(body, part.name, f"{part.filename} {part.headers.get('Content-Type')} {len(data)}")
            else:
                body[part.name] = _scalar(part.name, data.decode())
        if not inputs:
            raise Wrong("Missing required parameter: 'image'.", "image", "missing_required_parameter")
        if mask is not None and mask != inputs[0]:
            raise Wrong("Invalid mask image size: it must match the image.", "mask", "invalid_mask_size")
        return body, tuple(inputs)

    def _base64(self, order: Order, fault: Fault, place: int) -> bytes:
        """The next picture as text."""
        self.painted += 1
        if fault.garbage is not None and place == 0:
            return orjson.dumps(fault.garbage)[1:-1]
        picture = self.maker.picture(
            str(order.body.get("output_format") or "png"),
            order.size,
            self.painted,
            transparent=order.body.get("background") == "transparent",
            length=self._picture_bytes,
        )
        return pybase64.b64encode(picture)

    def _facts(self, order: Order) -> dict[str, object]:
        quality = order.body.get("quality")
        background = order.body.get("background")
        return {
            "size": str(order.size),
            "quality": quality if quality not in {None, "auto"} else "medium",
            "background": background if background not in {None, "auto"} else "opaque",
            "output_format": order.body.get("output_format") or "png",
        }

    def _answer(self, order: Order, fault: Fault) -> web.Response:
        count = order.count if fault.pictures is None else fault.pictures
        pictures = b",".join(b'{"b64_json":"' + self._base64(order, fault, place) + b'"}' for place in range(count))
        rest = {"created": CREATED, **self._facts(order)}
        rest["usage"] = usage(order.body, order.size, pictures=order.count, inputs=order.inputs)
        body = orjson.dumps(rest)[:-1] + b',"data":[' + pictures + b"]}"
        return web.Response(
            body=body, content_type="application/json", headers={"x-request-id": f"req_{self.purchases}"}
        )

    async def _stream(self, request: web.Request, order: Order, fault: Fault) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "x-request-id": f"req_{self.purchases}", **fault.headers}
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        async for name, data in self._events(order, fault):
            await answer.write(b"event: " + name.encode() + b"\ndata: " + data + b"\n\n")
        if fault.drop is Drop.IN_ANSWER:
            return broken_off(request)
        await answer.write_eof()
        return answer

    async def _events(self, order: Order, fault: Fault) -> AsyncIterator[tuple[str, bytes]]:
        """The partial pictures and then each whole one; a fault ends it after the first picture, or before it."""
        partials = order.body.get("partial_images")
        count = order.count if fault.pictures is None else fault.pictures
        broken = fault.error_event or fault.drop is Drop.IN_ANSWER
        for place in range(count):
            for index in range(partials if isinstance(partials, int) else 0):
                yield self._event(order, "partial_image", {"partial_image_index": index}, Fault(), place)
            if broken and (place or count == 1):
                break
            tokens = usage(order.body, order.size, pictures=1, inputs=order.inputs)
            yield self._event(order, "completed", {"usage": tokens}, fault, place)
        if fault.error_event:
            error = {"type": "server_error", "code": "server_error", "message": "The server had an error."}
            yield "error", orjson.dumps({"type": "error", "error": {**error, "param": None}})

    def _event(
        self, order: Order, what: str, more: Mapping[str, object], fault: Fault, place: int
    ) -> tuple[str, bytes]:
        name = f"{order.kind}.{what}"
        rest = orjson.dumps({"type": name, "created_at": CREATED, **self._facts(order), **more})
        return name, rest[:-1] + b',"b64_json":"' + self._base64(order, fault, place) + b'"}'

    async def _moderations(self, request: web.Request) -> web.StreamResponse:
        """Flags what contains the word `gruesome`, and pictures where `flags_pictures` is set."""

        async def answer(_: Fault) -> web.Response:
            body = await self.json_of(request, At.MODERATION)
            self._rules.check("CreateModerationRequest", body)
            schema = self._rules.moderation_categories
            shown = orjson.dumps(body["input"]).decode()
            flagged = "gruesome" in shown or (self.flags_pictures and '"image_url"' in shown)
            result = {
                "flagged": flagged,
                "categories": {name: flagged and name == "violence/graphic" for name in schema},
                "category_scores": {name: 0.9 if flagged and name == "violence/graphic" else 0.0001 for name in schema},
                "category_applied_input_types": {name: ["text"] for name in schema},
            }
            return web.json_response({"id": "modr-1", "model": "omni-moderation-latest", "results": [result]})

        return await self.tell(request, At.MODERATION, answer)

    async def _models(self, request: web.Request) -> web.StreamResponse:
        async def answer(_: Fault) -> web.Response:
            return web.json_response({"object": "list", "data": [_model(name) for name in self._rules.models]})

        return await self.tell(request, At.ACCOUNT, answer)

    async def _model(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["model"]
        if name not in self._rules.models:
            return error_answer(404, f"The model '{name}' does not exist", param="model", code="model_not_found")
        return web.json_response(_model(name))


def error_answer(status: int, message: str, *, param: str | None = None, code: str | None = None) -> web.Response:
    """An error in OpenAI's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status, headers={"x-request-id": "req_refused"})


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "system", "shutdown_date": None}


def _scalar(name: str, text: str) -> object:
    """A form's text as the value it stands for."""
    if name in WHOLE_NUMBERS and text.isdecimal():
        return int(text)
    return {"true": True, "false": False}.get(text, text)


def _add(body: dict[str, object], name: str, value: str) -> None:
    """Repeated `image[]` parts make a list."""
    found = body.get(name, [])
    body[name] = [*found, value] if name.endswith("[]") and isinstance(found, list) else value


async def _run(arguments: argparse.Namespace) -> None:
    stand_in = OpenAIStandIn(
        port=arguments.port,
        latency=arguments.latency / 1000,
        picture_bytes=arguments.picture_bytes,
        check=not arguments.no_check,
    )
    async with stand_in:
        sys.stdout.write(f"{stand_in.base_url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


def main() -> None:
    """Runs the stand-in until it is stopped; prints its base URL first."""
    parser = argparse.ArgumentParser(description="A local stand-in for OpenAI's image API.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds before each answer")
    parser.add_argument("--picture-bytes", type=int, default=0, help="pads every png to this many bytes")
    parser.add_argument("--no-check", action="store_true", help="skip the OpenAPI document, for measuring")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
