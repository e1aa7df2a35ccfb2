"""The editor: a part of a picture painted anew, taken away, or the picture extended, as a new version beside it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from limner.domain.errors import ConfirmationRequired, LimnerError
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.plan import Plan
from limner.domain.request import InputImage
from limner.runtime import Runtime
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web import composing, showing, wording
from limner.web.able import Look
from limner.web.asking import known_id, renderer_of
from limner.web.editing_form import EDGES, LABELS, SIDES, Edit, Kind, source_of
from limner.web.editing_views import EditKind, EditPage, PricePart, Pricing, Version
from limner.web.failures import told
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.links import Links
from limner.web.rendering import shell

FIELDS = 24
VERSIONS = 24
"""Shown of what was made from the picture."""
LONGEST_TITLE = 120
"""Characters of what the picture is called."""
ROOM = 2000
"""Characters of a prompt that its price has room for before they are typed."""
MOST_PIXELS = 4096 * 4096
"""What Safari draws on at most (WebKit's limit of a canvas's area, 2026); others take more."""
KINDS = {Kind.INPAINT: message("Inpaint"), Kind.EXTEND: message("Extend"), Kind.ERASE: message("Erase")}
NAMES = {"x": message("Left"), "y": message("Top"), "width": message("Width"), "height": message("Height")}

router = APIRouter(include_in_schema=False, prefix="/images/{image_id}/edit")


@router.get("")
async def edit_page(request: Request, image_id: str) -> Response:
    """A picture and the tools to change it."""
    return await _page(request, await _picture(request, image_id), Edit())


@router.get("/price")
async def edit_price(request: Request, image_id: str) -> Response:
    """What an edit would cost, as a part of the page. Buys nothing, writes nothing."""
    picture = await _picture(request, image_id)
    desk = await Desk.of(request, picture)
    return renderer_of(request).part(PricePart(price=await desk.priced(Edit.read(request.query_params))))


@router.post("")
async def edit_from_form(request: Request, image_id: str) -> Response:
    """Buys the edit and leads to its job; shows what is wrong beside the fields as they were."""
    runtime, principal = runtime_of(request), principal_of(request)
    async with read_form(request, files=1, fields=FIELDS) as form:
        edit, key, drawn = Edit.read(form), form.get("key"), await _drawn(form)
    picture = await _picture(request, image_id)
    try:
        source = await source_of(runtime, picture)
        if edit.kind is Kind.EXTEND:
            edit.check_size(source, runtime.settings.max_pixels)
        inputs = (source,) if edit.kind is Kind.EXTEND else (source, await edit.masked(runtime, source, drawn))
        wanted = edit.wanted(inputs, strength=(await Desk.of(request, picture)).can_be_told(edit))
        job = await runtime.engine.submit(wanted, principal, key=composing.form_key(key), most=edit.most)
    except LimnerError as error:
        return await _page(request, picture, edit, error)
    return RedirectResponse(renderer_of(request).links.job(job.id), status_code=303)


class Desk:
    """One picture, the models that can change it, and what they take for that."""

    def __init__(self, runtime: Runtime, principal: Principal, source: InputImage, look: Look) -> None:
        self._runtime = runtime
        self._principal = principal
        self._source = source
        self._able = {kind: look.able(kind.operation, source.size, wordless=kind is not Kind.INPAINT) for kind in Kind}

    @classmethod
    async def of(cls, request: Request, picture: Picture) -> Desk:
        """For a picture and whoever looks at it. Raises PictureWithheld."""
        runtime, principal = runtime_of(request), principal_of(request)
        return cls(runtime, principal, await source_of(runtime, picture), await Look.by(runtime, principal))

    def kinds(self, edit: Edit) -> tuple[EditKind, ...]:
        """What can be done, each with its models."""
        return tuple(
            EditKind(
                id=kind.value,
                name=_(name),
                groups=self._able[kind].groups,
                chosen=self._able[kind].chosen(edit.model if kind is edit.kind else ""),
                able=len(self._able[kind].options),
                of=self._able[kind].of,
            )
            for kind, name in KINDS.items()
        )

    def can_be_told(self, edit: Edit) -> bool:
        """Whether its model takes a strength."""
        chosen = self._able[edit.kind].chosen(edit.model)
        return chosen is not None and chosen.strength

    async def priced(self, edit: Edit) -> Pricing:
        """The line beside the button."""
        chosen = self._able[edit.kind].chosen(edit.model)
        if chosen is None:
            return Pricing(line=_("No model is ready"), under=_("Add a key in the settings."), agreed="")
        wish = Edit(
            kind=edit.kind,
            prompt=edit.prompt,
            model=edit.model or chosen.id,
            strength=edit.strength,
            margins=edit.margins,
        )
        try:
            plan = await self._plan(wish, chosen.strength)
            # Words still to come cost a little, too, where they are paid for: that is agreed to as well.
            roomy = await self._plan(wish, chosen.strength, room=min(ROOM, chosen.longest))
        except LimnerError as error:
            return Pricing(line=wording.images(1), under=told(error), agreed="")
        first, ceiling = plan.candidates[0], roomy.ceiling(1)
        likely = None if first.estimate is None else first.estimate.likely
        return Pricing(
            line=wording.price_line(1, likely, first.seconds),
            under=_("The original is kept"),
            agreed="" if ceiling is None else str(ceiling.micro),
        )

    async def _plan(self, wish: Edit, strength: bool, room: int = 0) -> Plan:
        wanted = wish.priced(self._source, strength=strength, room=room)
        return (await self._runtime.engine.plan_for(wanted, self._principal))[1]


async def _page(request: Request, picture: Picture, edit: Edit, error: LimnerError | None = None) -> Response:
    runtime, principal, links = runtime_of(request), principal_of(request), renderer_of(request).links
    desk = await Desk.of(request, picture)
    file = picture.file
    view = EditPage(
        shell=shell(request, _("Edit"), current="gallery"),
        tile=showing.tile(picture, eager=True),
        title=_title(picture),
        back=links.image(picture.id),
        here=links.edit(picture.id),
        pricing=links.edit_price(picture.id),
        own_format=file.media_type.removeprefix("image/"),
        too_large=file.width * file.height > MOST_PIXELS,
        kinds=desk.kinds(edit),
        kind=edit.kind.value,
        prompt=edit.prompt,
        strength=edit.strength or "80",
        feather=edit.feather,
        protect=edit.protect,
        area=tuple((name, _(NAMES[name]), edit.area.get(name, "")) for name in EDGES),
        margins=tuple((name, _(LABELS[name]), edit.margins.get(name, "") or "0") for name in SIDES),
        versions=await _versions(runtime, principal, picture, links),
        price=await desk.priced(edit),
        key=runtime.ids.new(),
        error=_said(error),
        field="" if error is None else error.field or "",
    )
    return renderer_of(request).page(view, 200 if error is None else 422)


async def _versions(runtime: Runtime, principal: Principal, picture: Picture, links: Links) -> tuple[Version, ...]:
    """The picture, and what was made from it, the newest last."""
    found = await runtime.keeping.browsing.children(principal.id, picture.id, limit=VERSIONS)
    edits = (
        Version(
            tile=showing.tile(each), here=links.edit(each.id), name=_("Edit %(number)s", number=number), current=False
        )
        for number, each in enumerate(found, 1)
    )
    return (Version(tile=showing.tile(picture), here=links.image(picture.id), name=_("Original"), current=True), *edits)


async def _picture(request: Request, image_id: str) -> Picture:
    """One's own picture. Raises NotFound."""
    return await runtime_of(request).pictures.get(known_id(image_id), principal_of(request).id)


async def _drawn(form: FormData) -> bytes:
    """The file of a mask that was drawn; empty without one."""
    file = form.get("mask")
    return await file.read() if isinstance(file, UploadFile) else b""


def _said(error: LimnerError | None) -> str:
    if isinstance(error, ConfirmationRequired):
        return _("It costs more now than was shown, so nothing was bought. Press again for the price below.")
    return told(error)


def _title(picture: Picture) -> str:
    """What it is called in a few words."""
    words = picture.alt_text or wording.title(picture.prompt, picture.operation)
    return words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 1].rstrip()}\u2026"
