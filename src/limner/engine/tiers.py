"""Tiers of quality: asked for by name, or found in the words of the prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from limner.domain.errors import InvalidRequest
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import ImageRequest

AUTO = "auto"
"""Asks for the tier that the prompt's own words speak of."""
KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "ultra": ("photorealistic", "professional", "detailed", "high resolution", "ultra hd", "8k"),
    "high": ("artistic", "creative", "stylized", "concept art"),
    "standard": ("quick", "draft", "sketch", "simple", "basic"),
    "fast": ("instant", "immediate", "fast"),
}
"""Words of the prompt that speak of a tier (document 3), the highest tier first."""
TIERS = tuple(KEYWORDS)
PLAIN = "standard"
"""The tier of prompts that have none of the words."""
_PATTERNS = {
    tier: re.compile(rf"\b(?:{'|'.join(word.replace(' ', chr(92) + 's+') for word in words)})\b", re.IGNORECASE)
    for tier, words in KEYWORDS.items()
}


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier that is wanted, and why."""

    name: str
    reason: str
    line: ReceiptLine | None = None
    """What the receipt says where it was found in the prompt."""

    @property
    def downward(self) -> tuple[str, ...]:
        """The tier and those below it, in the order in which they are tried."""
        return TIERS[TIERS.index(self.name) :]


def tier_in(prompt: str) -> tuple[str, str]:
    """The highest tier that a word of the prompt speaks of, and that word; whole words in any case."""
    lowered = prompt.lower()
    for tier, pattern in _PATTERNS.items():
        # Looking for plain text first is a twentieth of the work on a prompt of 32,000 signs.
        spoken = any(word.partition(" ")[0] in lowered for word in KEYWORDS[tier])
        found = pattern.search(prompt) if spoken else None
        if found is not None:
            return tier, " ".join(found[0].split())
    return PLAIN, ""


def tier_of(request: ImageRequest, prompt: str) -> Tier | None:
    """The tier that a request asks for; with `auto` the one that its own prompt speaks of, without saved styles.

    Raises InvalidRequest for a word that is no tier.
    """
    if request.tier is None:
        return None
    if request.tier == AUTO:
        name, word = tier_in(prompt)
        why = f"'{word}' in the prompt asks for it." if word else "No word of the prompt asks for another tier."
        line = ReceiptLine(field="tier", treatment=Treatment.MAPPED, wanted=AUTO, sent=name, why=why)
        return Tier(name, f"Serves the tier {name}: {why[0].lower()}{why[1:]}", line)
    if request.tier not in TIERS:
        known = ", ".join((*TIERS, AUTO))
        raise InvalidRequest(f"There is no tier '{request.tier}'; there are {known}.", field="tier")
    return Tier(request.tier, f"Serves the tier {request.tier}.")
