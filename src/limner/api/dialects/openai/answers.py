"""Jobs as OpenAI's clients read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fastapi import Request

from limner.api.answers import dumped
from limner.api.carrying_out import address_of
from limner.api.inline import Piece, inline
from limner.api.shapes import receipt_body
from limner.domain.job import CallRecord, Job
from limner.domain.picture import Picture
from limner.domain.plan import Treatment
from limner.domain.prices import Meter
from limner.runtime.asking import runtime_of

METERS = {
    "input_text": Meter.INPUT_TEXT_TOKEN,
    "input_image": Meter.INPUT_IMAGE_TOKEN,
    "output_text": Meter.OUTPUT_TEXT_TOKEN,
    "output_image": Meter.OUTPUT_IMAGE_TOKEN,
}


async def answer_pieces(request: Request, job: Job, *, as_url: bool) -> Sequence[Piece]:
    """The whole answer, its pictures yet to be read."""
    pieces: list[Piece] = [dumped({"created": int(job.created.timestamp()), **_facts(job)})[:-1] + b',"data":[']
    for place, picture in enumerate(job.pictures):
        said: dict[str, object] = {"url": address_of(request, picture)} if as_url else {}
        if picture.revised_prompt:
            said["revised_prompt"] = picture.revised_prompt
        comma = b"," if place else b""
        if as_url:
            pieces.append(comma + dumped(said))
        else:
            file = await inline(runtime_of(request), picture)
            rest = b"," + dumped(said)[1:] if said else b"}"
            pieces += [comma + b'{"b64_json":"', file, b'"' + rest]
    return [*pieces, b"]}"]


def _facts(job: Job) -> dict[str, object]:
    """What holds for all pictures, and under `limner` what OpenAI's clients have no place for."""
    facts: dict[str, object] = look(job, job.pictures[0])
    usage = usage_of(job.calls)
    if usage is not None:
        facts["usage"] = usage
    changed = [line for line in job.receipt if line.treatment is not Treatment.USED]
    return {
        **facts,
        "model": job.model,
        "limner": {
            "job": job.id,
            "state": job.state,
            "images": [picture.id for picture in job.pictures],
            "cost_usd": None if job.cost is None else job.cost.text,
            "receipt": receipt_body(tuple(changed)),
        },
    }


def look(job: Job, picture: Picture) -> dict[str, object]:
    """What one picture is like."""
    call = next((record.call for record in job.calls if record.id == picture.call_id), None)
    return {
        "size": f"{picture.file.width}x{picture.file.height}",
        "quality": (call.quality if call is not None else None) or "auto",
        "background": "transparent" if job.request.background == "transparent" else "opaque",
        "output_format": picture.file.media_type.removeprefix("image/"),
    }


def usage_of(records: Sequence[CallRecord]) -> dict[str, object] | None:
    """Tokens as the service counted them; None where it counts none."""
    counted = [record.fetched.usage for record in records if record.fetched is not None]
    counts = {
        name: int(sum((usage.get(meter, Decimal(0)) for usage in counted), Decimal(0)))
        for name, meter in METERS.items()
    }
    if not any(counts.values()):
        return None
    taken, given = counts["input_text"] + counts["input_image"], counts["output_text"] + counts["output_image"]
    return {
        "input_tokens": taken,
        "output_tokens": given,
        "total_tokens": taken + given,
        "input_tokens_details": {"text_tokens": counts["input_text"], "image_tokens": counts["input_image"]},
        "output_tokens_details": {"text_tokens": counts["output_text"], "image_tokens": counts["output_image"]},
    }
