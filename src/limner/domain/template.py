"""Prompts with blanks: how they are written, and what they become."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Protocol

from limner.domain.errors import InvalidRequest

_PART = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,63})(?:=([^{}]*))?\}|[{}]")


@dataclass(frozen=True, slots=True)
class Blank:
    """A place in a template that is filled in; `default` where nothing is given, None where something has to be."""

    name: str
    default: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A saved prompt with blanks: `{subject}`, or `{light=at dusk}` with what stands there by default.

    Braces of the prompt itself are written twice.
    """

    id: str
    owner: str
    name: str
    """Unique among one person's."""
    text: str
    description: str
    uses: int
    """Jobs that were made with it."""
    created: datetime
    updated: datetime
    used: datetime | None = None
    """When it was used last."""

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """Its blanks in the order in which they first stand there."""
        return blanks_of(self.text)

    def filled(self, values: Mapping[str, str]) -> str:
        """The prompt. Raises InvalidRequest for a blank without a value and for values of no blank."""
        names = [blank.name for blank in self.blanks]
        for name in values:
            if name not in names:
                near = get_close_matches(name, names, n=1)
                hint = f" Did you mean '{near[0]}'?" if near else f" There are: {', '.join(names) or 'none'}."
                raise InvalidRequest(f"The template '{self.name}' has no blank '{name}'.{hint}", field="values")
        given = {blank.name: values.get(blank.name, blank.default) for blank in self.blanks}
        missing = [name for name, value in given.items() if value is None]
        if missing:
            raise InvalidRequest(
                f"The template '{self.name}' needs a value for {', '.join(missing)}. Give it in values.", field="values"
            )
        return _PART.sub(lambda part: part[0][0] if part[1] is None else given[part[1]] or "", self.text)


def blanks_of(text: str) -> tuple[Blank, ...]:
    """The blanks of a template's text; the first default of a blank holds everywhere. Raises InvalidRequest."""
    found: dict[str, str | None] = {}
    for part in _PART.finditer(text):
        if part[0] in ("{", "}"):
            raise InvalidRequest(
                f"There is a lone '{part[0]}' at character {part.start() + 1}. A blank is written {{name}} or "
                f"{{name=default}}, with letters, digits and _; a brace of the prompt itself is written twice.",
                field="template",
            )
        if part[1] is not None and found.get(part[1]) is None:
            found[part[1]] = part[2]
    return tuple(Blank(name, default) for name, default in found.items())


def check_template(prompt: str, template: str | None, values: Mapping[str, str]) -> None:
    """Raises InvalidRequest for a request with a template and a prompt, or with values and no template."""
    if template is None and values:
        raise InvalidRequest("values stand in the blanks of a template. Name the template.", field="values")
    if template is not None and prompt.strip():
        raise InvalidRequest("A template has its own words. Give a prompt or a template, not both.", field="template")


class KeepsTemplates(Protocol):
    """Templates, each person's for that person alone."""

    async def add(self, template: Template) -> bool:
        """Writes one down; False where this person has one of this name already."""
        ...

    async def all(self, owner: str) -> Sequence[Template]:
        """One person's, by name."""
        ...

    async def find(self, which: str, owner: str) -> Template:
        """One by its id or its name. Raises NotFound, for somebody else's too."""
        ...

    async def change(self, template: Template) -> bool:
        """Writes name, text and description anew; False where another one has the name. Raises NotFound."""
        ...

    async def remove(self, template_id: str, owner: str) -> None:
        """Forgets one. Raises NotFound."""
        ...
