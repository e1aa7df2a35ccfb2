"""What whoever has a share link sees: the pictures, their files, and nothing else."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from limner.domain.picture import Picture
from limner.engine.linking import UNLISTED
from limner.runtime import Runtime
from limner.web.languages import gettext as _
from limner.web.rendering import Renderer, shell
from limner.web.views import SharePage, Tile

router = APIRouter(include_in_schema=False)

EAGER = 6
"""Pictures that are loaded before anybody scrolls."""
HEADERS = {"X-Robots-Tag": UNLISTED, "Cache-Control": "no-store"}
"""No search engine lists it; and no cache shows it after it was revoked."""


@router.get("/s/{token}")
async def shared_page(
    request: Request, token: str, after: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    """The picture, or a page of the collection."""
    runtime: Runtime = request.app.state.runtime
    shown = await runtime.keeping.sharer.open(token, cursor=after)
    collection = shown.collection
    view = SharePage(
        shell=shell(request, collection.name if collection else _("Picture")),
        description=collection.description if collection else "",
        tiles=tuple(_tile(picture, place) for place, picture in enumerate(shown.pictures.items, 1)),
        here=f"/s/{token}",
        next=shown.pictures.next,
        front=(runtime.settings.public_url or str(request.base_url)).rstrip("/"),
    )
    renderer: Renderer = request.app.state.renderer
    answer = renderer.page(view)
    answer.headers.update(HEADERS)
    return answer


def _tile(picture: Picture, number: int) -> Tile:
    """A picture without the words that it was asked for with: those are its owner's."""
    file = picture.file
    return Tile(
        id=picture.id,
        alt=_("Shared picture %(number)s", number=number),
        width=file.width,
        height=file.height,
        tone=picture.tone,
        eager=number <= EAGER,
    )
