"""Reads the catalog: Limner's own facts, those of installed packages, and the user's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from pydantic import ValidationError

from limner.catalog.attachments import attached
from limner.catalog.cards import model_card, service_card
from limner.catalog.checks import model_faults, service_faults
from limner.catalog.complaints import Complaint, refusal, sentence
from limner.catalog.installed import GROUP
from limner.catalog.layers import Entry, File, Layers, ModelKey, Source, layers
from limner.catalog.lookup import TomlCatalog
from limner.catalog.names import name_faults
from limner.catalog.price_checks import price_faults
from limner.catalog.schema import ModelTable, ServiceTable, Table, keys_beside
from limner.domain.model_card import Status

FACTS = Path(__file__).with_name("facts")


@runtime_checkable
class Folder(Protocol):
    """A folder on disk or in a package: a `Path`, or what `importlib.resources.files` gives."""

    def iterdir(self) -> Iterator[File]:
        """What is in it."""
        ...


class EntryPoint(Protocol):
    """An entry point of the group, whose object is a `Folder`."""

    @property
    def name(self) -> str:
        """What it is called in errors."""
        ...

    def load(self) -> object:
        """Imports the package and gives the folder."""
        ...


def load_catalog(
    *extra_folders: Path, entry_points: Iterable[EntryPoint] | None = None, texts: Iterable[str] = ()
) -> TomlCatalog:
    """Limner's own facts, those of installed packages, `texts`, and `*.toml` of more folders; later words win.

    A folder that does not exist is an empty one. Without `entry_points` the installed packages are asked.
    Reads files; call it once, before the event loop runs or in a thread. Raises NotConfigured, code
    `catalog_invalid`, with every fault by file and line.
    """
    complaints: list[Complaint] = []
    sources = list(_sources(FACTS, "", 0, complaints))
    points = metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    rank = 0
    for rank, point in enumerate(sorted(points, key=lambda point: point.name), start=1):
        sources += _package(point, rank, complaints)
    rank += 1
    sources += [Source(label=f"service {number}", text=text, rank=rank) for number, text in enumerate(texts, start=1)]
    for above, folder in enumerate(extra_folders, start=rank + 1):
        if folder.is_dir():
            sources += _sources(folder, folder.name, above, complaints)
    return read_catalog(sources, complaints)


def read_catalog(sources: Iterable[Source], complaints: Iterable[Complaint] = ()) -> TomlCatalog:
    """A catalog from texts. Raises NotConfigured with all complaints, those given and those found."""
    said = layers(sources)
    found = [*complaints, *said.complaints]
    whole = not found
    services = _services(said, found)
    models = _models(said, services, found)
    if whole:
        found += name_faults(said, services, models)
    if found:
        raise refusal(found)
    order = sorted(services.values(), key=lambda table: (table.order, table.id))
    place = {table.id: index for index, table in enumerate(order)}
    return TomlCatalog(
        services=tuple(service_card(table, _live(models, table.id)) for table in order),
        models=tuple(
            model_card(models[key], services[key[0]]) for key in sorted(models, key=lambda key: place[key[0]])
        ),
        service_aliases={alias: table.id for table in order for alias in table.aliases},
    )


def _live(models: dict[ModelKey, ModelTable], service: str) -> Iterator[str]:
    """The names of a service's live models."""
    return (name for (owner, name), table in models.items() if owner == service and table.status is Status.LIVE)


def _sources(folder: Folder, prefix: str, rank: int, complaints: list[Complaint]) -> Iterator[Source]:
    """The catalog files of a folder, by name."""
    files = {file.name: file for file in sorted(folder.iterdir(), key=lambda file: file.name)}
    for file in files.values():
        if not file.name.endswith(".toml"):
            continue
        label = f"{prefix}/{file.name}" if prefix else file.name
        try:
            text = file.read_bytes().decode().replace("\r\n", "\n")
            yield Source(label=label, text=text, rank=rank, beside=files)
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            complaints.append(Complaint(file=label, line=line, text="this is not UTF-8; save the file as UTF-8."))
        except OSError as error:
            complaints.append(Complaint(file=label, line=1, text=f"the file cannot be read: {error.strerror}."))


def _package(point: EntryPoint, rank: int, complaints: list[Complaint]) -> list[Source]:
    """The catalog files of an installed package."""
    try:
        folder = point.load()
    except Exception as error:  # whatever a stranger's package raises on import is told by the name of the package
        fault = f"the package cannot be loaded ({type(error).__name__}: {error}); correct or uninstall it."
        raise refusal([*complaints, Complaint(file=point.name, line=1, text=fault)]) from error
    if isinstance(folder, Folder):
        return list(_sources(folder, point.name, rank, complaints))
    fault = f"the entry point must give a folder, such as importlib.resources.files(...), not {folder!r}."
    complaints.append(Complaint(file=point.name, line=1, text=fault))
    return []


def _services(said: Layers, found: list[Complaint]) -> dict[str, ServiceTable]:
    services: dict[str, ServiceTable] = {}
    for id, entry in said.services.items():
        table = _checked(ServiceTable, entry, found)
        if table is not None:
            found += [entry.complaint(path, text) for path, text in service_faults(table)]
            services[id] = table
    return services


def _models(said: Layers, services: dict[str, ServiceTable], found: list[Complaint]) -> dict[ModelKey, ModelTable]:
    models: dict[ModelKey, ModelTable] = {}
    for key, entry in said.models.items():
        table = _checked(ModelTable, entry, found)
        service = services.get(key[0])
        if table is not None and service is not None:
            faults = (*model_faults(table, service), *price_faults(table, service))
            found += [entry.complaint(path, text) for path, text in faults]
            models[key] = table.model_copy(update={"wire": attached(table.wire, entry, found)})
    return models


Kind = TypeVar("Kind", bound=Table)


def _checked(kind: type[Kind], entry: Entry, found: list[Complaint]) -> Kind | None:
    """The table of an entry, or None and its faults among those found."""
    try:
        return kind.model_validate(entry.table())
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path = tuple(part for part in detail["loc"] if part != "[key]")
            found.append(entry.complaint(path, sentence(detail, path, keys_beside(kind, path))))
        return None
