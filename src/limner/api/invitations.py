"""Invitations: links with which people make an account and a password of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from limner.api.answers import answer
from limner.api.carrying_out import base_of
from limner.api.deps import check_accounts, checked_id, read_json
from limner.api.documents import ALWAYS, answers, body_of, problems
from limner.api.people_bodies import InvitationBody
from limner.api.people_schemas import InvitationList, NewInvitationAnswer
from limner.api.shapes import Body
from limner.domain.invitations import Invitation
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(prefix="/invitations", tags=["people"])

InvitationId = Annotated[str, Path(description="The invitation's id.")]


@router.get("", summary="List open invitations", responses=answers(InvitationList, "Open invitations.", 403))
async def list_invitations(request: Request) -> Response:
    """For administrators: who is invited and has not come yet, without the links."""
    found = await runtime_of(request).admittance.inviting.open(principal_of(request))
    return answer({"items": [invitation_body(each) for each in found]})


@router.post(
    "",
    summary="Invite a person",
    status_code=201,
    responses=answers(NewInvitationAnswer, "The invitation, its link shown only now.", 404, 409, 415, status=201),
    openapi_extra=body_of(InvitationBody),
)
async def create_invitation(request: Request) -> Response:
    """For administrators. Send the link yourself; it makes one account, within 7 days, and replaces an earlier one."""
    check_accounts(request)
    body = await read_json(request, InvitationBody)
    made = await runtime_of(request).admittance.inviting.invite(body.email, body.role, principal_of(request))
    return answer({**invitation_body(made.invitation), "url": f"{base_of(request).rstrip('/')}{made.path}"}, 201)


@router.delete(
    "/{invitation_id}",
    summary="Withdraw an invitation",
    status_code=204,
    responses=problems(*ALWAYS, 404),
    response_class=Response,
)
async def delete_invitation(request: Request, invitation_id: InvitationId) -> Response:
    """For administrators. Its link is useless at once."""
    inviting = runtime_of(request).admittance.inviting
    await inviting.withdraw(checked_id(invitation_id, "invitation"), principal_of(request))
    return Response(status_code=204)


def invitation_body(invitation: Invitation) -> Body:
    """An invitation, without its link."""
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role,
        "inviter": invitation.inviter,
        "created": invitation.created,
        "expires": invitation.expires,
    }
