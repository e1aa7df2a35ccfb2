"""How an answer is written: JSON bytes once, and the headers that go with it."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from fastapi import Request, Response

Body = Mapping[str, object]

DEFERRED = "limner.deferred"
"""Where in the scope an answer leaves what it will send once the layers between it and the door have returned."""

NO_STORE = {"Cache-Control": "no-store"}


def dumped(content: object) -> bytes:
    """Plain values, dates, enums and `orjson.Fragment`s as JSON."""
    return orjson.dumps(content, option=orjson.OPT_UTC_Z | orjson.OPT_PASSTHROUGH_DATACLASS)


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(
        dumped(content), status_code=status, media_type="application/json", headers={**NO_STORE, **(headers or {})}
    )


def request_id(request: Request) -> str:
    """The name of this request, also in the X-Request-Id header and in the log."""
    name: str = request.scope.get("limner.request_id", "")
    return name
