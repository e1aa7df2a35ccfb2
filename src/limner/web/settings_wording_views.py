"""What the pages of saved styles and templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.settings_views import Frame
from limner.web.views import Shell


@dataclass(frozen=True, kw_only=True, slots=True)
class PresetRow:
    """A style that can be asked for by name."""

    id: str = ""
    name: str = ""
    description: str = ""
    value: str = ""
    own: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PresetsPage:
    """One's own styles and the built-in ones, and the form that saves one."""

    template: ClassVar[str] = "pages/settings_presets.html"
    shell: Shell
    frame: Frame
    own: tuple[PresetRow, ...]
    built_in: tuple[PresetRow, ...]
    draft: PresetRow
    editing: str
    """The id of the style that the form changes; empty where it saves a new one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateRow:
    """A prompt with blanks."""

    id: str = ""
    name: str = ""
    description: str = ""
    text: str = ""
    blanks: tuple[str, ...] = ()
    """`subject`, or `light = at dusk` with what stands there by default."""
    uses: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplatesPage:
    """One's templates, and the form that saves one."""

    template: ClassVar[str] = "pages/settings_templates.html"
    shell: Shell
    frame: Frame
    templates: tuple[TemplateRow, ...]
    draft: TemplateRow
    editing: str
    """The id of the template that the form changes; empty where it saves a new one."""
