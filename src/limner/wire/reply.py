"""Answers of services as values: lenient readers of foreign JSON, with the pictures already put away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from limner.domain.call import Landed
from limner.wire.split import PLACE

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""Whatever a JSON text can say."""


class Reply:
    """A piece of an answer. Each reader follows a path of keys and places and gives None where the answer differs."""

    def __init__(self, value: Json, landings: Sequence[Landed | None] = (), *, unkept: str | None = None) -> None:
        self.value = value
        self.landings = landings
        self.unkept = unkept
        """Why some of its pictures could not be written down, where that happened; only whole answers say it."""

    def at(self, *path: str | int) -> Json:
        """Whatever stands there."""
        value = self.value
        for step in path:
            if isinstance(step, str) and isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
                value = value[step]
            else:
                return None
        return value

    def text(self, *path: str | int) -> str | None:
        """The text there, if it is one and not empty."""
        value = self.at(*path)
        return value if isinstance(value, str) and value else None

    def number(self, *path: str | int) -> float | None:
        """The number there."""
        value = self.at(*path)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def whole(self, *path: str | int) -> int | None:
        """The whole number there."""
        value = self.at(*path)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def items(self, *path: str | int) -> list[Reply]:
        """The members of the list there; none where there is no list."""
        value = self.at(*path)
        return [Reply(item, self.landings) for item in value] if isinstance(value, list) else []

    def part(self, *path: str | int) -> Reply:
        """What stands there, as a reply of its own."""
        return Reply(self.at(*path), self.landings)

    def mapping(self, *path: str | int) -> Mapping[str, Json]:
        """The object there; an empty one where there is none."""
        value = self.at(*path)
        return value if isinstance(value, Mapping) else {}

    def addresses(self) -> list[str]:
        """Every http address in it, however deep, in order."""
        if isinstance(self.value, str):
            return [self.value] if self.value.startswith(("http://", "https://")) else []
        places = self.value if isinstance(self.value, Mapping) else range(len(self.items()))
        return [address for place in places for address in self.part(place).addresses()]

    def landed(self, *path: str | int) -> Landed | None:
        """The picture that stood there; None where there was none, or none that could be read."""
        place = self.text(*path)
        if place is None or not place.startswith(PLACE):
            return None
        number = place.removeprefix(PLACE)
        return self.landings[int(number)] if number.isdecimal() and int(number) < len(self.landings) else None

    @property
    def pictures(self) -> tuple[Landed, ...]:
        """All pictures of the answer that could be read, in order."""
        return tuple(landed for landed in self.landings if landed is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: Reply = field(repr=False)
    """The JSON, with pictures put away; empty where the answer was no JSON."""
    said: str = field(default="", repr=False)
    """The first part of an error body that is no JSON."""
    file: Landed | None = None
    """The body itself, where the service answered with a picture rather than JSON."""
    media_type: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service says that it did what was asked."""
        return 200 <= self.status < 300


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerEvent:
    """One server-sent event whose data is JSON."""

    name: str
    body: Reply = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the answer that the event is part of."""
