"""Copies of pictures where the person wants them; a file that is there already is never touched."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from limner.domain.errors import InvalidRequest, StorageError

FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".avif": "avif"}
"""Formats by the endings of file names."""
TRIES = 10_000
"""Numbers that are tried for a name that is taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """Where a copy lies, and the name it should have had if that was taken."""

    path: Path
    taken: Path | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go: a folder, or the name of a file. What has no ending, or ends in a slash, is a folder."""

    text: str

    @property
    def path(self) -> Path:
        """The folder or the file."""
        return Path(self.text)

    @property
    def is_folder(self) -> bool:
        """Whether pictures get names of their own there."""
        return self.path.is_dir() or self.text.endswith(("/", os.sep)) or not self.path.suffix

    @property
    def format(self) -> str | None:
        """The format that the file's ending asks for; None leaves it as it is."""
        return None if self.is_folder else FORMATS.get(self.path.suffix.lower())

    def check(self) -> None:
        """Raises InvalidRequest for the name of a file that can be no picture."""
        if not self.is_folder and self.format is None:
            raise InvalidRequest(
                f"'{self.path.suffix}' is no ending of a picture. Use .png, .jpg, .webp or .avif, or name a folder.",
                field="out",
            )

    def name(self, filename: str, *, number: int, count: int) -> Path:
        """The name of one of `count` pictures, numbered from 1 where there are several."""
        if self.is_folder:
            return self.path / filename
        return self.path if count == 1 else numbered(self.path, number)


def numbered(path: Path, number: int) -> Path:
    """The same name with a number before its ending."""
    return path.with_name(f"{path.stem}-{number}{path.suffix}")


def write_copy(path: Path, data: bytes) -> Copy:
    """Writes a file whole or not at all, under the first name that is free. Blocks. Raises StorageError."""
    draft = path.with_name(f".{path.name[:80]}.{token_hex(6)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(data)
            free = _placed(draft, path, data)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"The copy {path} could not be written: {error.strerror}. The picture itself is kept.", code="copy_failed"
        ) from error
    return Copy(path=free, taken=None if free == path else path)


def _placed(draft: Path, path: Path, data: bytes) -> Path:
    """Gives a written file the first name that is free, or that the same bytes have already; replaces nothing."""
    for number in range(1, TRIES):
        free = path if number == 1 else numbered(path, number)
        if _placed_as(draft, free) or _holds(free, data):
            return free
    raise FileExistsError(17, "Every name like it is taken")


def _placed_as(draft: Path, free: Path) -> bool:
    """Gives a written file a name, as a second one or by copying it; False where the name is taken."""
    try:
        free.hardlink_to(draft)
    except FileExistsError:
        return False
    except OSError:
        return _copied(draft, free)  # a file system without links
    return True


def _holds(path: Path, data: bytes) -> bool:
    """Whether a file is there with exactly these bytes."""
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def _copied(draft: Path, free: Path) -> bool:
    """Writes a file that must not be there yet; False where it is."""
    try:
        with free.open("xb") as file:
            file.write(draft.read_bytes())
    except FileExistsError:
        return False
    return True
