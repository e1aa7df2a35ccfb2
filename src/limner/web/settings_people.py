"""The settings' people: administrators add them, give roles and passwords, and remove them."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from limner.domain.errors import InvalidRequest, UsageError
from limner.domain.people import Principal, Role, User
from limner.engine.inviting import Invited
from limner.runtime.asking import principal_of
from limner.runtime.forms import read_form
from limner.web import wording
from limner.web.asking import known_id
from limner.web.elsewhere import address_of_server
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_frame import ask, check_section, done_at, framed
from limner.web.settings_people_views import InvitedRow, PeoplePage, PersonRow
from limner.web.signing_in import answered, text_of, with_accounts

SECTION = "people"
DONE = {
    "withdrawn": message("The invitation is withdrawn. Its link is useless."),
    "added": message("They have an account now. Tell them the password yourself, and to change it."),
    "changed": message("The role is changed. They sign in anew."),
    "password": message("The password is changed, and all their sessions have ended."),
    "removed": message("They are out, with all their sessions and tokens."),
}
ROLES = {
    Role.VIEWER: message("Viewer: looks"),
    Role.MEMBER: message("Member: makes pictures"),
    Role.ADMIN: message("Administrator: everything but owners"),
    Role.OWNER: message("Owner: everything"),
}

router = APIRouter(include_in_schema=False, prefix="/settings/people")


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form that adds somebody."""

    email: str = ""
    role: str = Role.MEMBER.value


@router.get("")
async def people_page(request: Request) -> Response:
    """Everybody, and the form that adds somebody. For administrators."""
    return await _page(request)


@router.post("")
async def add_person_from_form(request: Request) -> Response:
    """Adds somebody, or without a password invites them and shows the link, this once. For administrators."""
    check_section(request, SECTION)
    admittance, principal = with_accounts(request).admittance, principal_of(request)
    async with read_form(request, files=0, fields=6) as form:
        email, password, role = text_of(form, "email"), text_of(form, "password"), text_of(form, "role")
    try:
        if not password:
            made = await admittance.inviting.invite(email, _role(role), principal)
            return await _page(request, made=made)
        await admittance.accounts.add(email, password, _role(role), principal)
    except UsageError as error:
        return await _page(request, typed=Typed(email[:254], role), error=error)
    return done_at(request, SECTION, "added")


@router.post("/invitations/{invitation_id}/withdraw")
async def withdraw_invitation_from_form(request: Request, invitation_id: str) -> Response:
    """Makes the link of an invitation useless. For administrators."""
    check_section(request, SECTION)
    await with_accounts(request).admittance.inviting.withdraw(known_id(invitation_id), principal_of(request))
    return done_at(request, SECTION, "withdrawn")


@router.get("/{user_id}")
async def person_page(request: Request, user_id: str) -> Response:
    """The same page with the forms that change one person. For administrators."""
    return await _page(request, editing=await _person(request, user_id))


@router.post("/{user_id}")
async def change_role_from_form(request: Request, user_id: str) -> Response:
    """Gives somebody another role and ends their sessions. For administrators."""
    person = await _person(request, user_id)
    async with read_form(request, files=0, fields=4) as form:
        role = text_of(form, "role")
    try:
        await with_accounts(request).admittance.accounts.change_role(person.id, _role(role), principal_of(request))
    except UsageError as error:
        return await _page(request, editing=person, error=error)
    return done_at(request, SECTION, "changed")


@router.post("/{user_id}/password")
async def give_password_from_form(request: Request, user_id: str) -> Response:
    """Gives somebody another password and ends their sessions. For administrators."""
    person = await _person(request, user_id)
    async with read_form(request, files=0, fields=4) as form:
        password = text_of(form, "password")
    try:
        await with_accounts(request).admittance.accounts.change_password(person.id, password, principal_of(request))
    except UsageError as error:
        return await _page(request, editing=person, error=error, form="password")
    return done_at(request, SECTION, "password")


@router.get("/{user_id}/remove")
async def ask_to_remove_person(request: Request, user_id: str) -> Response:
    """Asks before somebody is removed. For administrators."""
    person = await _person(request, user_id)
    question = _("Remove “%(name)s”?", name=person.email)
    consequence = _(
        "Their sessions and tokens end at once; their keys, profiles, chats and collections go too. "
        "Their pictures are kept, for nobody."
    )
    return ask(request, SECTION, question, consequence, yes=message("Remove"))


@router.post("/{user_id}/remove")
async def remove_person_from_form(request: Request, user_id: str) -> Response:
    """Removes somebody. For administrators."""
    person = await _person(request, user_id)
    try:
        await with_accounts(request).admittance.accounts.remove(person.id, principal_of(request))
    except UsageError as error:
        return await _page(request, error=error, form="removal")
    return done_at(request, SECTION, "removed")


async def _person(request: Request, user_id: str) -> User:
    """Raises PolicyError and NotFound."""
    check_section(request, SECTION)
    return await with_accounts(request).admittance.accounts.get(known_id(user_id), principal_of(request))


async def _page(
    request: Request,
    *,
    typed: Typed = Typed(),
    editing: User | None = None,
    made: Invited | None = None,
    error: UsageError | None = None,
    form: str = SECTION,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=form)
    principal = principal_of(request)
    admittance = with_accounts(request).admittance
    people, invited = await admittance.accounts.all(principal), await admittance.inviting.open(principal)
    view = PeoplePage(
        shell=shell,
        frame=frame,
        people=tuple(_row(user, principal) for user in people),
        invited=tuple(
            InvitedRow(id=each.id, email=each.email, role=wording.role(each.role), expires=each.expires)
            for each in invited
        ),
        link="" if made is None else f"{address_of_server(request)}{made.path}",
        roles=tuple(
            Choice(value=each.value, name=_(words))
            for each, words in ROLES.items()
            if each is not Role.OWNER or principal.role is Role.OWNER
        ),
        email=typed.email,
        role=typed.role,
        editing=None if editing is None else _row(editing, principal),
    )
    return answered(request, view, error)


def _row(user: User, principal: Principal) -> PersonRow:
    return PersonRow(
        id=user.id,
        email=user.email,
        role=wording.role(user.role),
        role_key=user.role.value,
        created=user.created,
        is_oneself=user.id == principal.id,
        has_password=user.password is not None,
        may_change=user.role is not Role.OWNER or principal.role is Role.OWNER,
    )


def _role(text: str) -> Role:
    """Raises InvalidRequest."""
    if text not in set(Role):
        raise InvalidRequest(_("Choose a role."), field="role")
    return Role(text)
