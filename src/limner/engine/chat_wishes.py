"""What a person says in a chat, and what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from limner.domain.chats import Author
from limner.domain.errors import InvalidRequest

LONGEST_TEXT = 20_000
"""Characters of one message of a person's."""
TITLE = 60
"""Characters of the first message that become the title of a chat without one."""
MOST_SHOWN = 8
"""Pictures that a person shows with one message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a person says, and where."""

    text: str
    pictures: tuple[str, ...] = ()
    parent: str | None = None
    """The message that it follows; None is the end of the branch that is looked at."""
    first: bool = False
    """Whether it follows none: it begins the chat anew."""
    begins: bool = False
    """Whether its chat is made for it."""
    before: tuple[tuple[Author, str], ...] = ()
    """What was said earlier, elsewhere; only where it follows none."""


def check_text(wanted: Wanted) -> None:
    """Raises InvalidRequest for nothing, and for too much."""
    if not wanted.text.strip() and not wanted.pictures:
        raise InvalidRequest("Say something, or show a picture.", field="text", code="too_small")
    if max(map(len, (wanted.text, *(text for _, text in wanted.before)))) > LONGEST_TEXT:
        raise InvalidRequest(f"A message has at most {LONGEST_TEXT:,} characters.", field="text")
    if len(wanted.pictures) > MOST_SHOWN:
        raise InvalidRequest(f"A message shows at most {MOST_SHOWN} pictures.", field="pictures")


def title_of(text: str) -> str:
    """The beginning of a message, on one line."""
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return words if len(words) <= TITLE else f"{words[: TITLE - 1].rstrip()}…"


def fingerprint_of(what: str, chat_id: str, wanted: Wanted) -> str:
    """Stands for what is wanted, beside an Idempotency-Key."""
    said = json.dumps([what, chat_id, wanted.text, wanted.pictures, wanted.parent, wanted.first, wanted.before])
    return hashlib.sha256(said.encode()).hexdigest()
