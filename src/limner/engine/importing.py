"""Brings pictures from outside into the library: nobody painted them here, and they cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from limner.domain.errors import InvalidRequest
from limner.domain.importing import UPLOADER, Brings, Brought, Imports
from limner.domain.marking import MOST_TAGS, checked_name
from limner.domain.money import FREE, Money
from limner.domain.people import Principal
from limner.domain.picture import Picture
from limner.domain.plan import Candidate, Plan
from limner.domain.ports import Clock, Ids, Shelf
from limner.domain.records import NewJob
from limner.domain.request import DEFAULT_PROJECT, ImageRequest, Operation

LONGEST_TITLE = 2000
_PLAN = Plan(
    candidates=(
        Candidate(
            model=UPLOADER,
            title="Upload",
            calls=(),
            receipt=(),
            estimate=FREE,
            seconds=0.0,
            reason="It was brought here.",
        ),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A picture in the library, and whether it was there before."""

    picture: Picture
    duplicate: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What is written beside a picture that is brought."""

    name: str = ""
    """Of its file; its words stand where the prompt of a painted picture stands, and are found by."""
    title: str = ""
    """Words in place of those of the name."""
    project: str = DEFAULT_PROJECT
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Importer:
    """Takes pictures in, each with a job of its own that is over as it begins."""

    brings: Brings
    imports: Imports
    shelf: Shelf
    clock: Clock
    ids: Ids

    async def bring(self, data: bytes, label: Label, principal: Principal, *, again: bool = False) -> Found:
        """Keeps a picture; one whose very bytes the person has already is given back, unless it is to be kept `again`.

        Raises BadPicture, InvalidRequest and StorageError.
        """
        checked = _checked(label)
        brought = await self.brings.keep_upload(data, checked.name or "The file")
        new = self._job(checked, principal)
        picture = self._picture(new, brought)
        there = await self.imports.add(new, picture, again=again)
        if there is not None:
            return Found(picture=there, duplicate=True)
        await self.shelf.put(picture)
        return Found(picture=picture, duplicate=False)

    def _job(self, label: Label, principal: Principal) -> NewJob:
        title = label.title or PurePath(label.name).stem.replace("_", " ")
        request = ImageRequest(
            prompt=title, operation=Operation.UPLOAD, project=label.project, tags=label.tags, model=UPLOADER
        )
        return NewJob(
            id=self.ids.new(),
            owner=principal.id,
            request=request,
            plan=_PLAN,
            calls=(),
            scopes=(),
            worker=None,
            at=self.clock.now(),
        )

    def _picture(self, new: NewJob, brought: Brought) -> Picture:
        request = new.request
        return Picture(
            id=self.ids.new(),
            owner=new.owner,
            job_id=new.id,
            call_id=new.id,
            number=0,
            project=request.project,
            operation=request.operation,
            prompt=request.prompt,
            model=UPLOADER,
            created=new.at,
            original=brought.original,
            file=brought.file,
            changes=brought.changes,
            cost=Money(),
            tags=request.tags,
            tone=brought.tone,
        )


def _checked(label: Label) -> Label:
    """A label that can be kept. Raises InvalidRequest."""
    if len(label.tags) > MOST_TAGS:
        raise InvalidRequest(f"A picture has at most {MOST_TAGS} tags.", field="tag")
    title = label.title.strip()
    if len(title) > LONGEST_TITLE:
        raise InvalidRequest(f"A title has at most {LONGEST_TITLE} characters.", field="title")
    return Label(
        name=_printable(label.name)[:LONGEST_TITLE],
        title=_printable(title),
        project=checked_name(label.project, "project"),
        tags=_names(label.tags),
    )


def _names(tags: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(checked_name(tag, "tag") for tag in tags))


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()
