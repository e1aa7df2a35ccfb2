"""The gallery's pages: looking through pictures, narrowing them down, and doing something with many at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.datastructures import FormData

from limner.domain.authority import own_path
from limner.domain.errors import InvalidRequest
from limner.domain.marking import MOST_AT_ONCE, Action, Change
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.storage.zipping import Wish, zipped
from limner.web import browsing
from limner.web.asking import renderer_of
from limner.web.filters import GalleryQuery, SheetQuery, filters_of
from limner.web.gallery_views import AskPage, Choice, GalleryPage, SheetPart
from limner.web.languages import gettext, ngettext
from limner.web.rendering import shell
from limner.web.signing_in import text_of

FORGET = "forget"
"""For good, of what is in the trash."""
FIELDS = 32
"""Of a form, besides the pictures."""
ALBUMS = 200
"""Collections to choose from."""
DONE: Mapping[str, Callable[[int], str]] = {
    Action.FAVORITE: lambda many: ngettext(
        "%(num)s picture marked as favourite.", "%(num)s pictures marked as favourites.", many
    ),
    Action.UNFAVORITE: lambda many: ngettext(
        "%(num)s picture no longer a favourite.", "%(num)s pictures no longer favourites.", many
    ),
    Action.TAG: lambda many: ngettext("%(num)s picture tagged.", "%(num)s pictures tagged.", many),
    Action.UNTAG: lambda many: ngettext(
        "The tags are off %(num)s picture.", "The tags are off %(num)s pictures.", many
    ),
    Action.PROJECT: lambda many: ngettext(
        "%(num)s picture moved to the project.", "%(num)s pictures moved to the project.", many
    ),
    Action.COLLECT: lambda many: ngettext(
        "%(num)s picture added to the collection.", "%(num)s pictures added to the collection.", many
    ),
    Action.UNCOLLECT: lambda many: ngettext(
        "%(num)s picture taken out of the collection.", "%(num)s pictures taken out of the collection.", many
    ),
    Action.TRASH: lambda many: ngettext("%(num)s picture deleted.", "%(num)s pictures deleted.", many),
    Action.RESTORE: lambda many: ngettext("%(num)s picture restored.", "%(num)s pictures restored.", many),
    FORGET: lambda many: ngettext("%(num)s picture deleted for good.", "%(num)s pictures deleted for good.", many),
}
"""What is said of so many pictures afterwards."""

router = APIRouter(include_in_schema=False)


@router.get("/gallery")
async def gallery_page(request: Request, query: Annotated[SheetQuery, Query()]) -> Response:
    """Pictures by day, narrowed down by whatever stands in the address."""
    runtime, principal, renderer = runtime_of(request), principal_of(request), renderer_of(request)
    look, links = runtime.keeping.browsing, renderer.links
    sheet = await look.sheet(principal.id, query.wanted(), query.place(), limit=browsing.SHEET)
    tally = await look.tally(principal.id, query.wanted())
    choices = await look.choices(principal.id)
    albums = await runtime.keeping.curator.collections(principal, limit=ALBUMS)
    view = GalleryPage(
        shell=shell(request, gettext("Bin") if query.trash else gettext("Gallery"), current="gallery"),
        filters=filters_of(query, choices, runtime.catalog),
        sheet=await _hanging(request, query).hang(sheet, eager=True),
        total=tally.pictures,
        total_words=browsing.total_words(tally),
        older_page="" if sheet.older is None else query.address(links.gallery, cursor=sheet.older),
        first_page=sheet.newer is None,
        sheet_address=query.address(links.sheet),
        clear=links.trash if query.trash else links.gallery,
        selecting=query.address(links.gallery, select="1"),
        not_selecting=query.address(links.gallery),
        selects=query.select,
        collections=tuple(Choice(value=each.id, name=each.name) for each in albums.items),
        keeps_for=keeps_for(runtime),
        done=_done(request.query_params.get("done", "")),
    )
    return renderer.page(view)


@router.get("/gallery/sheet")
async def gallery_sheet(request: Request, query: Annotated[SheetQuery, Query()]) -> Response:
    """A sheet alone, for the script that goes on from either end, or from far away."""
    look, principal = runtime_of(request).keeping.browsing, principal_of(request)
    sheet = await look.sheet(principal.id, query.wanted(), query.place(), limit=browsing.SHEET)
    return renderer_of(request).part(SheetPart(sheet=await _hanging(request, query).hang(sheet)))


@router.post("/gallery/change")
async def change_from_form(request: Request) -> Response:
    """Does one thing with all pictures that are ticked, or with the one whose button was pressed."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with request.form(max_files=0, max_fields=MOST_AT_ONCE + FIELDS) as form:
        ids, action, back = _ids(form), _action(form), own_path(form.get("back"))
        change, sure = _change(form, action), text_of(form, "sure") == "yes"
    if action == FORGET and not sure:
        return _ask_to_forget(request, ids, back)
    if change is None:
        changed = (await runtime.keeping.cleaner.forget(ids, principal)).pictures
        await runtime.keeping.cleaner.sweep()
    else:
        changed = len(await runtime.keeping.curator.change(ids, change, principal))
    return RedirectResponse(_with_word(back, f"{action}.{changed}"), status_code=303)


@router.post("/gallery/export")
async def export_from_form(request: Request) -> Response:
    """All pictures that are ticked, as one ZIP file."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with request.form(max_files=0, max_fields=MOST_AT_ONCE + FIELDS) as form:
        ids = _ids(form)
    pictures = [await runtime.pictures.get(name, principal.id) for name in ids]
    headers = {"Content-Disposition": 'attachment; filename="limner-pictures.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(zipped(runtime.library, pictures, Wish()), media_type="application/zip", headers=headers)


@router.get("/gallery/empty")
async def ask_to_empty(request: Request) -> Response:
    """Asks before the trash is emptied, where anything is in it."""
    runtime, links = runtime_of(request), renderer_of(request).links
    many = len((await runtime.keeping.cleaner.in_trash(principal_of(request))).ids)
    if not many:
        return RedirectResponse(links.trash, status_code=303)
    view = AskPage(
        shell=shell(request, gettext("Empty the bin"), current="gallery"),
        question=_gone_for_good(many),
        action=links.trash_empty,
        fields=(),
        yes=gettext("Delete for good"),
        no=gettext("Keep"),
        back=links.trash,
    )
    return renderer_of(request).page(view)


@router.post("/gallery/empty")
async def empty_from_form(request: Request) -> Response:
    """All that lies in the trash goes for good."""
    cleaner = runtime_of(request).keeping.cleaner
    gone = await cleaner.empty(principal_of(request))
    await cleaner.sweep()
    trash = renderer_of(request).links.trash
    return RedirectResponse(_with_word(trash, f"{FORGET}.{gone.pictures}"), status_code=303)


def keeps_for(runtime: Runtime) -> str:
    """How long pictures stay in the trash."""
    kept = runtime.settings.trash_for
    if kept is None:
        return gettext("until you empty it")
    return ngettext("for %(num)s day", "for %(num)s days", kept.days)


def _hanging(request: Request, query: GalleryQuery) -> browsing.Hanging:
    runtime = runtime_of(request)
    return browsing.Hanging(
        look=runtime.keeping.browsing,
        owner=principal_of(request).id,
        query=query,
        links=renderer_of(request).links,
        today=runtime.clock.now().astimezone().date(),
    )


def _ask_to_forget(request: Request, ids: list[str], back: str) -> Response:
    links, many = renderer_of(request).links, len(ids)
    view = AskPage(
        shell=shell(request, gettext("Delete for good"), current="gallery"),
        question=_gone_for_good(many),
        action=links.gallery_change,
        fields=(("do", FORGET), ("sure", "yes"), ("back", back), *(("id", each) for each in ids)),
        yes=gettext("Delete for good"),
        no=gettext("Keep"),
        back=back,
    )
    return renderer_of(request).page(view)


def _gone_for_good(many: int) -> str:
    return ngettext(
        "Delete %(num)s picture for good? Nobody can bring it back.",
        "Delete %(num)s pictures for good? Nobody can bring them back.",
        many,
    )


def _ids(form: FormData) -> list[str]:
    """The pictures that are ticked, or the one whose button was pressed. Raises InvalidRequest for none."""
    given = [*form.getlist("id"), *form.getlist(Action.FAVORITE), *form.getlist(Action.UNFAVORITE)]
    found = []
    for each in given:
        try:
            found.append(str(UUID(str(each))))
        except ValueError:
            continue  # nobody has a picture of that name
    if not found:
        raise InvalidRequest(gettext("Tick at least one picture first."), field="ids")
    return found


def _action(form: FormData) -> str:
    """What is to be done. Raises InvalidRequest."""
    pressed = next((each for each in (Action.FAVORITE, Action.UNFAVORITE) if each in form), None)
    wanted = pressed or text_of(form, "do")
    if wanted not in DONE:
        raise InvalidRequest(gettext("Choose what to do with these pictures."), field="do")
    return str(wanted)


def _change(form: FormData, action: str) -> Change | None:
    """The change that the form's fields make; None where pictures are to go for good."""
    if action == FORGET:
        return None
    tags = tuple(tag.strip() for tag in text_of(form, "tags").split(",") if tag.strip())
    collecting = action in (Action.COLLECT, Action.UNCOLLECT)
    return Change(action=Action(action), tags=tags, to=text_of(form, "collection" if collecting else "project"))


def _with_word(path: str, done: str) -> str:
    """A page that says what was done."""
    return f"{path}{'&' if '?' in path else '?'}done={done}"


def _done(text: str) -> str:
    """What was done, as a sentence; empty where the address says nothing that can be read."""
    action, _, many = text.partition(".")
    if action not in DONE or not (many.isascii() and many.isdigit() and len(many) < 8):
        return ""
    return DONE[action](int(many))
