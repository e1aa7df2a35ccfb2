"""The settings' presets: saved styles, one's own and the built-in ones."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.domain.errors import NotFound, UsageError
from limner.domain.preset import Preset
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_wording_views import PresetRow, PresetsPage
from limner.web.signing_in import answered, text_of
from limner.web.styles import shown_styles

SECTION = "presets"
DONE = {
    "added": message("The style is saved. Requests can name it."),
    "changed": message("The style is changed. Pictures made with it keep its words."),
    "deleted": message("The style is deleted. Pictures made with it keep its words."),
}

router = APIRouter(include_in_schema=False, prefix="/settings/presets")


@router.get("")
async def presets_page(request: Request) -> Response:
    """All styles, and the form that saves one."""
    return await _page(request, PresetRow())


@router.post("")
async def add_preset_from_form(request: Request) -> Response:
    """Saves a style of one's own."""
    async with read_form(request, files=0, fields=6) as form:
        draft = PresetRow(
            id=text_of(form, "id").strip(),
            name=text_of(form, "name"),
            description=text_of(form, "description"),
            value=text_of(form, "value"),
        )
    try:
        await runtime_of(request).engine.wording.add_preset(_preset(draft), principal_of(request))
    except UsageError as error:
        return await _page(request, draft, error=error)
    return done_at(request, SECTION, "added")


@router.get("/{preset_id}")
async def preset_page(request: Request, preset_id: str) -> Response:
    """The form that changes a style of one's own, or saves one in place of a built-in one."""
    preset, own = await _found(request, preset_id)
    return await _page(request, _row(preset, own=own), editing=preset.id if own else "")


@router.post("/{preset_id}")
async def change_preset_from_form(request: Request, preset_id: str) -> Response:
    """Writes a style of one's own anew; its id stays."""
    preset = await _own(request, preset_id)
    async with read_form(request, files=0, fields=6) as form:
        draft = PresetRow(
            id=preset.id,
            name=text_of(form, "name"),
            description=text_of(form, "description"),
            value=text_of(form, "value"),
            own=True,
        )
    try:
        await runtime_of(request).engine.wording.change_preset(_preset(draft), principal_of(request))
    except UsageError as error:
        return await _page(request, draft, editing=preset.id, error=error)
    return done_at(request, SECTION, "changed")


@router.get("/{preset_id}/delete")
async def ask_to_delete_preset(request: Request, preset_id: str) -> Response:
    """Asks before a style is deleted."""
    preset = await _own(request, preset_id)
    question = _("Delete the style “%(name)s”?", name=preset.name)
    return ask(request, SECTION, question, _("Pictures made with it keep its words."))


@router.post("/{preset_id}/delete")
async def delete_preset_from_form(request: Request, preset_id: str) -> Response:
    """Forgets a style of one's own; a built-in one of its id is there again."""
    preset = await _own(request, preset_id)
    await runtime_of(request).engine.wording.presets.remove(preset.id, principal_of(request).id)
    return done_at(request, SECTION, "deleted")


async def _found(request: Request, preset_id: str) -> tuple[Preset, bool]:
    """A style, and whether it is one's own. Raises NotFound."""
    shown = await shown_styles(runtime_of(request).engine.wording, principal_of(request))
    found = next((each for each in shown if each[0].id == preset_id), None)
    if found is None:
        raise NotFound(_("There is no style with this id. Look at the list of styles."))
    return found


async def _own(request: Request, preset_id: str) -> Preset:
    """Raises NotFound for a built-in one as well."""
    preset, own = await _found(request, preset_id)
    if not own:
        raise NotFound(_("This style is built in. Save one of your own with its id in its place."))
    return preset


async def _page(request: Request, draft: PresetRow, *, editing: str = "", error: UsageError | None = None) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    shown = await shown_styles(runtime_of(request).engine.wording, principal_of(request))
    view = PresetsPage(
        shell=shell,
        frame=frame,
        own=tuple(_row(preset, own=True) for preset, own in shown if own),
        built_in=tuple(_row(preset, own=False) for preset, own in shown if not own),
        draft=draft,
        editing=editing,
    )
    return answered(request, view, error)


def _row(preset: Preset, *, own: bool) -> PresetRow:
    return PresetRow(id=preset.id, name=preset.name, description=preset.description, value=preset.value, own=own)


def _preset(draft: PresetRow) -> Preset:
    return Preset(id=draft.id, name=draft.name, description=draft.description, value=draft.value)
