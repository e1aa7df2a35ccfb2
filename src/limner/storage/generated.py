"""Where document 2 has its pictures: `public/uploads/generated/{user}/{file}`, second names of the signed copies."""

from __future__ import annotations

import asyncio
from pathlib import Path

from limner.domain.cleaning import Filed
from limner.domain.picture import Picture
from limner.storage.disks import disk_failure
from limner.storage.kinds import EXTENSIONS
from limner.storage.library import Library
from limner.storage.naming import path_part
from limner.storage.shelf import put_link

PLACE = "uploads/generated"
"""Below the public folder, and below the root of the server."""


class GeneratedFolder:
    """Second names of the files that are handed out; where files are kept elsewhere than here there are none."""

    def __init__(self, public: Path, library: Library) -> None:
        self._public = public
        self._library = library

    def filepath(self, picture: Picture) -> str:
        """The path of a picture's file below the public folder."""
        return f"{PLACE}/{path_part(picture.owner)}/{_name(picture)}"

    async def put(self, picture: Picture) -> Path | None:
        """Gives the signed copy of a picture its place; None where there is no such folder. Raises StorageError."""
        source = await self._library.placed(picture)
        if source is None:
            return None
        target = self._public / self.filepath(picture)
        try:
            await asyncio.to_thread(put_link, source, target)
        except OSError as error:
            raise disk_failure(error, str(self._public)) from error
        return target

    async def forget(self, picture: Filed) -> None:
        """Takes a picture's file away, and its signed copies; its blob may belong to others too and stays."""
        try:
            await asyncio.to_thread(self._remove, _name(picture))
        except OSError as error:
            raise disk_failure(error, str(self._public)) from error
        await self._library.forget(picture)

    def _remove(self, name: str) -> None:
        """Removes a file, whosever it is. Blocks."""
        for path in (self._public / PLACE).glob(f"*/{name}"):
            path.unlink(missing_ok=True)


def _name(picture: Filed) -> str:
    """The name of a picture's file."""
    return f"{path_part(picture.id)}.{EXTENSIONS.get(picture.file.media_type, 'bin')}"
