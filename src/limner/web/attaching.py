"""Pictures that go with what a form says: kept ones that it names, and files that it brings."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import FormData, UploadFile

from limner.domain.errors import NotFound
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.records import PictureFilter
from limner.engine.importing import Label
from limner.runtime import Runtime
from limner.web.asking import known_id

FIELD = "reference"
RECENT = 12
"""Pictures that are offered to be taken along."""


def named_pictures(form: FormData) -> tuple[str, ...]:
    """Ids of the kept pictures that a form names, each once."""
    return tuple(dict.fromkeys(each for each in form.getlist(FIELD) if isinstance(each, str) and each))


async def with_files(runtime: Runtime, principal: Principal, form: FormData, named: Sequence[str]) -> tuple[str, ...]:
    """The same with the pictures that a form brings where there is no script; they are kept.

    Raises BadPicture, naming the file.
    """
    found = list(named)
    for file in form.getlist("file"):
        if isinstance(file, UploadFile) and file.filename:
            brought = await runtime.keeping.importer.bring(await file.read(), Label(name=file.filename), principal)
            found.append(brought.picture.id)
    return tuple(dict.fromkeys(found))


async def still_there(runtime: Runtime, principal: Principal, ids: Sequence[str]) -> list[Picture]:
    """Those of one's own pictures that are still there."""
    found = []
    for name in ids:
        try:
            found.append(await runtime.pictures.get(known_id(name), principal.id))
        except NotFound:
            continue
    return found


async def recent(runtime: Runtime, principal: Principal) -> list[Picture]:
    """One's newest pictures that may be shown."""
    page = await runtime.pictures.page(principal.id, PictureFilter(), limit=RECENT, cursor=None)
    return [picture for picture in page.items if picture.withheld is None]
