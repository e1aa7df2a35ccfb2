"""Jobs, plans and pictures as plain values, ready to be written as JSON."""

from __future__ import annotations

from dataclasses import asdict, fields

from limner.domain.errors import Problem
from limner.domain.job import CallRecord, Job
from limner.domain.languages import ForeseenTranslation, PromptTranslation
from limner.domain.model_card import SizeRule
from limner.domain.money import Estimate, Money
from limner.domain.picture import Picture
from limner.domain.plan import Candidate, Constraints, Fallback, Plan, Quote, ReceiptLine
from limner.domain.request import Aspect, ImageRequest, InputImage, Margins, Size
from limner.domain.rewriting import Rewriting
from limner.domain.vault import Access

Body = dict[str, object]

API = "/api/v1"
DEFAULTS = ImageRequest()


def amount(money: Money | None) -> Body | None:
    """An amount in millionths and as text; None is unknown, never nothing."""
    return None if money is None else {"micro_usd": money.micro, "usd": money.text}


def estimate_body(estimate: Estimate | None) -> Body | None:
    """At least, probably, at most."""
    if estimate is None:
        return None
    return {
        "floor": amount(estimate.floor),
        "likely": amount(estimate.likely),
        "ceiling": amount(estimate.ceiling),
    }


def problem_body(problem: Problem | None) -> Body | None:
    """A problem inside a job or a call."""
    if problem is None:
        return None
    return {
        "code": problem.code,
        "message": problem.message,
        "retryable": problem.retryable,
        "spent": problem.spent,
        "field": problem.field,
        "provider": problem.provider,
    }


def receipt_body(lines: tuple[ReceiptLine, ...]) -> list[Body]:
    """What became of each option."""
    return [
        {
            "field": line.field,
            "treatment": line.treatment,
            "wanted": line.wanted,
            "sent": line.sent,
            "why": line.why,
        }
        for line in lines
    ]


def plan_body(plan: Plan) -> Body:
    """Who would paint it, best first, and who was passed over."""
    return {
        "candidates": [_candidate_body(candidate) for candidate in plan.candidates],
        "rejections": [
            {"model": each.model, "code": each.code, "why": each.why, "until": each.until} for each in plan.rejections
        ],
        "fallback": _fallback_body(plan.fallback),
        "translation": _translation_body(plan.translation),
    }


def _translation_body(found: ForeseenTranslation | None) -> Body | None:
    if found is None:
        return None
    return {
        "to": found.to,
        "language": found.language,
        "negative": bool(found.negative),
        "by": found.by,
        "estimate": estimate_body(found.estimate),
    }


def _fallback_body(fallback: Fallback | None) -> Body | None:
    return None if fallback is None else {"original": fallback.original, "why": fallback.why}


def _candidate_body(candidate: Candidate) -> Body:
    return {
        "model": candidate.model,
        "title": candidate.title,
        "reason": candidate.reason,
        "stand_in": candidate.stand_in,
        "calls": len(candidate.calls),
        "seconds": candidate.seconds,
        "estimate": estimate_body(candidate.estimate),
    }


def request_body(request: ImageRequest) -> Body:
    """The request as it was given: what stands at its default is left out."""
    values = ((field.name, getattr(request, field.name)) for field in fields(request))
    return {name: _plain(value) for name, value in values if value != getattr(DEFAULTS, name)}


def _plain(value: object) -> object:
    if isinstance(value, Size | Aspect):
        return str(value)
    if isinstance(value, Money):
        return (amount(value) or {})["usd"]
    if isinstance(value, Margins):
        return {"left": value.left, "top": value.top, "right": value.right, "bottom": value.bottom}
    if isinstance(value, Access):
        return {"key": value.key, "base_url": value.base_url}
    if isinstance(value, Rewriting):
        return asdict(value)
    if isinstance(value, PromptTranslation):
        return {**asdict(value), "cost": _plain(value.cost), "most": _plain(value.most)}
    if isinstance(value, InputImage):
        return {
            "role": value.role,
            "image_id": value.image_id,
            "media_type": value.media_type,
            "width": value.width,
            "height": value.height,
            "sha256": value.digest,
        }
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def image_body(picture: Picture) -> Body:
    """A kept picture; its addresses are relative to this server."""
    here, file, original = f"{API}/images/{picture.id}", picture.file, picture.original
    return {
        "id": picture.id,
        "job_id": picture.job_id,
        "number": picture.number,
        "url": f"{here}/file",
        "thumbnail_url": f"{here}/thumbnail?edge=512",
        "recipe_url": f"{here}/recipe",
        "page_url": f"/images/{picture.id}",
        "width": file.width,
        "height": file.height,
        "media_type": file.media_type,
        "size_bytes": file.size,
        "sha256": file.digest,
        "original": {
            "media_type": original.media_type,
            "width": original.width,
            "height": original.height,
            "size_bytes": original.size,
            "sha256": original.digest,
        },
        "operation": picture.operation,
        "prompt": picture.prompt,
        "revised_prompt": picture.revised_prompt,
        "service": picture.service,
        "model": picture.model,
        "seed": picture.seed,
        "cost": amount(picture.cost),
        "project": picture.project,
        "tags": picture.tags,
        "alt_text": picture.alt_text,
        "favorite": picture.favorite,
        "trashed": picture.trashed,
        "tone": picture.tone,
        "changes": picture.changes,
        "withheld": picture.withheld,
        "parents": picture.parents,
        "created": picture.created,
    }


def job_summary(job: Job) -> Body:
    """A job as it stands in a list."""
    here = job_url(job.id)
    return {
        "id": job.id,
        "state": job.state,
        "model": job.model,
        "operation": job.request.operation,
        "prompt": job.request.prompt,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
        "cost": amount(job.cost),
        "problem": problem_body(job.problem),
        "cancel_requested": job.cancel_requested,
        "images": [image_body(picture) for picture in job.pictures],
        "links": {
            "self": here,
            "events": f"{here}/events",
            "cancel": f"{here}/cancel",
            "page": f"/jobs/{job.id}",
        },
    }


def job_body(job: Job) -> Body:
    """A job with everything there is to know about it."""
    candidate = job.plan.candidates[job.candidate]
    return {
        **job_summary(job),
        "request": request_body(job.request),
        "plan": plan_body(job.plan),
        "candidate": job.candidate,
        "fallback": _fallback_body(job.fallback),
        "receipt": receipt_body(job.receipt),
        "estimate": estimate_body(candidate.estimate),
        "held": amount(job.held),
        "retry_of": job.retry_of,
        "calls": [_call_body(call) for call in job.calls],
    }


def _call_body(call: CallRecord) -> Body:
    return {
        "id": call.id,
        "number": call.number,
        "candidate": call.candidate,
        "model": call.model,
        "state": call.state,
        "count": call.call.count,
        "cost": amount(call.cost),
        "problem": problem_body(call.problem),
    }


def sizes_body(rule: SizeRule) -> Body:
    """Which sizes a model makes."""
    grid = rule.grid
    return {
        "fixed": [str(size) for size in rule.fixed],
        "grid": None
        if grid is None
        else {
            "multiple": grid.multiple,
            "min_edge": grid.min_edge,
            "max_edge": grid.max_edge,
            "min_pixels": grid.min_pixels,
            "max_pixels": grid.max_pixels,
            "max_ratio": grid.max_ratio,
        },
        "aspects": [str(aspect) for aspect in rule.aspects],
        "resolutions": dict(rule.resolutions),
        "default": None if rule.default is None else str(rule.default),
    }


def _constraints_body(found: Constraints) -> Body:
    return {
        "sizes": sizes_body(found.sizes),
        "max_count": found.max_count,
        "qualities": found.qualities,
        "styles": found.styles,
        "formats": found.formats,
        "prompt_limit": found.prompt_limit,
    }


def quote_body(quote: Quote) -> Body:
    """A priced plan and the token that carries it out."""
    first = quote.plan.candidates[0]
    return {
        "id": quote.id,
        "token": quote.token,
        "expires": quote.expires,
        "model": first.model,
        "count": quote.request.count,
        "seconds": first.seconds,
        "estimate": estimate_body(quote.estimate),
        "ceiling": amount(quote.ceiling),
        "constraints": _constraints_body(quote.constraints),
        "receipt": receipt_body(first.receipt),
        "plan": plan_body(quote.plan),
        "request": request_body(quote.request),
    }


def job_url(job_id: str) -> str:
    """Where a job is found."""
    return f"{API}/jobs/{job_id}"
