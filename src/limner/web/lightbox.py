"""The page of one picture: among which others it was opened, how it came to be, and what can be done with it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from limner.domain.collecting import Share
from limner.domain.errors import InvalidRequest, LimnerError, NotFound
from limner.domain.marking import Action, Change
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.request import Operation
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.web import browsing, showing, wording
from limner.web.asking import known_id, renderer_of
from limner.web.failures import told
from limner.web.family import family_of
from limner.web.filters import GalleryQuery
from limner.web.gallery import keeps_for
from limner.web.languages import gettext, message, ngettext, number
from limner.web.lightbox_views import Neighbour, PicturePage, ShareRow
from limner.web.links import Links
from limner.web.rendering import shell
from limner.web.signing_in import text_of

BESIDE = 5
"""Pictures of the strip on either side."""
LIVES = {
    "604800": message("a week"),
    "86400": message("a day"),
    "2592000": message("30 days"),
    "31536000": message("a year"),
}
"""How long a link works, in seconds, the usual first."""
REASONS = (
    message("It is not what was asked for"),
    message("It shows somebody without their consent"),
    message("It is harmful"),
    message("Something else"),
)
"""What is wrong with a picture, in the words that administrators read."""

router = APIRouter(include_in_schema=False, prefix="/images/{image_id}")

Among = Annotated[GalleryQuery, Query()]


@router.get("")
async def picture_page(request: Request, image_id: str, query: Among) -> Response:
    """One picture and its story."""
    return await _page(request, image_id, query)


@router.post("/tags")
async def tag_from_form(request: Request, image_id: str, query: Among) -> Response:
    """Adds the tags of the field, or takes the one away whose button was pressed."""
    async with request.form(max_files=0, max_fields=4) as form:
        added, removed = text_of(form, "tags"), text_of(form, "remove")
    tags = tuple(tag.strip() for tag in added.split(",") if tag.strip())
    change = Change(action=Action.UNTAG, tags=(removed,)) if removed else Change(action=Action.TAG, tags=tags)
    name = known_id(image_id)
    try:
        await runtime_of(request).keeping.curator.change_one(name, change, principal_of(request))
    except InvalidRequest as error:
        return await _page(request, name, query, error=error)
    return RedirectResponse(query.address(renderer_of(request).links.image(name)), status_code=303)


@router.post("/share")
async def share_from_form(request: Request, image_id: str, query: Among) -> Response:
    """Makes a link and shows it, this once."""
    async with request.form(max_files=0, max_fields=2) as form:
        seconds = text_of(form, "expires_in")
    if seconds not in LIVES:
        error = InvalidRequest(gettext("Choose how long the link works, then make it again."), field="expires_in")
        return await _page(request, image_id, query, error=error)
    runtime, name = runtime_of(request), known_id(image_id)
    made = await runtime.keeping.sharer.share(principal_of(request), timedelta(seconds=int(seconds)), picture=name)
    return await _page(request, name, query, link=f"{runtime.settings.address}/s/{made.token}")


@router.post("/shares/{share_id}/revoke")
async def revoke_from_form(request: Request, image_id: str, share_id: str, query: Among) -> Response:
    """Ends a link at once."""
    runtime, principal, name = runtime_of(request), principal_of(request), known_id(image_id)
    await runtime.pictures.get(name, principal.id)
    await runtime.keeping.sharer.revoke(known_id(share_id), principal)
    return RedirectResponse(query.address(renderer_of(request).links.image(name)), status_code=303)


@router.post("/report")
async def report_from_form(request: Request, image_id: str, query: Among) -> Response:
    """Tells the administrators that something is wrong with a picture."""
    async with request.form(max_files=0, max_fields=3) as form:
        reason, details = text_of(form, "reason"), text_of(form, "details")
    try:
        _, fresh = await runtime_of(request).reviews.report(known_id(image_id), reason, details, principal_of(request))
    except InvalidRequest as error:
        return await _page(request, image_id, query, error=error)
    said = gettext("Reported. An administrator will look at it.") if fresh else gettext("You have reported it before.")
    return await _page(request, image_id, query, done=said)


async def _page(
    request: Request,
    image_id: str,
    query: GalleryQuery,
    *,
    link: str = "",
    done: str = "",
    error: LimnerError | None = None,
) -> Response:
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    picture = await runtime.pictures.visible(known_id(image_id), principal.id)
    job = await runtime.jobs.visible(picture.job_id, principal.id)
    is_own = picture.owner == principal.id
    among = await _among(runtime, principal, query, picture, links)
    parent = await _parent(runtime, principal, picture)
    shares = await runtime.keeping.sharer.all(principal, picture=picture.id) if is_own else ()
    own_format = picture.file.media_type.removeprefix("image/")
    beside = {True: gettext("as made"), False: gettext("converted")}
    facts = showing.Story(picture, job, runtime.catalog)
    title = wording.title(picture.prompt, picture.operation)
    view = PicturePage(
        shell=shell(request, title[:60], heading=gettext("Picture"), current="gallery"),
        tile=showing.tile(picture, eager=True),
        job_id=picture.job_id,
        prompt=title,
        model=facts.title,
        colour=showing.colour(picture.model),
        tags=picture.tags,
        favorite=picture.favorite,
        trashed=picture.trashed is not None,
        withheld=picture.withheld or "",
        own=is_own,
        may_mark=principal.may_change,
        reruns=picture.operation is not Operation.UPLOAD,
        formats=tuple((name, said, beside[name == own_format]) for name, said in wording.FORMATS.items()),
        own_format=(own_format, wording.format_name(picture.file.media_type)),
        recipe=facts.recipe,
        cost=facts.cost,
        provenance=facts.provenance,
        signed=facts.signed,
        family=await family_of(runtime, principal, picture, links),
        before=None if parent is None else showing.tile(parent),
        position=among.position,
        newer=among.newer,
        older=among.older,
        strip=among.strip,
        back=query.address(links.gallery),
        here=query.address(links.image(picture.id)),
        context=query.address(""),
        keeps_for=keeps_for(runtime),
        shares=tuple(_share(each) for each in shares),
        lives=tuple((value, gettext(name)) for value, name in LIVES.items()),
        reasons=tuple((reason, gettext(reason)) for reason in REASONS),
        link=link,
        done=done,
        error=told(error),
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


async def _among(
    runtime: Runtime, principal: Principal, query: GalleryQuery, picture: Picture, links: Links
) -> Neighbour:
    """Where the picture lies among those of the gallery that it was opened in."""
    which, look = query.wanted(), runtime.keeping.browsing
    if picture.owner != principal.id:
        return Neighbour(position="", newer="", older="", strip=())
    around, tally = await asyncio.gather(
        look.around(principal.id, which, picture, each=BESIDE), look.tally(principal.id, which)
    )
    row = (*around.newer, picture, *around.older)
    address = {each.id: query.address(links.image(each.id)) for each in row}
    total = browsing.total_words(tally)
    return Neighbour(
        position=gettext("%(position)s of %(total)s", position=number(around.position), total=total),
        newer=address[around.newer[-1].id] if around.newer else "",
        older=address[around.older[0].id] if around.older else "",
        strip=tuple((showing.tile(each), address[each.id]) for each in row) if len(row) > 1 else (),
    )


async def _parent(runtime: Runtime, principal: Principal, picture: Picture) -> Picture | None:
    """The picture that it was made from, as far as it is still there."""
    for name in picture.parents[:1]:
        try:
            found = await runtime.pictures.visible(name, principal.id)
        except NotFound:
            return None
        return None if found.withheld else found
    return None


def _share(share: Share) -> ShareRow:
    many = gettext("never looked at")
    if share.views:
        many = ngettext("looked at %(num)s time", "looked at %(num)s times", share.views)
    return ShareRow(id=share.id, expires=share.expires, views=many)
