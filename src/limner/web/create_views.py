"""What the Create page, a job's page and the parts of both are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from limner.web.views import Another, Fact, ModelGroup, ModelOption, ReceiptRow, Shell, Tile


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryOffer:
    """What buying the pictures that did not come would cost."""

    label: str
    price: str
    """Count, price and time, as they are said beside a button."""
    most: str
    """Dollars that the button allows; empty where the price is unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCard:
    """A job, as it stands."""

    id: str
    css: str
    icon: str
    word: str
    prompt: str
    live: bool
    """Whether it is still going on."""
    stopping: bool
    """Whether somebody has stopped it and it has not ended yet."""
    own: bool
    """Whether whoever looks may do something about it."""
    ratio: float
    tiles: tuple[Tile, ...]
    missing: tuple[int, ...]
    """Numbers of the pictures that are not there, from 1."""
    slot_reason: str
    """Why a picture is not there, in the place where it would be."""
    held: bool
    """Whether it waits because its person's queue is paused."""
    explanation: str
    model: str
    provider: str
    colour: str
    size: str
    quoted: str
    paid: str
    """What is paid for, where that is not everything."""
    result: str
    """What it cost and how long it took, once it has ended."""
    elapsed: str
    """For how many seconds it has been going on; empty while it waits."""
    so_far: str
    """The same in words, for the first second and for those without a script."""
    fallback: str
    why_fallback: str
    """The warning of document 3, with the reason."""
    rerun: str
    """The picture that the re-run starts from; empty where there is none."""
    retry: RetryOffer | None
    receipt: tuple[ReceiptRow, ...]
    receipt_summary: str
    passed_over: tuple[Fact, ...]
    """Models that were considered and why they were not chosen."""
    lost_calls: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What stands in the composer's fields, as it was typed; empty is the model's choice."""

    prompt: str = ""
    negative_prompt: str = ""
    model: str = ""
    shape: str = "1:1"
    count: int = 1
    seed: str = ""
    preset: str = ""
    steps: str = ""
    guidance: str = ""
    strength: str = ""
    """Per cent."""
    quality: str = ""
    format: str = ""
    project: str = ""
    previews: bool = False
    """Whether first looks are to be shown where they cost something."""
    references: tuple[str, ...] = ()
    """Ids of kept pictures; unless their roles say otherwise, the first is what the picture starts from."""
    roles: tuple[str, ...] = ()
    """What each of them is for, in their order; empty, and what is missing, is left to the model."""

    def role_of(self, place: int) -> str:
        """What the picture at a place is for; empty where nobody has said it."""
        return self.roles[place] if place < len(self.roles) else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleChoice:
    """What a picture may be for."""

    id: str
    name: str
    open: bool
    """Whether the chosen model takes such pictures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slider:
    """A number between two ends, as the chosen model takes it."""

    name: str
    label: str
    least: float
    most: float
    step: float
    value: float
    unit: str
    usual: str
    """What it stands at where nobody has moved it; empty where somebody has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Style:
    """A style to choose."""

    id: str
    name: str
    picture: str
    """The name of its file; empty where there is none."""
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A saved prompt with blanks."""

    id: str
    name: str
    text: str
    blanks: str
    """As JSON: a name and what stands there by default, for each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What a draft would cost."""

    line: str
    """Count, price and time; or why nothing can be said."""
    under: str
    """What is left, or by how much it would be too much."""
    over: bool
    shown: str
    """The ceiling, in micro-dollars; empty where nobody knows it."""
    pixels: str
    """The size that the shape comes out at; empty where only the model knows."""
    alternatives: tuple[Another, ...] = ()
    """Other models, where this one costs too much or cannot paint it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Composer:
    """The form that asks for a picture."""

    draft: Draft
    groups: tuple[ModelGroup, ...]
    chosen: ModelOption | None
    colour: str
    """Of the chosen model's service."""
    shapes: tuple[str, ...]
    counts: tuple[int, ...]
    styles: tuple[Style, ...]
    sliders: tuple[Slider, ...]
    qualities: tuple[str, ...]
    projects: tuple[str, ...]
    references: tuple[Tile, ...]
    patterns: tuple[Pattern, ...]
    takes_references: int
    """How many pictures the chosen model can start from."""
    roles: tuple[RoleChoice, ...]
    """For each picture to choose from."""
    lacks_roles: str
    """Which of them the chosen model does not take; empty where it takes all, or none at all."""
    limit: int
    """Characters that the chosen model reads."""
    upload_megabytes: int
    asks: bool
    """Whether the price is to be agreed to before anything is bought."""
    person: str
    """Whose draft it is that the browser keeps."""
    key: str
    """Sent with the form, so that sending it twice buys once."""
    price: Price
    error: str = ""
    field: str = ""

    def role_of(self, image_id: str) -> str:
        """What one of its pictures is for; empty where that is left to the model."""
        return self.draft.role_of(self.draft.references.index(image_id))


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyHint:
    """A service that wants a key, and the names it is looked for under."""

    name: str
    ready: bool
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Which jobs are shown."""

    id: str
    label: str
    count: str
    href: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CreatePage:
    """The first page: a composer and jobs, newest first."""

    template: ClassVar[str] = "pages/create.html"
    shell: Shell
    composer: Composer
    cards: tuple[JobCard, ...]
    key: str
    """For what the cards' forms buy."""
    older: str
    """The address of the next page of jobs; empty at the end."""
    show: str
    """Which jobs are shown: all where it is empty."""
    choices: tuple[Choice, ...]
    first_run: bool
    is_first_page: bool
    ideas: tuple[str, ...]
    hints: tuple[KeyHint, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PricePart:
    """What a draft would cost, as it is said beside the button."""

    template: ClassVar[str] = "parts/price.html"
    price: Price


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """A price to be agreed to, once."""

    title: str
    """The model that would paint."""
    provider: str
    colour: str
    button: str
    """What is agreed to, with four decimals."""
    line: str
    """Count, price and time."""
    prompt: str
    chips: tuple[str, ...]
    constraints: tuple[Fact, ...]
    alternatives: tuple[Another, ...]
    fields: tuple[tuple[str, str], ...]
    """Of the composer, for one of those: names and values."""
    token: str
    key: str
    changed: str
    """What has changed since the price was shown; empty where somebody only wants to be asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferPart:
    """The same, to be put into a dialog."""

    template: ClassVar[str] = "parts/offer.html"
    offer: Offer


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferPage:
    """The same as a page, where there is no script."""

    template: ClassVar[str] = "pages/offer.html"
    shell: Shell
    offer: Offer


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoicesPart:
    """Which jobs can be shown, and how many there are."""

    template: ClassVar[str] = "parts/choices.html"
    choices: tuple[Choice, ...]
    show: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImprovePart:
    """Who would make more of a prompt, and for how much."""

    template: ClassVar[str] = "parts/improve.html"
    by: str
    price: str
    """At most; empty where it costs nothing."""
    most: str
    """The same in dollars, as it is sent."""
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class JobPage:
    """One job."""

    template: ClassVar[str] = "pages/job.html"
    shell: Shell
    card: JobCard
    key: str
    error: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CardPart:
    """One job's card alone, to be put into a page."""

    template: ClassVar[str] = "parts/job.html"
    card: JobCard
    key: str
