"""Favourites and the trash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from limner.cli.exits import OK
from limner.cli.finding import picture_named
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.collecting import Collection
from limner.domain.marking import Action, Change
from limner.domain.picture import Picture

app = App()

Ids = Annotated[
    list[str], typer.Argument(metavar="ID...", help="Ids of pictures, or six signs of their beginnings or ends.")
]
Undo = Annotated[bool, typer.Option("--undo", help="Take the mark away.")]


@app.add()
def favorite(ids: Ids, undo: Undo = False, json: Json = False) -> int:
    """Make pictures your favourites."""
    change = Change(action=Action.UNFAVORITE if undo else Action.FAVORITE)
    return changing(ids, change, "no favourites any more" if undo else "your favourites", json=json)


@app.add()
def trash(ids: Ids, json: Json = False) -> int:
    """Move pictures to the trash; `limner restore` brings them back for 30 days."""
    return changing(ids, Change(action=Action.TRASH), "in the trash", json=json)


@app.add()
def restore(ids: Ids, json: Json = False) -> int:
    """Take pictures out of the trash."""
    return changing(ids, Change(action=Action.RESTORE), "kept again", json=json)


def changing(ids: Sequence[str], change: Change, became: str, *, json: bool) -> int:
    """Carries out a command that changes these pictures, all of them or none."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await pictures_named(session, ids)
        runtime, principal = session.studio.runtime, session.studio.principal
        await runtime.keeping.curator.change([picture.id for picture in found], change, principal)
        if json:
            output.document({"ids": [picture.id for picture in found], "action": change.action.value})
        else:
            output.say(f"{counted(len(found))} {became}.")
        return OK

    return with_studio(output, action, paints=False)


def changing_in(
    named: Callable[[Session, str], Awaitable[Collection]], which: str, ids: Sequence[str], joins: Action, *, json: bool
) -> int:
    """Carries out a command that puts pictures into a collection, or takes them out."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        collection = await named(session, which)
        found = await pictures_named(session, ids)
        change = Change(action=joins, to=collection.id)
        names = [picture.id for picture in found]
        await session.studio.runtime.keeping.curator.change(names, change, session.studio.principal)
        if json:
            output.document({"collection_id": collection.id, "ids": names, "action": joins.value})
        else:
            place = "in" if joins is Action.COLLECT else "not any more in"
            output.say(f"{counted(len(found))} {place} {collection.name}.")
        return OK

    return with_studio(output, action, paints=False)


async def pictures_named(session: Session, ids: Sequence[str]) -> list[Picture]:
    """The pictures that are meant, each once. Raises NotFound, and InvalidRequest where several fit."""
    found = [await picture_named(session, text) for text in ids]
    return list({picture.id: picture for picture in found}.values())


def counted(pictures: int) -> str:
    """How many pictures are something now, at the start of a sentence."""
    return "1 picture is" if pictures == 1 else f"{pictures} pictures are"
