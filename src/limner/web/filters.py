"""What stands in the gallery's address: which pictures are wanted, and the same as a form's fields."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from limner.domain.browsing import Choices, Place
from limner.domain.ports import Catalog
from limner.domain.records import PictureFilter
from limner.web import dates, wording
from limner.web.gallery_views import Choice, Filters
from limner.web.languages import gettext as _
from limner.web.services import called
from limner.web.showing import model_title, service_of

MOST_CHOICES = 500
"""Entries of a list to choose from; who has more tags searches for them."""


def _blank_is_none(value: object) -> object:
    return value or None


def _known(value: object) -> object:
    """An id in the form that ours have; for any other text one that nothing has."""
    try:
        return str(UUID(str(value))) if value else None
    except ValueError:
        return str(UUID(int=0))


Day = Annotated[date | None, BeforeValidator(_blank_is_none)]
Word = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_blank_is_none)]


class GalleryQuery(BaseModel):
    """Which pictures are wanted, as the address says it; what is empty is not asked for."""

    q: Annotated[Annotated[str, Field(max_length=500)] | None, BeforeValidator(_blank_is_none)] = None
    service: Word = None
    model: Word = None
    project: Word = None
    tag: Word = None
    collection: Annotated[str | None, BeforeValidator(_known)] = None
    favorite: bool = False
    trash: bool = False
    since: Day = None
    until: Day = None

    def wanted(self) -> PictureFilter:
        """The same for the store; both days are whole ones, by the clock of this machine."""
        return PictureFilter(
            service=self.service,
            model=self.model,
            project=self.project,
            words=self.q,
            tag=self.tag,
            collection=self.collection,
            favorite=self.favorite,
            trashed=self.trash,
            since=None if self.since is None else beginning(self.since),
            until=None if self.until is None else beginning(self.until + timedelta(days=1)),
        )

    def words(self) -> dict[str, str]:
        """What the address says, without what is empty."""
        said = GalleryQuery.model_dump(self, include=set(GalleryQuery.model_fields), mode="json")
        return {name: "1" if value is True else str(value) for name, value in said.items() if value}

    def address(self, path: str, **more: str) -> str:
        """A path with this query, and more in it."""
        words = {**self.words(), **more}
        return f"{path}?{urlencode(words)}" if words else path


class SheetQuery(GalleryQuery):
    """The same, from some place on."""

    cursor: str | None = Field(default=None, max_length=200)
    before: str | None = Field(default=None, max_length=200)
    skip: int = Field(default=0, ge=0, le=2**31)
    select: bool = False

    def place(self) -> Place:
        """Where the sheet begins or ends."""
        return Place(after=self.cursor, before=self.before, skip=self.skip)


def beginning(day: date) -> datetime:
    """When a day begins by the clock of this machine, in UTC."""
    return datetime.combine(day, time()).astimezone().astimezone(UTC)


def filters_of(query: GalleryQuery, choices: Choices, catalog: Catalog) -> Filters:
    """The fields as the address fills them in."""
    services = {model.partition("/")[0]: _service(model, catalog) for model in choices.models}
    return Filters(
        words=query.q or "",
        services=_choices(services, query.service),
        models=_choices({model: model_title(catalog, model) for model in choices.models}, query.model),
        projects=_choices({name: wording.project(name) for name in choices.projects}, query.project),
        tags=_choices({name: name for name in choices.tags}, query.tag),
        favorite=query.favorite,
        trash=query.trash,
        collection=query.collection or "",
        since="" if query.since is None else query.since.isoformat(),
        until="" if query.until is None else query.until.isoformat(),
        dates=_dates(query.since, query.until),
        narrowed=bool(query.words().keys() - {"trash"}),
    )


def _dates(since: date | None, until: date | None) -> str:
    if since is None:
        return "" if until is None else _("Until %(date)s", date=dates.day(until))
    if until is None:
        return _("From %(date)s", date=dates.day(since))
    return dates.day(since) if since == until else f"{dates.day(since)} \u2013 {dates.day(until)}"


def _choices(names: dict[str, str], chosen: str | None) -> tuple[Choice, ...]:
    """All entries, and the one that the address names where it is none of them."""
    known = dict(list(names.items())[:MOST_CHOICES])
    if chosen and chosen not in known:
        known[chosen] = chosen
    return tuple(Choice(value=value, name=name, chosen=value == chosen) for value, name in known.items())


def _service(model: str, catalog: Catalog) -> str:
    service = service_of(catalog, model)
    return model.partition("/")[0] if service is None else called(service)
