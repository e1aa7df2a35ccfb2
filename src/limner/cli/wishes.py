"""From the words of a command line to a request."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from limner.cli.options import Painter, Wish
from limner.domain.errors import InvalidRequest
from limner.domain.money import Money
from limner.engine.rows import value_of

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


def whole_file(path: Path) -> bytes:
    """A whole file. Blocks. Raises InvalidRequest."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}.", field="file") from error


def options_from(painter: Painter, wish: Wish, max_cost: str | None = None) -> Options:
    """The options of a request; what was not given is left out. Raises InvalidRequest."""
    given: Options = {
        "model": painter.model,
        "provider": painter.provider,
        "profile": None if painter.profile is None else checked_text(painter.profile, "profile"),
        "key": None if painter.key is None else checked_text(painter.key, "key"),
        "tier": painter.tier,
        "fallback": painter.fallback,
        "count": 1 if wish.count is None else wish.count,
        "size": wish.size,
        "aspect": wish.aspect,
        "quality": wish.quality,
        "style": wish.style,
        "presets": wish.presets or (),
        "template": wish.template,
        "values": values_from(wish.values or ()),
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
        "optimise": wish.optimise,
        "translate": wish.translate_to or wish.translate,
        "max_cost": amount(max_cost),
        "extra": named_values(wish.extra or (), "extra"),
    }
    return given


def values_from(pairs: tuple[str, ...] | list[str]) -> dict[str, str]:
    """What stands in the blanks of a template. Raises InvalidRequest."""
    values: dict[str, str] = {}
    for pair in pairs:
        name, sign, text = checked_text(pair, "values").partition("=")
        if not sign or not name.strip():
            raise InvalidRequest(f"--set wants BLANK=WORDS, not '{pair}'.", field="values")
        values[name.strip()] = text
    return values


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


def named_values(pairs: Sequence[str], option: str) -> dict[str, object]:
    """What an option says that is given as NAME=VALUE any number of times; values are read as JSON where they can be.

    Raises InvalidRequest.
    """
    found: dict[str, object] = {}
    for pair in pairs:
        name, sign, text = checked_text(pair, option).partition("=")
        if not sign or not name.strip():
            raise InvalidRequest(f"--{option} wants NAME=VALUE, not '{pair}'.", field=option)
        found[name.strip()] = value_of(text)
    return found
