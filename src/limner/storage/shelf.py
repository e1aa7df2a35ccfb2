"""Puts kept pictures where people look for them: in folders by project and service, under names they can read."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path

from limner.domain.cleaning import Filed
from limner.domain.errors import NotFound
from limner.domain.picture import Picture, check_shown
from limner.storage.blobs import BlobStore
from limner.storage.disks import disk_failure
from limner.storage.kinds import EXTENSIONS
from limner.storage.naming import path_part


class Shelf:
    """Second names of kept files, at `root/{project}/{service}/{picture id}.{ext}`; a copy where a link cannot be made.

    `folders` gives services other folder names. Where files are kept elsewhere than on this machine there is no shelf.
    """

    def __init__(self, root: Path, blobs: BlobStore, folders: Mapping[str, str] | None = None) -> None:
        self._root = root
        self._blobs = blobs
        self._folders = folders or {}

    def names(self, picture: Filed) -> tuple[str, ...]:
        """Project, service and file name of a picture, each fit to be a part of a path and of a URL's path."""
        name = f"{path_part(picture.id)}.{EXTENSIONS.get(picture.file.media_type, 'bin')}"
        return path_part(picture.project), path_part(self.folder(picture.service)), name

    def folder(self, service: str) -> str:
        """What the folder of a service is called."""
        return self._folders.get(service, service)

    async def put(self, picture: Picture) -> Path | None:
        """Gives the shown file of a picture its place on the shelf; None where there is no shelf.

        Raises PictureWithheld and StorageError; NotFound where the file is gone.
        """
        check_shown(picture)
        return await self._place(picture.file.digest, self._root.joinpath(*self.names(picture)))

    async def link(self, digest: str, *names: str) -> Path | None:
        """Gives a kept file one more name under the root. Raises StorageError; NotFound where the file is gone."""
        return await self._place(digest, self._root.joinpath(*map(path_part, names)))

    async def _place(self, digest: str, target: Path) -> Path | None:
        source = self._blobs.path(digest)
        if source is None:
            return None
        try:
            await asyncio.to_thread(put_link, source, target)
        except OSError as error:
            raise disk_failure(error, str(self._root)) from error
        return target

    async def remove(self, picture: Filed) -> None:
        """Takes a picture off the shelf; one that is not there is fine."""
        target = self._root.joinpath(*self.names(picture))
        try:
            await asyncio.to_thread(target.unlink, missing_ok=True)
        except OSError as error:
            raise disk_failure(error, str(self._root)) from error


def put_link(source: Path, target: Path) -> None:
    """Makes the second name, and its folders where they are missing. Blocks. Raises NotFound and OSError."""
    try:
        _link(source, target)
    except FileNotFoundError:
        if not source.exists():
            raise NotFound("This file is not in the object store.") from None
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(source, target)


def _link(source: Path, target: Path) -> None:
    """A hard link, or a whole copy where the file system or the way between two has none."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:
        if target.exists():
            return
        draft = target.with_name(f".{target.name}.new")
        shutil.copyfile(source, draft)
        draft.replace(target)
