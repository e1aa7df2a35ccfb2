"""Text on its way to browsers, as small as gzip makes it: a page of sixty pictures has 100 kB, of which 10 are left."""

from __future__ import annotations

import gzip
from functools import lru_cache

from fastapi import Response
from starlette.types import Receive, Scope, Send

WORTH = 1000
"""Bytes below which nothing is gained."""
LEVEL = 6


class Squeezed(Response):
    """An answer that is compressed for whoever takes it so. No secret of somebody else's stands beside what they chose.

    `keeps` remembers the compressed bytes, for files that are handed out again and again.
    """

    keeps = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends it, compressed if that is understood."""
        self.headers["Vary"] = ", ".join(filter(None, (self.headers.get("vary"), "Accept-Encoding")))
        if len(self.body) >= WORTH and _takes_gzip(scope):
            content = bytes(self.body)
            self.body = _kept(content) if self.keeps else squeezed(content)
            self.headers["Content-Encoding"] = "gzip"
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


class SqueezedFile(Squeezed):
    """The same for one of the pages' own files."""

    keeps = True


def squeezed(content: bytes) -> bytes:
    """The bytes as gzip, the same at any time."""
    return gzip.compress(content, LEVEL, mtime=0)


@lru_cache(maxsize=64)
def _kept(content: bytes) -> bytes:
    return squeezed(content)


def _takes_gzip(scope: Scope) -> bool:
    said = b",".join(value for name, value in scope["headers"] if name == b"accept-encoding")
    return any(
        each.strip().split(b";")[0] == b"gzip" and each.partition(b";")[2].strip() != b"q=0"
        for each in said.split(b",")
    )
