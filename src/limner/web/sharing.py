"""What whoever has a share link sees: the pictures, their files, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from limner.api.downloads import file_answer
from limner.domain.picture import Picture
from limner.engine.sharing import Sharer
from limner.runtime import Runtime
from limner.web.rendering import Renderer, shell
from limner.web.views import SharePage, Tile

router = APIRouter(include_in_schema=False)

EAGER = 6
"""Pictures that are loaded before anybody scrolls."""
HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}
"""No search engine lists it; and no cache shows it after it was revoked."""


@router.get("/s/{token}")
async def shared_page(
    request: Request, token: str, after: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """The picture, or a page of the collection."""
    shown = await _sharer(request).open(token, cursor=after)
    collection = shown.collection
    view = SharePage(
        shell=shell(request, collection.name if collection else "Picture"),
        description=collection.description if collection else "",
        tiles=tuple(_tile(picture, place) for place, picture in enumerate(shown.pictures.items, 1)),
        here=f"/s/{token}",
        next=shown.pictures.next,
    )
    renderer: Renderer = request.app.state.renderer
    answer = renderer.page(view)
    answer.headers.update({**HEADERS, "Referrer-Policy": "no-referrer"})
    return answer


@router.get("/s/{token}/images/{image_id}/file")
async def shared_file(request: Request, token: str, image_id: str) -> Response:
    """The picture's file to be saved, without its recipe."""
    picture = await _sharer(request).picture(token, image_id)
    delivery = await _runtime(request).library.file(picture, recipe=False)
    return _told(file_answer(request, replace(delivery, filename=_name(picture, delivery.filename)), download=True))


@router.get("/s/{token}/images/{image_id}/thumbnail")
async def shared_thumbnail(request: Request, token: str, image_id: str) -> Response:
    """A WebP to look at: whatever the file is, this is nothing that a browser could carry out."""
    picture: Picture = await _sharer(request).picture(token, image_id)
    delivery = await _runtime(request).thumbnail(picture, 1024)
    return _told(file_answer(request, replace(delivery, filename=_name(picture, delivery.filename))))


def _tile(picture: Picture, number: int) -> Tile:
    """A picture without the words that it was asked for with: those are its owner's."""
    file = picture.file
    return Tile(
        id=picture.id,
        alt=f"Shared picture {number}",
        width=file.width,
        height=file.height,
        tone=picture.tone,
        eager=number <= EAGER,
    )


def _name(picture: Picture, filename: str) -> str:
    """A file name without those words."""
    return f"picture-{picture.id[-8:]}{PurePath(filename).suffix}"


def _told(answer: Response) -> Response:
    answer.headers.update(HEADERS)
    return answer


def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def _sharer(request: Request) -> Sharer:
    return _runtime(request).keeping.sharer
