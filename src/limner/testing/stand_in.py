"""What every local stand-in for a service has in common: a server that notes requests, sells pictures, fails when told.

class Acme(StandInServer):
    base_path = "/v1"

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/paint", self._paint)]

    async def _paint(self, request: web.Request) -> web.StreamResponse:
        return await self.sell(request, self._order, self._answer)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Self, TypeVar

import orjson
import pybase64
from aiohttp import BodyPartReader, web

from limner.domain.request import Size
from limner.testing.faults import At, Drop, Fault, Faults
from limner.testing.pictures import PictureMaker

UPLOAD_LIMIT = 1 << 28
Order = TypeVar("Order")


class Wrong(Exception):
    """A request that the service would refuse, with the status and whatever else its answer says."""

    def __init__(self, message: str, param: str | None = None, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Logged:
    """One request that came."""

    path: str
    body: Mapping[str, object]
    """Fields as sent; files as name, type and length."""
    headers: Mapping[str, str] = field(repr=False)
    at: At = At.PURCHASE


class StandInServer:
    """A service's place on 127.0.0.1: `async with Acme() as stand_in: stand_in.base_url`."""

    base_path = ""
    """What the base URL of the service has after its host."""

    def __init__(self, *, port: int = 0, latency: float = 0.0, key: str | None = None) -> None:
        """`latency` is in seconds; with a `key` every request has to bring it."""
        self.port = port
        self.latency = latency
        self.key = key
        self.maker = PictureMaker()
        self.faults = Faults()
        self.log: list[Logged] = []
        self.purchases = 0
        """Requests for pictures that passed all checks and were not refused."""
        self.sold: list[object] = []
        """Those requests, as the service read them."""
        self.painted = 0
        """Pictures made so far; each differs from the others."""
        self.numbers = count()
        """For the ids of what goes on here: two orders that come at once have two."""
        self._files: dict[str, tuple[bytes, str]] = {}
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """What the service answers."""
        raise NotImplementedError

    def check_key(self, request: web.Request) -> None:
        """Raises Wrong, status 401, for a request without the key; services that carry it elsewhere say so."""
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            raise Wrong("Incorrect API key provided.", None, "invalid_api_key", 401)

    def refused(self, wrong: Wrong) -> web.Response:
        """A refusal in the service's own shape."""
        return web.json_response({"error": wrong.message}, status=wrong.status)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=UPLOAD_LIMIT)
        app.add_routes([*self.routes(), web.get("/_files/{name}", self._file)])
        app.add_routes([web.get("/_stand_in/log", self._show_log), web.post("/_stand_in/faults", self._take_faults)])
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """For the service's own `..._BASE_URL`."""
        return f"{self.root}{self.base_path}"

    @property
    def orders(self) -> list[Mapping[str, object]]:
        """Bodies of the requests for pictures that came, refused ones too."""
        return [entry.body for entry in self.log if entry.at is At.PURCHASE]

    # --- answering ----------------------------------------------------------------------------

    async def sell(
        self,
        request: web.Request,
        read: Callable[[web.Request], Awaitable[Order]],
        answer: Callable[[Order, Fault], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        """One request that costs money: `read` notes and checks it or raises Wrong, `answer` paints."""
        fault = self.faults.next(At.PURCHASE)
        if fault.drop is Drop.BEFORE_READING:
            return broken_off(request)
        try:
            self.check_key(request)
            order = await read(request)
        except Wrong as wrong:
            return self.refused(wrong)
        if fault.status is not None:
            await asyncio.sleep(fault.delay)
            return plain(fault)
        self.purchases += 1
        self.sold.append(order)
        if fault.drop is Drop.AFTER_READING:
            return broken_off(request)
        await asyncio.sleep(self.latency + fault.delay)
        return await delivered(request, await answer(order, fault), fault)

    async def tell(
        self, request: web.Request, at: At, answer: Callable[[Fault], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        """One request that costs nothing: a poll, a cancellation, an upload, a question about the account."""
        fault = self.faults.next(at)
        if fault.drop in (Drop.BEFORE_READING, Drop.AFTER_READING):
            return broken_off(request)
        await asyncio.sleep(fault.delay)
        if fault.status is not None:
            return plain(fault)
        try:
            self.check_key(request)
            return await delivered(request, await answer(fault), fault)
        except Wrong as wrong:
            return self.refused(wrong)

    def note(self, request: web.Request, body: Mapping[str, object], at: At = At.PURCHASE) -> None:
        """Writes a request down."""
        self.log.append(Logged(path=request.path_qs, body=body, headers=dict(request.headers), at=at))

    async def json_of(self, request: web.Request, at: At = At.PURCHASE) -> dict[str, object]:
        """The JSON object that was sent, noted. Raises Wrong where it is none."""
        try:
            body = orjson.loads(await request.read())
        except orjson.JSONDecodeError as error:
            raise Wrong("The body is no JSON.") from error
        if not isinstance(body, dict):
            raise Wrong("The body is no JSON object.")
        self.note(request, body, at)
        return body

    async def form_of(self, request: web.Request, at: At = At.PURCHASE) -> tuple[dict[str, object], dict[str, bytes]]:
        """The fields of a multipart form, noted, and its files by name. Raises Wrong for any other body."""
        if request.content_type != "multipart/form-data":
            raise Wrong("content-type: must be multipart/form-data")
        body: dict[str, object] = {}
        files: dict[str, bytes] = {}
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise Wrong("A part of the form has no name.")
            data = bytes(await part.read())
            if part.filename:
                files[part.name] = data
                body[part.name] = f"{part.filename} {part.headers.get('Content-Type')} {len(data)}"
            else:
                body[part.name] = data.decode()
        self.note(request, body, at)
        return body, files

    # --- pictures -----------------------------------------------------------------------------

    def paint(self, size: Size, *, media: str = "png", transparent: bool = False) -> bytes:
        """The next picture, unlike all before it."""
        self.painted += 1
        return self.maker.picture(media, size, self.painted, transparent=transparent)

    def paint_text(self, size: Size, fault: Fault, *, media: str = "png", first: bool = True) -> str:
        """The next picture as base64, or the garbage that the fault puts in the first one's place."""
        if fault.garbage is not None and first:
            return fault.garbage
        return pybase64.b64encode(self.paint(size, media=media)).decode("ascii")

    def keep(self, data: bytes, media_type: str = "image/png") -> str:
        """Lays a file out to be fetched; its address."""
        name = f"{len(self._files)}.{media_type.removeprefix('image/')}"
        self._files[name] = (data, media_type)
        return f"{self.root}/_files/{name}"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.next(At.DOWNLOAD)
        if fault.drop in (Drop.BEFORE_READING, Drop.AFTER_READING):
            return broken_off(request)
        if fault.status is not None:
            return plain(fault)
        found = self._files.get(request.match_info["name"])
        if found is None:
            return web.Response(status=404)
        answer = web.Response(body=found[0], content_type=found[1], headers=dict(fault.headers))
        return await delivered(request, answer, fault)

    async def _show_log(self, _: web.Request) -> web.StreamResponse:
        requests = [{"path": entry.path, "body": entry.body} for entry in self.log]
        return web.json_response({"purchases": self.purchases, "requests": requests})

    async def _take_faults(self, request: web.Request) -> web.StreamResponse:
        try:
            self.faults.add_plain(orjson.loads(await request.read()))
        except (ValueError, TypeError) as error:
            return self.refused(Wrong(str(error)))
        return web.json_response({"ok": True})


async def delivered(request: web.Request, answer: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    """Sends an answer with the fault's headers, or half of it and then nothing; a stream has sent itself."""
    if not isinstance(answer, web.Response) or answer.prepared:
        return answer
    answer.headers.update(fault.headers)
    if fault.drop is not Drop.IN_ANSWER:
        return answer
    body = answer.body if isinstance(answer.body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    return broken_off(request)


def plain(fault: Fault) -> web.Response:
    """The answer that a fault prescribes."""
    headers = {"x-request-id": "req_fault", **fault.headers}
    if isinstance(fault.body, str):
        return web.Response(text=fault.body, status=fault.status or 500, headers=headers)
    return web.json_response(fault.body, status=fault.status or 500, headers=headers)


def broken_off(request: web.Request) -> web.Response:
    """Breaks the line; the answer that is returned never arrives."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
