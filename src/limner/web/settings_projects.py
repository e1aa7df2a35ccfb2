"""The settings' shared projects: who is let in, and who goes."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.domain.errors import InvalidRequest, NotFound, UsageError
from limner.domain.people import Principal, Role
from limner.domain.sharing import SharedProject
from limner.runtime.asking import principal_of
from limner.runtime.forms import read_form
from limner.web import wording
from limner.web.asking import known_id
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_frame import ask, done_at, framed
from limner.web.settings_people_views import MemberRow, ProjectRow, ProjectsPage
from limner.web.signing_in import answered, text_of, with_accounts

SECTION = "projects"
DONE = {
    "shared": message("The project is shared. Now let others in."),
    "in": message("They are in: they see what is made in the project."),
    "gone": message("They are out. What they made in the project stays in it."),
    "ended": message("The sharing has ended. What each made is theirs alone again."),
}

router = APIRouter(include_in_schema=False, prefix="/settings/projects")


@router.get("")
async def projects_page(request: Request) -> Response:
    """The projects that one shares, and the form that shares another."""
    return await _page(request)


@router.post("")
async def share_project_from_form(request: Request) -> Response:
    """Shares a project of one's own."""
    projects = with_accounts(request).admittance.projects
    async with read_form(request, files=0, fields=4) as form:
        name = text_of(form, "name").strip()
    try:
        await projects.add(name, principal_of(request))
    except UsageError as error:
        return await _page(request, name=name, error=error)
    return done_at(request, SECTION, "shared")


@router.post("/{project_id}/members")
async def let_in_from_form(request: Request, project_id: str) -> Response:
    """Lets somebody in, or gives them another role. For the project's owner."""
    project = await _project(request, project_id)
    async with read_form(request, files=0, fields=4) as form:
        email, role = text_of(form, "email"), text_of(form, "role")
    try:
        if role not in set(Role):
            raise InvalidRequest(_("In a project one is a member or a viewer."), field="role")
        projects = with_accounts(request).admittance.projects
        await projects.put_member(project.id, email, Role(role), principal_of(request))
    except UsageError as error:
        return await _page(request, email=email, error=error, form=project.id)
    return done_at(request, SECTION, "in")


@router.get("/{project_id}/members/{user_id}/remove")
async def ask_to_send_out(request: Request, project_id: str, user_id: str) -> Response:
    """Asks before somebody leaves a project."""
    project, principal, leaving = await _project(request, project_id), principal_of(request), known_id(user_id)
    member = next((each for each in project.members if each.user_id == leaving), None)
    if member is None:
        raise NotFound(_("There is nothing with this id."))
    if leaving == principal.id:
        question, stays = _("Leave the project “%(name)s”?", name=project.name), _("What you made in it stays in it.")
        return ask(request, SECTION, question, stays, yes=message("Leave"), no=message("Stay"))
    question = _("Send “%(who)s” out of the project “%(name)s”?", who=member.email, name=project.name)
    return ask(request, SECTION, question, _("What they made in it stays in it."), yes=message("Send out"))


@router.post("/{project_id}/members/{user_id}/remove")
async def send_out_from_form(request: Request, project_id: str, user_id: str) -> Response:
    """Somebody leaves, by themselves or sent by the owner."""
    projects = with_accounts(request).admittance.projects
    await projects.remove_member(known_id(project_id), known_id(user_id), principal_of(request))
    return done_at(request, SECTION, "gone")


@router.get("/{project_id}/end")
async def ask_to_end_sharing(request: Request, project_id: str) -> Response:
    """Asks before the sharing ends."""
    project = await _project(request, project_id)
    question = _("End the sharing of “%(name)s”?", name=project.name)
    consequence = _("What each made in it is theirs alone again. Nothing is deleted.")
    return ask(request, SECTION, question, consequence, yes=message("End the sharing"))


@router.post("/{project_id}/end")
async def end_sharing_from_form(request: Request, project_id: str) -> Response:
    """Ends the sharing. For the project's owner."""
    await with_accounts(request).admittance.projects.remove(known_id(project_id), principal_of(request))
    return done_at(request, SECTION, "ended")


async def _project(request: Request, project_id: str) -> SharedProject:
    """Raises NotFound."""
    return await with_accounts(request).admittance.projects.get(known_id(project_id), principal_of(request))


async def _page(
    request: Request, *, name: str = "", email: str = "", error: UsageError | None = None, form: str = SECTION
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=form)
    runtime, principal = with_accounts(request), principal_of(request)
    found = await runtime.admittance.projects.all(principal)
    choices = await runtime.keeping.browsing.choices(principal.id)
    view = ProjectsPage(
        shell=shell,
        frame=frame,
        projects=tuple(_row(project, principal) for project in found),
        names=choices.projects,
        name=name[:200],
        email=email[:254],
    )
    return answered(request, view, error)


def _row(project: SharedProject, principal: Principal) -> ProjectRow:
    mine = project.owner == principal.id
    return ProjectRow(
        id=project.id,
        name=project.name,
        mine=mine,
        members=tuple(
            MemberRow(
                id=each.user_id,
                email=each.email,
                role=wording.role(each.role),
                may_go=each.user_id != project.owner and (mine or each.user_id == principal.id),
                is_oneself=each.user_id == principal.id,
            )
            for each in project.members
        ),
    )
