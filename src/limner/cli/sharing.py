"""Share links: by which others see a picture or a collection while a server runs."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.cleaning import span
from limner.cli.collections import collection_named
from limner.cli.curating import pictures_named
from limner.cli.documents import Document, moment
from limner.cli.exits import OK
from limner.cli.finding import the_one
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.telling import short
from limner.domain.collecting import Share

app = App(help="Let others see a picture or a collection by a link.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="A picture; with --collection, the name or id of a collection.")]
For = Annotated[str, typer.Option("--for", metavar="TIME", help="How long it works, such as 12h, 7d or 1y.")]
IsCollection = Annotated[bool, typer.Option("--collection", help="Share a collection.")]
Which = Annotated[str, typer.Argument(metavar="LINK", help="The id of a link, or its beginning or end.")]


@app.add()
def add(id: Id, lasting: For = "7d", collection: IsCollection = False, json: Json = False) -> int:
    """Make a link; its address is shown only now."""
    output, expires_in = Output(json=json), span(lasting)

    async def action(session: Session) -> int:
        runtime, principal = session.studio.runtime, session.studio.principal
        picture = album = None
        if collection:
            album = (await collection_named(session, id)).id
        else:
            picture = (await pictures_named(session, [id]))[0].id
        made = await runtime.keeping.sharer.share(principal, expires_in, picture=picture, collection=album)
        url = f"{runtime.settings.address}/s/{made.token}"
        if json:
            output.document({**_document(made.share), "url": url})
        else:
            output.show(url)
            output.say(f"It works until {made.share.expires:%Y-%m-%d %H:%M} UTC, while the server runs.")
        return OK

    return with_studio(output, action, paints=False)


@app.add(name="list")
def list_shares(json: Json = False) -> int:
    """List your links, the newest first."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await session.studio.runtime.keeping.sharer.all(session.studio.principal)
        if json:
            output.document({"shares": [_document(share) for share in found]})
        elif found:
            rows = [
                (
                    share.id,
                    short(share.picture_id or share.collection_id or ""),
                    f"{share.expires:%Y-%m-%d %H:%M}",
                    str(share.views),
                )
                for share in found
            ]
            output.rows(("Link", "Shows", "Until", "Views"), rows)
        else:
            output.say("There is no link. `limner shares add ID` makes one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def revoke(link: Which, json: Json = False) -> int:
    """End a link at once, for good."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        sharer, principal = session.studio.runtime.keeping.sharer, session.studio.principal
        found = the_one(await sharer.all(principal), link, "link", "limner shares list")
        await sharer.revoke(found.id, principal)
        if json:
            output.document(_document(found))
        else:
            output.say("The link shows nothing any more.")
        return OK

    return with_studio(output, action, paints=False)


def _document(share: Share) -> Document:
    return {
        "id": share.id,
        "image_id": share.picture_id,
        "collection_id": share.collection_id,
        "created": moment(share.created),
        "expires": moment(share.expires),
        "views": share.views,
        "viewed": moment(share.viewed),
    }
