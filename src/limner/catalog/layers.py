"""Catalog files, laid over one another: who says what about a service or a model, and where."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from limner.catalog.complaints import Complaint, shown
from limner.catalog.positions import KeyPath, positions

OWN_KEYS = frozenset({"name", "title", "description", "status", "tiers", "shutdown", "successor", "aliases", "like"})
"""What a model never takes over from the one it is `like`."""


class File(Protocol):
    """A file in a folder of catalog files."""

    @property
    def name(self) -> str:
        """Its last part."""
        ...

    def read_bytes(self) -> bytes:
        """All of it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One catalog file."""

    label: str
    """How errors call it: its name, with that of its folder where it is not one of Limner's own."""
    text: str
    rank: int = 0
    """Files of a higher rank may change what those of a lower one say."""
    beside: Mapping[str, File] = field(default_factory=dict, compare=False, repr=False)
    """The other files of its folder, by name: it may take some of them in."""
    places: dict[KeyPath, int] = field(default_factory=dict, compare=False, repr=False)
    """The lines of its keys, once an error has asked for one."""

    def line(self, path: KeyPath, otherwise: KeyPath = ()) -> int:
        """The line of what stands at a path, or at another path where there is nothing."""
        if not self.places:
            self.places.update(positions(self.text))
        return self.places.get(path, self.places.get(otherwise, 1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fragment:
    """A table that one file contributes to a service or a model."""

    source: Source
    path: KeyPath
    """Where it stands in the file."""
    table: Mapping[str, object]

    def line(self, path: KeyPath) -> int:
        """The line of what stands at this path of the table, or of the table itself."""
        return self.source.line(self.path + path, self.path)

    def depth(self, path: KeyPath) -> tuple[int, bool]:
        """How much of a path this table has, and whether what it has there replaces all below."""
        value: object = self.table
        listed = False
        for depth, part in enumerate(path):
            if isinstance(value, list):
                value, listed = dict(enumerate(value)), True
            if not isinstance(value, dict) or part not in value:
                return depth, listed or not isinstance(value, dict)
            value = value[part]
        return len(path), True


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """All that is said about one service or one model, the last word last."""

    subject: str
    fragments: tuple[Fragment, ...]

    def table(self) -> dict[str, object]:
        """The fragments as one table: later keys win, tables are joined key by key, lists are replaced."""
        result: dict[str, object] = {}
        for fragment in self.fragments:
            lay(result, fragment.table)
        return result

    def complaint(self, path: KeyPath, text: str) -> Complaint:
        """A complaint about what stands at a path of the joined table, at the line that decided it."""
        best, longest = self.fragments[-1], 0
        for fragment in reversed(self.fragments):
            depth, final = fragment.depth(path)
            if depth > longest:
                best, longest = fragment, depth
            if depth and final:
                break
        return Complaint(file=best.source.label, line=best.line(path[:longest]), subject=self.subject, text=text)


def lay(under: dict[str, object], over: Mapping[str, object]) -> None:
    """Lays one table over another. `false` in the place of a table takes that table away."""
    for key, value in over.items():
        below = under.get(key)
        if isinstance(value, dict):
            joined: dict[str, object] = {}
            lay(joined, below if isinstance(below, dict) else {})
            lay(joined, value)
            under[key] = joined
        elif value is False and isinstance(below, dict):
            del under[key]
        else:
            under[key] = value


ModelKey = tuple[str, str]
"""Service id and model name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layers:
    """Everything that the files say, sorted by what it is about."""

    services: dict[str, Entry]
    models: dict[ModelKey, Entry]
    complaints: tuple[Complaint, ...]


@dataclass(kw_only=True, slots=True)
class _Gathering:
    complaints: list[Complaint] = field(default_factory=list)
    services: dict[str, list[Fragment]] = field(default_factory=dict)
    models: dict[ModelKey, list[Fragment]] = field(default_factory=dict)
    defaults: dict[tuple[int, str], Fragment] = field(default_factory=dict)
    """By rank and label of the file."""

    def defaults_of(self, source: Source) -> Fragment:
        return self.defaults[source.rank, source.label]

    def complain(self, source: Source, path: KeyPath, text: str) -> None:
        self.complaints.append(Complaint(file=source.label, line=source.line(path), text=text))


def layers(sources: Iterable[Source]) -> Layers:
    """Sorts what the files say. Files that cannot be read at all are in the complaints."""
    gathering = _Gathering()
    for source in sources:
        _gather(source, gathering)
    services = {
        id: Entry(subject=f'service "{id}"', fragments=tuple(fragments)) for id, fragments in gathering.services.items()
    }
    stacks = {key: _stack(key, gathering, ()) for key in gathering.models}
    models = {key: Entry(subject=f'model "{key[1]}"', fragments=stack) for key, stack in stacks.items() if stack}
    return Layers(services=services, models=models, complaints=tuple(gathering.complaints))


def _gather(source: Source, gathering: _Gathering) -> None:
    try:
        data = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        gathering.complaints.append(_unreadable(source, str(error)))
        return
    faults = list(_misshapen(data))
    for path, text in faults:
        gathering.complain(source, path, text)
    if faults:
        return
    id = data["service"]["id"]
    gathering.services.setdefault(id, [])
    _add(gathering, gathering.services[id], Fragment(source=source, path=("service",), table=data["service"]))
    defaults = Fragment(source=source, path=("defaults",), table=data.get("defaults", {}))
    gathering.defaults[source.rank, source.label] = defaults
    for index, table in enumerate(data.get("model", [])):
        fragments = gathering.models.setdefault((id, table["name"]), [])
        _add(gathering, fragments, Fragment(source=source, path=("model", index), table=table))


def _add(gathering: _Gathering, fragments: list[Fragment], fragment: Fragment) -> None:
    """Takes a fragment in, unless an equal one is there: only a file of a higher rank may change another's word.

    Several files of one folder may be about the same service, so long as one of them says more than its id.
    """
    rivals = [other for other in fragments if other.source.rank == fragment.source.rank and len(other.table) > 1]
    if rivals and len(fragment.table) > 1:
        what = f"{fragment.path[0]} {shown(fragment.table['name' if fragment.path[0] == 'model' else 'id'])}"
        place = f"{rivals[0].source.label}:{rivals[0].line(())}"
        gathering.complain(fragment.source, fragment.path, f"{what} is already described at {place}; keep one of them.")
        return
    fragments.append(fragment)


def _unreadable(source: Source, message: str) -> Complaint:
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    what = message[: found.start()] if found else message
    last = source.text.rstrip("\n").count("\n") + 1
    line = int(found[1]) if found and found[1] else last
    return Complaint(file=source.label, line=min(line, last), text=f"this is not valid TOML: {what}.")


def _misshapen(data: Mapping[str, object]) -> Iterator[tuple[KeyPath, str]]:
    """Faults in the outline of a file, which leave nothing to read further."""
    for key in data:
        if key not in ("service", "defaults", "model"):
            yield (key,), f"there is no table {key}; a catalog file has [service], [defaults] and [[model]]."
    service = data.get("service")
    if not isinstance(service, dict) or not isinstance(service.get("id"), str):
        yield ("service",), 'the file must say which service it is about: [service] with id = "...".'
    if not isinstance(data.get("defaults", {}), dict):
        yield ("defaults",), "defaults must be a table: [defaults]."
    models = data.get("model", [])
    if not isinstance(models, list):
        yield ("model",), "models must be written as [[model]], with double brackets."
        return
    for index, table in enumerate(models):
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            yield ("model", index), 'a model must have a name in quotation marks: name = "...".'


def _stack(key: ModelKey, gathering: _Gathering, seen: tuple[ModelKey, ...]) -> tuple[Fragment, ...]:
    """The fragments of a model with what they inherit: the defaults of their file, or the model they are `like`.

    Empty where that model is not there, which is complained of.
    """
    own = gathering.models[key]
    like = next((fragment for fragment in reversed(own) if "like" in fragment.table), None)
    if like is None:
        return tuple(part for fragment in own for part in (gathering.defaults_of(fragment.source), fragment))
    target = (key[0], str(like.table["like"]))
    if target not in gathering.models or target in (*seen, key):
        fault = "is like itself" if target in gathering.models else f"there is no model {target[1]} in service {key[0]}"
        gathering.complain(like.source, (*like.path, "like"), f'model "{key[1]}": {fault}.')
        return ()
    inherited = [_without(fragment, OWN_KEYS) for fragment in _stack(target, gathering, (*seen, key))]
    return (*inherited, *(_without(part, frozenset({"like"})) for part in own)) if inherited else ()


def _without(fragment: Fragment, keys: frozenset[str]) -> Fragment:
    table = {key: value for key, value in fragment.table.items() if key not in keys}
    return Fragment(source=fragment.source, path=fragment.path, table=table)
