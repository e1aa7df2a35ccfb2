"""Pictures that people bring into the library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from limner.domain.picture import Picture, PictureFile
from limner.domain.records import NewJob

UPLOADER = "upload/file"
"""Stands where the model of a painted picture stands: nobody painted it here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """A picture that somebody brought, kept."""

    original: PictureFile
    """Byte for byte."""
    file: PictureFile
    """What is shown: turned, where the original only says that it should be."""
    tone: str
    changes: tuple[str, ...] = ()


class Brings(Protocol):
    """Takes pictures in from outside."""

    async def keep_upload(self, data: bytes, name: str) -> Brought:
        """Checks and keeps a picture, its own manifest in it. Raises BadPicture, or StorageError."""
        ...


class Imports(Protocol):
    """Pictures from outside, as rows."""

    async def add(self, new: NewJob, picture: Picture, *, again: bool) -> Picture | None:
        """Writes a picture down with a job that is over; the person's own picture of the same original, if any.

        Where there is one outside the trash nothing is written, unless it is to be kept `again`; two at the same moment
        are one.
        """
        ...
