"""People: who has an account, and with which role."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.deps import checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.people_bodies import UserBody, UserChangeBody
from limner.api.people_schemas import UserAnswer, UserList
from limner.api.shapes import API, Body
from limner.domain.people import User
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/users", tags=["people"])

UserId = Annotated[str, Path(description="The person's id.")]


@router.get("", summary="List people", responses=answers(UserList, "Everybody.", 403))
async def list_users(request: Request) -> Response:
    """For administrators: everybody with an account."""
    found = await runtime_of(request).admittance.accounts.all(principal_of(request))
    return answer({"items": [user_body(user) for user in found]})


@router.post(
    "",
    summary="Add a person",
    status_code=201,
    responses=answers(UserAnswer, "The person, at the address in Location.", 409, 415, 429, status=201),
    openapi_extra=body_of(UserBody),
)
async def create_user(request: Request) -> Response:
    """For administrators. Tell them the password yourself, and to change it."""
    body = await read_json(request, UserBody)
    accounts = runtime_of(request).admittance.accounts
    user = await accounts.add(body.email, body.password, body.role, principal_of(request))
    return answer(user_body(user), 201, {"Location": f"{API}/users/{user.id}"})


@router.get("/{user_id}", summary="Show a person", responses=answers(UserAnswer, "The person.", 404))
async def get_user(request: Request, user_id: UserId) -> Response:
    """Yourself; for administrators anybody."""
    accounts = runtime_of(request).admittance.accounts
    return answer(user_body(await accounts.get(checked_id(user_id, "user"), principal_of(request))))


@router.patch(
    "/{user_id}",
    summary="Change a person",
    responses=answers(UserAnswer, "The person.", 404, 409, 415, 429),
    openapi_extra=body_of(UserChangeBody),
)
async def change_user(request: Request, user_id: UserId) -> Response:
    """For administrators: another role or password. Either ends all their sessions."""
    body, name = await read_json(request, UserChangeBody), checked_id(user_id, "user")
    accounts, principal = runtime_of(request).admittance.accounts, principal_of(request)
    if body.role is not None:
        await accounts.change_role(name, body.role, principal)
    if body.password is not None:
        await accounts.change_password(name, body.password, principal)
    return answer(user_body(await accounts.get(name, principal)))


@router.delete(
    "/{user_id}",
    summary="Remove a person",
    status_code=204,
    responses=problems(*ALWAYS, 404, 409),
    response_class=Response,
)
async def delete_user(request: Request, user_id: UserId) -> Response:
    """For administrators. Their sessions and tokens end at once; their pictures are kept."""
    accounts = runtime_of(request).admittance.accounts
    await accounts.remove(checked_id(user_id, "user"), principal_of(request))
    return Response(status_code=204)


def user_body(user: User) -> Body:
    """A person, without their password."""
    return {"id": user.id, "email": user.email, "role": user.role, "created": user.created}
