"""API tokens of people: what their programs sign in with. Works while the server runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.telling import short
from limner.cli.users import user_named
from limner.domain.errors import InvalidRequest, NotFound
from limner.domain.people import USUAL_SCOPES, ApiToken, TokenScope

app = App(help="Make and remove API tokens, where LIMNER_AUTH is accounts.", no_args_is_help=True)

Whose = Annotated[str, typer.Option("--user", metavar="EMAIL", help="Whose token it is.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is for, such as the program that will use it.")]
Which = Annotated[str, typer.Argument(metavar="TOKEN", help="The id of a token, or its beginning or end.")]
Scopes = Annotated[
    list[TokenScope] | None,
    typer.Option("--scope", help="read, generate or manage; may be given several times. read and generate if none."),
]
Days = Annotated[int | None, typer.Option("--days", min=1, max=36_500, help="Let it expire after so many days.")]


@app.add()
def add(name: Name, user: Whose, scope: Scopes = None, days: Days = None, json: Json = False) -> int:
    """Make a token; it is shown only now."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        studio, owner = session.studio, await user_named(session, user)
        expires = None if days is None else studio.runtime.clock.now() + timedelta(days=days)
        made = await studio.runtime.admittance.tokens.add(
            name, studio.principal, scopes=scope or USUAL_SCOPES, expires=expires, owner=owner.id
        )
        if json:
            output.document({**_document(made.token), "token": made.secret})
        else:
            output.show(made.secret)
            output.say(f"This is the token '{made.token.name}' of {owner.email}. It is not shown again.")
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_tokens(user: Whose, json: Json = False) -> int:
    """List a person's tokens."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await session.studio.runtime.admittance.tokens.of((await user_named(session, user)).id)
        if json:
            output.document({"tokens": [_document(token) for token in found]})
        elif found:
            output.rows(("Token", "Name", "Ends in", "May", "Expires", "Last used"), [_row(token) for token in found])
        else:
            output.say("There is no token. `limner tokens add NAME --user EMAIL` makes one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def remove(token: Which, user: Whose, json: Json = False) -> int:
    """Remove a token; whatever uses it is out at once."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        tokens, owner = session.studio.runtime.admittance.tokens, await user_named(session, user)
        part = token.strip().lower()
        fitting = [
            one for one in await tokens.of(owner.id) if part and part in (one.id[: len(part)], one.id[-len(part) :])
        ]
        if not fitting:
            raise NotFound(f"{owner.email} has no token '{token}'. `limner tokens list` shows them all.", field="token")
        if len(fitting) > 1:
            raise InvalidRequest(f"'{token}' fits {len(fitting)} tokens. Give more of the id.", field="token")
        gone = await tokens.remove(fitting[0].id, session.studio.principal, owner=owner.id)
        if json:
            output.document({**_document(gone), "removed": True})
        else:
            output.say(f"The token '{gone.name}' is removed.")
        return OK

    return with_studio(output, action, paints=False)


def _row(token: ApiToken) -> tuple[str, ...]:
    expires = "never" if token.expires is None else f"{token.expires:%Y-%m-%d}"
    used = "never" if token.used is None else f"{token.used:%Y-%m-%d %H:%M}"
    return short(token.id), token.name, token.last_four, ", ".join(sorted(token.scopes)), expires, used


def _document(token: ApiToken) -> Document:
    return {
        "id": token.id,
        "name": token.name,
        "last_four": token.last_four,
        "scopes": sorted(token.scopes),
        "created": moment(token.created),
        "expires": moment(token.expires),
        "used": moment(token.used),
    }
