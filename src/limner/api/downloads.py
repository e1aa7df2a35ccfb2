"""Sending files: whole, in part, or not at all where the caller has them already."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from limner.runtime.asking import runtime_of
from limner.storage.library import Delivery

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""A picture that is opened as a page of its own can do nothing."""

FOREVER = "private, max-age=31536000, immutable"
"""A picture's file never changes; only its owner's browser may keep it."""
FOR_ALL = "public, max-age=31536000, immutable"
"""Where pictures are handed out through a CDN, and nobody signs in: it may keep them too."""


class FileAnswer(Response):
    """A file, sent piece by piece."""

    def __init__(self, chunks: AsyncIterator[bytes], *, status: int, headers: dict[str, str]) -> None:
        super().__init__(status_code=status, headers=headers)
        if "Content-Length" not in headers:  # made while it is sent: how long it will be is not known
            del self.headers["Content-Length"]
        self._chunks = chunks

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Sends the head and then the pieces as they are read."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def file_answer(request: Request, delivery: Delivery, *, download: bool = False) -> Response:
    """What hands out a file: 200, 206 for a part of it, 304 where the caller has it, 416 for no such part."""
    settings = runtime_of(request).settings
    headers = {
        "ETag": delivery.etag,
        "Cache-Control": FOR_ALL if settings.cdn and not settings.accounts else FOREVER,
        "Content-Disposition": disposition(delivery.filename, download=download),
        "Content-Security-Policy": SANDBOX,
        "Accept-Ranges": "bytes",
    }
    if _has_it(request.headers.get("if-none-match"), delivery.etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Type"] = delivery.media_type
    part = _part(request, delivery)
    if part is None:
        headers["Content-Length"] = str(delivery.size)
        return FileAnswer(delivery.chunks(), status=200, headers=headers)
    start, stop = part
    if start >= stop:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{delivery.size}"})
    headers["Content-Length"] = str(stop - start)
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{delivery.size}"
    return FileAnswer(delivery.chunks(start, stop), status=206, headers=headers)


def disposition(filename: str, *, download: bool) -> str:
    """Content-Disposition (RFC 6266): plain ASCII for all, the whole name for those that can read it."""
    plain = re.sub(r"[^\w.\- ]", "_", filename, flags=re.ASCII) or "picture"
    kind = "attachment" if download else "inline"
    exact = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'{kind}; filename="{plain}"{exact}'


def _has_it(header: str | None, etag: str) -> bool:
    if header is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in tags or etag in tags


def _part(request: Request, delivery: Delivery) -> tuple[int, int] | None:
    """The one part that is asked for; None for all of it, also where the ask is not understood."""
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", request.headers.get("range", ""))
    if not found or found[1] + found[2] == "" or request.headers.get("if-range", delivery.etag) != delivery.etag:
        return None
    if not found[1]:
        return max(0, delivery.size - int(found[2])), delivery.size
    start, last = int(found[1]), int(found[2]) if found[2] else delivery.size - 1
    return None if last < start and found[2] else (start, min(last + 1, delivery.size))
