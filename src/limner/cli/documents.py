"""Jobs, pictures, plans and events as the documents that `--json` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from limner.cli.exits import described
from limner.domain.events import Event
from limner.domain.money import Estimate, Money
from limner.domain.picture import Picture
from limner.domain.plan import Candidate, Fallback, Plan, ReceiptLine

if TYPE_CHECKING:
    from limner.cli.keeping import Kept
    from limner.domain.job import CallRecord, Job

Document = dict[str, object]


def usd(money: Money | None) -> float | None:
    """An amount in dollars; null where it is unknown."""
    return None if money is None else float(money.dollars)


def moment(at: datetime | None) -> str | None:
    """A time in ISO 8601."""
    return None if at is None else at.isoformat()


def receipt_document(lines: tuple[ReceiptLine, ...]) -> list[Document]:
    """What became of each option."""
    return [{**asdict(line), "treatment": line.treatment.value} for line in lines]


def estimate_document(estimate: Estimate | None) -> Document | None:
    """What something may cost."""
    if estimate is None:
        return None
    return {
        "floor_usd": usd(estimate.floor),
        "likely_usd": usd(estimate.likely),
        "ceiling_usd": usd(estimate.ceiling),
    }


def candidate_document(candidate: Candidate) -> Document:
    """One model that could paint."""
    return {
        "model": candidate.model,
        "title": candidate.title,
        "reason": candidate.reason,
        "calls": len(candidate.calls),
        "stand_in": candidate.stand_in.value,
        "seconds": candidate.seconds,
        "estimate": estimate_document(candidate.estimate),
        "receipt": receipt_document(candidate.receipt),
    }


def plan_document(plan: Plan) -> Document:
    """Who could paint and who could not."""
    return {
        "candidates": [candidate_document(candidate) for candidate in plan.candidates],
        "rejections": [{**asdict(one), "until": moment(one.until)} for one in plan.rejections],
        "fallback": fallback_document(plan.fallback),
    }


def fallback_document(fallback: Fallback | None) -> Document | None:
    """Who would have painted, and why somebody else does."""
    return None if fallback is None else asdict(fallback)


def picture_document(picture: Picture) -> Document:
    """One kept picture, without its recipe."""
    return {
        "id": picture.id,
        "job_id": picture.job_id,
        "number": picture.number,
        "model": picture.model,
        "operation": picture.operation.value,
        "prompt": picture.prompt,
        "revised_prompt": picture.revised_prompt,
        "width": picture.file.width,
        "height": picture.file.height,
        "media_type": picture.file.media_type,
        "bytes": picture.file.size,
        "sha256": picture.file.digest,
        "seed": picture.seed,
        "cost_usd": usd(picture.cost),
        "changes": list(picture.changes),
        "withheld": picture.withheld,
        "parents": list(picture.parents),
        "project": picture.project,
        "tags": list(picture.tags),
        "favorite": picture.favorite,
        "trashed": moment(picture.trashed),
        "created": moment(picture.created),
    }


def kept_document(kept: Kept) -> Document:
    """One kept picture and where its files lie."""
    return {
        **picture_document(kept.picture),
        "path": None if kept.path is None else str(kept.path),
        "thumbnail": None if kept.thumbnail is None else str(kept.thumbnail),
        "copy": None if kept.copy is None else str(kept.copy.path),
    }


def job_document(job: Job, images: list[Document]) -> Document:
    """One job; `error` is null where nothing went wrong."""
    candidate = job.plan.candidates[job.candidate]
    return {
        "id": job.id,
        "state": job.state.value,
        "model": job.model,
        "operation": job.request.operation.value,
        "prompt": job.request.prompt,
        "count": job.request.count,
        "images": images,
        "receipt": receipt_document(job.receipt),
        "fallback": fallback_document(job.fallback),
        "cost_usd": usd(job.cost),
        "held_usd": usd(job.held),
        "retry_of": job.retry_of,
        "quoted": estimate_document(candidate.estimate),
        "ceiling_usd": usd(job.plan.ceiling(job.request.count)),
        "created": moment(job.created),
        "started": moment(job.started),
        "finished": moment(job.finished),
        "error": None if job.problem is None else described(job.problem),
    }


def call_document(record: CallRecord) -> Document:
    """One purchase of a job."""
    return {
        "id": record.id,
        "number": record.number,
        "model": record.model,
        "state": record.state.value,
        "count": record.call.count,
        "hold_usd": usd(record.hold),
        "cost_usd": usd(record.cost),
        "submitted": moment(record.submitted),
        "error": None if record.problem is None else described(record.problem),
    }


def event_document(event: Event) -> Document:
    """One thing that happened to a job; previews without their pictures."""
    data: Mapping[str, object] = {name: value for name, value in event.data.items() if name != "image"}
    return {"number": event.number, "kind": event.kind.value, "at": moment(event.at), "data": dict(data)}
