"""What no prompt may be, whoever looks at it."""

from __future__ import annotations

import re
import unicodedata

from limner.domain.errors import InvalidRequest

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Signs that say nothing and that databases, terminals and services stumble over; lines and tabs are none."""
UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Unicode's categories of signs that show nothing."""


def is_blank(text: str) -> bool:
    """Whether nothing in a text can be seen: spaces, marks of direction, joiners without anything to join."""
    return all(unicodedata.category(sign) in UNSEEN for sign in text)


def objection_to_empty(prompt: str) -> InvalidRequest | None:
    """What is wrong with a prompt in which nothing can be seen."""
    if not is_blank(prompt):
        return None
    return InvalidRequest("Prompt cannot be empty. Describe the picture.", field="prompt", code="prompt_empty")


def objection_to_signs(text: str, field: str) -> InvalidRequest | None:
    """What is wrong with a text that has a sign in it which is no writing."""
    found = CONTROL.search(text)
    if found is None:
        return None
    return InvalidRequest(f"The prompt has a control character in it (U+{ord(found[0]):04X}). Remove it.", field=field)
