"""An installation on disk: its folder, its secret, and where its parts are by the settings."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from limner.db.advisory_locks import AdvisoryWorkerLocks
from limner.dispatch.file_locks import FileWorkerLocks
from limner.domain.errors import InvalidRequest, StorageError
from limner.domain.telling import WorkerLocks
from limner.settings import Settings
from limner.storage.blobs import S3Access

SHELF_FOLDERS = {"leonardo": "leonardo_ai", "runware": "runware_ai"}
"""Folders of services that document 4 calls otherwise."""


def shelf_root(settings: Settings) -> Path:
    """Where people find their pictures; IMAGE_STORAGE_PATH (documents 1 and 4) moves it."""
    moved = settings.variables.get("IMAGE_STORAGE_PATH")
    return Path(moved).expanduser() if moved else settings.data_dir / "storage" / "images"


SECRET_FILE = "secret.key"
NEXT_SECRET_FILE = "secret.key.next"
"""Beside the other one while everything is sealed anew."""


def known_secrets(settings: Settings) -> tuple[bytes, ...]:
    """The master secrets, the newest first: the one that is set, else one made on first use and kept in the data
    directory, where there are two while everything is sealed anew. Blocks. Raises StorageError.
    """
    if settings.secret_key:
        return (settings.secret_key.encode(),)
    path = settings.data_dir / SECRET_FILE
    try:
        _write_once(path, _new_secret())
        current = path.read_bytes().strip()
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        return ((settings.data_dir / NEXT_SECRET_FILE).read_bytes().strip(), current)
    except FileNotFoundError:
        return (current,)
    except OSError as error:
        raise _unusable(settings.data_dir / NEXT_SECRET_FILE, error) from error


def begin_new_secret(settings: Settings) -> None:
    """Makes a second secret beside the one in the data directory, unless it is there: from now on it seals. Blocks."""
    path = settings.data_dir / NEXT_SECRET_FILE
    try:
        _write_once(path, _new_secret())
    except OSError as error:
        raise _unusable(path, error) from error


def end_new_secret(settings: Settings) -> None:
    """The second secret takes the place of the first, in one step. Blocks."""
    path = settings.data_dir / NEXT_SECRET_FILE
    try:
        path.replace(settings.data_dir / SECRET_FILE)
    except FileNotFoundError:
        return  # another process was quicker with the same
    except OSError as error:
        raise _unusable(path, error) from error


def read_secret(path: Path) -> bytes:
    """A secret in a file of its own. Blocks. Raises InvalidRequest."""
    try:
        found = path.read_bytes().strip()
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}.", field="from_secret_file") from error
    if not found:
        raise InvalidRequest(f"{path} is empty. It should hold the old secret.", field="from_secret_file")
    return found


def _new_secret() -> bytes:
    return secrets.token_urlsafe(48).encode()


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The secret key {path} cannot be read or made: {error.strerror}. Make it readable for this user.",
        code="read_only",
    )


def _write_once(path: Path, data: bytes) -> None:
    """Writes a file that only this user may read, whole or not at all, unless it is already there."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # fails where another process was quicker; its key is the one that counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def make_folder(folder: Path) -> None:
    """The data directory, made if need be and tried out. Blocks. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{secrets.token_hex(8)}"
        probe.touch()
        probe.unlink()
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageError(
            f"The data directory {folder} cannot be made: a file is in its place. Move that file away, "
            "or set LIMNER_DATA_DIR to another folder."
        ) from error
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise StorageError(
            f"The data directory {folder} cannot be written to: {error.strerror}. "
            f"{'Free some space' if full else 'Make it writable'}, or set LIMNER_DATA_DIR to another folder.",
            code="disk_full" if full else "read_only",
        ) from error


def database_url(settings: Settings) -> str:
    """Where the database is."""
    return settings.database_url or f"sqlite:///{settings.data_dir / 'limner.db'}"


def worker_locks(settings: Settings) -> WorkerLocks:
    """What tells whether a process is alive, where all processes of the installation can see it."""
    if settings.database_url and not settings.database_url.startswith("sqlite"):
        return AdvisoryWorkerLocks(settings.database_url)
    return FileWorkerLocks(settings.data_dir / "workers")


def s3_access(variables: Mapping[str, str]) -> S3Access:
    """What opens a bucket, by the names that everybody uses."""
    return S3Access(
        access_key_id=variables.get("AWS_ACCESS_KEY_ID"),
        secret_access_key=variables.get("AWS_SECRET_ACCESS_KEY"),
        session_token=variables.get("AWS_SESSION_TOKEN"),
        region=variables.get("AWS_REGION") or "us-east-1",
        endpoint=variables.get("AWS_ENDPOINT_URL"),
    )
