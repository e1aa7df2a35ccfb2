"""What is sent to a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pybase64

from limner.domain.call import CallInput

AROUND = 256
"""Bytes at most of the border and the headers of one part of a form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FormFile:
    """A file in a form. Services refuse files without a name or with a type other than the real one."""

    name: str
    """Of the field."""
    filename: str
    media_type: str
    data: bytes = field(repr=False)

    @classmethod
    def of(cls, image: CallInput, *, name: str, stem: str) -> FormFile:
        """An input picture under a field's name, called `stem` with the ending of its type."""
        ending = image.media_type.removeprefix("image/")
        return cls(name=name, filename=f"{stem}.{ending}", media_type=image.media_type, data=image.data)


def data_uri(image: CallInput) -> str:
    """An input picture as text, for services that take pictures within JSON."""
    return f"data:{image.media_type};base64,{base64_text(image)}"


def base64_text(image: CallInput) -> str:
    """The same without the prefix."""
    return pybase64.b64encode(image.data).decode("ascii")


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A multipart form: plain fields first, then files, each in order; a name may come more than once."""

    fields: tuple[tuple[str, str], ...] = ()
    files: tuple[FormFile, ...] = ()

    @property
    def length(self) -> int:
        """About how many bytes it has, with what stands around each part; never fewer."""
        parts = [len(name) + len(value.encode()) for name, value in self.fields]
        parts += [len(file.name) + len(file.filename) + len(file.data) for file in self.files]
        return sum(parts) + AROUND * (len(parts) + 1)

    @classmethod
    def of(cls, body: Mapping[str, object], files: Iterable[FormFile]) -> Form:
        """A JSON object as a form: text as it is, numbers and flags as in JSON, objects as `svg[model]`."""
        return cls(fields=tuple(_flat(body)), files=tuple(files))


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """One request to a service: to `path` under its base URL, with JSON, a form or no body."""

    method: str = "POST"
    path: str = ""
    address: str = ""
    """A whole address in place of `path`, where the service itself has named one: a ticket's, or one for an upload.
    The key goes there only if the service's card trusts the host."""
    json: object = field(default=None, repr=False)
    form: Form | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    deadline: float
    """Seconds for everything from connecting to the last byte."""
    purchase: bool
    """Whether the service charges for it: then it is paced, and a silence after sending may have cost money."""
    after_purchase: bool = False
    """Whether it asks after a call that was bought before: a refusal that does not pass leaves open what it cost."""
    any_status: bool = False
    """Whether the adapter reads refusals itself: then one comes back as an answer."""
    pictures: tuple[str, ...] = ()
    """Keys of the answer whose values are base64 pictures."""
    spoilt: Mapping[str, str] = field(default_factory=dict)
    """Headers, in lower case, that say with this value that the picture of a success is no use: it is not taken in."""


def _flat(body: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in body.items():
        name = f"{prefix}[{key}]" if prefix else key
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        else:
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
