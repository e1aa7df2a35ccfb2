"""What a person reads about pictures and jobs."""

from __future__ import annotations

from collections.abc import Iterable

from limner.cli.keeping import Kept
from limner.cli.output import Output, shortened
from limner.cli.watching import cost_words, span
from limner.domain.job import Job
from limner.domain.money import Money
from limner.domain.picture import Picture
from limner.domain.plan import ReceiptLine, Treatment
from limner.domain.request import Operation

VERBS = {
    Treatment.USED: "used as given",
    Treatment.MAPPED: "became",
    Treatment.ROUNDED: "became",
    Treatment.SPLIT: "was split",
    Treatment.IGNORED: "was not used",
    Treatment.REFUSED: "was refused",
    Treatment.REUSED: "gave the pictures of job",
}
SAYS_WHAT = (Treatment.MAPPED, Treatment.ROUNDED, Treatment.REUSED)
"""Treatments whose sentence goes on with what is there instead."""


PICTURE_COLUMNS = ("Id", "When", "Model", "Prompt", "Cost")


def short(id: str) -> str:
    """The end of an id: the part that chance made, enough to find it again."""
    return id[-8:]


def money_words(money: Money | None) -> str:
    """An amount as a person reads it."""
    if money is None:
        return "unknown"
    return str(money) if money else "free"


def receipt_words(lines: Iterable[ReceiptLine]) -> list[str]:
    """A sentence for each option that was not used as given."""
    return [_receipt_line(line) for line in lines if line.treatment is not Treatment.USED]


def _receipt_line(line: ReceiptLine) -> str:
    sent = f" {line.sent}" if line.sent is not None and line.treatment in SAYS_WHAT else ""
    why = f": {line.why}" if line.why else "."
    return f"{line.field.replace('_', ' ')} {line.wanted} {VERBS[line.treatment]}{sent}{why}"


def picture_facts(picture: Picture) -> list[str]:
    """Model, size, seed and whatever else describes a picture in a few words."""
    facts = [picture.model, f"{picture.file.width}x{picture.file.height}"]
    if picture.operation is not Operation.GENERATE:
        facts.append(picture.operation.value.replace("_", " "))
    if picture.seed is not None:
        facts.append(f"seed {picture.seed}")
    return facts


def tell_pictures(output: Output, pictures: Iterable[Picture]) -> None:
    """One row for each picture."""
    output.rows(PICTURE_COLUMNS, [picture_row(picture) for picture in pictures])


def picture_row(picture: Picture) -> tuple[str, ...]:
    """A picture as it stands in a table."""
    when = picture.created.astimezone().strftime("%Y-%m-%d %H:%M")
    return short(picture.id), when, picture.model, shortened(picture.prompt, 48), money_words(picture.cost)


def tell_kept(output: Output, kept: Kept, job: Job) -> None:
    """One finished picture: where it lies, what it is, what it cost."""
    output.show(str(kept.path or kept.picture.id), style="bold")
    if kept.copy is not None:
        taken = f"; {kept.copy.taken} is taken" if kept.copy.taken is not None else ""
        output.show(f"  copy       {kept.copy.path}{taken}")
    facts = picture_facts(kept.picture)
    if job.started is not None and job.finished is not None:
        facts.append(span((job.finished - job.started).total_seconds()))
    quoted = job.plan.unit_ceiling(job.request.count)
    output.show(f"  {', '.join([*facts, cost_words(kept.picture.cost, quoted)])}")
    for change in kept.picture.changes:
        output.show(f"  {change}")
    if kept.thumbnail is not None:
        output.show(f"  thumbnail  {kept.thumbnail}")
    output.show(f"  recipe     limner show {kept.picture.id}")


def tell_receipt(output: Output, job: Job) -> None:
    """What became of the options, and what several pictures have cost together."""
    for line in receipt_words(job.receipt):
        output.show(line)
    if job.request.count > 1 and job.pictures:
        total = cost_words(job.cost, job.plan.ceiling(job.request.count))
        output.show(f"{len(job.pictures)} of {job.request.count} pictures, {total}. More: limner show {job.id}")
