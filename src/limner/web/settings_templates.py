"""The settings' templates: prompts with blanks."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.domain.errors import UsageError
from limner.domain.template import Template
from limner.runtime.asking import principal_of, runtime_of
from limner.runtime.forms import read_form
from limner.web.asking import known_id
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_wording_views import TemplateRow, TemplatesPage
from limner.web.signing_in import answered, text_of

SECTION = "templates"
DONE = {
    "added": message("The template is saved. Requests can name it and fill in its blanks."),
    "changed": message("The template is changed. What was made with it keeps its words."),
    "deleted": message("The template is deleted. What was made with it keeps its words."),
}

router = APIRouter(include_in_schema=False, prefix="/settings/templates")


@router.get("")
async def templates_page(request: Request) -> Response:
    """One's templates, and the form that saves one."""
    return await _page(request, TemplateRow())


@router.post("")
async def add_template_from_form(request: Request) -> Response:
    """Saves a template."""
    draft = await _draft(request)
    try:
        wording = runtime_of(request).engine.wording
        await wording.add_template(draft.name, draft.text, draft.description, principal_of(request))
    except UsageError as error:
        return await _page(request, draft, error=error)
    return done_at(request, SECTION, "added")


@router.get("/{template_id}")
async def template_page(request: Request, template_id: str) -> Response:
    """The same page with the form that changes one template."""
    template = await _template(request, template_id)
    return await _page(request, _row(template), editing=template.id)


@router.post("/{template_id}")
async def change_template_from_form(request: Request, template_id: str) -> Response:
    """Changes a template."""
    template, draft = await _template(request, template_id), await _draft(request)
    try:
        await runtime_of(request).engine.wording.change_template(
            template.id, principal_of(request), name=draft.name, text=draft.text, description=draft.description
        )
    except UsageError as error:
        return await _page(request, draft, editing=template.id, error=error)
    return done_at(request, SECTION, "changed")


@router.get("/{template_id}/delete")
async def ask_to_delete_template(request: Request, template_id: str) -> Response:
    """Asks before a template is deleted."""
    template = await _template(request, template_id)
    question = _("Delete the template “%(name)s”?", name=template.name)
    return ask(request, SECTION, question, _("What was made with it keeps its words."))


@router.post("/{template_id}/delete")
async def delete_template_from_form(request: Request, template_id: str) -> Response:
    """Forgets a template."""
    template = await _template(request, template_id)
    await runtime_of(request).engine.wording.remove_template(template.id, principal_of(request))
    return done_at(request, SECTION, "deleted")


async def _template(request: Request, template_id: str) -> Template:
    """Raises NotFound."""
    wording = runtime_of(request).engine.wording
    return await wording.templates.find(known_id(template_id), principal_of(request).id)


async def _draft(request: Request) -> TemplateRow:
    """What stands in the form that was sent."""
    async with read_form(request, files=0, fields=6) as form:
        return TemplateRow(
            name=text_of(form, "name"),
            description=text_of(form, "description"),
            text=text_of(form, "template").replace("\r\n", "\n"),
        )


async def _page(
    request: Request, draft: TemplateRow, *, editing: str = "", error: UsageError | None = None
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=SECTION)
    found = await runtime_of(request).engine.wording.templates.all(principal_of(request).id)
    view = TemplatesPage(
        shell=shell, frame=frame, templates=tuple(_row(each) for each in found), draft=draft, editing=editing
    )
    return answered(request, view, error)


def _row(template: Template) -> TemplateRow:
    blanks = tuple(
        blank.name if blank.default is None else f"{blank.name} = {blank.default}" for blank in template.blanks
    )
    return TemplateRow(
        id=template.id,
        name=template.name,
        description=template.description,
        text=template.text,
        blanks=blanks,
        uses=template.uses,
    )
