"""The catalog of an installation, quickly.

What ships with Limner is read and checked once and then kept ready-made, as Python keeps its compiled modules: in the
same place, under the same conditions, and only as long as none of the files that it was made of has changed; with an
installation's own workflows and corrections, in its data directory. Reading and checking 240 models takes 260 ms of
processor time, the ready-made catalog 30 (measured 2026-11-28).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path
from pkgutil import resolve_name
from stat import S_ISREG
from typing import cast

from limner.catalog.lookup import TomlCatalog
from limner.domain.version import VERSION

HERE = Path(__file__).parent
MADE_OF = (HERE, HERE / "facts", HERE.parent / "domain", HERE.parent / "workflows")
"""Folders whose files decide about the catalog: its facts, and the code that reads them."""
GROUP = "limner.catalogs"
"""Entry-point group of packages that bring a folder of catalog files."""
WORKFLOWS, PIPELINES, CORRECTIONS = "workflows", "pipelines", "catalog.d"
"""Folders of an installation, within its data directory: its own models, and what it says about everything."""
OWN = "catalog.ready"
"""Where an installation that says something of its own keeps its catalog, within its data directory."""
VALUES = frozenset({"limner.catalog.lookup", "datetime", "decimal"})
"""Modules outside the domain whose classes a catalog holds."""
UNREADABLE = (OSError, pickle.PickleError, EOFError, AttributeError, ImportError, IndexError, ValueError, TypeError)
"""What a file may lead to that is cut short, or was made by another version."""


def load_installed(data_dir: Path, texts: Sequence[str] = ()) -> TomlCatalog:
    """The catalog of an installation: with its own workflows and pipelines, and its corrections over everything.

    `texts` are catalog files that a program brings along.

    Reads files; call it once, before the event loop runs or in a thread. Raises NotConfigured, code `catalog_invalid`.
    """
    folders = [data_dir / name for name in (WORKFLOWS, PIPELINES, CORRECTIONS)]
    if texts or metadata.entry_points(group=GROUP):
        return _read(*folders, texts=texts)
    own = any(_has_files(folder) for folder in folders)
    ready_made = ReadyMade(
        place=data_dir / OWN if own else _place(),
        made_of=(*MADE_OF, *folders) if own else MADE_OF,
    )
    found = ready_made.read()
    if found is None:
        found = _read(*(folders if own else ()), entry_points=())
        if not sys.dont_write_bytecode:
            ready_made.write(found)
    return found


class Facts(pickle.Unpickler):
    """Reads values of the domain and nothing else: a file that names any other class or function is none of ours."""

    def find_class(self, module_name: str, global_name: str) -> object:
        """A class by its name. Raises UnpicklingError for one that no catalog holds."""
        if module_name not in VALUES and not module_name.startswith("limner.domain."):
            raise pickle.UnpicklingError(f"{module_name}.{global_name} is in no catalog")
        return super().find_class(module_name, global_name)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadyMade:
    """A catalog in a file of its own, trusted no more than the compiled modules beside it are."""

    place: Path
    made_of: Iterable[Path]
    """Folders whose files it was made of."""

    def read(self) -> TomlCatalog | None:
        """The catalog; None where there is none, or where it was made of other files."""
        try:
            stamp, catalog = Facts(io.BytesIO(self.place.read_bytes())).load()
        except UNREADABLE:
            return None
        return catalog if stamp == self._stamp() and isinstance(catalog, TomlCatalog) else None

    def write(self, catalog: TomlCatalog) -> None:
        """Keeps a catalog, whole or not at all; where that cannot be done it is made anew each time."""
        draft = self.place.with_name(f"{self.place.name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            self.place.parent.mkdir(exist_ok=True)
            draft.write_bytes(pickle.dumps((self._stamp(), catalog), protocol=pickle.HIGHEST_PROTOCOL))
            draft.replace(self.place)

    def _stamp(self) -> str:
        """Changes with every file that the catalog is made of, as compiled modules do: by size and time."""
        total = hashlib.sha256(f"{VERSION} {sys.version}".encode())
        for folder in filter(Path.is_dir, self.made_of):
            for path in sorted(folder.iterdir()):
                told = path.stat()
                if S_ISREG(told.st_mode):
                    total.update(f"{path} {told.st_size} {told.st_mtime_ns}\n".encode())
        return total.hexdigest()


def _read(*folders: Path, **given: object) -> TomlCatalog:
    # The reader brings the checks of every table: whoever has the catalog ready-made does without.
    load = cast(Callable[..., TomlCatalog], resolve_name("limner.catalog.loader:load_catalog"))
    return load(*folders, **given)


def _place() -> Path:
    """Where Python itself would keep what it has made of this module."""
    return Path(cache_from_source(__file__)).with_suffix(".catalog")


def _has_files(folder: Path) -> bool:
    try:
        return any(path.suffix == ".toml" for path in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
