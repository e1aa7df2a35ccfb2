"""Where a page ends, as an opaque word."""

from __future__ import annotations

import base64
import hashlib
import json

from limner.domain.errors import InvalidRequest


def seal(*position: str | int) -> str:
    """The place after a row, such as its moment and id."""
    text = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(text) + text).rstrip(b"=").decode()


def unseal(cursor: str, *kinds: type[str] | type[int]) -> list[str | int]:
    """The place that `seal` was given, with values of these kinds. Raises InvalidRequest."""
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[4:])
    except ValueError:
        position = None
    if (
        not isinstance(position, list)
        or [type(value) for value in position] != list(kinds)
        or seal(*position) != cursor
    ):
        raise InvalidRequest(
            "This is no place in this list. Use the cursor that came with the page before, unchanged.", field="cursor"
        )
    return position


def _check(text: bytes) -> bytes:
    # Not a secret: whoever makes up a cursor sees only what is theirs anyway. It tells a damaged one from a good one.
    return hashlib.sha256(text).digest()[:4]
