"""Document 1's prompts, templates and styles, and reports of pictures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id, read_json
from limner.api.dialects.document1.answers import ErrorAnswer
from limner.api.dialects.document1.bodies import (
    ImagesReportBody,
    ImagesStyleBody,
    ImagesTemplateBody,
)
from limner.api.dialects.document1.lists import OBJECT, READ
from limner.api.documents import Responses, refusals, taking
from limner.api.shapes import Body
from limner.domain.template import Template
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/api/images", tags=["document 1"])

REFUSED = refusals(ErrorAnswer, 400, 403, 404, 409, 413, 415, 421, 500, 503)
SAVED: Responses = {201: {"description": "It is saved.", **OBJECT}, **REFUSED}
REMOVED: Responses = {200: {"description": "It is gone.", **OBJECT}, **REFUSED}
REPORTED: Responses = {
    200: {"description": "You have reported it before.", **OBJECT},
    201: {"description": "It is on the review list.", **OBJECT},
    **REFUSED,
}


@router.post(
    "/templates",
    summary="Save a prompt template",
    status_code=201,
    responses=SAVED,
    openapi_extra=taking(ImagesTemplateBody),
)
async def images_save_template(request: Request) -> Response:
    """Saves a prompt with blanks such as `{subject}`."""
    body = await read_json(request, ImagesTemplateBody)
    wording = runtime_of(request).engine.wording
    saved = await wording.add_template(body.name, body.template, "", principal_of(request))
    return answer({"success": True, "template": _template_body(saved)}, 201)


@router.get("/templates", summary="List prompt templates", responses=READ)
async def images_templates(request: Request) -> Response:
    """Your templates, by name."""
    found = await runtime_of(request).engine.wording.templates.all(principal_of(request).id)
    return answer({"success": True, "templates": [_template_body(template) for template in found]})


@router.delete("/templates/{template_id}", summary="Remove a prompt template", responses=REMOVED)
async def images_remove_template(request: Request, template_id: Annotated[str, Path(max_length=200)]) -> Response:
    """Removes a template of yours."""
    await runtime_of(request).engine.wording.remove_template(template_id, principal_of(request))
    return answer({"success": True})


@router.post(
    "/styles", summary="Save an image style", status_code=201, responses=SAVED, openapi_extra=taking(ImagesStyleBody)
)
async def images_save_style(request: Request) -> Response:
    """Saves a style of your own."""
    wanted = (await read_json(request, ImagesStyleBody)).meant()
    saved = await runtime_of(request).engine.wording.add_preset(wanted, principal_of(request))
    style = {"id": saved.id, "name": saved.name, "description": saved.description, "value": saved.value}
    return answer({"success": True, "style": style}, 201)


@router.get("/styles", summary="List image styles", responses=READ)
async def images_styles(request: Request) -> Response:
    """The built-in styles, then your own."""
    found = await runtime_of(request).engine.wording.shown_presets(principal_of(request))
    styles = [{"id": one.id, "name": one.name, "description": one.description, "value": one.value} for one, _ in found]
    return answer({"success": True, "styles": styles})


@router.post(
    "/{image_id}/report",
    summary="Report an image",
    status_code=201,
    responses=REPORTED,
    openapi_extra=taking(ImagesReportBody),
)
async def images_report(request: Request, image_id: Annotated[str, Path(max_length=64)]) -> Response:
    """Tells the administrators that something is wrong with a picture."""
    body = await read_json(request, ImagesReportBody)
    report, fresh = await runtime_of(request).reviews.report(
        checked_id(image_id, "picture"), body.reason, "", principal_of(request)
    )
    told = {"id": report.id, "imageId": report.image_id, "reason": report.reason, "status": report.state}
    return answer({"success": True, "report": told}, 201 if fresh else 200)


def _template_body(template: Template) -> Body:
    return {
        "id": template.id,
        "name": template.name,
        "template": template.text,
        "variables": [blank.name for blank in template.blanks],
        "useCount": template.uses,
        "createdAt": template.created,
    }
