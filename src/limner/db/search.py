"""Which words are found: those of pictures' prompts and those of messages in chats."""

from __future__ import annotations

from limner.db.word_index import WordIndex
from limner.domain.records import PictureFilter

PICTURES = WordIndex(
    "generated_images",
    "prompt",
    facts={"o": "user_id", "s": "provider", "m": "model", "p": "project"},
    followed=("user_id", "provider", "model", "project", "prompt"),
)
MESSAGES = WordIndex("chat_messages", "words", facts={"o": "user_id"}, followed=("words",))


def facts_of(owner: str, which: PictureFilter) -> dict[str, str]:
    """What a filter says of a picture that is a word of the index on SQLite."""
    facts = {"o": owner, "s": which.service, "m": which.model, "p": which.project}
    return {letter: fact for letter, fact in facts.items() if fact}
