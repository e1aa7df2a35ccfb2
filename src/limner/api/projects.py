"""Projects that several people share."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from limner.api.answers import answer
from limner.api.deps import check_accounts, checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.people_bodies import MemberBody, ProjectBody
from limner.api.people_schemas import ProjectAnswer, ProjectList
from limner.api.schemas import ImagePage, JobPage
from limner.api.shapes import API, Body, image_body, job_summary
from limner.domain.sharing import SharedProject
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/projects", tags=["people"])

ProjectId = Annotated[str, Path(description="The shared project's id.")]
UserId = Annotated[str, Path(description="The person's id.")]


class PageQuery(BaseModel):
    """Which page is wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)


@router.get("", summary="List shared projects", responses=answers(ProjectList, "Those that you share."))
async def list_projects(request: Request) -> Response:
    """The projects that you share with others, by name."""
    found = await runtime_of(request).admittance.projects.all(principal_of(request))
    return answer({"items": [project_body(project) for project in found]})


@router.post(
    "",
    summary="Share a project",
    status_code=201,
    responses=answers(ProjectAnswer, "The project, at the address in Location.", 404, 409, 415, status=201),
    openapi_extra=body_of(ProjectBody),
)
async def create_project(request: Request) -> Response:
    """Shares your project of this name: what you made in it, and what its members will. Then let others in."""
    check_accounts(request)
    body = await read_json(request, ProjectBody)
    project = await runtime_of(request).admittance.projects.add(body.name, principal_of(request))
    return answer(project_body(project), 201, {"Location": f"{API}/projects/{project.id}"})


@router.get("/{project_id}", summary="Show a shared project", responses=answers(ProjectAnswer, "The project.", 404))
async def get_project(request: Request, project_id: ProjectId) -> Response:
    """A project that you share, and who else does."""
    projects = runtime_of(request).admittance.projects
    return answer(project_body(await projects.get(_id(project_id), principal_of(request))))


@router.delete(
    "/{project_id}",
    summary="End the sharing",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_project(request: Request, project_id: ProjectId) -> Response:
    """For its owner: what each made in it is theirs alone again. Nothing is deleted."""
    await runtime_of(request).admittance.projects.remove(_id(project_id), principal_of(request))
    return Response(status_code=204)


@router.put(
    "/{project_id}/members",
    summary="Let somebody in",
    responses=answers(ProjectAnswer, "The project.", 404, 415),
    openapi_extra=body_of(MemberBody),
)
async def put_member(request: Request, project_id: ProjectId) -> Response:
    """For its owner: adds somebody, or gives them another role. A viewer makes no pictures in it."""
    body, projects = await read_json(request, MemberBody), runtime_of(request).admittance.projects
    project = await projects.put_member(_id(project_id), body.email, body.role, principal_of(request))
    return answer(project_body(project))


@router.delete(
    "/{project_id}/members/{user_id}",
    summary="Leave, or send somebody out",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_member(request: Request, project_id: ProjectId, user_id: UserId) -> Response:
    """Yourself, or for its owner anybody else. What they made in it stays in it."""
    projects = runtime_of(request).admittance.projects
    await projects.remove_member(_id(project_id), checked_id(user_id, "user"), principal_of(request))
    return Response(status_code=204)


@router.get(
    "/{project_id}/images",
    summary="List a project's pictures",
    responses=answers(ImagePage, "One page of pictures, the newest job first.", 404),
)
async def list_project_images(
    request: Request, project_id: ProjectId, query: Annotated[PageQuery, Query()]
) -> Response:
    """What all its members made in it."""
    page = await runtime_of(request).admittance.projects.pictures(
        _id(project_id), principal_of(request), limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [image_body(picture) for picture in page.items], "next": page.next})


@router.get(
    "/{project_id}/jobs",
    summary="List a project's jobs",
    responses=answers(JobPage, "One page of jobs, newest first.", 404),
)
async def list_project_jobs(request: Request, project_id: ProjectId, query: Annotated[PageQuery, Query()]) -> Response:
    """The jobs of all its members."""
    page = await runtime_of(request).admittance.projects.jobs(
        _id(project_id), principal_of(request), limit=query.limit, cursor=query.cursor
    )
    return answer({"items": [job_summary(job) for job in page.items], "next": page.next})


def project_body(project: SharedProject) -> Body:
    """A project and who shares it."""
    return {
        "id": project.id,
        "name": project.name,
        "owner": project.owner,
        "created": project.created,
        "members": [
            {"user": each.user_id, "email": each.email, "role": each.role, "added": each.added}
            for each in project.members
        ],
    }


def _id(text: str) -> str:
    return checked_id(text, "shared project")
