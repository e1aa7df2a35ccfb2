"""From what was typed to what is sent: saved styles join the prompt, and words stand in where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from limner.domain.errors import InvalidRequest
from limner.domain.model_card import ModelCard, StandIn
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.preset import Preset
from limner.domain.request import ImageRequest, Operation, Role
from limner.domain.rewriting import Shortens

RESTYLED = "The same picture"
"""What is painted anew where nothing but a style is said."""
STAND_IN_PROMPTS = {
    Operation.VARIATIONS: "A new variation of this picture: the same subject, mood and palette, a fresh composition.",
    Operation.OUTPAINT: "Continue this picture naturally into the empty area, matching light, colours and style.",
    Operation.STYLE_TRANSFER: f"{RESTYLED}.",
}
LIKE_THE_OTHER = f"{RESTYLED}, in the style of the other one."
"""Where the style is shown by a second picture."""


def shaped(request: ImageRequest, presets: Mapping[str, Preset]) -> ImageRequest:
    """The request with its presets written into the prompt. Raises InvalidRequest for an unknown preset."""
    if not request.presets:
        return request
    words = [request.prompt.strip().rstrip(".,;")] if request.prompt.strip() else []
    if not words and request.operation is Operation.STYLE_TRANSFER:
        words = [RESTYLED]
    for name in request.presets:
        preset = presets.get(name.lower())
        if preset is None:
            near = get_close_matches(name.lower(), presets, n=3)
            hint = f" Nearest: {', '.join(near)}." if near else f" There are {', '.join(sorted(presets))}."
            raise InvalidRequest(f"There is no preset called '{name}'.{hint}", field="presets")
        words.append(preset.value)
    return replace(request, prompt=", ".join(words))


async def optimised(request: ImageRequest, shortens: Shortens) -> ImageRequest:
    """The request with a shorter prompt, where that is wanted and needed; twice changes nothing.

    Raises InvalidRequest for a prompt that is longer than may be shortened.
    """
    if not request.optimise or request.rewritten is not None:
        return request
    done = await shortens.shortened(request.prompt)
    return request if done is None else replace(request, prompt=done[0], rewritten=done[1])


def words_for(request: ImageRequest, card: ModelCard, lines: list[ReceiptLine]) -> str:
    """What is sent where nobody gave a prompt; `lines` get one where the model's own operation needs words."""
    operation = request.operation
    if card.operations[operation] is not StandIn.NATIVE:
        shown = operation is Operation.STYLE_TRANSFER and request.input(Role.STYLE) is not None
        return LIKE_THE_OTHER if shown else STAND_IN_PROMPTS.get(operation, "")
    words = card.default_prompts.get(operation, "")
    if words:
        why = f"{card.title} needs words; these say what it is to do."
        lines.append(ReceiptLine(field="prompt", treatment=Treatment.USED, wanted="", sent=words, why=why))
    return words
