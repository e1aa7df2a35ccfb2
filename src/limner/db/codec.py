"""Domain values as text in a column, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from limner.domain.call import Call, Finished
from limner.domain.describing import Description
from limner.domain.errors import Problem
from limner.domain.picture import PictureFile
from limner.domain.plan import Plan, Quote
from limner.domain.request import ImageRequest
from limner.domain.vault import Access

Value = TypeVar("Value")

Exclusion = dict[str, Any]
"""Fields that are not written, in pydantic's notation."""

_NOT_STORED: Exclusion = {"inputs": {"__all__": {"data"}}, "wire": True}


class Codec(Generic[Value]):
    """Writes one kind of value as JSON and reads it back, equal."""

    def __init__(self, adapter: TypeAdapter[Value], *, without: Exclusion | None = None) -> None:
        self._adapter = adapter
        self._without = without

    def write(self, value: Value) -> str:
        """The value as JSON text."""
        return self._adapter.dump_json(value, exclude=self._without).decode()

    def read(self, text: str) -> Value:
        """The value that was written."""
        return self._adapter.validate_json(text)

    def write_optional(self, value: Value | None) -> str | None:
        """The value as JSON text; None stays None."""
        return None if value is None else self.write(value)

    def read_optional(self, text: str | None) -> Value | None:
        """The value that was written; None stays None."""
        return None if text is None else self.read(text)


# Each is built on first use: together they cost some 60 ms, which a command that only lists models need not pay.
@cache
def requests() -> Codec[ImageRequest]:
    """What is wanted."""
    return Codec(TypeAdapter(ImageRequest))


@cache
def plans() -> Codec[Plan]:
    """Candidates; their calls without input bytes."""
    return Codec(TypeAdapter(Plan), without={"candidates": {"__all__": {"calls": {"__all__": _NOT_STORED}}}})


@cache
def quotes() -> Codec[Quote]:
    """Priced plans, signed; their calls without input bytes."""
    return Codec(TypeAdapter(Quote), without={"plan": {"candidates": {"__all__": {"calls": {"__all__": _NOT_STORED}}}}})


@cache
def pieces() -> Codec[tuple[Mapping[str, str], ...]]:
    """Messages in order: words, and ids of tool calls."""
    return Codec(TypeAdapter(tuple[Mapping[str, str], ...]))


@cache
def calls() -> Codec[Call]:
    """Calls without input bytes."""
    return Codec(TypeAdapter(Call), without=_NOT_STORED)


@cache
def answers() -> Codec[Finished]:
    """What came back for a call; its pictures must already lie in the object store."""
    return Codec(TypeAdapter(Finished))


@cache
def accesses() -> Codec[Access]:
    """Which stored key, by its id, and which address."""
    return Codec(TypeAdapter(Access))


@cache
def problems() -> Codec[Problem]:
    """Errors as values."""
    return Codec(TypeAdapter(Problem))


@cache
def files() -> Codec[PictureFile]:
    """Files in the object store."""
    return Codec(TypeAdapter(PictureFile))


@cache
def mappings() -> Codec[Mapping[str, object]]:
    """Tickets, recipes, what an event carries: anything that JSON can say."""
    return Codec(TypeAdapter(Mapping[str, object]))


@cache
def descriptions() -> Codec[Description]:
    """What is in a picture."""
    return Codec(TypeAdapter(Description))


@cache
def words() -> Codec[tuple[str, ...]]:
    """Lists of words."""
    return Codec(TypeAdapter(tuple[str, ...]))


def stamp(moment: datetime) -> str:
    """A moment as text of fixed width, in UTC. Raises ValueError where it has no time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone.")
    there = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return there.isoformat(timespec="microseconds").replace("+00:00", "Z")


def optional_stamp(moment: datetime | None) -> str | None:
    """A moment as text; None stays None."""
    return None if moment is None else stamp(moment)


def moment(text: str) -> datetime:
    """The moment that was written."""
    return datetime.fromisoformat(text)


def optional_moment(text: str | None) -> datetime | None:
    """The moment that was written; None stays None."""
    return None if text is None else datetime.fromisoformat(text)
