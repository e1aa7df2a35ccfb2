"""What a command finds around it: its settings, and where its log goes. Loads next to nothing by itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from limner.settings import Settings

LEVELS = ("debug", "info", "warning", "error")
GENERATIONS = "limner.generations"
"""The part of the log that has a line for each picture and each failure."""


def settings_here(**given: object) -> Settings:
    """The settings that hold in this folder; `given` wins over all of them. Raises NotConfigured."""
    # Imported here because --help and --version must not pay for pydantic.
    from limner.settings import read_settings, read_variables

    folder = Path.cwd()
    return read_settings(read_variables(folder), folder, **given)


def keep_log(variables: Mapping[str, str]) -> None:
    """Sends the log to stderr: warnings, or more where LIMNER_LOG_LEVEL says so.

    What becomes of a job the command tells by itself, unless the log is wished for.
    """
    wanted = variables.get("LIMNER_LOG_LEVEL", "")
    log, handler = logging.getLogger("limner"), logging.StreamHandler(sys.stderr)
    log.setLevel((wanted if wanted in LEVELS else "warning").upper())
    if wanted not in LEVELS:
        handler.addFilter(lambda record: record.name != GENERATIONS)
    log.handlers = [handler]
