"""People with an account: who they are, and what they may do. Works while the server runs."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.invitations import Invitation
from limner.domain.people import Role, User

app = App(help="Add and remove people, where LIMNER_AUTH is accounts.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin: its first line.")]
Admin = Annotated[
    bool, typer.Option("--admin", help="Let them administer everything; the first to come so owns the installation.")
]
Becomes = Annotated[Role, typer.Argument(metavar="ROLE", help="owner, admin, member or viewer.")]
Given = Annotated[Role | None, typer.Option("--role", help="owner, admin, member or viewer; member if none.")]


@app.add()
def add(
    email: Email, admin: Admin = False, role: Given = None, password_stdin: FromStdin = False, json: Json = False
) -> int:
    """Add a person: `limner users add ann@example.com --password-stdin --admin`."""
    if admin and role is not None:
        raise InvalidRequest("Give --admin or --role, one of the two.", field="role")
    output, password = Output(json=json), _password(password_stdin)

    async def action(session: Session) -> int:
        studio = session.studio
        accounts = studio.runtime.admittance.accounts
        given = role or Role.MEMBER
        if admin:
            owners = [user for user in await accounts.all(studio.principal) if user.role is Role.OWNER]
            given = Role.ADMIN if owners else Role.OWNER
        user = await accounts.add(email, password, given, studio.principal)
        if json:
            output.document(_document(user))
        else:
            output.say(f"{user.email} is added, with the role {user.role}.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def invite(email: Email, role: Given = None, json: Json = False) -> int:
    """Invite a person by a link with which they choose a password: `limner users invite ben@example.com`."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        runtime = studio.runtime
        made = await runtime.admittance.inviting.invite(email, role or Role.MEMBER, studio.principal)
        found, link = made.invitation, f"{runtime.settings.address}{made.path}"
        if json:
            output.document({**_invitation(found), "url": link})
        else:
            output.show(link)
            said = f"{found.email} is invited with it, with the role {found.role}, until {found.expires:%Y-%m-%d}."
            output.say(f"{said} It is not shown again.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def invitations(json: Json = False) -> int:
    """List who is invited and has not come yet."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        found = await studio.runtime.admittance.inviting.open(studio.principal)
        if json:
            output.document({"invitations": [_invitation(each) for each in found]})
        elif found:
            rows = [(each.email, each.role.value, f"{each.expires:%Y-%m-%d}", each.inviter) for each in found]
            output.rows(("Address", "Role", "Until", "Invited by"), rows)
        else:
            output.say("Nobody is invited. `limner users invite EMAIL` makes a link.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def uninvite(email: Email, json: Json = False) -> int:
    """Withdraw an invitation; its link is useless at once."""
    output, wanted = Output(json=json), email.strip().lower()

    async def action(session: Session) -> int:
        studio = session.studio
        inviting = studio.runtime.admittance.inviting
        found = next((each for each in await inviting.open(studio.principal) if each.email == wanted), None)
        if found is None:
            raise NotFound(f"Nobody is invited as {wanted}. `limner users invitations` shows them all.", field="email")
        await inviting.withdraw(found.id, studio.principal)
        if json:
            output.document({**_invitation(found), "withdrawn": True})
        else:
            output.say(f"The invitation of {found.email} is withdrawn.")
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_users(json: Json = False) -> int:
    """List everybody with an account."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio = session.studio
        found = await studio.runtime.admittance.accounts.all(studio.principal)
        if json:
            output.document({"users": [_document(user) for user in found]})
        elif found:
            rows = [(user.email, user.role.value, f"{user.created:%Y-%m-%d}", user.id) for user in found]
            output.rows(("Address", "Role", "Since", "Id"), rows)
        else:
            output.say("Nobody has an account. `limner users add EMAIL --admin` makes one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(email: Email, json: Json = False) -> int:
    """Remove a person; their sessions and tokens end at once, their pictures are kept."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        accounts = session.studio.runtime.admittance.accounts
        user = await accounts.remove((await user_named(session, email)).id, session.studio.principal)
        if json:
            output.document({**_document(user), "removed": True})
        else:
            output.say(f"{user.email} is removed.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def password(email: Email, password_stdin: FromStdin = False, json: Json = False) -> int:
    """Give a person another password; all their sessions end."""
    output, new = Output(json=json), _password(password_stdin)

    async def action(session: Session) -> int:
        accounts = session.studio.runtime.admittance.accounts
        user = await accounts.change_password((await user_named(session, email)).id, new, session.studio.principal)
        if json:
            output.document(_document(user))
        else:
            output.say(f"{user.email} has another password, and has to sign in again.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def role(email: Email, becomes: Becomes, json: Json = False) -> int:
    """Give a person another role; all their sessions end."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        accounts = session.studio.runtime.admittance.accounts
        found = await user_named(session, email)
        user = await accounts.change_role(found.id, becomes, session.studio.principal)
        if json:
            output.document(_document(user))
        else:
            output.say(f"{user.email} has the role {user.role}, and has to sign in again.")
        return OK

    return with_studio(output, action, paints=False)


async def user_named(session: Session, email: str) -> User:
    """The person with an address. Raises NotFound."""
    studio, wanted = session.studio, email.strip().lower()
    for user in await studio.runtime.admittance.accounts.all(studio.principal):
        if user.email == wanted:
            return user
    raise NotFound(f"There is no user {wanted}. `limner users list` shows them all.", field="email")


def _password(from_stdin: bool) -> str:
    """The password that is meant: the first line of stdin, or what is typed unseen. Raises InvalidRequest."""
    if from_stdin:
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise InvalidRequest("Give the password on stdin, with --password-stdin.", field="password")
    first, second = getpass.getpass("Password: "), getpass.getpass("Once more: ")
    if first != second:
        raise InvalidRequest("The two are not the same. Start anew.", field="password")
    return first


def _document(user: User) -> Document:
    return {"id": user.id, "email": user.email, "role": user.role.value, "created": moment(user.created)}


def _invitation(invitation: Invitation) -> Document:
    return {
        "id": invitation.id,
        "email": invitation.email,
        "role": invitation.role.value,
        "inviter": invitation.inviter,
        "created": moment(invitation.created),
        "expires": moment(invitation.expires),
    }
