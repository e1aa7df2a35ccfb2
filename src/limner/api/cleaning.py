"""What pictures take, clean-up by rules, and the emptying of the trash."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from limner.api.answers import answer
from limner.api.curating_bodies import CleanupBody
from limner.api.curating_schemas import CleanupAnswer, StorageAnswer, TallyAnswer
from limner.api.deps import read_json
from limner.api.documents import answers, body_of
from limner.api.shapes import Body
from limner.domain.cleaning import Tally
from limner.runtime.asking import principal_of, runtime_of

router = APIRouter(tags=["library"])

MOST_TOLD = 1000


@router.get("/storage", summary="Show what pictures take", responses=answers(StorageAnswer, "It."))
async def get_storage(request: Request) -> Response:
    """What your pictures take, in and outside the trash and by project, and what was cleared away."""
    use = await runtime_of(request).keeping.cleaner.use(principal_of(request))
    return answer(
        {
            "kept": tally_body(use.kept),
            "trash": tally_body(use.trash),
            "projects": [{"project": project, **tally_body(tally)} for project, tally in use.projects],
            "cleared": tally_body(use.cleared),
            "runs": [{"at": run.at, "reason": run.reason, **tally_body(run.tally)} for run in use.runs],
        }
    )


@router.post(
    "/cleanups",
    summary="Clean up",
    responses=answers(CleanupAnswer, "What went, or would go.", 415, 507),
    openapi_extra=body_of(CleanupBody),
)
async def clean_up(request: Request) -> Response:
    """Your pictures that the rules take go for good. A dry run, the default, only tells which."""
    body, principal = await read_json(request, CleanupBody), principal_of(request)
    cleaner = runtime_of(request).keeping.cleaner
    if body.dry_run:
        due = await cleaner.preview(body.rules(), principal)
        return answer({**tally_body(due.tally), "dry_run": True, "ids": due.ids[:MOST_TOLD]})
    tally = await cleaner.clean(body.rules(), principal)
    await cleaner.sweep()
    return answer({**tally_body(tally), "dry_run": False, "ids": []})


@router.delete("/trash", summary="Empty the trash", responses=answers(TallyAnswer, "What went."))
async def empty_trash(request: Request) -> Response:
    """All that lies in your trash goes for good."""
    cleaner = runtime_of(request).keeping.cleaner
    tally = await cleaner.empty(principal_of(request))
    await cleaner.sweep()
    return answer(tally_body(tally))


def tally_body(tally: Tally) -> Body:
    """How much it is, as plain values."""
    return {"images": tally.pictures, "bytes": tally.bytes}
