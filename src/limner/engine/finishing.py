"""From what a service sent to kept pictures and a booked charge; and the other ends of a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from limner.domain.call import Call, CallInput, Finished, Landed, Painted
from limner.domain.errors import BadPicture, FailureCode, Problem, Spent
from limner.domain.events import EventKind, News
from limner.domain.job import CallRecord, CallState, Job
from limner.domain.model_card import ModelCard
from limner.domain.money import Money, share
from limner.domain.picture import Picture
from limner.domain.plan import Candidate, ReceiptLine
from limner.domain.ports import Blobs, Catalog, Clock, Ids, Imaging, Originals, Shelf
from limner.domain.records import Closing, Conclusion, Lease
from limner.domain.request import InputImage, Operation, Role
from limner.domain.stores import Jobs
from limner.engine.chronicle import log_made
from limner.engine.codec import RequestCodec
from limner.engine.moderation import Moderator, withheld_problem
from limner.engine.pricing import facts_of
from limner.engine.retouching import Retoucher


@dataclass(frozen=True, kw_only=True, slots=True)
class Carried:
    """How a call ended."""

    state: CallState
    delivered: int = 0
    """Pictures that were kept."""
    withheld: int = 0
    """Those of them that are not handed out."""
    problem: Problem | None = None
    concluded: bool = False
    """Whether the job has ended with it."""


Conclude = Callable[[Carried], Conclusion | None]
"""How the job ends if its last call ends so; None where others are still to come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finisher:
    """Ends calls: keeps their pictures, books their charge, sets their hold free."""

    catalog: Catalog
    jobs: Jobs
    blobs: Blobs
    imaging: Imaging
    originals: Originals
    retoucher: Retoucher
    shelf: Shelf
    moderator: Moderator
    codec: RequestCodec
    clock: Clock
    ids: Ids
    versions: Mapping[str, str]

    async def finish(
        self, job: Job, lease: Lease, record: CallRecord, fetched: Finished, conclude: Conclude
    ) -> Carried:
        """Keeps every good picture, books the call, and ends the job where it was the last one: one transaction."""
        card = self.catalog.find(record.model)
        charge, basis = charged(card, record.call, fetched, record.hold)
        each = None if charge is None else share(charge, part=1, whole=max(1, len(fetched.pictures)))
        pictures: list[Picture] = []
        broken = [str(painted.notes["cut_short"]) for painted in fetched.pictures if "cut_short" in painted.notes]
        for index, painted in enumerate(fetched.pictures):
            try:
                kept = await self._keep(job, record, painted, index, each)
            except BadPicture as error:
                broken.append(error.message)
                continue
            kept = await self.moderator.looked_at(kept, record.hold)
            if kept.withheld is None:
                await self.shelf.put(kept)
            pictures.append(kept)
        problem = shortfall(record, card, pictures, broken) or withheld_problem(pictures, card.service)
        closing = Closing(
            call_id=record.id,
            state=CallState.SETTLED,
            at=self.clock.now(),
            pictures=tuple(pictures),
            charge=charge,
            basis=basis,
            problem=problem,
        )
        hidden = sum(picture.withheld is not None for picture in pictures)
        carried = Carried(state=CallState.SETTLED, delivered=len(pictures), withheld=hidden, problem=problem)
        conclusion = conclude(carried)
        news = [*told(pictures), *complaint(record, problem)]
        await self.jobs.close_call(lease, closing, news, conclusion=conclusion)
        log_made(job, record, pictures, closing.at)
        return replace(carried, concluded=conclusion is not None)

    async def close_failed(
        self, lease: Lease, record: CallRecord, problem: Problem, bill: Finished | None = None
    ) -> Carried:
        """Ends a call that brought nothing. Where the service kept the money, its bill or else the hold is booked."""
        state = CallState.CANCELLED if problem.code == FailureCode.CANCELLED else CallState.FAILED
        charge: Money | None = Money()
        basis = "none"
        if problem.spent is Spent.YES:
            charge, basis = record.hold, "list"
            if bill is not None and (bill.usage or bill.cost is not None):
                charge, basis = charged(self.catalog.find(record.model), record.call, bill, record.hold)
        closing = Closing(
            call_id=record.id, state=state, at=self.clock.now(), charge=charge, basis=basis, problem=problem
        )
        await self.jobs.close_call(lease, closing, complaint(record, problem))
        return Carried(state=state, problem=problem)

    async def close_ambiguous(self, lease: Lease, record: CallRecord, problem: Problem) -> Carried:
        """Ends a call that may have been bought: its hold stays until a person has decided."""
        closing = Closing(
            call_id=record.id,
            state=CallState.AMBIGUOUS,
            at=self.clock.now(),
            keep_hold=True,
            basis="none",
            problem=problem,
        )
        await self.jobs.close_call(lease, closing, complaint(record, problem))
        return Carried(state=CallState.AMBIGUOUS, problem=problem)

    async def on_canvas(self, call: Call, card: ModelCard) -> Call:
        """An outpaint for a service that only inpaints: the source on a larger canvas, and the mask of the rest."""
        source = call.input(Role.SOURCE)
        if call.operation is not Operation.INPAINT or not call.margins or source is None:
            return call
        prepared = await self.imaging.extend(source.data, call.margins, None)
        sheet, empty_part, size = prepared.canvas, prepared.mask, call.size or prepared.size
        if size != prepared.size:
            # Stretched to what the model takes; the retoucher brings the result back to the size that was asked for.
            sheet, empty_part = await self.imaging.resample(sheet, size), await self.imaging.resample(empty_part, size)
        mask = await self.imaging.mask_for(empty_part, card.mask)
        canvas = replace(source, data=sheet, media_type="image/png", width=size.width, height=size.height)
        empty = CallInput(
            role=Role.MASK, digest="", media_type="image/png", width=size.width, height=size.height, data=mask
        )
        others = tuple(image for image in call.inputs if image.role not in (Role.SOURCE, Role.MASK))
        return replace(call, inputs=(canvas, *others, empty), margins=None)

    async def _keep(self, job: Job, record: CallRecord, painted: Painted, index: int, cost: Money | None) -> Picture:
        """One picture: the provider's bytes as they came, and the file that is shown. Raises BadPicture."""
        content = painted.content
        landed = content if isinstance(content, Landed) else await self.blobs.put(content)
        original = await self.originals.describe(landed)
        file, changes = await self.retoucher.finished(job.request, record.call, original)
        candidate = job.plan.candidates[record.candidate]
        seed = painted.seed if painted.seed is not None else counted_seed(record.call, index)
        earlier = sum(other.call.count for other in job.calls if other.number < record.number)
        return Picture(
            id=self.ids.new(),
            owner=job.owner,
            job_id=job.id,
            call_id=record.id,
            number=earlier + index,
            project=job.request.project,
            operation=job.request.operation,
            prompt=job.request.prompt,
            model=record.model,
            created=self.clock.now(),
            original=original,
            file=file,
            changes=changes,
            cost=cost,
            seed=seed,
            revised_prompt=painted.revised_prompt,
            parents=tuple(image.image_id for image in job.request.inputs if image.image_id),
            tags=job.request.tags,
            recipe=self._recipe(job, candidate, record, painted, seed),
        )

    def _recipe(
        self, job: Job, candidate: Candidate, record: CallRecord, painted: Painted, seed: int | None
    ) -> Mapping[str, object]:
        """How the picture was made, complete enough to make it again.

        It goes along in the file: whose key was used, and which address, is left to the job.
        """
        request, call = job.request, record.call
        return {
            "request": self.codec.dump(replace(request, reuse=False, access=None)),
            "model": candidate.model,
            "call": {
                "id": record.id,
                "operation": call.operation.value,
                "prompt": call.prompt,
                "negative_prompt": call.negative_prompt,
                "size": None if call.size is None else str(call.size),
                "quality": call.quality,
                "seed": seed,
                "extra": dict(call.extra),
            },
            "receipt": [told_line(line) for line in job.receipt],
            "inputs": [told_input(image) for image in request.inputs],
            "notes": dict(painted.notes),
            "versions": dict(self.versions),
        }


def charged(card: ModelCard, call: Call, fetched: Finished, hold: Money) -> tuple[Money | None, str]:
    """What to book and where it comes from: the service's own price, its count, else the price list."""
    if fetched.cost is not None:
        return fetched.cost, "service"
    facts = replace(facts_of(call, card), count=max(1, len(fetched.pictures) + fetched.lost))
    if fetched.usage:
        by_usage = card.prices.charge(fetched.usage, facts)
        if by_usage is not None:
            return by_usage, "usage"
    estimate = card.prices.estimate(facts)
    return (None, "unknown") if estimate is None else (min(estimate.likely, hold), "list")


def told_input(image: InputImage) -> Mapping[str, object]:
    """A picture that another was made from, as a recipe tells it."""
    facts: Mapping[str, object] = {"role": image.role.value, "sha256": image.digest}
    return {**facts, "brought": True} if image.brought else facts


def told_line(line: ReceiptLine) -> Mapping[str, object]:
    """A line of the receipt as a recipe tells it."""
    return {
        "field": line.field,
        "treatment": line.treatment.value,
        "wanted": line.wanted,
        "sent": line.sent,
        "why": line.why,
    }


def counted_seed(call: Call, index: int) -> int | None:
    """Seeds count up within a call."""
    return None if call.seed is None else call.seed + index


def shortfall(
    record: CallRecord, card: ModelCard, pictures: Sequence[Picture], broken: Sequence[str]
) -> Problem | None:
    """What to say when fewer pictures came than were asked for; None when all came."""
    missing = record.call.count - len(pictures)
    if missing <= 0:
        return None
    reason = f" {broken[0]}" if broken else ""
    return Problem(
        code=FailureCode.BAD_ANSWER,
        message=(
            f"{card.title} delivered {len(pictures)} of {record.call.count} pictures.{reason} "
            "What it charged is booked; retry the job for the missing ones."
        ),
        spent=Spent.YES,
        provider=card.service,
    )


def told(pictures: Sequence[Picture]) -> list[News]:
    """The news of new pictures."""
    return [
        News(
            kind=EventKind.PICTURE,
            data={
                "id": picture.id,
                "number": picture.number,
                "width": picture.file.width,
                "height": picture.file.height,
                "media_type": picture.file.media_type,
            },
        )
        for picture in pictures
    ]


def complaint(record: CallRecord, problem: Problem | None) -> list[News]:
    """The news of what went wrong with a call."""
    if problem is None:
        return []
    data = {"call": record.number, "call_id": record.id, "code": problem.code, "message": problem.message}
    return [News(kind=EventKind.PROBLEM, data={**data, "spent": problem.spent.value})]
