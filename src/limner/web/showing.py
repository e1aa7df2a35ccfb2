"""From jobs and pictures to what the pages say about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from limner.domain.errors import UnknownModel
from limner.domain.job import CallState, Job, JobState
from limner.domain.model_card import ServiceCard
from limner.domain.picture import Picture
from limner.domain.plan import Candidate, ReceiptLine, Treatment
from limner.domain.ports import Catalog
from limner.domain.request import Size
from limner.web import wording
from limner.web.languages import gettext as _
from limner.web.views import Fact, JobCard, ReceiptRow, Tile

ALT_LIMIT = 250
PROMPT_LIMIT = 400
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
        words = _("%(operation)s by %(model)s", operation=wording.operation(picture.operation), model=picture.model)
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


def job_card(job: Job, catalog: Catalog) -> JobCard:
    """A job as its card shows it."""
    candidate = job.plan.candidates[job.candidate]
    css, icon, _ = wording.STATES[job.state]
    service = service_of(catalog, job.model)
    size = _size(job, candidate)
    return JobCard(
        id=job.id,
        css=css,
        icon=icon,
        word=wording.word(job),
        prompt=(job.request.prompt or str(job.request.operation))[:PROMPT_LIMIT],
        live=not job.ended and job.state is not JobState.QUOTED,
        ratio=round(min(max(size.ratio, 0.5), 2.5), 4) if size else 1.0,
        tiles=tuple(tile(picture, eager=True) for picture in job.pictures),
        missing=_missing(job),
        explanation=wording.explanation(job),
        model=candidate.title,
        provider=service.name if service else job.model.partition("/")[0],
        colour=colour(job.model),
        size=f"{size.width} \u00d7 {size.height}" if size else "",
        quoted=_quoted(candidate),
        result=_result(job, candidate),
        fallback=_fallback(job),
        again=_again(job),
        receipt=_receipt(job.receipt),
        receipt_summary=wording.receipt_summary(tuple(line.treatment for line in job.receipt)),
        passed_over=tuple(Fact(name=each.model, value=each.why) for each in job.plan.rejections),
        lost_calls=tuple(call.id for call in job.calls if call.state is CallState.AMBIGUOUS),
    )


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
                _("Operation"): wording.operation(picture.operation),
                _("Style"): ", ".join(filter(None, (request.style, *request.presets))),
                _("Negative"): request.negative_prompt,
                _("Asked for"): request.model,
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
                _("By"): picture.model,
                _("Project"): picture.project,
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
    def _candidate(self) -> Candidate:
        return self.job.plan.candidates[self.job.candidate]


def _size(job: Job, candidate: Candidate) -> Size | None:
    """The pixels of its pictures, or those that were asked for."""
    if job.pictures:
        return Size(job.pictures[0].file.width, job.pictures[0].file.height)
    return candidate.calls[0].size if candidate.calls else job.request.size


def _missing(job: Job) -> tuple[int, ...]:
    """Places of pictures that are still to come, or will not."""
    if job.ended and job.state is not JobState.PARTIAL:
        return ()
    return tuple(range(len(job.pictures) + 1, job.request.count + 1))


def _quoted(candidate: Candidate) -> str:
    return wording.price(candidate.estimate.likely if candidate.estimate else None)


def _result(job: Job, candidate: Candidate) -> str:
    if not job.ended or job.finished is None:
        return ""
    took = wording.duration((job.finished - (job.started or job.created)).total_seconds())
    charged = booked(job)
    # What is set aside is the ceiling; beside what was likely it would look like more than was agreed to.
    alone = charged == "free" or job.state is JobState.AMBIGUOUS
    return f"{charged} · {took}" if alone else f"{charged} of {_quoted(candidate)} quoted · {took}"


def booked(job: Job) -> str:
    """What it has cost; "free" only where nothing could have been charged."""
    if not job.ended:
        return ""
    if job.state is JobState.AMBIGUOUS:
        return f"{wording.price(job.held)} set aside"
    estimate = job.plan.candidates[job.candidate].estimate
    is_free = estimate is not None and not estimate.ceiling
    return wording.price(job.cost) if job.cost is None or job.cost or is_free else "$0"


def _fallback(job: Job) -> str:
    instead = job.fallback
    if instead is None:
        return ""
    titles = {candidate.model: candidate.title for candidate in job.plan.candidates}
    original = titles.get(instead.original, instead.original)
    return (
        f"Primary provider unavailable, fallback provider used: {original} could not paint this, so "
        f"{titles[job.model]} took over. The cost may differ. {instead.why}"
    ).strip()


def _again(job: Job) -> str:
    words = {
        JobState.FAILED: "Retry",
        JobState.REFUSED: "Edit the prompt",
        JobState.CANCELLED: "Run again",
    }
    return words.get(job.state, "Use again")


def _receipt(lines: tuple[ReceiptLine, ...]) -> tuple[ReceiptRow, ...]:
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
                wanted=line.wanted,
                sent=line.sent or _("nothing"),
                icon=icon,
                how=_(how),
                why=line.why,
            )
        )
    return tuple(rows)
