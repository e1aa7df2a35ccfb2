"""What the tools answer, as models that also describe it to whoever reads it. Texts are cut to lengths that add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from limner.domain.errors import Problem
from limner.domain.job import Job, JobState
from limner.domain.money import Estimate, Money
from limner.domain.picture import Picture
from limner.domain.plan import Quote, ReceiptLine, Treatment

SENTENCE, NAME = 400, 120
"""Characters of a sentence and a name that are told; an ellipsis says that there is more."""
NOTE = 160
MOST_NOTES = 10
AS_ASKED = frozenset({Treatment.USED})
"""What became of options that nobody needs to be told of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lengths:
    """How much of a picture's words is told: characters, and how many of each kind.

    A sign may take 24 bytes in an answer, where it stands twice with its escapes: twenty pictures in brief, or ten and
    what became of a job, come to less than 256 KiB.
    """

    prompt: int
    revised: int
    tag: int
    change: int
    each: int


IN_FULL = Lengths(prompt=1500, revised=1500, tag=NAME, change=NOTE, each=MOST_NOTES)
IN_BRIEF = Lengths(prompt=NAME, revised=60, tag=20, change=40, each=3)


class Body(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(frozen=True)


class Price(Body):
    """What something costs, in US dollars as text."""

    floor_usd: str
    likely_usd: str
    ceiling_usd: str


class PictureBody(Body):
    """A kept picture."""

    id: str
    uri: str = Field(description="Where resources/read finds the file.")
    url: str | None = Field(default=None, description="Where a browser finds it, signed in as the same person.")
    width: int
    height: int
    media_type: str
    size_bytes: int
    model: str
    operation: str
    prompt: str
    revised_prompt: str | None = None
    seed: int | None = None
    cost_usd: str | None = Field(default=None, description="None where the price is unknown.")
    created: str
    tags: list[str] = []
    favorite: bool = False
    changes: list[str] = Field(default=[], description="What Limner itself did to the picture.")
    parents: list[str] = Field(default=[], description="The pictures that it was made from.")
    withheld: str | None = Field(default=None, description="Why its file is not handed out.")


class ProblemBody(Body):
    """What went wrong; `spent` says whether it may have cost money all the same."""

    code: str
    message: str
    retryable: bool
    spent: str
    field: str | None = None


class QuoteBody(Body):
    """What a request would cost."""

    model: str
    title: str
    price: Price | None = Field(description="None where the price is unknown.")
    most_usd: str | None = Field(description="What it costs at most, whichever of the models paints.")
    seconds: float = Field(description="How long it usually takes.")
    alternatives: list[str] = Field(default=[], description="Who paints where the first cannot.")
    notes: list[str] = Field(default=[], description="What became of options that are not used as asked.")


class PaintBody(Body):
    """How a request stands."""

    state: str = Field(description="needs_confirmation where nothing has been bought yet, else the state of the job.")
    ended: bool
    next: str = Field(description="What there is to do now.")
    job_id: str | None = None
    model: str | None = None
    cost_usd: str | None = None
    pictures: list[PictureBody] = []
    notes: list[str] = []
    problem: ProblemBody | None = None
    quote: QuoteBody | None = None


class SearchBody(Body):
    """One page of pictures, newest first."""

    pictures: list[PictureBody]
    next: str | None = Field(description="`cursor` of the next page; None where there is none.")


class GetBody(Body):
    """A job or a picture."""

    job: PaintBody | None = None
    picture: PictureBody | None = None
    job_of_picture: str | None = None


class EstimateBody(Body):
    """A price, and how to go on."""

    quote: QuoteBody
    next: str


def cut(text: str, most: int) -> str:
    """Text of so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def price_of(estimate: Estimate | None) -> Price | None:
    """An estimate as text."""
    if estimate is None:
        return None
    return Price(floor_usd=estimate.floor.text, likely_usd=estimate.likely.text, ceiling_usd=estimate.ceiling.text)


def dollars(money: Money | None) -> str | None:
    """An amount as text; None is unknown."""
    return None if money is None else money.text


def picture_body(picture: Picture, base: str | None, told: Lengths = IN_FULL) -> PictureBody:
    """A picture; `base` is the address of the server, if there is one."""
    file = picture.file
    return PictureBody(
        id=picture.id,
        uri=f"limner://images/{picture.id}",
        url=None if base is None else f"{base}/images/{picture.id}",
        width=file.width,
        height=file.height,
        media_type=file.media_type,
        size_bytes=file.size,
        model=cut(picture.model, told.change),
        operation=picture.operation.value,
        prompt=cut(picture.prompt, told.prompt),
        revised_prompt=None if picture.revised_prompt is None else cut(picture.revised_prompt, told.revised),
        seed=picture.seed,
        cost_usd=dollars(picture.cost),
        created=picture.created.isoformat(),
        tags=[cut(tag, told.tag) for tag in picture.tags[: told.each]],
        favorite=picture.favorite,
        changes=[cut(change, told.change) for change in picture.changes[: told.each]],
        parents=list(picture.parents[: told.each]),
        withheld=None if picture.withheld is None else cut(picture.withheld, NAME),
    )


def problem_body(problem: Problem) -> ProblemBody:
    """What went wrong."""
    return ProblemBody(
        code=problem.code,
        message=cut(problem.message, 2 * SENTENCE),
        retryable=problem.retryable,
        spent=problem.spent.value,
        field=None if problem.field is None else cut(problem.field, NAME),
    )


def quote_body(quote: Quote) -> QuoteBody:
    """A priced plan."""
    first, *others = quote.plan.candidates
    return QuoteBody(
        model=first.model,
        title=first.title,
        price=price_of(quote.estimate),
        most_usd=dollars(quote.ceiling),
        seconds=first.seconds,
        alternatives=[cut(one.model, NAME) for one in others[:MOST_NOTES]],
        notes=notes_of(first.receipt),
    )


def job_body(job: Job, base: str | None, advice: str) -> PaintBody:
    """A job as it stands, and what there is to do about it."""
    return PaintBody(
        state=job.state.value,
        ended=job.ended,
        next=advice,
        job_id=job.id,
        model=cut(job.model, NAME),
        cost_usd=dollars(job.cost) if job.ended else None,
        pictures=[picture_body(picture, base, IN_BRIEF) for picture in job.pictures],
        notes=notes_of(job.receipt),
        problem=None if job.problem is None else problem_body(job.problem),
    )


def failed(job: Job) -> bool:
    """Whether a job has ended without what was asked for."""
    return job.state in {JobState.FAILED, JobState.REFUSED, JobState.AMBIGUOUS}


def notes_of(receipt: Iterable[ReceiptLine]) -> list[str]:
    """What became of options that are not used as asked, a sentence each."""
    told = [line for line in receipt if line.treatment not in AS_ASKED]
    return [cut(_note(line), NOTE) for line in told[:MOST_NOTES]]


def _note(line: ReceiptLine) -> str:
    sent = "" if line.sent is None else f" to {line.sent}"
    why = f": {line.why}" if line.why else "."
    return f"{line.field} {line.wanted} was {line.treatment.value}{sent}{why}"
