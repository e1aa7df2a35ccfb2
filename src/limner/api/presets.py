"""Saved styles: the built-in ones and your own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.bodies import PresetBody
from limner.api.deps import read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.shapes import Body
from limner.api.wording_schemas import PresetAnswer, PresetList
from limner.domain.errors import InvalidRequest
from limner.domain.preset import Preset
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/presets", tags=["presets"])

PresetId = Annotated[str, Path(max_length=64, description="The id of a style of yours.")]


@router.get("", summary="List saved styles", responses=answers(PresetList, "The saved styles."))
async def list_presets(request: Request) -> Response:
    """Styles that a request may name in `presets`: the built-in ones, then your own."""
    found = await runtime_of(request).engine.wording.shown_presets(principal_of(request))
    return answer({"items": [preset_body(preset, own=own) for preset, own in found]})


@router.post(
    "",
    summary="Save a style",
    status_code=201,
    responses=answers(PresetAnswer, "The style.", 409, 415, status=201),
    openapi_extra=body_of(PresetBody),
)
async def create_preset(request: Request) -> Response:
    """Saves a style of your own; nobody else sees it."""
    wanted = (await read_json(request, PresetBody)).meant()
    saved = await runtime_of(request).engine.wording.add_preset(wanted, principal_of(request))
    return answer(preset_body(saved, own=True), 201)


@router.put(
    "/{preset_id}",
    summary="Change a style",
    responses=answers(PresetAnswer, "The style.", 404, 415),
    openapi_extra=body_of(PresetBody),
)
async def replace_preset(request: Request, preset_id: PresetId) -> Response:
    """Writes a style of your own anew; its id stays."""
    wanted = (await read_json(request, PresetBody)).meant()
    if wanted.id != preset_id:
        raise InvalidRequest("An id cannot be changed. Save a new style and remove this one.", field="id")
    saved = await runtime_of(request).engine.wording.change_preset(wanted, principal_of(request))
    return answer(preset_body(saved, own=True))


@router.delete(
    "/{preset_id}",
    summary="Remove a style",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_preset(request: Request, preset_id: PresetId) -> Response:
    """Removes a style of your own; pictures made with it keep its words."""
    await runtime_of(request).engine.wording.presets.remove(preset_id, principal_of(request).id)
    return Response(status_code=204)


def preset_body(preset: Preset, *, own: bool) -> Body:
    """A style as plain values."""
    return {
        "id": preset.id,
        "name": preset.name,
        "description": preset.description,
        "value": preset.value,
        "own": own,
    }
