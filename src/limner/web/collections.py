"""The pages of collections: all of them, and one with its pictures in their order."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.collecting import Collection, Edit
from limner.domain.errors import InvalidRequest
from limner.runtime.asking import principal_of, runtime_of
from limner.web import browsing, wording
from limner.web.asking import known_id, renderer_of
from limner.web.failures import told
from limner.web.filters import GalleryQuery
from limner.web.gallery_views import AlbumCard, AlbumPage, AlbumsPage, AskPage, DayGroup, SheetView
from limner.web.languages import gettext as _
from limner.web.rendering import shell
from limner.web.signing_in import text_of

ALBUMS = 60
"""Collections of one page."""

router = APIRouter(include_in_schema=False, prefix="/collections")

Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("")
async def collections_page(request: Request, cursor: Cursor = None) -> Response:
    """All collections, and the form that makes one."""
    return await _all(request, cursor)


@router.post("")
async def make_collection(request: Request) -> Response:
    """Makes an empty collection and shows it."""
    async with request.form(max_files=0, max_fields=4) as form:
        name, description = text_of(form, "name"), text_of(form, "description")
    try:
        made = await runtime_of(request).keeping.curator.collect(name, description, principal_of(request))
    except InvalidRequest as error:
        return await _all(request, None, error, name)
    return _to(request, made.id)


@router.get("/{collection_id}")
async def collection_page(request: Request, collection_id: str, cursor: Cursor = None) -> Response:
    """One collection, its pictures in their order."""
    return await _one(request, known_id(collection_id), cursor)


@router.post("/{collection_id}")
async def edit_collection_from_form(request: Request, collection_id: str) -> Response:
    """Changes its name and description."""
    async with request.form(max_files=0, max_fields=4) as form:
        edit = Edit(name=text_of(form, "name"), description=text_of(form, "description"))
    name = known_id(collection_id)
    try:
        await runtime_of(request).keeping.curator.edit(name, edit, principal_of(request))
    except InvalidRequest as error:
        return await _one(request, name, None, error)
    return _to(request, name)


@router.get("/{collection_id}/remove")
async def ask_to_remove_collection(request: Request, collection_id: str) -> Response:
    """Asks before a collection is removed."""
    links, name = renderer_of(request).links, known_id(collection_id)
    found = await runtime_of(request).keeping.curator.collection(name, principal_of(request))
    view = AskPage(
        shell=shell(request, _("Remove a collection"), current="gallery"),
        question=_("Remove the collection “%(name)s”? Its pictures stay, its share links end.", name=found.name),
        action=links.remove_collection(name),
        fields=(),
        yes=_("Remove"),
        no=_("Keep"),
        back=links.collection(name),
    )
    return renderer_of(request).page(view)


@router.post("/{collection_id}/remove")
async def remove_collection_from_form(request: Request, collection_id: str) -> Response:
    """Forgets a collection and leaves its pictures."""
    await runtime_of(request).keeping.curator.dissolve(known_id(collection_id), principal_of(request))
    return RedirectResponse(renderer_of(request).links.collections, status_code=303)


async def _all(request: Request, cursor: str | None, error: InvalidRequest | None = None, name: str = "") -> Response:
    page = await runtime_of(request).keeping.curator.collections(principal_of(request), limit=ALBUMS, cursor=cursor)
    links = renderer_of(request).links
    view = AlbumsPage(
        shell=shell(request, _("Collections"), current="gallery"),
        albums=tuple(_card(each) for each in page.items),
        older="" if page.next is None else f"{links.collections}?cursor={page.next}",
        name=name[:200],
        error=told(error),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


async def _one(request: Request, name: str, cursor: str | None, error: InvalidRequest | None = None) -> Response:
    curator, principal, links = runtime_of(request).keeping.curator, principal_of(request), renderer_of(request).links
    found = await curator.collection(name, principal)
    page = await curator.contents(name, principal, limit=browsing.SHEET, cursor=cursor)
    query = GalleryQuery(collection=name)
    tiles = tuple(
        browsing.gallery_tile(picture, query, links, eager=place < browsing.EAGER)
        for place, picture in enumerate(page.items)
    )
    groups = (DayGroup(key="", title="", summary="", tiles=tiles),) if tiles else ()
    view = AlbumPage(
        shell=shell(request, found.name, current="gallery"),
        album=_card(found),
        description=found.description,
        sheet=SheetView(groups=groups, newer="", older="", count=len(tiles), goes_on=page.next is not None),
        older_page="" if page.next is None else f"{links.collection(name)}?cursor={page.next}",
        first_page=cursor is None,
        in_gallery=query.address(links.gallery, select="1"),
        error=told(error),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


def _card(collection: Collection) -> AlbumCard:
    return AlbumCard(
        id=collection.id,
        name=collection.name,
        cover=collection.cover_id or "",
        many=wording.pictures(collection.pictures),
    )


def _to(request: Request, name: str) -> Response:
    return RedirectResponse(renderer_of(request).links.collection(name), status_code=303)
