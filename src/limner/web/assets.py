"""The pages' own files: read once, kept in memory, handed out under an address that changes with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from limner.web.squeezing import SqueezedFile

FOLDER = Path(__file__).with_name("static")
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Only these are handed out."""
PACKED = frozenset({"image/png", "image/webp", "font/woff2"})


@dataclass(frozen=True, slots=True)
class Assets:
    """All files by name, and a version that depends on every one of them."""

    files: Mapping[str, bytes]
    version: str

    async def serve(self, request: Request) -> Response:
        """One file. An address of an older version still gives the file there is now, but not for ever."""
        name: str = request.path_params["name"]
        content = self.files.get(name)
        if content is None:
            raise HTTPException(404)
        current = request.path_params["version"] == self.version
        keep = "public, max-age=31536000, immutable" if current else "no-cache"
        kind = TYPES[Path(name).suffix]
        # Fonts and pictures are compressed already.
        answer = Response if kind in PACKED else SqueezedFile
        return answer(content, media_type=kind, headers={"Cache-Control": keep})


def read_assets(folder: Path = FOLDER) -> Assets:
    """Reads the folder. Blocks: called once, before anything is served."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES
    }
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return Assets(files, digest.hexdigest()[:12])
