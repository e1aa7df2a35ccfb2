"""From the words of a command line to a request."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from limner.cli.options import Painter, Wish
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money

if TYPE_CHECKING:
    from limner.studio import Options

LONGEST = 1_000_000
"""Bytes of a prompt on stdin that are read; every model's limit is far below."""


def prompt_from(text: str) -> str:
    """The prompt as typed, or what stdin holds for a lone dash. Raises InvalidRequest for what is no text."""
    if text == "-":
        data = sys.stdin.buffer.read(LONGEST + 1)
        if len(data) > LONGEST:
            raise InvalidRequest(f"Prompt too long: stdin holds more than {LONGEST:,} bytes.", field="prompt")
        try:
            text = data.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InvalidRequest("The prompt on stdin is not UTF-8. Save it as UTF-8.", field="prompt") from error
    return checked_text(text, "prompt")


def checked_text(text: str, field: str) -> str:
    """Text that can be written down. Raises InvalidRequest for bytes that were no UTF-8 when the shell passed them."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"The {field} is not UTF-8. Write it in UTF-8.", field=field) from error
    return text


def options_from(painter: Painter, wish: Wish, max_cost: str | None = None) -> Options:
    """The options of a request; what was not given is left out. Raises InvalidRequest."""
    given: Options = {
        "model": painter.model,
        "provider": painter.provider,
        "profile": None if painter.profile is None else checked_text(painter.profile, "profile"),
        "tier": painter.tier,
        "fallback": painter.fallback,
        "count": 1 if wish.count is None else wish.count,
        "size": wish.size,
        "aspect": wish.aspect,
        "quality": wish.quality,
        "style": wish.style,
        "presets": wish.presets or (),
        "negative_prompt": None if wish.negative is None else checked_text(wish.negative, "negative prompt"),
        "steps": wish.steps,
        "guidance": wish.guidance,
        "seed": wish.seed,
        "strength": wish.strength,
        "format": wish.format,
        "background": wish.background,
        "previews": wish.previews or 0,
        "project": "default" if wish.project is None else checked_text(wish.project, "project"),
        "tags": [checked_text(tag, "tag") for tag in wish.tags or ()],
        "strict": wish.strict,
        "reuse": wish.reuse,
        "max_cost": amount(max_cost),
        "extra": extra_from(wish.extra or ()),
    }
    return given


def amount(text: str | None) -> Money | None:
    """An amount of dollars. Raises InvalidRequest."""
    if text is None:
        return None
    try:
        money = Money.usd(text.strip().removeprefix("$"))
    except ValueError as error:
        raise InvalidRequest(f"--max-cost: {error}", field="max_cost") from error
    if money.micro < 0:
        raise InvalidRequest("--max-cost is an amount of dollars of 0 or more, such as 0.10.", field="max_cost")
    return money


def extra_from(pairs: tuple[str, ...] | list[str], option: str = "extra") -> dict[str, object]:
    """Options by their own names, after `--extra` or another option; values are read as JSON where they are that.

    Raises InvalidRequest.
    """
    extra: dict[str, object] = {}
    for pair in pairs:
        name, sign, text = checked_text(pair, option).partition("=")
        if not sign or not name.strip():
            raise InvalidRequest(f"--{option} wants KEY=VALUE, not '{pair}'.", field=option)
        try:
            extra[name.strip()] = json.loads(text)
        except ValueError:
            extra[name.strip()] = text
    return extra
