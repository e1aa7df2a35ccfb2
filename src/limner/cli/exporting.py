"""Pictures on the way out and in: `limner export` and `limner import`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from limner.cli.curating import pictures_named
from limner.cli.documents import Document, picture_document
from limner.cli.exits import FAILED, OK
from limner.cli.filters import Filters
from limner.cli.library import newest
from limner.cli.opening import Session, with_studio
from limner.cli.options import App, Json
from limner.cli.output import Output
from limner.cli.wishes import whole_file
from limner.domain.errors import InvalidRequest, LimnerError, StorageError
from limner.domain.marking import MOST_AT_ONCE

app = App()

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID...]", help="Ids of pictures; left out where filters say which.")
]
Out = Annotated[str, typer.Option("--out", "-o", metavar="FILE", help="The ZIP file to write.")]
Paths = Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures to bring into the library.")]
Project = Annotated[str, typer.Option("--project", help="The project they belong to.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A tag; may be given several times.")]
Again = Annotated[bool, typer.Option("--again", help="Keep a file even where you have the very same one.")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Packing:
    """What is to be in the file, and how."""

    format: Annotated[str | None, typer.Option("--format", help="png, jpeg, webp or avif; their own if left out.")] = (
        None
    )
    original: Annotated[bool, typer.Option("--original", help="The services' own bytes rather than signed copies.")] = (
        False
    )
    recipes: Annotated[
        bool, typer.Option("--recipes", help="Beside each picture a file that says how it was made.")
    ] = False


@app.add()
def export(
    which: Filters, packing: Packing, ids: Ids = None, out: Out = "limner-pictures.zip", json: Json = False
) -> int:
    """Write pictures into a ZIP file, up to a thousand, under names from their prompts."""
    output = Output(json=json)
    if bool(ids) is which.given:
        raise InvalidRequest("Name pictures by their ids, or say which by filters.", field="id")

    async def action(session: Session) -> int:
        # Imported here because --help must not pay for it.
        from limner.storage.zipping import Wish, zipped

        if ids:
            pictures = await pictures_named(session, ids)
        else:
            pictures = await newest(session, MOST_AT_ONCE, await which.wanted(session))
        if not pictures:
            output.say(which.nothing)
            return FAILED
        path = Path(out)
        wish = Wish(format=packing.format, original=packing.original, recipes=packing.recipes)
        if await asyncio.to_thread(path.exists):
            raise InvalidRequest(f"{path} is there already. Name another file with --out.", field="out")
        size = await _write(path, zipped(session.studio.runtime.library, pictures, wish))
        if json:
            output.document({"path": str(path), "bytes": size, "ids": [picture.id for picture in pictures]})
        else:
            output.show(str(path))
        return OK

    return with_studio(output, action, paints=False)


@app.add("import")
def import_files(
    paths: Paths, project: Project = "default", tags: Tags = None, again: Again = False, json: Json = False
) -> int:
    """Bring pictures of your own into the library. Their bytes stay as they are; it costs nothing."""
    output = Output(json=json)

    async def action(session: Session) -> int:
        from limner.engine.importing import Label

        code = OK
        done: list[Document] = []
        for path in paths:
            label = Label(name=Path(path).name, project=project, tags=tuple(tags or ()))
            try:
                data = await asyncio.to_thread(whole_file, Path(path))
                importer = session.studio.runtime.keeping.importer
                found = await importer.bring(data, label, session.studio.principal, again=again)
            except LimnerError as error:
                output.say(error.message if path in error.message else f"{path}: {error.message}")
                done.append({"file": path, "error": error.message})
                code = FAILED
                continue
            done.append({"file": path, "duplicate": found.duplicate, **picture_document(found.picture)})
            if not json:
                output.show(f"{found.picture.id}  {path}{'  (you have it already)' if found.duplicate else ''}")
        if json:
            output.document({"images": done})
        return code

    return with_studio(output, action, paints=False)


async def _write(path: Path, pieces: AsyncIterator[bytes]) -> int:
    """Writes a new file whole or not at all; its bytes. Raises StorageError."""
    draft = path.with_name(f".{path.name[:80]}.{token_hex(6)}.part")
    size = 0
    try:
        with draft.open("xb") as file:
            async for piece in pieces:
                size += await asyncio.to_thread(file.write, piece)
        draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path} could not be written: {error.strerror}.", code="copy_failed") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return size
