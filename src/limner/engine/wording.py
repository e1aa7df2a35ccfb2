"""Words that people save, templates and styles of their own, and what a request becomes that names them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from limner.domain.errors import InvalidRequest, UsageError
from limner.domain.people import Principal
from limner.domain.ports import Clock, Ids
from limner.domain.preset import KeepsPresets, Preset
from limner.domain.prompts import CONTROL
from limner.domain.request import ImageRequest
from limner.domain.template import KeepsTemplates, Template, blanks_of
from limner.engine.admission import MAX_PROMPT
from limner.engine.prompting import shaped

MOST = 500
"""Templates, and styles, that one person may have."""
LONGEST_NAME = 200
LONGEST_TEXT = 4000
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class NameTaken(UsageError):
    """There is one of this name already."""

    code = "name_taken"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """The saved words of everybody, each person's for that person alone."""

    templates: KeepsTemplates
    presets: KeepsPresets
    built_in: Mapping[str, Preset]
    clock: Clock
    ids: Ids

    async def add_template(self, name: str, text: str, description: str, principal: Principal) -> Template:
        """Saves a template. Raises InvalidRequest and NameTaken."""
        now = self.clock.now()
        template = Template(
            id=self.ids.new(),
            owner=principal.id,
            name=name.strip(),
            text=text,
            description=description.strip(),
            uses=0,
            created=now,
            updated=now,
        )
        _check_template(template)
        if len(await self.templates.all(principal.id)) >= MOST:
            raise InvalidRequest(f"There are {MOST} templates already. Remove one first.", code="too_many")
        if not await self.templates.add(template):
            raise _taken("template", template.name)
        return template

    async def change_template(
        self,
        which: str,
        principal: Principal,
        *,
        name: str | None = None,
        text: str | None = None,
        description: str | None = None,
    ) -> Template:
        """A template with what is given made different. Raises NotFound, InvalidRequest and NameTaken."""
        before = await self.templates.find(which, principal.id)
        after = replace(
            before,
            name=before.name if name is None else name.strip(),
            text=before.text if text is None else text,
            description=before.description if description is None else description.strip(),
            updated=self.clock.now(),
        )
        _check_template(after)
        if not await self.templates.change(after):
            raise _taken("template", after.name)
        return after

    async def remove_template(self, which: str, principal: Principal) -> Template:
        """Forgets a template; jobs that were made with it keep their words. Raises NotFound."""
        found = await self.templates.find(which, principal.id)
        await self.templates.remove(found.id, principal.id)
        return found

    async def add_preset(self, preset: Preset, principal: Principal) -> Preset:
        """Saves a style; one of a built-in style's id stands in its place for this person. Raises InvalidRequest and
        NameTaken.
        """
        checked = _checked_preset(preset)
        if len(await self.presets.all(principal.id)) >= MOST:
            raise InvalidRequest(f"There are {MOST} presets of your own already. Remove one first.", code="too_many")
        if not await self.presets.add(checked, principal.id):
            raise _taken("preset", checked.id)
        return checked

    async def change_preset(self, preset: Preset, principal: Principal) -> Preset:
        """A style of one's own, written anew. Raises NotFound and InvalidRequest."""
        checked = _checked_preset(preset)
        await self.presets.change(checked, principal.id)
        return checked

    async def shown_presets(self, principal: Principal) -> Sequence[tuple[Preset, bool]]:
        """Every style that a person may name, each once, and whether it is their own; the built-in ones first."""
        own = await self.presets.all(principal.id)
        taken = {preset.id for preset in own}
        known = {preset.id: preset for preset in self.built_in.values() if preset.id not in taken}  # each once
        return [*((preset, False) for preset in known.values()), *((preset, True) for preset in own)]

    async def applied(self, request: ImageRequest, principal: Principal) -> ImageRequest:
        """A request with its template's words as its prompt, and with styles of one's own written behind them.

        Afterwards `template` is the template's id: a request that has both a template and a prompt is done already.
        Raises NotFound for no template, and InvalidRequest for values that do not fit.
        """
        if request.template is not None and not request.prompt.strip():
            template = await self.templates.find(request.template, principal.id)
            request = replace(request, prompt=template.filled(request.values), template=template.id, values={})
        if not request.presets:
            return request
        own = {preset.id: preset for preset in await self.presets.all(principal.id)}
        if not any(name.lower() in own for name in request.presets):
            return request
        return replace(shaped(request, {**self.built_in, **own}), presets=())


def _check_template(template: Template) -> None:
    """Raises InvalidRequest, naming the field."""
    _check_words(template.name, "name", LONGEST_NAME)
    _check_words(template.text, "template", MAX_PROMPT)
    if len(template.description) > LONGEST_TEXT:
        raise InvalidRequest(f"A description has at most {LONGEST_TEXT} characters.", field="description")
    blanks_of(template.text)


def _checked_preset(preset: Preset) -> Preset:
    """The style without blanks around its words. Raises InvalidRequest, naming the field."""
    if not SLUG.fullmatch(preset.id):
        raise InvalidRequest("An id is small letters, digits and hyphens, such as neon-city; at most 64.", field="id")
    named = replace(
        preset,
        name=preset.name.strip() or preset.id,
        description=preset.description.strip(),
        value=preset.value.strip(" \n\t,"),
    )
    _check_words(named.name, "name", LONGEST_NAME)
    _check_words(named.value, "value", LONGEST_TEXT)
    if len(named.description) > LONGEST_TEXT:
        raise InvalidRequest(f"A description has at most {LONGEST_TEXT} characters.", field="description")
    return named


def _check_words(text: str, field: str, longest: int) -> None:
    if not text.strip():
        raise InvalidRequest(f"{field} cannot be empty.", field=field)
    if len(text) > longest:
        raise InvalidRequest(f"{field} has at most {longest} characters; this has {len(text)}.", field=field)
    if CONTROL.search(text):
        raise InvalidRequest(f"{field} has a control character in it. Remove it.", field=field)


def _taken(what: str, name: str) -> NameTaken:
    return NameTaken(f"There is a {what} called '{name}' already. Choose another name.", field="name")
