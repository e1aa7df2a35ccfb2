"""What goes wrong in a database, said in sentences."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from limner.domain.errors import LimnerError, StorageError

# Result codes of SQLite, whole or the primary one (https://www.sqlite.org/rescode.html, 2026-11-21).
_SQLITE_CODES = {
    # The index of its write-ahead log finds no room: SQLite does not call that a full disk (seen 2026-11-21).
    sqlite3.SQLITE_IOERR_SHMSIZE: "disk_full",
    sqlite3.SQLITE_FULL: "disk_full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_CANTOPEN: "read_only",
    sqlite3.SQLITE_BUSY: "database_locked",
    sqlite3.SQLITE_LOCKED: "database_locked",
    sqlite3.SQLITE_CORRUPT: "database_corrupt",
    sqlite3.SQLITE_NOTADB: "database_corrupt",
}

# Error codes of PostgreSQL, whole or by class
# (https://www.postgresql.org/docs/current/errcodes-appendix.html, 2026-11-21).
_POSTGRES_CODES = {
    "53100": "disk_full",
    "25006": "read_only",
    "42501": "read_only",
    "55P03": "database_locked",
    "40P01": "database_locked",
    "57014": "database_slow",
    "XX001": "database_corrupt",
    "XX002": "database_corrupt",
    "28": "database_unreachable",
    "3D": "database_unreachable",
    "08": "database_unreachable",
    "53": "database_unreachable",
    "57P": "database_unreachable",
}

_SENTENCES = {
    "disk_full": "The disk of the database {place} is full; nothing was written. Free some space and try again.",
    "read_only": (
        "The database {place} cannot be opened for writing; nothing was written. "
        "Check that its folder exists and that this user may write to the folder and the file."
    ),
    "database_locked": (
        "The database {place} is locked by another process and stayed so; nothing was written. "
        "Try again, and look for a program that keeps it locked."
    ),
    "database_slow": (
        "The database {place} took too long to answer; nothing was written. Try again when it is less busy."
    ),
    "database_corrupt": (
        "{place} is damaged or is not a database of Limner. Restore it from a backup, or name another file."
    ),
    "database_unreachable": (
        "The database {place} cannot be reached: {reason}. "
        "Check that it runs and that address, user, password and database name are right."
    ),
    "storage_failed": "The database {place} failed: {reason}. Check its disk and run `limner doctor`.",
}


Errors = tuple[type[Exception], ...]


def driver_errors(dialect: Dialect) -> Errors:
    """What this database may raise."""
    if dialect.dbapi is None:
        return (SQLAlchemyError,)
    return (dialect.dbapi.Error, SQLAlchemyError)


def explain(error: BaseException, place: str) -> BaseException:
    """A driver's error as a StorageError that names `place`; anything else as it is."""
    if isinstance(error, LimnerError):
        return error
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = _code(cause)
    if code is None:
        return error
    return StorageError(_SENTENCES[code].format(place=place, reason=_reason(cause)), code=code)


def _code(error: BaseException) -> str | None:
    if isinstance(error, sqlite3.Error):
        # The low byte is the primary code; the rest only says more about it.
        found = getattr(error, "sqlite_errorcode", None) or 0
        return _SQLITE_CODES.get(found) or _SQLITE_CODES.get(found & 0xFF, "storage_failed")
    if isinstance(error, SQLAlchemyError):
        return "storage_failed"
    return _postgres_code(error)


def _postgres_code(error: BaseException) -> str | None:
    # 50 ms and 10 MB to import, which only those who use PostgreSQL should pay.
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate
    if state is None:
        return "database_unreachable" if isinstance(error, psycopg.OperationalError) else "storage_failed"
    return next((_POSTGRES_CODES[state[:n]] for n in (5, 3, 2) if state[:n] in _POSTGRES_CODES), "storage_failed")


def _reason(error: BaseException) -> str:
    # PostgreSQL's own details may quote a row; its first sentence does not.
    said = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(said or str(error).partition("\n")[0]).strip().rstrip(".") or type(error).__name__
