"""Names for files and folders, out of words that anybody may have typed."""

from __future__ import annotations

import re
import unicodedata

from limner.domain.picture import Picture
from limner.storage.kinds import EXTENSIONS

LONGEST = 60
"""Characters of a prompt in a file name."""

# Windows takes none of these as the name of a file or folder, with any ending.
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))})


def slug(text: str) -> str:
    """The text in small ASCII letters, digits and hyphens, cut between words; "picture" where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > LONGEST:
        words = words[: LONGEST + 1].rpartition("-")[0] or words[:LONGEST]
    return words or "picture"


def file_name(picture: Picture, media_type: str, width: int | None = None) -> str:
    """What a downloaded picture is called: words of its prompt, the end of its id, its width if it was asked for."""
    parts = [slug(picture.prompt), slug(picture.id)[-8:], *([str(width)] if width else [])]
    return f"{'-'.join(parts)}.{EXTENSIONS.get(media_type, 'bin')}"


def path_part(name: str) -> str:
    """One part of a path: no way out of its folder, nothing a file system refuses; "default" where nothing is left."""
    kept = re.sub(r"[^\w .-]+", "-", unicodedata.normalize("NFC", name)).strip(" .")
    while len(kept.encode()) > 120:
        kept = kept[:-1]
    kept = kept.strip(" .") or "default"
    return f"_{kept}" if kept.partition(".")[0].lower() in _RESERVED else kept
