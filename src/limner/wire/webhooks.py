"""Webhooks signed in the manner of standardwebhooks.com: whether a message comes from who has our secret.

So Replicate signs (facts of 2026-11-20: replicate 1.0.7). A message may come more than once, and a genuine
one may be repeated by others within the tolerance: whoever takes it in must be able to hear the same thing twice.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

import orjson

from limner.wire.reply import Reply

SECRET = "whsec_"
TOLERANCE = 300.0
"""Seconds that a message may be old, or ahead of this machine's clock."""


def objection(
    headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime, tolerance: float = TOLERANCE
) -> str | None:
    """Why a message is not to be believed; None where it is genuine.

    `headers` are those of the request, with names in lower case, `body` its bytes as they came, `secret` what
    the service gives for signing, from `whsec_` on.
    """
    if (unread := unreadable(headers, now=now, tolerance=tolerance)) is not None:
        return unread
    id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    key = _decoded(secret.removeprefix(SECRET))
    if not key:
        return "The secret to check it with is none."
    expected = _digest(id, timestamp, body, key)
    found = [_decoded(text) for version, _, text in _signatures(headers) if version == "v1"]
    # All are compared, so that the time it takes says nothing about which one fits.
    fitting = sum(hmac.compare_digest(expected, one) for one in found)
    return None if fitting else "None of its signatures fits."


def unreadable(headers: Mapping[str, str], *, now: datetime, tolerance: float = TOLERANCE) -> str | None:
    """Why a message is not to be believed whatever the secret is; None where the secret decides."""
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not id or not timestamp.isdecimal() or not timestamp.isascii():
        return "It has no usable webhook-id and webhook-timestamp."
    if abs(now.timestamp() - int(timestamp[:20])) > tolerance:
        return "Its timestamp is too old or ahead of the time."
    if not any(version == "v1" and _decoded(text) for version, _, text in _signatures(headers)):
        return "It has no signature that could fit."
    return None


def genuine(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> Reply:
    """The JSON of a genuine message; an empty reply for any other."""
    if objection(headers, body, secret=secret, now=now) is not None:
        return Reply(None)
    try:
        return Reply(orjson.loads(body))
    except orjson.JSONDecodeError:
        return Reply(None)


def signature(id: str, timestamp: int, body: bytes, secret: str) -> str:
    """One signature of a message, as it stands in the header. Raises ValueError for a secret that is none."""
    key = _decoded(secret.removeprefix(SECRET))
    if not key:
        raise ValueError("The secret is none.")
    return f"v1,{b64encode(_digest(id, str(timestamp), body, key)).decode()}"


def _signatures(headers: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The space-separated signatures: several while a secret is being changed."""
    return [entry.partition(",") for entry in headers.get("webhook-signature", "").split(" ")]


def _digest(id: str, timestamp: str, body: bytes, key: bytes) -> bytes:
    return hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()


def _decoded(text: str) -> bytes:
    """Base64 as bytes; none for what is no base64."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
