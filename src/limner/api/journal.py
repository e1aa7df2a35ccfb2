"""The log: one line for each thing that happened, as text on a terminal and as JSON elsewhere.

Whoever logs gives a name for what happened and its details as `extra`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest was given with this one."""


def open_journal(level: str) -> None:
    """Sends what Limner logs from this level up, and what libraries log from warnings up, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextLines() if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=max(LEVELS[level], logging.WARNING), handlers=[handler], force=True)
    logging.getLogger("limner").setLevel(LEVELS[level])


class JsonLines(logging.Formatter):
    """Each record as a JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = {"event": record.getMessage(), "level": record.levelname.lower(), "timestamp": moment(record)}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return orjson.dumps({**details(record), **told, "logger": record.name}, default=str).decode()


class TextLines(logging.Formatter):
    """Each record as a line for people, with what led to an error below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = "".join(f" {name}={shown(value)}" for name, value in details(record).items())
        line = f"{moment(record)} {record.levelname.lower():<8} {record.getMessage()}{told}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def moment(record: logging.LogRecord) -> str:
    """When it happened, in UTC."""
    return datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")


def shown(value: object) -> str:
    """A detail as a person reads it: what others wrote neither ends the line nor steers the terminal."""
    text = str(value)
    return text if text.isprintable() else ascii(text)


def details(record: logging.LogRecord) -> Mapping[str, object]:
    """What was told besides the name of what happened."""
    return {name: value for name, value in vars(record).items() if name not in USUAL}
