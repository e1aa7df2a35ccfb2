"""Styles as pages show them: the built-in ones in the language of the request, one's own as they were named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from limner.domain.people import Principal
from limner.domain.preset import Preset
from limner.engine.wording import Wording
from limner.web.languages import gettext as _
from limner.web.languages import message

NAMES = {
    "photograph": message("Photograph"),
    "watercolor": message("Watercolour"),
    "ink": message("Ink wash"),
    "poster": message("Poster"),
    "oil": message("Oil painting"),
    "pixel": message("Pixel art"),
    "line": message("Line art"),
    "golden-hour": message("Golden hour"),
    "nocturne": message("Nocturne"),
    "pastel": message("Pastel"),
    "cyberpunk": message("Cyberpunk"),
}
DESCRIPTIONS = {
    "photograph": message("As a camera would see it"),
    "watercolor": message("Loose washes on rough paper"),
    "ink": message("Black ink, brushed and diluted"),
    "poster": message("Flat shapes and few colours, as on a railway poster"),
    "oil": message("Thick paint and visible strokes"),
    "pixel": message("Large pixels and a small palette"),
    "line": message("Contours alone"),
    "golden-hour": message("Low, warm sun and long shadows"),
    "nocturne": message("A clear night"),
    "pastel": message("Soft, pale colours"),
    "cyberpunk": message("Neon light in a wet city"),
}
"""What the built-in styles are called and are like, word for word as in catalog/presets.toml."""


def style_name(preset_id: str) -> str:
    """What a built-in style is called; an id that is none is given back."""
    return _(NAMES[preset_id]) if preset_id in NAMES else preset_id


async def shown_styles(wording: Wording, principal: Principal) -> Sequence[tuple[Preset, bool]]:
    """Every style that a person may name, and whether it is their own."""
    return [(preset if own else _said(preset), own) for preset, own in await wording.shown_presets(principal)]


def _said(preset: Preset) -> Preset:
    return replace(preset, name=style_name(preset.id), description=_(DESCRIPTIONS[preset.id]))
