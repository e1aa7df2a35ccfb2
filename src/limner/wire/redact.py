"""Takes keys out of whatever is shown or logged."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"
SHORTEST = 6
"""Shorter secrets would blot out ordinary words."""
LONGEST = 600
"""Characters of a service's words that are passed on."""

LOOKS_SECRET = re.compile(
    r"(?i:(?:api[-_]?key|access[-_]?token|authorization|secret|password)[\"']?\s*[:=]\s*[\"']?"
    r"(?:(?:bearer|basic|key|token)\s+)?)[^\s\"',;&]{6,}"
    r"|(?i:\bbearer\s+)[\w.~+/:-]{12,}=*"
    r"|(?i:\b(?:basic|key|token)\s+)(?=\S*[\d=])[\w.~+/:-]{12,}=*"
    r"|\b(?:sk|pk|rk|r8|hf|xai|tgp|fal|lim|whsec)[-_][\w-]{8,}"
    r"|\bAIza[\w-]{20,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"
)
"""Keys as services write them: named prefixes, bearer tokens, signed tokens, `api_key=...`."""


class Redactor:
    """Hides given secrets, and everything that looks like one."""

    def __init__(self, secrets: Iterable[str | None]) -> None:
        known = sorted({secret for secret in secrets if secret and len(secret) >= SHORTEST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        """The text without secrets, on one line, cut at a length that can be read."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = " ".join(LOOKS_SECRET.sub(HIDDEN, text).split())
        return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
