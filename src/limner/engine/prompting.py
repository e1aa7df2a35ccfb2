"""From what was typed to what is sent: saved styles join the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from limner.domain.errors import InvalidRequest
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest


def shaped(request: ImageRequest, presets: Mapping[str, Preset]) -> ImageRequest:
    """The request with its presets written into the prompt. Raises InvalidRequest for an unknown preset."""
    if not request.presets:
        return request
    words = [request.prompt.strip().rstrip(".,;")] if request.prompt.strip() else []
    for name in request.presets:
        preset = presets.get(name.lower())
        if preset is None:
            near = get_close_matches(name.lower(), presets, n=3)
            hint = f" Nearest: {', '.join(near)}." if near else f" There are {', '.join(sorted(presets))}."
            raise InvalidRequest(f"There is no preset called '{name}'.{hint}", field="presets")
        words.append(preset.value)
    return replace(request, prompt=", ".join(words))
