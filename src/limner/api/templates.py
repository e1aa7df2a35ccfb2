"""Templates: prompts with blanks that are filled in when they are used."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.bodies import FillBody, TemplateBody, TemplateChanges
from limner.api.deps import read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.shapes import API, Body
from limner.api.wording_schemas import FilledAnswer, TemplateAnswer, TemplateList
from limner.domain.template import Template
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/templates", tags=["templates"])

TemplateId = Annotated[str, Path(max_length=200, description="The template's id or name.")]


@router.get("", summary="List templates", responses=answers(TemplateList, "Your templates, by name."))
async def list_templates(request: Request) -> Response:
    """Your templates; nobody else sees them."""
    found = await runtime_of(request).engine.wording.templates.all(principal_of(request).id)
    return answer({"items": [template_body(template) for template in found]})


@router.post(
    "",
    summary="Save a template",
    status_code=201,
    responses=answers(TemplateAnswer, "The template, at the address in Location.", 409, 415, status=201),
    openapi_extra=body_of(TemplateBody),
)
async def create_template(request: Request) -> Response:
    """Saves a template, to be named in `template` of a request."""
    body, wording = await read_json(request, TemplateBody), runtime_of(request).engine.wording
    saved = await wording.add_template(body.name, body.template, body.description, principal_of(request))
    return answer(template_body(saved), 201, {"Location": f"{API}/templates/{saved.id}"})


@router.get("/{template_id}", summary="Show a template", responses=answers(TemplateAnswer, "The template.", 404))
async def get_template(request: Request, template_id: TemplateId) -> Response:
    """One template of yours."""
    return answer(template_body(await _template(request, template_id)))


@router.patch(
    "/{template_id}",
    summary="Change a template",
    responses=answers(TemplateAnswer, "The template.", 404, 409, 415),
    openapi_extra=body_of(TemplateChanges),
)
async def change_template(request: Request, template_id: TemplateId) -> Response:
    """Changes what is given; jobs that were made with it keep their words."""
    body = await read_json(request, TemplateChanges)
    changed = await runtime_of(request).engine.wording.change_template(
        template_id, principal_of(request), name=body.name, text=body.template, description=body.description
    )
    return answer(template_body(changed))


@router.delete(
    "/{template_id}",
    summary="Remove a template",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_template(request: Request, template_id: TemplateId) -> Response:
    """Removes a template; jobs that were made with it keep their words."""
    await runtime_of(request).engine.wording.remove_template(template_id, principal_of(request))
    return Response(status_code=204)


@router.post(
    "/{template_id}/fill",
    summary="Fill in a template",
    responses=answers(FilledAnswer, "The prompt.", 404, 415),
    openapi_extra=body_of(FillBody),
)
async def fill_template(request: Request, template_id: TemplateId) -> Response:
    """The words that a template gives with these values. Paints nothing."""
    body = await read_json(request, FillBody)
    return answer({"prompt": (await _template(request, template_id)).filled(body.values)})


async def _template(request: Request, which: str) -> Template:
    return await runtime_of(request).engine.wording.templates.find(which, principal_of(request).id)


def template_body(template: Template) -> Body:
    """A template as plain values."""
    return {
        "id": template.id,
        "name": template.name,
        "template": template.text,
        "description": template.description,
        "blanks": [{"name": blank.name, "default": blank.default} for blank in template.blanks],
        "uses": template.uses,
        "created": template.created,
        "updated": template.updated,
        "used": template.used,
    }
