"""Lists of rows on this machine: files, and what comes in on stdin."""

from __future__ import annotations

import sys
from pathlib import Path

from limner.domain.errors import InvalidRequest
from limner.engine.rows import Row, rows_of


def read_rows(file: str) -> tuple[Row, ...]:
    """All rows of a file, or of stdin for a lone dash. Raises InvalidRequest for what is no list of rows at all."""
    return rows_of(file, _bytes(file))


def _bytes(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}. Check the name.", field="file") from error
