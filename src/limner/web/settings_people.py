"""The settings' people: administrators add them, give roles and passwords, and remove them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.domain.errors import InvalidRequest, UsageError
from limner.domain.people import Principal, Role, User
from limner.runtime.forms import read_form
from limner.web.gallery import known_id, principal_of
from limner.web.gallery_views import Choice
from limner.web.languages import gettext as _
from limner.web.languages import message
from limner.web.settings_frame import ask, check_section, done_at, framed
from limner.web.settings_people_views import PeoplePage, PersonRow
from limner.web.signing_in import answered, text_of, with_accounts

SECTION = "people"
DONE = {
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


@router.get("")
async def people_page(request: Request) -> Response:
    """Everybody, and the form that adds somebody. For administrators."""
    return await _page(request)


@router.post("")
async def add_person_from_form(request: Request) -> Response:
    """Adds somebody. For administrators."""
    check_section(request, SECTION)
    accounts = with_accounts(request).admittance.accounts
    async with read_form(request, files=0, fields=6) as form:
        email, password, role = text_of(form, "email"), text_of(form, "password"), text_of(form, "role")
    try:
        await accounts.add(email, password, _role(role), principal_of(request))
    except UsageError as error:
        return await _page(request, email=email, role=role, error=error)
    return done_at(request, SECTION, "added")


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
    question = _(
        "Remove %(name)s? Their sessions and tokens end at once; their keys, profiles, chats and collections go too. "
        "Their pictures are kept, for nobody.",
        name=person.email,
    )
    return ask(request, SECTION, question, yes=message("Remove"))


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
    email: str = "",
    role: str = "",
    editing: User | None = None,
    error: UsageError | None = None,
    form: str = SECTION,
) -> Response:
    shell, frame = framed(request, SECTION, DONE, error=error, form=form)
    principal = principal_of(request)
    people = await with_accounts(request).admittance.accounts.all(principal)
    view = PeoplePage(
        shell=shell,
        frame=frame,
        people=tuple(_row(user, principal) for user in people),
        roles=tuple(
            Choice(value=each.value, name=_(words))
            for each, words in ROLES.items()
            if each is not Role.OWNER or principal.role is Role.OWNER
        ),
        email=email[:254],
        role=role or Role.MEMBER.value,
        editing=None if editing is None else _row(editing, principal),
    )
    return answered(request, view, error)


def _row(user: User, principal: Principal) -> PersonRow:
    return PersonRow(
        id=user.id,
        email=user.email,
        role=_(ROLES[user.role]).partition(":")[0],
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
