"""Collections of pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.curating import Ids, changing_in, counted, pictures_named
from limner.cli.documents import Document, moment, picture_document
from limner.cli.exits import OK
from limner.cli.finding import the_one
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output, shortened
from limner.cli.telling import short, tell_pictures
from limner.domain.collecting import Collection, Edit
from limner.domain.marking import Action
from limner.domain.picture import Picture

app = App(help="Put pictures together, in an order of your own.", no_args_is_help=True)

Which = Annotated[
    str, typer.Argument(metavar="COLLECTION", help="The name of a collection, or its id or the beginning or end of it.")
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]
Description = Annotated[str | None, typer.Option("--description", help="What it is about.")]
NewName = Annotated[str | None, typer.Option("--name", help="A new name.")]
Cover = Annotated[str | None, typer.Option("--cover", metavar="ID", help="The picture that stands for it.")]
PAGE = 200


@app.add(name="list")
def list_collections(json: Json = False) -> int:
    """List your collections, the newest first."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await _all(session)
        if json:
            output.document({"collections": [_document(each) for each in found]})
        elif found:
            rows = [(short(each.id), each.name, str(each.pictures), shortened(each.description, 48)) for each in found]
            output.rows(("Id", "Name", "Pictures", "Description"), rows)
        else:
            output.say("There is no collection. `limner collections create NAME` makes one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def create(name: Name, description: Description = None, json: Json = False) -> int:
    """Make an empty collection."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        curator = session.studio.runtime.keeping.curator
        made = await curator.collect(name, description or "", session.studio.principal)
        if json:
            output.document(_document(made))
        else:
            output.show(made.id)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def show(collection: Which, json: Json = False) -> int:
    """Show what is in a collection, in its order."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await collection_named(session, collection)
        pictures = await contents(session, found)
        if json:
            images = [picture_document(picture) for picture in pictures]
            output.document({**_document(found), "pictures": images})
            return OK
        output.show(found.name, style="bold")
        if found.description:
            output.show(found.description)
        tell_pictures(output, pictures)
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def edit(
    collection: Which,
    name: NewName = None,
    description: Description = None,
    cover: Cover = None,
    json: Json = False,
) -> int:
    """Change a collection's name, description or cover."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await collection_named(session, collection)
        chosen = None if not cover else (await pictures_named(session, [cover]))[0].id
        wanted = Edit(name=name, description=description, cover_id=chosen)
        edited = await session.studio.runtime.keeping.curator.edit(found.id, wanted, session.studio.principal)
        if json:
            output.document(_document(edited))
        else:
            output.say(f"{edited.name} is changed.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def add(collection: Which, ids: Ids, json: Json = False) -> int:
    """Put pictures at the end of a collection."""
    return changing_in(collection_named, collection, ids, Action.COLLECT, json=json)


@app.add()
def remove(collection: Which, ids: Ids, json: Json = False) -> int:
    """Take pictures out of a collection; they stay in the library."""
    return changing_in(collection_named, collection, ids, Action.UNCOLLECT, json=json)


@app.add()
def order(collection: Which, ids: Ids, json: Json = False) -> int:
    """Put these pictures first, in this order; the others follow as they were."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await collection_named(session, collection)
        first = [picture.id for picture in await pictures_named(session, ids)]
        await session.studio.runtime.keeping.curator.arrange(found.id, first, session.studio.principal)
        if json:
            output.document({**_document(found), "first": first})
        else:
            output.say(f"{counted(len(first))} first in {found.name}.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def delete(collection: Which, json: Json = False) -> int:
    """Forget a collection; its pictures stay in the library."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await collection_named(session, collection)
        await session.studio.runtime.keeping.curator.dissolve(found.id, session.studio.principal)
        if json:
            output.document(_document(found))
        else:
            output.say(f"{found.name} is no collection any more. Its pictures are still there.")
        return OK

    return with_studio(output, action, paints=False)


async def collection_named(session: Session, text: str) -> Collection:
    """The collection that is meant. Raises NotFound, and InvalidRequest where several fit."""
    found = await _all(session)
    called = [each for each in found if each.name == text.strip()]
    return called[0] if len(called) == 1 else the_one(found, text, "collection", "limner collections list")


async def contents(session: Session, collection: Collection) -> list[Picture]:
    """All its pictures, in its order."""
    pictures: list[Picture] = []
    cursor: str | None = None
    while True:
        curator, principal = session.studio.runtime.keeping.curator, session.studio.principal
        page = await curator.contents(collection.id, principal, limit=PAGE, cursor=cursor)
        pictures += page.items
        cursor = page.next
        if cursor is None:
            return pictures


async def _all(session: Session) -> list[Collection]:
    found: list[Collection] = []
    cursor: str | None = None
    while True:
        curator, principal = session.studio.runtime.keeping.curator, session.studio.principal
        page = await curator.collections(principal, limit=PAGE, cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def _document(collection: Collection) -> Document:
    return {
        "id": collection.id,
        "name": collection.name,
        "description": collection.description,
        "images": collection.pictures,
        "cover_id": collection.cover_id,
        "created": moment(collection.created),
        "updated": moment(collection.updated),
    }
