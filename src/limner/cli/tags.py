"""Tags of pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from limner.cli.curating import Ids, changing
from limner.cli.exits import OK
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.domain.marking import Action, Change

app = App(help="Tag pictures; `limner history --tag TAG` finds them again.", no_args_is_help=True)

Tag = Annotated[str, typer.Argument(metavar="TAG", help="A word or a few.")]
New = Annotated[str, typer.Argument(metavar="NEW", help="Its new name; where it is a tag already, the two become one.")]


@app.add(name="list")
def list_tags(json: Json = False) -> int:
    """List your tags and how many pictures have each."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        found = await session.studio.runtime.keeping.curator.tags(session.studio.principal)
        if json:
            output.document({"tags": [{"tag": each.tag, "images": each.pictures} for each in found]})
        elif found:
            output.rows(("Tag", "Pictures"), [(each.tag, str(each.pictures)) for each in found])
        else:
            output.say("No picture has a tag. `limner tags add TAG ID` gives it one.")
        return OK

    return with_studio(output, action, paints=False)


@app.add()
def add(tag: Tag, ids: Ids, json: Json = False) -> int:
    """Give pictures a tag."""
    return changing(ids, Change(action=Action.TAG, tags=(tag,)), f"tagged {tag}", json=json)


@app.add()
def remove(tag: Tag, ids: Ids, json: Json = False) -> int:
    """Take a tag from pictures."""
    return changing(ids, Change(action=Action.UNTAG, tags=(tag,)), f"not tagged {tag} any more", json=json)


@app.add()
def rename(tag: Tag, new: New, json: Json = False) -> int:
    """Rename a tag on all your pictures."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        changed = await session.studio.runtime.keeping.curator.rename_tag(tag, new, session.studio.principal)
        if json:
            output.document({"tag": new.strip(), "changed": changed})
        else:
            output.say(f"{tag} is {new.strip()} now, on {changed} pictures.")
        return OK

    return with_studio(output, action, paints=False)
