"""From jobs and pictures to what the pages say about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from limner.domain.errors import UnknownModel
from limner.domain.job import Job, JobState
from limner.domain.model_card import ServiceCard
from limner.domain.picture import Picture
from limner.domain.plan import Candidate, ReceiptLine, Treatment
from limner.domain.ports import Catalog
from limner.web import wording
from limner.web.failures import in_english
from limner.web.languages import gettext as _
from limner.web.services import called
from limner.web.styles import style_name
from limner.web.views import Fact, ReceiptRow, Tile

ALT_LIMIT = 250
PROMPT_LIMIT = 400
SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")
COLOURS = {
    "sketch": "builtin",
    "gemini": "google",
    "openai": "openai",
    "together": "together",
    "replicate": "replicate",
    "bfl": "bfl",
    "stability": "stability",
    "xai": "xai",
    "comfyui": "comfyui",
    "leonardo": "leonardo",
    "runware": "runware",
}
"""Services with a pigment of their own; the others go by name alone."""


def tile(picture: Picture, *, eager: bool = False) -> Tile:
    """A picture among others."""
    return Tile(
        id=picture.id,
        alt=_alt(picture)[:ALT_LIMIT],
        width=picture.file.width,
        height=picture.file.height,
        tone=picture.tone,
        eager=eager,
    )


def _alt(picture: Picture) -> str:
    """What is on a picture, for those who do not see it: everybody, where it is withheld."""
    words = picture.alt_text or picture.prompt
    if not words:
        done = wording.title("", picture.operation)
        words = _("%(operation)s by %(model)s", operation=done, model=picture.model)
    return words if picture.withheld is None else _("Withheld: %(picture)s", picture=words)


def colour(model: str) -> str:
    """The class of the service's pigment."""
    return COLOURS.get(model.partition("/")[0], "other")


def service_of(catalog: Catalog, model: str) -> ServiceCard | None:
    """The service of a model; None where the catalog no longer has it."""
    try:
        return catalog.service(model.partition("/")[0])
    except UnknownModel:
        return None


def model_title(catalog: Catalog, model: str) -> str:
    """What a model is called; its id where the catalog no longer has it."""
    try:
        return catalog.find(model).title
    except UnknownModel:
        return model


def facts(values: Mapping[str, object]) -> tuple[Fact, ...]:
    """Lines of a list; those without a value are left out."""
    return tuple(Fact(name=name, value=str(value)) for name, value in values.items() if value not in (None, "", ()))


@dataclass(frozen=True, slots=True)
class Story:
    """How a picture came to be, as lists of facts."""

    picture: Picture
    job: Job
    catalog: Catalog

    @property
    def title(self) -> str:
        """What its model is called; nobody painted what was brought."""
        return self._candidate.title

    @property
    def recipe(self) -> tuple[Fact, ...]:
        """What it was made of."""
        picture, request, file = self.picture, self.job.request, self.picture.file
        return facts(
            {
                _("Seed"): picture.seed,
                _("Size"): wording.size(file.width, file.height),
                _("File"): f"{wording.format_name(file.media_type)} \u00b7 {wording.file_size(file.size)}",
                _("Operation"): wording.operation(picture.operation),
                _("Style"): ", ".join(filter(None, (request.style, *map(style_name, request.presets)))),
                _("Negative"): request.negative_prompt,
                _("Asked for"): request.model and model_title(self.catalog, request.model),
                _("Rewritten"): picture.revised_prompt,
                _("Translated"): wording.receipt_summary(tuple(line.treatment for line in self.job.receipt)),
                _("Changed"): "; ".join(picture.changes),
            }
        )

    @property
    def cost(self) -> tuple[Fact, ...]:
        """What was charged for what was quoted, and how long it took."""
        picture, job, estimate = self.picture, self.job, self._candidate.estimate
        begun = job.started or job.created
        return facts(
            {
                _("Charged"): wording.price(picture.cost),
                _("Quoted"): wording.price(estimate.likely if estimate else None),
                _("Waited"): wording.duration((begun - job.created).total_seconds()),
                _("Made in"): wording.duration(((job.finished or picture.created) - begun).total_seconds()),
            }
        )

    @property
    def provenance(self) -> tuple[Fact, ...]:
        """When, by whom, and how to know it again."""
        picture, digest = self.picture, self.picture.original.digest
        return facts(
            {
                _("Made"): wording.moment(picture.created),
                _("By"): self._maker,
                _("Project"): wording.project(picture.project),
                _("Withheld"): picture.withheld,
                "SHA-256": wording.apart(f"{digest[:4]}\u2026{digest[-4:]}"),
            }
        )

    @property
    def signed(self) -> str:
        """What its content credentials say about how it was made."""
        service = service_of(self.catalog, self.picture.model)
        if service is not None and service.algorithmic:
            return _("Drawn by an algorithm. Every copy carries signed content credentials that say so.")
        return _("Made by a trained model. Every copy carries signed content credentials that say so.")

    @property
    def _maker(self) -> str:
        """The model and its service; what brought it, where nobody painted it."""
        service = service_of(self.catalog, self.picture.model)
        return self.title if service is None else f"{self.title} \u00b7 {called(service)}"

    @property
    def _candidate(self) -> Candidate:
        return self.job.plan.candidates[self.job.candidate]


def booked(job: Job) -> str:
    """What it has cost; "free" only where nothing could have been charged."""
    if not job.ended:
        return ""
    if job.state is JobState.AMBIGUOUS:
        return _("%(price)s set aside", price=wording.price(job.held))
    return wording.price(job.cost) if job.cost is None or job.cost or is_free(job) else wording.dollars("0")


def is_free(job: Job) -> bool:
    """Whether nothing could have been charged for it."""
    estimate = job.plan.candidates[job.candidate].estimate
    return estimate is not None and not estimate.ceiling


def receipt(lines: tuple[ReceiptLine, ...]) -> tuple[ReceiptRow, ...]:
    """Every option, unless all were kept as they are."""
    return () if all(line.treatment is Treatment.USED for line in lines) else receipt_rows(lines)


def receipt_rows(lines: tuple[ReceiptLine, ...]) -> tuple[ReceiptRow, ...]:
    """What became of each option."""
    rows = []
    for line in lines:
        icon, how = wording.TREATMENTS[line.treatment]
        rows.append(
            ReceiptRow(
                field=wording.field(line.field),
                wanted=shown_value(line.wanted),
                sent=shown_value(line.sent) if line.sent else _("nothing"),
                icon=icon,
                how=_(how),
                why=in_english(line.why),
            )
        )
    return tuple(rows)


def shown_value(value: str) -> str:
    """The value of an option, as people read it: a size as sizes are written."""
    size = SIZE.fullmatch(value)
    return value if size is None else wording.size(int(size[1]), int(size[2]))
