"""What the pages of the settings are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from limner.web.gallery_views import Choice
from limner.web.views import Shell


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionLink:
    """A section in the list of sections."""

    href: str
    title: str
    current: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What every section is shown in."""

    sections: tuple[SectionLink, ...]
    done: str
    """What was done, as a sentence; may be empty."""
    error: str
    """What is wrong with a form that was sent; may be empty."""
    field: str
    """The field that is wrong, where one is."""
    form: str
    """Which of the page's forms is wrong."""
    may_change: bool
    """Whether whoever looks may change anything."""
    administrator: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class AskSettingsPage:
    """A question before something that cannot be undone; its own address takes the answer."""

    template: ClassVar[str] = "pages/settings_ask.html"
    shell: Shell
    frame: Frame
    question: str
    consequence: str
    """What follows, as sentences; may be empty."""
    mark: str
    """The icon of what is asked about."""
    yes: str
    no: str
    back: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Badge:
    """A state: an icon, a word and a colour."""

    kind: str
    icon: str
    word: str
    said: str = ""
    """The same in a sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRow:
    """A stored key among others."""

    id: str
    service: str
    colour: str
    label: str
    masked: str
    changed: datetime
    mine: bool
    shared: bool
    weight: str
    may_change: bool
    """Whether whoever looks may replace and delete it."""
    state: Badge | None
    """What its service said about it when it was last asked; None where it was not."""
    checked: datetime | None
    """When that was."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyDraft:
    """What stands in the fields of a key's form; the key itself never does."""

    service: str = ""
    label: str = ""
    shared: bool = False
    weight: str = "1"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeysPage:
    """Stored keys, and the form that adds one or replaces one."""

    template: ClassVar[str] = "pages/settings_keys.html"
    shell: Shell
    frame: Frame
    keys: tuple[KeyRow, ...]
    services: tuple[Choice, ...]
    """Those that take a key."""
    draft: KeyDraft
    editing: KeyRow | None
    """The key that the form replaces; None where it adds one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileRow:
    """A profile among others."""

    id: str
    name: str
    is_default: bool
    service: str
    colour: str
    model: str
    """The model's title and what the profile says of it."""
    uses: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Control:
    """A field for one option of a model."""

    name: str
    label: str
    kind: str
    """choice, number, flag or text."""
    value: str
    choices: tuple[Choice, ...] = ()
    minimum: str = ""
    maximum: str = ""
    step: str = "any"
    usual: str = ""
    """What the model does where nothing is said."""
    hint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileForm:
    """The form that makes or changes a profile, as it stands."""

    name: str
    service: str
    key: str
    model: str
    base_url: str
    is_default: bool
    services: tuple[Choice, ...]
    keys: tuple[Choice, ...]
    """Stored keys of the service; the first one is whichever there is."""
    models: tuple[Choice, ...]
    controls: tuple[Control, ...]
    verdict: Badge | None = None
    """What the provider has just said about the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfilesPage:
    """Saved choices of provider, key, model and options, and the form that makes or changes one."""

    template: ClassVar[str] = "pages/settings_profiles.html"
    shell: Shell
    frame: Frame
    profiles: tuple[ProfileRow, ...]
    draft: ProfileForm
    editing: ProfileRow | None
    """The profile that the form changes; None where it makes one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderRow:
    """A provider, how it fares and whether it is used."""

    id: str
    name: str
    colour: str
    health: Badge
    models: str
    pace: str
    weight: str
    enabled: bool
    needs_key: bool
    """Whether it waits for a key that could be added here."""
    can_be_reset: bool
    """Whether it, or a model of it, is being left alone after failures."""
    said: Badge | None
    """What it has just said about the key that is used; None where it was not asked now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProvidersPage:
    """All providers."""

    template: ClassVar[str] = "pages/settings_providers.html"
    shell: Shell
    frame: Frame
    providers: tuple[ProviderRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferRow:
    """A model of a provider."""

    id: str
    title: str
    does: str
    price: str
    seconds: str
    health: Badge | None
    """None where it is as healthy as its provider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderPage:
    """One provider: what it offers, and how hard it is pressed."""

    template: ClassVar[str] = "pages/settings_provider.html"
    shell: Shell
    frame: Frame
    provider: ProviderRow
    description: str
    documentation: str
    needs_key: bool
    offers: tuple[OfferRow, ...]
    weighs: bool
    """Whether a weight means something: of those who only write the first that can is asked."""
    weight: str
    pace: str
    usual_pace: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AppearancePage:
    """How this browser is shown the pages."""

    template: ClassVar[str] = "pages/settings_appearance.html"
    shell: Shell
    frame: Frame
    themes: tuple[Choice, ...]
    theme: str
    tongues: tuple[Choice, ...]
    """The languages of the pages."""
    language: str
    keys: bool
    """Whether single letters are shortcuts."""
    confirm: bool
    """Whether every price is confirmed before it is paid."""
