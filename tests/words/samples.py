"""Real prompts, and long ones made of them."""

from __future__ import annotations

from pathlib import Path

import orjson
from hypothesis import strategies as st

PROMPTS = Path(__file__).with_name("prompts.txt").read_text(encoding="utf-8").splitlines()
"""A part of PartiPrompts (google-research/parti, Apache-2.0)."""
TERMS = (
    "masterpiece",
    "oil painting",
    "8k",
    "cinematic lighting",
    "ukiyo-e",
    "depth of field",
    'a sign that says "Open"',
)


def long_prompt(length: int = 4_000) -> str:
    """A prompt of at least so many characters, always the same."""
    text, number = "", 0
    while len(text) < length:
        text += f"{PROMPTS[number % len(PROMPTS)]}. "
        number += 1
    return text.strip()


def answering(text: str) -> str:
    """What a text model answers."""
    return orjson.dumps({"prompt": text}).decode()


@st.composite
def long_prompts(draw: st.DrawFn) -> str:
    """Prompts of 3,000 to 10,000 characters: real ones, known terms and anything else, joined by anything."""
    parts = draw(st.lists(st.sampled_from([*PROMPTS, *TERMS]) | st.text(max_size=60), min_size=5, max_size=60))
    joint = draw(st.sampled_from([", ", ". ", "\n", "; ", " ", "\u3002", ","]))
    length = draw(st.integers(3_000, 10_000))
    text = joint.join(parts) or "a lighthouse"
    whole = joint.join([text] * (length // len(text) + 1))[:length]
    return whole if len(whole.strip()) >= 3_000 else long_prompt(length)[:10_000]
