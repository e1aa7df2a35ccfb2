"""What a ComfyUI server answers about a call that it has queued (0.3.64, recorded 2026-11-20)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

RUNNING = "painting"
"""The place of the one call that is being carried out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedFile:
    """A picture in one of the server's folders."""

    name: str
    subfolder: str
    folder: str

    @property
    def query(self) -> str:
        """How `/view` is asked for it."""
        return urlencode({"filename": self.name, "subfolder": self.subfolder, "type": self.folder})

    @property
    def reference(self) -> str:
        """How `/upload/mask` is told which picture the mask is for."""
        return json.dumps({"filename": self.name, "subfolder": self.subfolder, "type": self.folder})

    @property
    def path(self) -> str:
        """How a node is told of it."""
        return f"{self.subfolder}/{self.name}" if self.subfolder else self.name


def saved_file(told: object) -> SavedFile | None:
    """A file as the server names it after an upload or among outputs; None for anything else."""
    if not isinstance(told, Mapping) or not isinstance(name := told.get("name", told.get("filename")), str):
        return None
    return SavedFile(name=name, subfolder=str(told.get("subfolder") or ""), folder=str(told.get("type") or "output"))


def pictures_of(entry: Mapping[str, object], output: str) -> list[SavedFile]:
    """What one node of a finished call has saved."""
    outputs = entry.get("outputs")
    node = outputs.get(output) if isinstance(outputs, Mapping) else None
    images = node.get("images") if isinstance(node, Mapping) else None
    found = [saved_file(image) for image in images] if isinstance(images, list) else []
    return [file for file in found if file is not None]


def place_of(queue: Mapping[str, object], prompt_id: str) -> str | None:
    """Where a call stands, in words; None where it is neither waiting nor running.

    Entries are [number, id, workflow, ...] and come in any order; the smallest number is next.
    """
    if prompt_id in _ids(queue.get("queue_running")):
        return RUNNING
    waiting = _ids(queue.get("queue_pending"))
    if prompt_id not in waiting:
        return None
    place = waiting.index(prompt_id) + 1
    return "next in line there" if place == 1 else f"number {place} in line there"


def _ids(entries: object) -> list[str]:
    rows = [row for row in entries if isinstance(row, list) and len(row) > 1] if isinstance(entries, list) else []
    return [str(row[1]) for row in sorted(rows, key=lambda row: row[0] if isinstance(row[0], int | float) else 0)]
