"""The files of pictures that a share link shows, for whoever has it; the page that shows them stands with the pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from fastapi import APIRouter, Request, Response

from limner.api.downloads import file_answer
from limner.domain.picture import Picture
from limner.engine.linking import UNLISTED
from limner.runtime.asking import runtime_of

router = APIRouter(prefix="/s/{token}/images/{image_id}", include_in_schema=False)

HEADERS = {"X-Robots-Tag": UNLISTED, "Cache-Control": "no-store"}
"""No search engine lists it; and no cache shows it after the link was revoked."""


@router.get("/file")
async def shared_file(request: Request, token: str, image_id: str) -> Response:
    """The picture's file to be saved, without its recipe."""
    runtime = runtime_of(request)
    picture = await runtime.keeping.sharer.picture(token, image_id)
    delivery = await runtime.library.file(picture, recipe=False)
    return _told(file_answer(request, replace(delivery, filename=_name(picture, delivery.filename)), download=True))


@router.get("/thumbnail")
async def shared_thumbnail(request: Request, token: str, image_id: str) -> Response:
    """A WebP to look at: whatever the file is, this is nothing that a browser could carry out."""
    runtime = runtime_of(request)
    picture = await runtime.keeping.sharer.picture(token, image_id)
    delivery = await runtime.thumbnail(picture, 1024)
    return _told(file_answer(request, replace(delivery, filename=_name(picture, delivery.filename))))


def _told(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    return answer


def _name(picture: Picture, filename: str) -> str:
    """A file name without the words that the picture was asked for with: those are its owner's."""
    return f"picture-{picture.id[-8:]}{PurePath(filename).suffix}"
